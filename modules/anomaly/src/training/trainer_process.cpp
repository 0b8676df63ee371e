// This file is part of OpenCV project.
// It is subject to the license terms in the LICENSE file found in the top-level directory
// of this distribution and at http://opencv.org/license.html.
#include "../precomp.hpp"
#include "trainer_process.hpp"

namespace cv { namespace anomaly {

#ifdef ANOMALY_TRAINS_BY_PYTHON
static const char* const trainerAdvice = "PyTorch in the Python that runs it: pip install \"cv-anomaly[train]\"";
#else
static const char* const trainerAdvice =
    "the library opencv_anomaly_train: build with LibTorch (Debian: libtorch-dev) and ANOMALY_WITH_TORCH=ON, and keep "
    "it beside opencv_anomaly";
#endif

void reportMissingTrainer(const String& why)
{
    CV_Error_(Error::StsNotImplemented,
              ("fit needs %s. Without it only ADAPTATION_NONE can be fitted. The loader says: %s", trainerAdvice,
               why.c_str()));
}

}} // namespace cv::anomaly

#ifndef _WIN32
#include "trainer_channel.hpp"

#include <csignal>
#include <cstring>
#include <fcntl.h>
#include <mutex>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

extern char** environ;

namespace cv { namespace anomaly {

namespace {

// Moves a socket to a higher descriptor. If the program has closed stdin, stdout or stderr, a new socket could get
// their number, and any code that writes to these would write to the socket.
int raised(int descriptor, int lowest)
{
    const int high = fcntl(descriptor, F_DUPFD_CLOEXEC, lowest);
    close(descriptor);
    return high;
}

//! A pair of sockets, one for the helper. Both are closed at the end, but `ours` only if it was not taken.
struct SocketPair
{
    SocketPair() : ours(-1), helpers(-1)
    {
        int ends[2];
        if (socketpair(AF_UNIX, SOCK_STREAM, 0, ends) != 0)
            CV_Error_(Error::StsError, ("No socket for the helper process that trains: %s", std::strerror(errno)));
        ours = raised(ends[0], helperDescriptor + 1);
        helpers = raised(ends[1], helperDescriptor + 1);
#ifdef SO_NOSIGPIPE
        const int yes = 1;
        setsockopt(ours, SOL_SOCKET, SO_NOSIGPIPE, &yes, sizeof yes);
#endif
        // A step sends some 10 MB. Each time the buffer is full, the other process has to wake up.
        const int buffer = 1 << 20;
        setsockopt(ours, SOL_SOCKET, SO_SNDBUF, &buffer, sizeof buffer);
        setsockopt(helpers, SOL_SOCKET, SO_SNDBUF, &buffer, sizeof buffer);
    }
    ~SocketPair()
    {
        close(helpers);
        if (ours >= 0)
            close(ours);
    }
    SocketPair(const SocketPair&) = delete;
    SocketPair& operator=(const SocketPair&) = delete;

    // Leaves `ours` to the caller, who has to close it.
    void take()
    {
        ours = -1;
    }

    int ours, helpers;
};

//! What a new process is started with: no standard input, the socket, and default signals.
class SpawnSettings
{
public:
    explicit SpawnSettings(int socket)
    {
        posix_spawn_file_actions_init(&actions);
        posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
        posix_spawn_file_actions_adddup2(&actions, socket, helperDescriptor);
        posix_spawnattr_init(&attributes);
        sigset_t none, all;
        sigemptyset(&none);
        sigfillset(&all);
        posix_spawnattr_setsigmask(&attributes, &none);
        posix_spawnattr_setsigdefault(&attributes, &all);
        posix_spawnattr_setpgroup(&attributes, 0); // Ctrl-C only reaches the program, which ends the helper
        posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETPGROUP);
    }
    ~SpawnSettings()
    {
        posix_spawn_file_actions_destroy(&actions);
        posix_spawnattr_destroy(&attributes);
    }
    SpawnSettings(const SpawnSettings&) = delete;
    SpawnSettings& operator=(const SpawnSettings&) = delete;

