// This file is part of OpenCV project.
// It is subject to the license terms in the LICENSE file found in the top-level directory
// of this distribution and at http://opencv.org/license.html.
/* opencv_anomaly_trainer <library>...: trains for a process that fits, over a socket. opencv_anomaly starts it.

   Training runs in a process of its own because two versions of LibTorch or of OpenCV in one process crash it. A Python
   program has often imported PyTorch, and LibTorch may load libraries that the program does not expect. */
#include "../src/training/trainer.hpp"
#include "../src/training/trainer_channel.hpp"

#include <csignal>
#include <dlfcn.h>
#include <memory>
#include <unistd.h>
#include <vector>

using namespace cv::anomaly;

namespace {

//! The memory bank, which the process that fits holds. Calls are sent to that process.
class RemoteBank final : public BankAccess
{
public:
    RemoteBank(TrainerChannel& c, int length) : channel(c), descriptorLength(size_t(length)) {}

    bool search(const float* phi, int patches, int k, float* squaredDistances, int* indices) override
    {
        const size_t count = size_t(k) * size_t(patches);
        start(MESSAGE_SEARCH, phi, patches, k);
        if (!channel.get<bool>())
            return false;
        channel.getArray(squaredDistances, count);
        channel.getArray(indices, count);
        return true;
    }

    bool backward(const float* phi, int patches, int k, const float* distanceGradient, const int* indices,
                  float* gradient) override
    {
        const size_t count = size_t(k) * size_t(patches);
        start(MESSAGE_BACKWARD, phi, patches, k);
        channel.putArray(distanceGradient, count);
        channel.putArray(indices, count);
        if (!channel.get<bool>())
            return false;
        channel.getArray(gradient, descriptorLength * size_t(patches));
        return true;
    }

    const float* centers() const override
    {
        load();
        return all.data();
    }
    int centerCount() const override
    {
        load();
        return int(all.size() / descriptorLength);
    }

private:
    // Begins a request with what all of them have: the message, the number of patches, k, and the descriptors.
    void start(TrainerMessage message, const float* phi, int patches, int k)
    {
        channel.put(message);
        channel.put(patches);
        channel.put(k);
        channel.putArray(phi, descriptorLength * size_t(patches));
    }

    // Only training on a GPU reads the centers, and only once.
    void load() const
    {
        if (!all.empty())
            return;
        channel.put(MESSAGE_CENTERS);
        all.resize(size_t(channel.get<int>()) * descriptorLength);
        channel.getArray(all.data(), all.size());
    }

    TrainerChannel& channel;
    const size_t descriptorLength;
    mutable std::vector<float> all;
};

//! Answers requests with the functions of one library, for one trainer at a time.
class Helper
{
public:
    Helper(CreateTrainer c, CountCudaDevices d, TrainerChannel& where)
        : createTrainer(c),
          countCudaDevices(d),
          channel(where),
          settings()
    {}

    void answer(TrainerMessage message)
    {
        switch (message)
        {
        case MESSAGE_CREATE:
            return create();
        case MESSAGE_STEP:
            return step();
        case MESSAGE_READ:
            return read();
        case MESSAGE_SAVE:
            return save();
        case MESSAGE_RESTORE:
            return restore();
        case MESSAGE_DEVICES:
            return channel.put(countCudaDevices());
        case MESSAGE_DESTROY:
            return trainer.reset();
        default:
            throw std::runtime_error("unknown message");
        }
    }

private:
    // Each function below reads a request, calls the trainer, and sends the answer. RemoteTrainer in
    // trainer_process.cpp sends the requests.
    void create()
    {
        const int interfaceVersion = channel.get<int>();
        settings = channel.get<TrainerSettings>();
        scales.resize(size_t(settings.scaleCount));
        channel.getArray(scales.data(), scales.size());
        size_t inputs = 2;
        for (const ScaleShape& scale : scales)
            inputs += size_t(scale.channels);
        W.resize(inputs * size_t(settings.descriptorLength));
        b.resize(size_t(settings.descriptorLength));
        channel.getArray(W.data(), W.size());
        channel.getArray(b.data(), b.size());
        settings.scales = scales.data();
        settings.W = W.data();
        settings.b = b.data();
        trainer.reset(createTrainer(interfaceVersion, settings));
        bank.reset(new RemoteBank(channel, settings.descriptorLength));
        channel.put(trainer != nullptr);
    }

