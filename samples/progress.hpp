// This file is part of OpenCV project.
// It is subject to the license terms in the LICENSE file found in the top-level directory
// of this distribution and at http://opencv.org/license.html.
#ifndef ANOMALY_SAMPLES_PROGRESS_HPP
#define ANOMALY_SAMPLES_PROGRESS_HPP

#include "opencv2/core.hpp"

#include <string>

//! Shows the progress of a program on stderr: on a terminal as a bar that is redrawn, else as a line for every tenth.
class ProgressBar
{
public:
    ProgressBar();
    ~ProgressBar() { clear(); }

    //! total: 0 if it is not known. A new title starts a new bar.
    void update(const std::string& title, int done, int total, const std::string& note = std::string());

    //! Removes the bar, so that something else can be printed.
    void clear();

private:
    void start(const std::string& title);
    bool isDue(int done, int total);
    void drawBar(int done, int total, const std::string& note);
    void printLine(int done, int total, const std::string& note) const;
    std::string timeLeft(int done, int total) const;

    const bool isTerminal;
    std::string title;
    int64 started, lastDrawn;
    int lastTenth;
    size_t drawnLength;
};

//! A time as text: 83 is "1:23", 3683 is "1:01:23".
std::string clockTime(double seconds);

#endif
