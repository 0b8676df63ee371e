// This file is part of OpenCV project.
// It is subject to the license terms in the LICENSE file found in the top-level directory
// of this distribution and at http://opencv.org/license.html.
// anomaly_camera shows live where a camera's pictures differ from the good images that a model was trained with.
#include "backbone_options.hpp"
#include "command_line.hpp"
#include "device_option.hpp"
#include "drift_watch.hpp"
#include "files.hpp"
#include "interruption.hpp"
#include "json_lines.hpp"
#include "outputs.hpp"
#include "overlay.hpp"
#include "recording.hpp"
#include "region_option.hpp"

#ifdef WITH_HIGHGUI
#include "opencv2/highgui.hpp"
#endif
#ifdef WITH_VIDEOIO
#include "video_frames.hpp"

#include "opencv2/videoio.hpp"
#include "opencv2/videoio/registry.hpp"
#endif
#include "opencv2/core/utils/logger.hpp"

#include <algorithm>
#include <chrono>
#include <csignal>
#include <cstdlib>
#include <functional>
#include <iostream>
#include <regex>
#include <thread>

using namespace cv;
using namespace cv::anomaly;

namespace {

//! The command line.
struct Settings
{
    std::string model, backbone, source, mask, jsonl, saved;
    int saveLimit, saveMegabytes, device;
    bool reconnect, headless;
};

bool readCommandLine(int argc, char** argv, Settings& settings)
{
    settings.source = "0";
    settings.saveLimit = settings.saveMegabytes = 1000;
    CommandLine line("anomaly_camera",
                     "Shows live where a camera's pictures differ from the good images that a model was trained with. "
                     "Says when light, focus, position or texture have changed. Needs a display, unless --headless is "
                     "given; q, Esc or Ctrl-C ends it.");
    line.required("model", "FILE", settings.model, "model file that anomaly_train wrote");
    line.heading("Options");
    addBackboneFile(line, settings.backbone);
    line.option("source", "N|FILE|URL|PIPELINE", settings.source,
                "number of a camera, a video's file or address, or a pipeline of GStreamer that ends in appsink");
    line.flag("reconnect", settings.reconnect,
              "open the source again, each second, when it ends or is not there yet; without it the program ends, "
              "with exit code 0 after all frames of a video's file, else with 1");
    line.flag("headless", settings.headless,
              "show nothing, where there is no display; --jsonl then has what is found, or --save_defective");
    line.option("jsonl", "FILE|-", settings.jsonl,
                "lines to write, a JSON object a frame: source, frame, time, model, verdict, scores, milliseconds, and "
                "the regions of the defects (doc/json_lines.md); -: to standard output, which then has nothing else");
    line.option("save_defective", "DIR", settings.saved,
                "folder for the frames that are called defective, as they came: JPEG, named by time, frame and score");
    line.option("save_limit", "N", settings.saveLimit,
                "keep at most so many of them; the oldest that this run has written make room for new ones", 1);
    line.option("save_mb", "N", settings.saveMegabytes, "and at most so many megabytes, of 1000000 bytes each", 1);
    addRegionOption(line, settings.mask, "look for defects");
    addDeviceOption(line, settings.device);
    line.threadsOption();
    line.example("--model=model.yml.gz");
    line.example("--model=model.yml.gz --source=rtsp://camera.example/stream");
    line.example("--model=model.yml.gz --headless --reconnect --jsonl=- | mosquitto_pub -l -t line1/anomalies");
    line.example("--model=model.yml.gz --source='v4l2src ! videoconvert ! appsink' --save_defective=defective");
    if (!line.parse(argc, argv))
        return false;
    if (settings.headless && settings.jsonl.empty() && settings.saved.empty())
        throw UsageError("--headless shows nothing: --jsonl or --save_defective is needed to say where results go");
    return true;
}

#ifdef WITH_VIDEOIO

//! Thrown when pictures shall be shown but cannot be. The program then ends with exit code 2.
struct NoDisplay : std::runtime_error
{
    explicit NoDisplay(const std::string& reason)
        : std::runtime_error("no display to show pictures on (--headless does without): " + reason)
    {}
};

int report(const NoDisplay& error)
{
    std::cerr << "anomaly_camera: " << error.what() << std::endl;
    return 2;
}

void pause(int milliseconds)
{
    std::this_thread::sleep_for(std::chrono::milliseconds(milliseconds));
}

#ifdef WITH_HIGHGUI

const char* const windowName = "anomaly_camera";
// Whether a window may be opened. Asked first, because some windowing libraries end the program if there is no display.

bool hasDisplay()
{
#if defined(__linux__) || defined(__FreeBSD__)
    return std::getenv("DISPLAY") || std::getenv("WAYLAND_DISPLAY");
#else
    return true;
#endif
}

// Handles SIGABRT: Qt calls abort() when it finds no display, where other libraries throw.
void displayAborted(int)
{
    report(NoDisplay("it cannot be opened"));
    std::_Exit(2);
}

void checkDisplay()
{
    if (!hasDisplay())
        throw NoDisplay("neither DISPLAY nor WAYLAND_DISPLAY is set");
}

// Opens the window, or throws NoDisplay.
void openWindow()
{
    void (*const before)(int) = std::signal(SIGABRT, displayAborted);
    try
    {
        namedWindow(windowName, WINDOW_AUTOSIZE);
    }
    catch (const cv::Exception& error)
    {
        throw NoDisplay(error.err);
    }
    std::signal(SIGABRT, before);
}

void showPicture(const Mat& picture)
{
    imshow(windowName, picture);
}

// Shows the window for this time, and returns whether q or Esc was pressed meanwhile.
bool isEndAsked(int milliseconds)
{
    const int escape = 27, key = waitKey(milliseconds) & 255;
    return key == 'q' || key == escape;
}

#else

void checkDisplay()
{
    throw NoDisplay("this OpenCV lacks its highgui module");
}

void openWindow() {}
void showPicture(const Mat&) {}

bool isEndAsked(int milliseconds)
{
    pause(milliseconds);
    return false;
}

#endif

// A pipeline has GStreamer's sign between its elements.
bool isPipeline(const std::string& source)
{
    return source.find(" ! ") != std::string::npos;
}

bool isCameraNumber(const std::string& source)
{
    return source.find_first_not_of("0123456789") == std::string::npos;
}

// Opens a camera by its number, or a file or URL by its name.
bool open(VideoCapture& video, const std::string& source)
{
    if (isCameraNumber(source))
        return video.open(std::atoi(source.c_str()));
    return isPipeline(source) ? video.open(source, CAP_GSTREAMER) : video.open(source);
}

//! Keeps OpenCV from writing messages. Each failure to open a source costs ten lines, and a camera may be away all
//! night.
class WithoutMessages
{
public:
    WithoutMessages() : before(utils::logging::setLogLevel(utils::logging::LOG_LEVEL_SILENT)) {}
    ~WithoutMessages() { utils::logging::setLogLevel(before); }

private:
    const utils::logging::LogLevel before;
};

std::string whyNotOpened(const std::string& source)
{
    const std::vector<VideoCaptureAPIs> backends = videoio_registry::getStreamBackends();
    const bool hasGStreamer = std::find(backends.begin(), backends.end(), CAP_GSTREAMER) != backends.end();
    return isPipeline(source) && !hasGStreamer ? ": pipelines need an OpenCV with GStreamer, and this one has none"
                                               : "";
}

// Lines go to other machines, which need not know the camera's password: neither that of an address nor that of an
// element of a pipeline, such as user-pw=.
std::string withoutPassword(const std::string& source)
{
    static const std::regex inAddress("(://)[^/\\s\"]*@"), property("((?:pw|passw(?:or)?d)=)(?:\"[^\"]*\"|\\S+)");
    return std::regex_replace(std::regex_replace(source, inAddress, "$1"), property, "$1***");
}

//! Frames per second, without the time between streams.
class FrameRate
{
public:
    FrameRate() : last(0), seconds(0), secondsInAll(0), intervals(0) {}

