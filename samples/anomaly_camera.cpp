// This file is part of OpenCV project.
// It is subject to the license terms in the LICENSE file found in the top-level directory
// of this distribution and at http://opencv.org/license.html.
// Shows live where a camera's pictures differ from what a model learned.
#include "backbone_options.hpp"
#include "command_line.hpp"
#include "device_option.hpp"
#include "overlay.hpp"
#include "region_option.hpp"

#ifdef WITH_HIGHGUI
#include "opencv2/highgui.hpp"
#endif
#ifdef WITH_VIDEOIO
#include "opencv2/videoio.hpp"
#endif

#include <csignal>
#include <cstdlib>
#include <iostream>

using namespace cv;
using namespace cv::anomaly;

namespace {

struct Settings
{
    std::string model, backbone, source, mask;
    int device;
    bool reconnect;
};

bool readCommandLine(int argc, char** argv, Settings& settings)
{
    settings.source = "0";
    CommandLine line("anomaly_camera",
                     "Shows live where a camera's pictures differ from the good images that a model was trained with. "
                     "Needs a display; q or Esc ends it.");
    line.required("model", "FILE", settings.model, "model file that anomaly_train wrote");
    line.heading("Options");
    addBackboneFile(line, settings.backbone);
    line.option("source", "N|FILE|URL", settings.source, "number of a camera, or a video's file or address");
    line.flag("reconnect", settings.reconnect,
              "open the source again, each second, when it ends or is not there yet; without it the program says so "
              "and ends");
    addRegionOption(line, settings.mask, "look for defects");
    addDeviceOption(line, settings.device);
    line.threadsOption();
    line.example("--model=model.yml.gz");
    line.example("--model=model.yml.gz --source=rtsp://camera.example/stream");
    return line.parse(argc, argv);
}

#if defined(WITH_HIGHGUI) && defined(WITH_VIDEOIO)

const char* const windowName = "anomaly_camera";

int noDisplay(const std::string& reason)
{
    std::cerr << "anomaly_camera: no display to show pictures on: " << reason << std::endl;
    return 2;
}

bool hasDisplay()
{
#if defined(__linux__) || defined(__FreeBSD__)
    return std::getenv("DISPLAY") || std::getenv("WAYLAND_DISPLAY");
#else
    return true;
#endif
}

// Qt calls abort where others throw.
void displayAborted(int)
{
    noDisplay("it can not be opened");
    std::_Exit(2);
}

void openWindow()
{
    void (*const before)(int) = std::signal(SIGABRT, displayAborted);
    namedWindow(windowName, WINDOW_AUTOSIZE);
    std::signal(SIGABRT, before);
}

bool open(VideoCapture& video, const std::string& source)
{
    const bool isNumber = source.find_first_not_of("0123456789") == std::string::npos;
    return isNumber ? video.open(std::atoi(source.c_str())) : video.open(source);
}

bool isEnd(int key)
{
    const int escape = 27;
    return (key & 255) == 'q' || (key & 255) == escape;
}

// Smoothed over some ten frames, so that the figure can be read.
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

//! False when the stream has ended, true when the user is done.
bool show(AnomalyDetector& detector, VideoCapture& video, const Mat& region)
{
    FrameRate rate;
    for (Mat frame, map; video.read(frame);)
    {
        const double score = detector.predict(frame, map, region);
        Mat picture = drawOverlay(detector, frame, map);
        addCaption(picture, format("%.3f %s  %.1f frames/s", score, verdict(detector, score).c_str(), rate.tick()));
        imshow(windowName, picture);
        if (isEnd(waitKey(1)))
            return true;
    }
    return false;
}

// Until the user is done. Throws when the stream ends before, unless it is to be opened again.
void showAll(AnomalyDetector& detector, VideoCapture& video, const Settings& settings, const Mat& region)
{
    const int pause = 1000; // ms
    while (!show(detector, video, region))
    {
        if (!settings.reconnect)
            throw std::runtime_error("the stream of '" + settings.source +
                                     "' has ended; --reconnect waits for it to come back");
        std::cerr << "anomaly_camera: the stream of '" << settings.source << "' has ended, opening it again"
                  << std::endl;
        do
            if (isEnd(waitKey(pause)))
                return;
        while (!open(video, settings.source));
    }
}

int run(const Settings& settings)
{
    if (!hasDisplay())
        return noDisplay("neither DISPLAY nor WAYLAND_DISPLAY is set");
    const Ptr<AnomalyDetector> detector = loadDetector(settings.model, settings.backbone);
    detector->setPreferableTarget(targetOf(settings.device));
    detector->setMapSize(MAP_IMAGE);
    const Mat region = readRegion("anomaly_camera", settings.mask);
    VideoCapture video;
    if (!open(video, settings.source) && !settings.reconnect)
        throw std::runtime_error("the source '" + settings.source + "' can not be opened");
    try
    {
        openWindow();
    }
    catch (const cv::Exception& error)
    {
        return noDisplay(error.err);
    }
    showAll(*detector, video, settings, region);
    return 0;
}

#else

int run(const Settings&)
{
    std::cerr << "anomaly_camera: this OpenCV lacks its highgui or videoio module: there is no display or camera to use"
              << std::endl;
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
