// This file is part of OpenCV project.
// It is subject to the license terms in the LICENSE file found in the top-level directory
// of this distribution and at http://opencv.org/license.html.
#ifndef ANOMALY_SAMPLES_INTERRUPTION_HPP
#define ANOMALY_SAMPLES_INTERRUPTION_HPP

/** While such an object lives, Ctrl-C, SIGTERM and the end of the terminal only set a flag, so that the program can
stop at a point where no file is half written. A second signal ends it at once. Signals that were ignored when the
program started, as by nohup, stay ignored.
*/
class Interruption
{
public:
    Interruption();
    ~Interruption();
    Interruption(const Interruption&) = delete;
    Interruption& operator=(const Interruption&) = delete;

    //! Whether the program should stop.
    static bool isRequested();
};

#endif