    void startStream() { last = 0; }

    void tick()
    {
        const int64 now = getTickCount();
        if (last != 0)
            add(std::max(double(now - last) / getTickFrequency(), 1e-6));
        last = now;
    }

    //! Smoothed over some ten frames, so that the figure can be read; 0: not known yet.
    double recent() const { return seconds > 0 ? 1 / seconds : 0; }
    double overall() const { return secondsInAll > 0 ? intervals / secondsInAll : 0; }

private:
    void add(double passed)
    {
        seconds = seconds > 0 ? 0.9 * seconds + 0.1 * passed : passed;
        secondsInAll += passed;
        intervals++;
    }

    int64 last;
    double seconds, secondsInAll;
    int intervals;
};

//! Judges frames one after another, shows them if there is a display, and writes their JSON lines.
class Watch
{
public:
    Watch(const Settings& s, const Ptr<AnomalyDetector>& d)
        : settings(s),
          detector(d),
          region(readRegion("anomaly_camera", s.mask)),
          source(withoutPassword(s.source)),
          lines(s.jsonl, true, s.jsonl.empty() ? "" : hashOf(s.model)),
          drift(d),
          recording(s.saved, s.saveLimit, s.saveMegabytes * 1e6),
          number(0),
          frames(0),
          defective(0),
          isSavingBroken(false)
    {}

