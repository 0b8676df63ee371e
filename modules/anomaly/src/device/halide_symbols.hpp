// This file is part of OpenCV project.
// It is subject to the license terms in the LICENSE file found in the top-level directory
// of this distribution and at http://opencv.org/license.html.
#ifndef OPENCV_ANOMALY_HALIDE_SYMBOLS_HPP
#define OPENCV_ANOMALY_HALIDE_SYMBOLS_HPP

#include "HalideRuntime.h"

// If possible, the build makes the kernels' run time private under these names, so that Halide in the application keeps
// its own error handlers.
#ifdef ANOMALY_HALIDE_PRIVATE_RUNTIME
#define ANOMALY_RUNTIME(name) ANOMALY_PRIVATE(name) // in two steps, so that a name may be a macro
#define ANOMALY_PRIVATE(name) anomaly_##name
#else
#define ANOMALY_RUNTIME(name) name
#endif

#ifndef HALIDE_FUNCTION_ATTRS
#define HALIDE_FUNCTION_ATTRS
#endif

#endif
