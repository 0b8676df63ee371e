// This file is part of OpenCV project.
// It is subject to the license terms in the LICENSE file found in the top-level directory
// of this distribution and at http://opencv.org/license.html.
#ifndef OPENCV_ANOMALY_HALIDE_AUTOMATIC_HPP
#define OPENCV_ANOMALY_HALIDE_AUTOMATIC_HPP

// Whether one of Halide's own schedulers is asked for, as with ANOMALY_HALIDE_AUTOSCHEDULER: it takes the place of the
// schedule below, and needs the sizes of a typical call, here those of Lite0's head. Halide 15 has another name for the
// question.
#if ANOMALY_HALIDE_VERSION >= 15
#define ANOMALY_IS_SCHEDULED_BY_HALIDE using_autoscheduler()
#else
#define ANOMALY_IS_SCHEDULED_BY_HALIDE bool(auto_schedule)
#endif

#endif
