// This file is part of OpenCV project.
// It is subject to the license terms in the LICENSE file found in the top-level directory
// of this distribution and at http://opencv.org/license.html.
#include "progress.hpp"

#include <algorithm>
#include <iostream>

#ifdef _WIN32
#include <io.h>
#define isatty _isatty
#else
#include <unistd.h>
#endif

// A longer line would be wrapped by the terminal, and could then not be overwritten.
static const size_t terminalWidth = 80;

static double secondsSince(int64 tick)
{
    return double(cv::getTickCount() - tick) / cv::getTickFrequency();
}

std::string clockTime(double seconds)
{
    const int whole = cvRound(seconds), hours = whole / 3600, minutes = whole / 60 % 60;
    return hours ? cv::format("%d:%02d:%02d", hours, minutes, whole % 60) : cv::format("%d:%02d", minutes, whole % 60);
}

// File descriptor 2 is standard error.
ProgressBar::ProgressBar() : isTerminal(isatty(2) != 0), started(0), lastDrawn(0), lastTenth(0), drawnLength(0) {}

void ProgressBar::start(const std::string& newTitle)
{
    title = newTitle;
    started = cv::getTickCount();
    lastDrawn = 0;
    lastTenth = 0;
}

void ProgressBar::update(const std::string& newTitle, int done, int total, const std::string& note)
{
    if (newTitle != title)
        start(newTitle);
    if (!isDue(done, total))
        return;
    if (isTerminal)
        drawBar(done, total, note);
    else
        printLine(done, total, note);
}

// Whether to draw now: at most ten times a second in a terminal, and elsewhere, such as in a log, once every tenth.
bool ProgressBar::isDue(int done, int total)
{
    if (isTerminal)
        return !lastDrawn || done == total || secondsSince(lastDrawn) > 0.1;
    const int tenth = total > 0 ? int(int64(done) * 10 / total) : done / 100;
    const bool isNew = tenth != lastTenth;
    lastTenth = tenth;
    return isNew;
}

// The estimated time that is left, or an empty text if it cannot be estimated yet.
std::string ProgressBar::timeLeft(int done, int total) const
{
    const double seconds = secondsSince(started);
    if (done == 0 || done >= total || seconds < 1)
        return std::string();
    return clockTime(seconds / done * (total - done)) + " left ";
}

// Draws the bar over the previous one.
void ProgressBar::drawBar(int done, int total, const std::string& note)
{
    const int width = 10, filled = total > 0 ? int(int64(done) * width / total) : 0;
    std::string line = title;
    if (total > 0)
        line += " [" + std::string(filled, '=') + std::string(width - filled, ' ') +
                cv::format("] %3d%% ", int(int64(done) * 100 / total));
    else
        line += cv::format(" %d ", done);
    line += timeLeft(done, total) + note;
    const size_t length = std::min(line.size(), terminalWidth - 1);
    line.resize(length);
    if (length < drawnLength)
        line.append(drawnLength - length, ' ');
    std::cerr << '\r' << line << std::flush;
    drawnLength = length;
    lastDrawn = cv::getTickCount();
}

void ProgressBar::printLine(int done, int total, const std::string& note) const
{
    std::cerr << title << " " << done;
    if (total > 0)
        std::cerr << " of " << total;
    std::cerr << " " << timeLeft(done, total) << note << std::endl;
}

void ProgressBar::clear()
{
    if (drawnLength)
        std::cerr << '\r' << std::string(drawnLength, ' ') << '\r' << std::flush;
    drawnLength = 0;
}
