// This file is part of OpenCV project.
// It is subject to the license terms in the LICENSE file found in the top-level directory
// of this distribution and at http://opencv.org/license.html.
#include "../precomp.hpp"
#include "trainer_loader.hpp"
#include "trainer_process.hpp"

#ifdef ANOMALY_TRAINING_LINKED
extern "C" cv::anomaly::Trainer* anomalyCreateTrainer(int interfaceVersion,
                                                      const cv::anomaly::TrainerSettings& settings);
extern "C" int anomalyCudaDevices();
#elif defined(_WIN32)
#include <windows.h>
#else
#include <cstdlib>
#include <dlfcn.h>
#include <unistd.h>
#ifdef __linux__
#include <link.h>
#endif
#endif

namespace cv { namespace anomaly {

//! Functions that opencv_anomaly_train exports.
struct TrainerLibrary
{
    CreateTrainer create;
    CountCudaDevices countCudaDevices;
};

#ifdef ANOMALY_TRAINING_LINKED

static const TrainerProcess& trainerProcess()
{
    static const TrainerProcess none((String()), std::vector<String>());
    return none;
}

static TrainerLibrary findTrainer()
{
    const TrainerLibrary linked = {&anomalyCreateTrainer, &anomalyCudaDevices};
    return linked;
}

#elif defined(_WIN32)

static const TrainerProcess& trainerProcess()
{
    static const TrainerProcess none((String()), std::vector<String>());
    return none;
}

// Windows searches the folder of the program and PATH. The flag adds the folder of the library itself.
static TrainerLibrary openTrainer(String& why)
{
    HMODULE self = NULL;
    GetModuleHandleExA(GET_MODULE_HANDLE_EX_FLAG_FROM_ADDRESS | GET_MODULE_HANDLE_EX_FLAG_UNCHANGED_REFCOUNT,
                       reinterpret_cast<LPCSTR>(&openTrainer), &self);
    char path[MAX_PATH] = "";
    GetModuleFileNameA(self, path, MAX_PATH);
    const String own(path);
    const String beside = own.substr(0, own.find_last_of('\\') + 1) + ANOMALY_TRAINING_FILE;
    HMODULE library = LoadLibraryExA(beside.c_str(), NULL, LOAD_WITH_ALTERED_SEARCH_PATH);
    if (!library)
    {
        why = beside + " cannot be loaded (error " + std::to_string(GetLastError()) + ")";
        return TrainerLibrary();
    }
    // By way of a pointer to data, since GCC warns of a cast between types of functions.
    const TrainerLibrary opened = {
        reinterpret_cast<CreateTrainer>(reinterpret_cast<void*>(GetProcAddress(library, "anomalyCreateTrainer"))),
        reinterpret_cast<CountCudaDevices>(reinterpret_cast<void*>(GetProcAddress(library, "anomalyCudaDevices")))};
    return opened;
}

#else

// The folder of this library with a slash at its end; empty if it is not known.
static String ownFolder()
{
    Dl_info self;
    if (!dladdr(reinterpret_cast<void*>(&ownFolder), &self) || !self.dli_fname)
        return String();
    return String(self.dli_fname).substr(0, String(self.dli_fname).find_last_of('/') + 1);
}

// The folder of opencv_anomaly_train and its program, which is that of this library. Programs that test src contain the
// library's objects and lie in bin, next to lib.
static String trainerFolder()
{
    const String own = ownFolder(), lib = own + "../lib/";
    const bool isInLib = !own.empty() && access((own + ANOMALY_TRAINING_FILE).c_str(), R_OK) != 0 &&
                         access((lib + ANOMALY_TRAINING_FILE).c_str(), R_OK) == 0;
    return isInLib ? lib : own;
}

// Files to try: in that folder, then wherever the system's loader searches.
static std::vector<String> trainerFiles()
{
    return {trainerFolder() + ANOMALY_TRAINING_FILE, ANOMALY_TRAINING_FILE};
}

static const TrainerProcess& trainerProcess()
{
    static const TrainerProcess process(trainerFolder() + ANOMALY_TRAINER_PROGRAM, trainerFiles());
    return process;
}

#if defined(__linux__) && defined(ANOMALY_TORCH_FILE)
static String realPath(const char* file)
{
    const std::unique_ptr<char, void (*)(void*)> real(realpath(file, NULL), &std::free);
    return real ? String(real.get()) : String(file);
}

// Called for each loaded library. Returns 1 and keeps the name for a LibTorch that is not the one opencv_anomaly_train
// was built with.
static int noteOtherTorch(dl_phdr_info* library, size_t, void* found)
{
    const String name = library->dlpi_name, file = name.substr(name.find_last_of('/') + 1);
    if (file.compare(0, 15, "libtorch_cpu.so") != 0 || realPath(library->dlpi_name) == realPath(ANOMALY_TORCH_FILE))
        return 0;
    *static_cast<String*>(found) = name;
    return 1;
}

// Two versions of LibTorch in one process crash it.
static void refuseOtherTorch()
{
    String other;
    dl_iterate_phdr(&noteOtherTorch, &other);
    if (!other.empty())
        CV_Error_(Error::StsNotImplemented,
                  ("fit cannot load its LibTorch, %s, into a process that has loaded another one, %s: keep the program "
                   "%s beside opencv_anomaly, so that training runs in a process of its own, or fit in a program that "
                   "does not load the other one (in Python, that does not import torch)",
                   ANOMALY_TORCH_FILE, other.c_str(), ANOMALY_TRAINER_PROGRAM));
}
#else
static void refuseOtherTorch() {}
#endif

static TrainerLibrary openTrainer(String& why)
{
    void* library = NULL;
    for (const String& file : trainerFiles())
        library = library ? library : dlopen(file.c_str(), RTLD_NOW | RTLD_LOCAL);
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
static TrainerLibrary openOnce(String& why)
{
#ifndef _WIN32
    refuseOtherTorch();
#endif
    return openTrainer(why);
}

static TrainerLibrary findTrainer()
{
    static String why = "it is not the one built with this opencv_anomaly, a function is missing";
    static const TrainerLibrary library = openOnce(why);
    if (!library.create || !library.countCudaDevices)
        reportMissingTrainer(why);
    return library;
}
#endif

static void requireCuda(int devices)
{
    const char* const missing =
        devices < 0 ? "this LibTorch is built without CUDA. Install one that is built with it (pytorch.org, or PyPI's "
                      "torch), build opencv_anomaly_train with that"
                    : "LibTorch finds no CUDA device. Check the driver (nvidia-smi) and CUDA_VISIBLE_DEVICES";
    if (devices < 1)
        CV_Error_(Error::StsNotImplemented,
                  ("fit on CUDA needs a GPU and a LibTorch built with CUDA: %s, or fit on the CPU, "
                   "setPreferableTarget(DNN_TARGET_CPU), and predict on the GPU: the model serves both",
                   missing));
}

void requireTrainer(int device)
{
    const TrainerProcess& process = trainerProcess();
    if (process.isAvailable())
        process.require();
    else
        findTrainer();
    if (device == TRAIN_ON_CUDA)
        requireCuda(process.isAvailable() ? process.countCudaDevices() : findTrainer().countCudaDevices());
}

std::unique_ptr<Trainer> createTrainer(const TrainerSettings& settings)
{
    requireTrainer(settings.device);
    const TrainerProcess& process = trainerProcess();
    std::unique_ptr<Trainer> trainer = process.isAvailable()
                                           ? process.create(settings)
                                           : std::unique_ptr<Trainer>(findTrainer().create(trainerInterface, settings));
    if (!trainer)
        CV_Error_(Error::StsNotImplemented, ("opencv_anomaly_train cannot start, or does not have interface %d: "
                                             "install the one built with this opencv_anomaly",
                                             trainerInterface));
    return trainer;
}

}} // namespace cv::anomaly
