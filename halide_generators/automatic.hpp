// This file is part of OpenCV project.
// It is subject to the license terms in the LICENSE file found in the top-level directory
// of this distribution and at http://opencv.org/license.html.
#ifndef OPENCV_ANOMALY_HALIDE_AUTOMATIC_HPP
#define OPENCV_ANOMALY_HALIDE_AUTOMATIC_HPP

// Whether the build asks for one of Halide's own schedulers (ANOMALY_HALIDE_AUTOSCHEDULER). It replaces the schedule
// that follows, and needs the sizes of a typical call, which are those of Lite0's model. Halide 15 renamed the setting.
#if ANOMALY_HALIDE_VERSION >= 15
#define ANOMALY_IS_SCHEDULED_BY_HALIDE using_autoscheduler()
#else
#define ANOMALY_IS_SCHEDULED_BY_HALIDE bool(auto_schedule)
#endif

#endif
