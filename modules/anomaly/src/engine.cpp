// This file is part of OpenCV project.
// It is subject to the license terms in the LICENSE file found in the top-level directory
// of this distribution and at http://opencv.org/license.html.
#include "precomp.hpp"
#include "engine.hpp"

namespace cv {
namespace anomaly {

#ifdef HAVE_ANOMALY_HALIDE
static const bool haveHalide = true;
#else
static const bool haveHalide = false;
#endif

int resolveEngine(int engine)
{
    switch (engine)
    {
    case ENGINE_AUTO:
        return haveHalide ? ENGINE_HALIDE : ENGINE_PLAIN;
    case ENGINE_PLAIN:
        return ENGINE_PLAIN;
    case ENGINE_HALIDE:
        if (!haveHalide)
            CV_Error(Error::StsNotImplemented, "This build has no Halide kernels: install Halide (Debian: libhalide14-0-dev) and build "
                                               "with ANOMALY_WITH_HALIDE=ON, or use ENGINE_PLAIN");
        return ENGINE_HALIDE;
    }
    CV_Error_(Error::StsOutOfRange, ("Engine is %d, expected one of ENGINE_AUTO (0), ENGINE_PLAIN (1), ENGINE_HALIDE (2)", engine));
}

}} // namespace cv::anomaly
