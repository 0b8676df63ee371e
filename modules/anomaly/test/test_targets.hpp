// This file is part of OpenCV project.
// It is subject to the license terms in the LICENSE file found in the top-level directory
// of this distribution and at http://opencv.org/license.html.
#ifndef OPENCV_TEST_ANOMALY_TARGETS_HPP
#define OPENCV_TEST_ANOMALY_TARGETS_HPP

#include "test_precomp.hpp"

#include "../src/device/halide_runtime.hpp"

namespace opencv_test {
//! The instruction sets that this machine can run. Tests limit the kernels to one after the other. Afterwards the
//! highest one is allowed again.
class EachTarget
{
public:
    ~EachTarget()
    {
        for (int target = KERNELS_AVX512_VNNI; !limitKernels(KernelTarget(target)) && target > KERNELS_X86_64;)
            target--;
    }

    template <typename Check> void run(Check check)
    {
        for (int target = KERNELS_X86_64; target <= KERNELS_AVX512_VNNI; target++)
            if (limitKernels(KernelTarget(target)))
            {
                SCOPED_TRACE(kernelTargetName());
                check();
            }
    }

    template <typename Check> void runLowest(Check check)
    {
        limitKernels(KERNELS_X86_64);
        check();
    }
};

} // namespace opencv_test

#endif
