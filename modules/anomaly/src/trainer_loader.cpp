// This file is part of OpenCV project.
// It is subject to the license terms in the LICENSE file found in the top-level directory
// of this distribution and at http://opencv.org/license.html.
#include "precomp.hpp"
#include "trainer_loader.hpp"

#ifdef ANOMALY_TRAINING_LINKED
extern "C" cv::anomaly::Trainer* anomalyCreateTrainer(int interfaceVersion, const cv::anomaly::TrainerSettings& settings);
extern "C" int anomalyCudaDevices();
#elif defined(_WIN32)
#include <windows.h>
#else
#include <dlfcn.h>
#endif

namespace cv {
namespace anomaly {

//! What opencv_anomaly_train exports.
struct TrainerLibrary
{
    CreateTrainer create;
    CountCudaDevices countCudaDevices;
};

#ifdef ANOMALY_TRAINING_LINKED

static TrainerLibrary findTrainer()
{
    const TrainerLibrary linked = {&anomalyCreateTrainer, &anomalyCudaDevices};
    return linked;
}

#elif defined(_WIN32)

// The default search looks beside the program and along PATH; the flag adds the folder of this library.
static TrainerLibrary openTrainer(String& why)
{
    HMODULE self = NULL;
    GetModuleHandleExA(GET_MODULE_HANDLE_EX_FLAG_FROM_ADDRESS | GET_MODULE_HANDLE_EX_FLAG_UNCHANGED_REFCOUNT, reinterpret_cast<LPCSTR>(&openTrainer), &self);
    char path[MAX_PATH] = "";
    GetModuleFileNameA(self, path, MAX_PATH);
    const String own(path);
    const String beside = own.substr(0, own.find_last_of('\\') + 1) + ANOMALY_TRAINING_FILE;
    HMODULE library = LoadLibraryExA(beside.c_str(), NULL, LOAD_WITH_ALTERED_SEARCH_PATH);
    if (!library)
    {
        why = beside + " can not be loaded (error " + std::to_string(GetLastError()) + ")";
        return TrainerLibrary();
    }
    const TrainerLibrary opened = {reinterpret_cast<CreateTrainer>(GetProcAddress(library, "anomalyCreateTrainer")),
                                   reinterpret_cast<CountCudaDevices>(GetProcAddress(library, "anomalyCudaDevices"))};
    return opened;
}

#else

// From beside this library, else from where the loader looks by itself.
static TrainerLibrary openTrainer(String& why)
{
    Dl_info self;
    String folder;
    if (dladdr(reinterpret_cast<void*>(&openTrainer), &self) && self.dli_fname)
        folder = String(self.dli_fname).substr(0, String(self.dli_fname).find_last_of('/') + 1);
    void* library = dlopen((folder + ANOMALY_TRAINING_FILE).c_str(), RTLD_NOW | RTLD_LOCAL);
    if (!library)
        library = dlopen(ANOMALY_TRAINING_FILE, RTLD_NOW | RTLD_LOCAL);
    if (!library)
    {
        why = dlerror();
        return TrainerLibrary();
    }
    const TrainerLibrary opened = {reinterpret_cast<CreateTrainer>(dlsym(library, "anomalyCreateTrainer")),
                                   reinterpret_cast<CountCudaDevices>(dlsym(library, "anomalyCudaDevices"))};
    return opened;
}

#endif

#ifndef ANOMALY_TRAINING_LINKED
static TrainerLibrary findTrainer()
{
    static String why = "it is not the one built with this opencv_anomaly, a function is missing";
    static const TrainerLibrary library = openTrainer(why);
    if (!library.create || !library.countCudaDevices)
        CV_Error_(Error::StsNotImplemented, ("fit needs the library opencv_anomaly_train: build with LibTorch (Debian: libtorch-dev) and "
                                             "ANOMALY_WITH_TORCH=ON, and keep it beside opencv_anomaly. Without it only ADAPTATION_NONE can be fitted. "
                                             "The loader says: %s", why.c_str()));
    return library;
}
#endif

static void requireCuda(int devices)
{
    const char* const missing = devices < 0 ? "the LibTorch at hand is built without CUDA. Install one that is built with it (pytorch.org, or PyPI's torch), build opencv_anomaly_train with that"
                                            : "LibTorch finds no CUDA device. Check the driver (nvidia-smi) and CUDA_VISIBLE_DEVICES";
    if (devices < 1)
        CV_Error_(Error::StsNotImplemented, ("fit on CUDA needs a GPU and a LibTorch built with CUDA: %s, or fit on the CPU, "
                                             "setPreferableTarget(DNN_TARGET_CPU), and predict on the GPU: the model serves both", missing));
}

void requireTrainer(int device)
{
    const TrainerLibrary library = findTrainer();
    if (device == TRAIN_ON_CUDA)
        requireCuda(library.countCudaDevices());
}

std::unique_ptr<Trainer> createTrainer(const TrainerSettings& settings)
{
    requireTrainer(settings.device);
    std::unique_ptr<Trainer> trainer(findTrainer().create(trainerInterface, settings));
    if (!trainer)
        CV_Error_(Error::StsNotImplemented, ("opencv_anomaly_train can not start, or does not speak interface %d: install the one built with this opencv_anomaly", trainerInterface));
    return trainer;
}

}} // namespace cv::anomaly
