// This file is part of OpenCV project.
// It is subject to the license terms in the LICENSE file found in the top-level directory
// of this distribution and at http://opencv.org/license.html.
#ifndef OPENCV_ANOMALY_SHA256_HPP
#define OPENCV_ANOMALY_SHA256_HPP

#include "opencv2/core.hpp"

#include <cstdint>

namespace cv { namespace anomaly {

//! Computes SHA-256 (FIPS 180-4) of bytes that are added in parts.
class Sha256
{
public:
    //! plainForm: without the processor's instructions for it, for tests.
    explicit Sha256(bool plainForm = false);
    Sha256& add(const void* bytes, size_t size);
    //! Returns 64 hexadecimal digits. Nothing may be added afterwards.
    String digest();

private:
    void addBlocks(const uchar* bytes, size_t count);

    const bool plain;
    uint32_t state[8];
    uchar rest[64];
    uint64_t length;
};

}} // namespace cv::anomaly

#endif