    posix_spawn_file_actions_t actions;
    posix_spawnattr_t attributes;
};

pid_t spawn(const String& program, const std::vector<String>& libraries, int socket)
{
    std::vector<char*> arguments(1, const_cast<char*>(program.c_str()));
    for (const String& library : libraries)
        arguments.push_back(const_cast<char*>(library.c_str()));
    arguments.push_back(NULL);
    const SpawnSettings settings(socket);
    pid_t pid = 0;
    const int failure =
        posix_spawn(&pid, program.c_str(), &settings.actions, &settings.attributes, arguments.data(), environ);
    if (failure != 0)
        CV_Error_(Error::StsNotImplemented, ("fit cannot start '%s', the helper process that trains: %s",
                                             program.c_str(), std::strerror(failure)));
    return pid;
}

//! A helper process. It ends with this object.
class HelperProcess
{
public:
    HelperProcess(const String& program, const std::vector<String>& libraries)
        : HelperProcess(program, libraries, SocketPair())
    {}

    // Closing the socket ends the helper.
    ~HelperProcess()
    {
        close(socket);
        if (wasStartedHere() && !isOver)
            waitpid(process, NULL, 0);
    }
    HelperProcess(const HelperProcess&) = delete;
    HelperProcess& operator=(const HelperProcess&) = delete;

    //! Whether this process started the helper. A forked process has a copy of this object, but cannot use the helper.
    bool wasStartedHere() const { return starter == getpid(); }

    bool isAlive()
    {
        isOver = isOver || waitpid(process, NULL, WNOHANG) != 0;
        return !isOver;
    }

    // Tells how a process that can no longer be reached has ended.
    String end()
    {
        int status = 0;
        const bool isKnown = !isOver && waitpid(process, &status, 0) == process;
        isOver = true;
        if (!isKnown)
            return "it has ended";
        if (WIFSIGNALED(status))
            return format("it was ended by signal %d (%s)%s", WTERMSIG(status), strsignal(WTERMSIG(status)),
                          WTERMSIG(status) == SIGKILL ? ", as the system does when memory runs out" : "");
        return format("it has ended with exit code %d", WEXITSTATUS(status));
    }

    TrainerChannel& channel() { return connection; }

private:
    HelperProcess(const String& program, const std::vector<String>& libraries, SocketPair&& sockets)
        : starter(getpid()),
          socket(sockets.ours),
          connection(sockets.ours),
          process(spawn(program, libraries, sockets.helpers)),
          isOver(false)
    {
        sockets.take();
    }

    const pid_t starter;
    const int socket;
    TrainerChannel connection;
    const pid_t process;
    bool isOver; // the process has ended, and its number may belong to another process
};

// Reads the first message of a helper: its interface version, and why it could not load its library, if so.
void checkGreeting(HelperProcess& helper)
{
    int interfaceVersion = 0;
    bool isLoaded = false;
    std::string why;
    try
    {
        interfaceVersion = helper.channel().get<int>();
        isLoaded = helper.channel().get<bool>();
        why = helper.channel().getText();
    }
    catch (const std::runtime_error&)
    {
        CV_Error_(Error::StsNotImplemented,
                  ("The helper process that trains does not start, %s. LibTorch may not fit this processor or system",
                   helper.end().c_str()));
    }
    if (interfaceVersion != trainerInterface)
        CV_Error(Error::StsNotImplemented, "The helper process that trains, opencv_anomaly_trainer, is of another "
                                           "version: install the one built with this opencv_anomaly");
    if (!isLoaded)
        reportMissingTrainer(why);
}

//! Helpers that wait for work. LibTorch takes long to load, so they are kept.
class HelperPool
{
public:
    std::unique_ptr<HelperProcess> take(const String& program, const std::vector<String>& libraries)
    {
        std::unique_ptr<HelperProcess> helper = takeIdle();
        if (helper)
            return helper;
        helper.reset(new HelperProcess(program, libraries));
        checkGreeting(*helper);
        return helper;
    }

    void giveBack(std::unique_ptr<HelperProcess> helper)
    {
        const std::lock_guard<std::mutex> lock(mutex);
        idle.push_back(std::move(helper));
    }

private:
    std::unique_ptr<HelperProcess> takeIdle()
    {
        const std::lock_guard<std::mutex> lock(mutex);
        while (!idle.empty())
        {
            std::unique_ptr<HelperProcess> helper = std::move(idle.back());
            idle.pop_back();
            if (helper->wasStartedHere() && helper->isAlive())
                return helper;
        }
        return NULL;
    }

