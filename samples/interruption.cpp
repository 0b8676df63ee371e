// This file is part of OpenCV project.
// It is subject to the license terms in the LICENSE file found in the top-level directory
// of this distribution and at http://opencv.org/license.html.
#include "interruption.hpp"

#include <csignal>

namespace {

#ifdef _WIN32
const int signals[] = {SIGINT, SIGTERM};
#else
const int signals[] = {SIGINT, SIGTERM, SIGHUP};
#endif

// A signal handler may only write to a variable of this type.
volatile std::sig_atomic_t requested = 0;
int living = 0; // number of Interruption objects

// Sets the handler of all signals, except those that the parent process, such as nohup, told this one to ignore.
void setAll(void (*handler)(int))
{
    for (const int number : signals)
        if (std::signal(number, SIG_IGN) != SIG_IGN)
            std::signal(number, handler);
}

// Handles the first signal. The next one ends the program at once.
void note(int)
{
    requested = 1;
    setAll(SIG_DFL);
}

} // namespace

Interruption::Interruption()
{
    if (living++ == 0)
        setAll(note);
}

Interruption::~Interruption()
{
    if (--living == 0)
        setAll(SIG_DFL);
}

bool Interruption::isRequested()
{
    return requested != 0;
}
