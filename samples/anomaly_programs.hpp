// This file is part of OpenCV project.
// It is subject to the license terms in the LICENSE file found in the top-level directory
// of this distribution and at http://opencv.org/license.html.

#ifndef ANOMALY_SAMPLES_ANOMALY_PROGRAMS_HPP
#define ANOMALY_SAMPLES_ANOMALY_PROGRAMS_HPP

//! Runs the program that argv[0] names, such as anomaly_train, and returns its exit code. In a Python wheel all
//! programs are a part of the module: OpenCV may be linked statically into each file, so that files of their own would
//! multiply the wheel's size. The build renames the main function of each program: see CMakeLists.txt.
int runProgram(int argc, char** argv);

#endif