    std::mutex mutex;
    std::vector<std::unique_ptr<HelperProcess>> idle;
};

// Never destroyed, because another thread may still train while the program ends. Helpers end by themselves.
HelperPool& pool()
{
    static HelperPool* const helpers = new HelperPool;
    return *helpers;
}

//! A trainer that sends each call to a helper process.
class RemoteTrainer CV_FINAL : public Trainer
{
public:
    RemoteTrainer(std::unique_ptr<HelperProcess> h, const TrainerSettings& settings)
        : helper(std::move(h)),
          channel(helper->channel()),
          descriptorLength(settings.descriptorLength),
          scales(settings.scales, settings.scales + settings.scaleCount),
          isBroken(false)
    {
        inputs = 2;
        for (const ScaleShape& scale : scales)
            inputs += scale.channels;
    }

    ~RemoteTrainer() CV_OVERRIDE
    {
        if (succeeds([this]() {
                channel.put(MESSAGE_DESTROY);
                return true;
            }))
            pool().giveBack(std::move(helper));
    }

    bool create(const TrainerSettings& settings)
    {
        return succeeds([&]() {
            channel.put(MESSAGE_CREATE);
            channel.put(trainerInterface);
            channel.put(settings);
            channel.putArray(scales.data(), scales.size());
            channel.putArray(settings.W, size_t(inputs) * descriptorLength);
            channel.putArray(settings.b, descriptorLength);
            return channel.get<bool>();
        });
    }

    bool step(const float* const* maps, const float* patchWeights, int images, BankAccess& bank,
              StepFigures& figures) CV_OVERRIDE
    {
        return succeeds([&]() {
            channel.put(MESSAGE_STEP);
            channel.put(images);
            channel.put(patchWeights != NULL);
            for (size_t i = 0; i < scales.size(); i++)
                channel.putArray(maps[i], scales[i].channels * patchesOf(i, images));
            channel.putArray(patchWeights, patchWeights ? patchesOf(0, images) : 0);
            serveBank(bank);
            const bool succeeded = finish();
            figures = channel.get<StepFigures>();
            return succeeded;
        });
    }

    bool read(float* W, float* b, double& radius) CV_OVERRIDE
    {
        return succeeds([&]() {
            channel.put(MESSAGE_READ);
            if (!finish())
                return false;
            channel.getArray(W, size_t(inputs) * descriptorLength);
            channel.getArray(b, descriptorLength);
            radius = channel.get<double>();
            return true;
        });
    }

    bool save(unsigned char* bytes, size_t& size) CV_OVERRIDE
    {
        if (!bytes)
            saved.clear();
        const bool succeeded = !saved.empty() || succeeds([&]() { return fetchState(); });
        size = saved.size();
        if (bytes)
        {
            std::copy(saved.begin(), saved.end(), bytes);
            saved.clear();
        }
        return succeeded;
    }

    bool restore(const unsigned char* bytes, size_t size) CV_OVERRIDE
    {
        return succeeds([&]() {
            channel.put(MESSAGE_RESTORE);
            channel.put(size);
            channel.putArray(bytes, size);
            return finish();
        });
    }

    const char* error() const CV_OVERRIDE { return message.c_str(); }

private:
    // Runs a call. No exception may leave a trainer. After the helper is gone, each call fails.
    template <typename Work> bool succeeds(const Work& work)
    {
        if (isBroken)
            return false;
        try
        {
            return work();
        }
        catch (const std::bad_alloc&)
        {
            message = "there is not enough memory";
        }
        catch (const std::exception&)
        {
            message = "the helper process that trains is gone: " + helper->end();
        }
        isBroken = true; // half of a message may have been sent
        return false;
    }

    bool fetchState()
    {
        channel.put(MESSAGE_SAVE);
        const bool succeeded = finish();
        saved.resize(channel.get<size_t>());
        channel.getArray(saved.data(), saved.size());
        return succeeded;
    }

