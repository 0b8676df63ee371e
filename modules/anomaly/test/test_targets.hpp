// This file is part of OpenCV project.
// It is subject to the license terms in the LICENSE file found in the top-level directory
// of this distribution and at http://opencv.org/license.html.
#ifndef OPENCV_TEST_ANOMALY_TARGETS_HPP
#define OPENCV_TEST_ANOMALY_TARGETS_HPP

#include "test_precomp.hpp"

#include "../src/device/halide_runtime.hpp"

namespace opencv_test {

//! The targets that this machine can run; one by one in tests, all of them afterwards.
class EachTarget
{
public:
    ~EachTarget() { limitKernels(highest); }

    template <typename Check> void run(Check check)
    {
        static const char* const names[] = {"x86-64", "SSE4.1", "AVX2", "AVX-512"};
        for (int target = KERNELS_X86_64; target <= KERNELS_AVX512; target++)
            if (limitKernels(KernelTarget(target)))
            {
                highest = KernelTarget(target);
                SCOPED_TRACE(names[target]);
                check();
            }
    }

private:
    KernelTarget highest = KERNELS_X86_64;
};

} // namespace opencv_test

#endif