    void step()
    {
        const int images = channel.get<int>();
        const bool weighted = channel.get<bool>();
        std::vector<const float*> pointers;
        maps.resize(scales.size());
        for (size_t i = 0; i < scales.size(); i++)
        {
            maps[i].resize(size_t(scales[i].channels) * patchesOf(i, images));
            channel.getArray(maps[i].data(), maps[i].size());
            pointers.push_back(maps[i].data());
        }
        weights.resize(weighted ? patchesOf(0, images) : 0);
        channel.getArray(weights.data(), weights.size());
        StepFigures figures = {0, 0, 0};
        const bool succeeded =
            trainer->step(pointers.data(), weighted ? weights.data() : nullptr, images, *bank, figures);
        channel.put(MESSAGE_RESULT);
        finish(succeeded);
        channel.put(figures);
    }

    void read()
    {
        double radius = 0;
        const bool succeeded = trainer->read(W.data(), b.data(), radius);
        finish(succeeded);
        if (!succeeded)
            return;
        channel.putArray(W.data(), W.size());
        channel.putArray(b.data(), b.size());
        channel.put(radius);
    }

    void save()
    {
        size_t size = 0;
        std::vector<unsigned char> bytes;
        bool succeeded = trainer->save(nullptr, size);
        bytes.resize(succeeded ? size : 0);
        succeeded = succeeded && trainer->save(bytes.data(), size);
        finish(succeeded);
        channel.put(bytes.size());
        channel.putArray(bytes.data(), bytes.size());
    }

    void restore()
    {
        std::vector<unsigned char> bytes(channel.get<size_t>());
        channel.getArray(bytes.data(), bytes.size());
        finish(trainer->restore(bytes.data(), bytes.size()));
    }

    // Sends whether a call succeeded, and the error text.
    void finish(bool succeeded)
    {
        channel.put(succeeded);
        channel.putText(succeeded ? std::string() : trainer->error());
    }

    size_t patchesOf(size_t scale, int images) const
    {
        return size_t(scales[scale].rows) * size_t(scales[scale].cols) * size_t(images);
    }

    const CreateTrainer createTrainer;
    const CountCudaDevices countCudaDevices;
    TrainerChannel& channel;
    TrainerSettings settings;
    std::vector<ScaleShape> scales;
    std::vector<float> W, b, weights;
    std::vector<std::vector<float>> maps; // for each scale; every step uses the same memory
    std::unique_ptr<RemoteBank> bank;
    std::unique_ptr<Trainer> trainer;
};

// Opens the first library that can be loaded. If none can, `why` tells the reason for the first one, which is in the
// usual place.
void* openFirst(int count, char** names, std::string& why)
{
    for (int i = 0; i < count; i++)
    {
        if (void* library = dlopen(names[i], RTLD_NOW | RTLD_LOCAL))
            return library;
        if (why.empty())
            why = dlerror();
    }
    return nullptr;
}

// Closes files that were inherited from the program: they would stay open as long as this process lives, and it needs
// none.
void closeInherited()
{
    for (int descriptor = helperDescriptor + 1; descriptor < 4096; descriptor++)
        close(descriptor);
}

// Sends the first message, which tells whether training is possible, then answers requests until the socket is closed.
void serve(int count, char** libraries)
{
    TrainerChannel channel(helperDescriptor);
    std::string why;
    void* const library = openFirst(count, libraries, why);
    const CreateTrainer create =
        library ? reinterpret_cast<CreateTrainer>(dlsym(library, "anomalyCreateTrainer")) : nullptr;
    const CountCudaDevices devices =
        library ? reinterpret_cast<CountCudaDevices>(dlsym(library, "anomalyCudaDevices")) : nullptr;
    channel.put(trainerInterface);
    channel.put(create && devices);
    channel.putText(library ? "a function is missing" : why);
    if (!create || !devices)
        return;
    Helper helper(create, devices, channel);
    for (;;)
        helper.answer(channel.get<TrainerMessage>());
}

} // namespace

int main(int count, char** arguments)
{
    std::signal(SIGPIPE, SIG_IGN);
    closeInherited();
    try
    {
        serve(count - 1, arguments + 1);
    }
    catch (const std::exception&)
    {
        // The process that fits has finished, or is gone. It learns of an error here from the end of this process.
    }
    _exit(0); // without LibTorch's destructors, which sometimes crash
}
