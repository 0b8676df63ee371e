// This file is part of OpenCV project.
// It is subject to the license terms in the LICENSE file found in the top-level directory
// of this distribution and at http://opencv.org/license.html.
#ifndef ANOMALY_TESTS_FAKE_CUDA_HPP
#define ANOMALY_TESTS_FAKE_CUDA_HPP

#include <cstddef>
#include <cstdint>

//! Numbers of the driver's calls so far.
struct FakeCudaCounts
{
    int contextsMade, contextsRetained; // of its own; the primary one
    int allocations, hostAllocations, launches, modules;
    int uploads, downloads, records, replays;
    size_t bytesUp, bytesDown;
    int mistakes; // calls that a GPU would refuse
};

//! Exported as fakeCudaCounts.
typedef FakeCudaCounts (*GetFakeCudaCounts)();

//! Exported as isFakeCudaMemory: whether so many bytes were allocated there.
typedef bool (*IsFakeCudaMemory)(uintptr_t address, size_t bytes);

#endif
