// This file is part of OpenCV project.
// It is subject to the license terms in the LICENSE file found in the top-level directory
// of this distribution and at http://opencv.org/license.html.
#ifndef ANOMALY_SAMPLES_INTERRUPTION_HPP
#define ANOMALY_SAMPLES_INTERRUPTION_HPP

/** While one lives, Ctrl-C, SIGTERM and the end of the terminal are only noted, so that the program stops where nothing
is half written. The second one ends it at once. What the program was started to ignore, as by nohup, stays ignored.
*/
class Interruption
{
public:
    Interruption();
    ~Interruption();
    Interruption(const Interruption&) = delete;
    Interruption& operator=(const Interruption&) = delete;

    //! Whether the program is to stop.
    static bool isRequested();
};

#endif