    // Reads the end of an answer: whether the call succeeded, and the error text.
    bool finish()
    {
        const bool succeeded = channel.get<bool>();
        message = channel.getText();
        return succeeded;
    }

    // Answers the helper's calls of BankAccess until it has finished the step.
    void serveBank(BankAccess& bank)
    {
        for (;;)
        {
            const TrainerMessage call = channel.get<TrainerMessage>();
            if (call == MESSAGE_RESULT)
                return;
            if (call == MESSAGE_CENTERS)
                sendCenters(bank);
            else
                serveBank(bank, call);
        }
    }

    void sendCenters(const BankAccess& bank)
    {
        channel.put(bank.centerCount());
        channel.putArray(bank.centers(), size_t(bank.centerCount()) * descriptorLength);
    }

    void serveBank(BankAccess& bank, TrainerMessage call)
    {
        const int patches = channel.get<int>(), k = channel.get<int>();
        const size_t count = size_t(k) * patches;
        phi.resize(size_t(descriptorLength) * patches);
        distances.resize(count);
        indices.resize(count);
        channel.getArray(phi.data(), phi.size());
        if (call == MESSAGE_SEARCH)
            return search(bank, patches, k);
        channel.getArray(distances.data(), count); // here: gradient with respect to the distances
        channel.getArray(indices.data(), count);
        gradient.resize(phi.size());
        const bool succeeded = bank.backward(phi.data(), patches, k, distances.data(), indices.data(), gradient.data());
        channel.put(succeeded);
        channel.putArray(gradient.data(), succeeded ? gradient.size() : 0);
    }

    void search(BankAccess& bank, int patches, int k)
    {
        const bool succeeded = bank.search(phi.data(), patches, k, distances.data(), indices.data());
        channel.put(succeeded);
        channel.putArray(distances.data(), succeeded ? distances.size() : 0);
        channel.putArray(indices.data(), succeeded ? indices.size() : 0);
    }

    size_t patchesOf(size_t scale, int images) const
    {
        return size_t(scales[scale].rows) * scales[scale].cols * images;
    }

    std::unique_ptr<HelperProcess> helper;
    TrainerChannel& channel;
    const int descriptorLength;
    const std::vector<ScaleShape> scales;
    int inputs;
    bool isBroken;
    std::string message;
    std::vector<float> phi, distances, gradient; // memory that every step uses again
    std::vector<int> indices;
    std::vector<uchar> saved; // kept between the call that asks for the size and the one that takes the bytes
};

} // namespace

TrainerProcess::TrainerProcess(const String& p, const std::vector<String>& l) : program(p), libraries(l) {}

bool TrainerProcess::isAvailable() const
{
    return access(program.c_str(), X_OK) == 0;
}

std::unique_ptr<Trainer> TrainerProcess::create(const TrainerSettings& settings) const
{
    std::unique_ptr<RemoteTrainer> trainer(new RemoteTrainer(pool().take(program, libraries), settings));
    const bool isCreated = trainer->create(settings);
    if (*trainer->error())
        CV_Error_(Error::StsError, ("Training cannot start: %s", trainer->error()));
    return isCreated ? std::move(trainer) : NULL;
}

void TrainerProcess::require() const
{
    pool().giveBack(pool().take(program, libraries));
}

int TrainerProcess::countCudaDevices() const
{
    std::unique_ptr<HelperProcess> helper = pool().take(program, libraries);
    int count = 0;
    try
    {
        helper->channel().put(MESSAGE_DEVICES);
        count = helper->channel().get<int>();
    }
    catch (const std::runtime_error&)
    {
        CV_Error_(Error::StsError, ("The helper process that trains is gone: %s", helper->end().c_str()));
    }
    pool().giveBack(std::move(helper));
    return count;
}

}} // namespace cv::anomaly

#else

namespace cv { namespace anomaly {

TrainerProcess::TrainerProcess(const String&, const std::vector<String>&) {}
bool TrainerProcess::isAvailable() const
{
    return false;
}
std::unique_ptr<Trainer> TrainerProcess::create(const TrainerSettings&) const
{
    return NULL;
}
void TrainerProcess::require() const {}
int TrainerProcess::countCudaDevices() const
{
    return -1;
}

}} // namespace cv::anomaly

#endif
