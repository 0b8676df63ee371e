// This file is part of OpenCV project.
// It is subject to the license terms in the LICENSE file found in the top-level directory
// of this distribution and at http://opencv.org/license.html.
// anomaly_camera shows live where a camera's pictures differ from the good images that a model was trained with.
#include "backbone_options.hpp"
#include "command_line.hpp"
#include "device_option.hpp"
#include "drift_watch.hpp"
#include "files.hpp"
#include "json_lines.hpp"
#include "outputs.hpp"
#include "overlay.hpp"
#include "region_option.hpp"

#ifdef WITH_HIGHGUI
#include "opencv2/highgui.hpp"
#endif
#ifdef WITH_VIDEOIO
#include "opencv2/videoio.hpp"
#endif

#include <chrono>
#include <csignal>
#include <cstdlib>
#include <iostream>
#include <thread>

using namespace cv;
using namespace cv::anomaly;

namespace {

//! The command line.
struct Settings
{
    std::string model, backbone, source, mask, jsonl;
    int device;
    bool reconnect, headless;
};

bool readCommandLine(int argc, char** argv, Settings& settings)
{
    settings.source = "0";
    CommandLine line("anomaly_camera",
                     "Shows live where a camera's pictures differ from the good images that a model was trained with. "
                     "Says when light, focus, position or texture have changed. Needs a display, unless --headless is "
                     "given; q or Esc ends it.");
    line.required("model", "FILE", settings.model, "model file that anomaly_train wrote");
    line.heading("Options");
    addBackboneFile(line, settings.backbone);
    line.option("source", "N|FILE|URL", settings.source, "number of a camera, or a video's file or address");
    line.flag("reconnect", settings.reconnect,
              "open the source again, each second, when it ends or is not there yet; without it the program says so "
              "and ends");
    line.flag("headless", settings.headless, "show nothing, where there is no display; --jsonl then has what is found");
    line.option("jsonl", "FILE|-", settings.jsonl,
                "lines to write, a JSON object a frame: source, frame, time, model, verdict, scores, milliseconds, and "
                "the regions of the defects (doc/json_lines.md); -: to standard output, which then has nothing else");
    addRegionOption(line, settings.mask, "look for defects");
    addDeviceOption(line, settings.device);
    line.threadsOption();
    line.example("--model=model.yml.gz");
    line.example("--model=model.yml.gz --source=rtsp://camera.example/stream");
    line.example("--model=model.yml.gz --headless --reconnect --jsonl=- | mosquitto_pub -l -t line1/anomalies");
    if (!line.parse(argc, argv))
        return false;
    if (settings.headless && settings.jsonl.empty())
        throw UsageError("--headless shows nothing: --jsonl is needed to say where results go");
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

// Opens a camera by its number, or a file or URL by its name.
bool open(VideoCapture& video, const std::string& source)
{
    const bool isNumber = source.find_first_not_of("0123456789") == std::string::npos;
    return isNumber ? video.open(std::atoi(source.c_str())) : video.open(source);
}

// Removes a user name and password from a URL: JSON lines go to other machines, which need not know them.
std::string withoutPassword(const std::string& source)
{
    const size_t scheme = source.find("://"), host = scheme == std::string::npos ? scheme : scheme + 3;
    const size_t at = host == std::string::npos ? host : source.substr(0, source.find('/', host)).rfind('@');
    return at == std::string::npos || at < host ? source : source.substr(0, host) + source.substr(at + 1);
}

// Frames per second, smoothed over about ten frames so that the displayed figure can be read.
class FrameRate
{
public:
    FrameRate() : last(getTickCount()), seconds(0) {}

    double tick()
    {
        const int64 now = getTickCount();
        const double passed = double(now - last) / getTickFrequency();
        seconds = seconds > 0 ? 0.9 * seconds + 0.1 * passed : passed;
        last = now;
        return 1 / std::max(seconds, 1e-6);
    }

private:
    int64 last;
    double seconds;
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
          frames(0)
    {}

    void run();

private:
    bool watchStream();
    bool waitForStream();
    Judgment judge(const Mat& frame);
    void show(const Mat& frame, const Judgment& judgment, double rate) const;
    bool isDone(int milliseconds) const;

    const Settings& settings;
    const Ptr<AnomalyDetector> detector;
    const Mat region; // --mask, which holds for each frame; empty means the whole frame
    const std::string source;
    VideoCapture video;
    JsonLines lines;
    DriftWatch drift;
    Mat map;
    int frames;
};

bool Watch::isDone(int milliseconds) const
{
    if (!settings.headless)
        return isEndAsked(milliseconds);
    pause(milliseconds);
    return false;
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

void Watch::show(const Mat& frame, const Judgment& judgment, double rate) const
{
    Mat picture = drawOverlay(*detector, frame, map);
    std::string caption = format("%.3f %s  %.1f frames/s", judgment.score, judgment.verdict.c_str(), rate);
    for (size_t i = 0; i < judgment.drift.size(); i++)
        caption += (i == 0 ? "  changed: " : ", ") + judgment.drift[i];
    addCaption(picture, caption);
    showPicture(picture);
}

// Returns true when the user ended the program, and false when the stream ended.
bool Watch::watchStream()
{
    FrameRate rate;
    for (Mat frame; video.read(frame);)
    {
        const Judgment judgment = judge(frame);
        lines.add(ImageName(source, frames++), judgment);
        const double framesPerSecond = rate.tick();
        if (!settings.headless)
            show(frame, judgment, framesPerSecond);
        if (!settings.headless && isDone(1))
            return true;
    }
    return false;
}

// Tries to open the stream once a second. Returns false if the user ended the program first.
bool Watch::waitForStream()
{
    const int milliseconds = 1000;
    do
        if (isDone(milliseconds))
            return false;
    while (!open(video, settings.source));
    return true;
}

// Runs until the user ends the program. Throws when the stream ends, unless --reconnect was given.
void Watch::run()
{
    if (!open(video, settings.source) && !settings.reconnect)
        throw std::runtime_error("the source '" + source + "' cannot be opened");
    if (!settings.headless)
        openWindow();
    while (!watchStream())
    {
        if (!settings.reconnect)
            throw std::runtime_error("the stream of '" + source + "' has ended; --reconnect waits for it to come back");
        std::cerr << "anomaly_camera: the stream of '" << source << "' has ended, opening it again" << std::endl;
        if (!waitForStream())
            return;
    }
}

// Ends with an error, before the first frame, if an output would replace an input or cannot be written.
void checkOutputs(const Settings& settings, const AnomalyDetector& detector)
{
    if (settings.jsonl.empty() || isStandardOutput(settings.jsonl))
        return;
    Outputs outputs;
    outputs.reads({settings.source, settings.mask});
    outputs.readsModel(settings.model, settings.backbone, detector);
    outputs.writes("jsonl", settings.jsonl);
    checkWritable(settings.jsonl);
}

int run(const Settings& settings)
{
    try
    {
        if (!settings.headless)
            checkDisplay();
        const Ptr<AnomalyDetector> detector = loadDetector(settings.model, settings.backbone);
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