    void run();

private:
    std::string fault() const;
    std::string watch();
    std::string watchFile();
    std::string watchSource();
    bool watchStream();
    bool watchFrames(const std::function<bool(Mat&)>& next);
    bool waitForStream();
    void judgeAndTell(const Mat& frame);
    Judgment judge(const Mat& frame);
    void save(const Mat& frame, const Judgment& judgment);
    void show(const Mat& frame, const Judgment& judgment) const;
    bool isDone(int milliseconds) const;
    void printSummary() const;

    const Settings& settings;
    const Ptr<AnomalyDetector> detector;
    const Mat region; // --mask, which holds for each frame; empty means the whole frame
    const std::string source;
    VideoCapture video;
    JsonLines lines;
    DriftWatch drift;
    Recording recording;
    FrameRate rate;
    Mat map;
    int number;            // of the frame that is judged: that in its video, or else the count of frames before it
    int frames, defective; // how many were judged, and how many of these are defective
    bool isSavingBroken;   // the last picture could not be written
};

bool Watch::isDone(int milliseconds) const
{
    if (!settings.headless)
        return isEndAsked(milliseconds) || Interruption::isRequested();
    pause(milliseconds);
    return Interruption::isRequested();
}

Judgment Watch::judge(const Mat& frame)
{
    TickMeter time;
    time.start();
    const double score = detector->predict(frame, map, region);
    time.stop();
    Judgment judgment = {
        score, detector->normalizedScore(score), time.getTimeMilli(), verdict(*detector, score), {}, drift.isKnown(),
        {}};
    printNotes("anomaly_camera", drift.add(frame, score));
    judgment.drift = drift.causes();
    findRegions(map, detector->getPixelThreshold(), judgment.regions, smallestDefect(*detector, frame.size()));
    return judgment;
}

// A full disk must not end the watch: it is told once, and again after pictures could be written in between.
void Watch::save(const Mat& frame, const Judgment& judgment)
{
    std::string time = timeText();
    time.erase(std::remove_if(time.begin(), time.end(), [](char c) { return c == '-' || c == ':'; }), time.end());
    try
    {
        recording.add(format("%s_%06d_%.3f", time.c_str(), number, judgment.score), frame);
        isSavingBroken = false;
    }
    catch (const std::exception& error)
    {
        if (!isSavingBroken)
            printNotes("anomaly_camera", {errorText(error) + "; the watch goes on"});
        isSavingBroken = true;
    }
}

void Watch::show(const Mat& frame, const Judgment& judgment) const
{
    Mat picture = drawOverlay(*detector, frame, map);
    std::string caption = format("%.3f %s  %.1f frames/s", judgment.score, judgment.verdict.c_str(), rate.recent());
    for (size_t i = 0; i < judgment.drift.size(); i++)
        caption += (i == 0 ? "  changed: " : ", ") + judgment.drift[i];
    addCaption(picture, caption);
    showPicture(picture);
}

void Watch::judgeAndTell(const Mat& frame)
{
    const Judgment judgment = judge(frame);
    const bool isDefective = judgment.verdict != "good";
    lines.add(ImageName(source, number), judgment, rate.recent());
    if (isDefective && recording.isWanted())
        save(frame, judgment);
    frames++;
    defective += isDefective;
    if (!settings.headless)
        show(frame, judgment);
}

// Judges the frames that `next` gives until it returns false. Returns true when the user ended the program, and false
// when there are no more frames.
bool Watch::watchFrames(const std::function<bool(Mat&)>& next)
{
    const Interruption untilDone;
    rate.startStream();
    for (Mat frame; next(frame);)
    {
        rate.tick();
        judgeAndTell(frame);
        if (settings.headless ? Interruption::isRequested() : isDone(1))
            return true;
    }
    return Interruption::isRequested();
}

bool Watch::watchStream()
{
    return watchFrames([this](Mat& frame) {
        number = frames;
        return video.read(frame);
    });
}

// Tries to open the stream once a second. Returns false if the user ended the program first. While a source is opened,
// which can take any time, signals end the program.
bool Watch::waitForStream()
{
    const int milliseconds = 1000;
    const WithoutMessages untilOpen;
    do
    {
        const Interruption untilDone;
        if (isDone(milliseconds))
            return false;
    } while (!open(video, settings.source));
    return true;
}

std::string Watch::fault() const
{
    return "the source '" + source + "' cannot be opened" + whyNotOpened(settings.source);
}

// Judges all frames of a video's file. Damaged ones are passed over, and returned as what went wrong; the text is empty
// if there are none, or if the user ended the program first.
std::string Watch::watchFile()
{
    VideoFrames file(settings.source);
    if (!file.isOpened())
        return fault();
    if (!settings.headless)
        openWindow();
    const bool isStopped = watchFrames([this, &file](Mat& frame) {
        const bool isRead = file.next(frame);
        number = file.number();
        return isRead;
    });
    if (isStopped || (file.count() > 0 && file.lost() == 0))
        return std::string();
    return format("of '%s' %d of %d frames were read: the file is damaged, cut off, or a part of a longer video",
                  source.c_str(), file.count(), file.count() + file.lost());
}

// Runs until the user ends the program, and returns an empty text then; otherwise it returns what ended the stream.
std::string Watch::watchSource()
{
    const bool isOpen = open(video, settings.source);
    if (!isOpen && !settings.reconnect)
        return fault();
    if (!settings.headless)
        openWindow();
    if (!isOpen)
        std::cerr << "anomaly_camera: " << fault() << "; trying again each second" << std::endl;
    if (!isOpen && !waitForStream())
        return std::string();
    while (!watchStream())
    {
        if (!settings.reconnect)
            return "the stream of '" + source + "' has ended; --reconnect waits for it to come back";
        std::cerr << "anomaly_camera: the stream of '" << source << "' has ended, opening it again" << std::endl;
        if (!waitForStream())
            break;
    }
    return std::string();
}

// With --reconnect a file is taken as a source that goes on, so that it is judged over and over.
std::string Watch::watch()
{
    const bool isWholeFile = !settings.reconnect && !isCameraNumber(settings.source) && isVideoFile(settings.source);
    return isWholeFile ? watchFile() : watchSource();
}

void Watch::printSummary() const
{
    std::cout << counted(size_t(frames), "frame", "frames") << ", " << defective << " defective";
    if (rate.overall() > 0)
        std::cout << format(", %.1f frames/s", rate.overall());
    if (recording.isWanted())
        std::cout << ", " << counted(recording.count(), "picture", "pictures") << " kept in '" << settings.saved << "'";
    std::cout << std::endl;
}

void Watch::run()
{
    const std::string ending = watch();
    if (frames > 0)
        printSummary();
    if (!ending.empty())
        throw std::runtime_error(ending);
}

// Ends with an error, before the first frame, if an output would replace an input or cannot be written.
void checkOutputs(const Settings& settings, const AnomalyDetector& detector)
{
    if (!settings.saved.empty())
        checkWritableFolder(settings.saved); // in which the lines may lie
    if (settings.jsonl.empty() || isStandardOutput(settings.jsonl))
        return;
    Outputs outputs;
    outputs.reads({settings.source, settings.mask});
    outputs.readsModel(settings.model, settings.backbone, detector);
    outputs.writesText("jsonl", settings.jsonl);
    checkWritable(settings.jsonl);
}

int run(const Settings& settings)
{
    try
    {
        if (!settings.headless)
            checkDisplay();
        const Ptr<AnomalyDetector> detector = readModel(settings.model, settings.backbone);
        detector->setPreferableTarget(targetOf(settings.device));
        detector->setMapSize(MAP_IMAGE);
        checkOutputs(settings, *detector);
        Watch(settings, detector).run();
    }
    catch (const NoDisplay& error)
    {
        return report(error);
    }
    return 0;
}

#else

int run(const Settings&)
{
    std::cerr << "anomaly_camera: this OpenCV lacks its videoio module: there is no camera to use" << std::endl;
    return 2;
}

#endif

int camera(int argc, char** argv)
{
    Settings settings = Settings();
    return readCommandLine(argc, argv, settings) ? run(settings) : 0;
}

} // namespace

int main(int argc, char** argv)
{
    return runProgram("anomaly_camera", camera, argc, argv);
}
