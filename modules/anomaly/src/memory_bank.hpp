// This file is part of OpenCV project.
// It is subject to the license terms in the LICENSE file found in the top-level directory
// of this distribution and at http://opencv.org/license.html.
#ifndef OPENCV_ANOMALY_MEMORY_BANK_HPP
#define OPENCV_ANOMALY_MEMORY_BANK_HPP

#include "opencv2/core.hpp"

namespace cv {
namespace anomaly {

//! Centres of normal patches, fixed once built.
struct MemoryBank
{
    Mat C; // centres x D', CV_32F
};

//! Builds a bank from one image's descriptors after the other; its memory does not grow with their number.
class MemoryBankBuilder
{
public:
    //! `mode` is one of CFA::BankMode; `momentum` is for BANK_EMA.
    MemoryBankBuilder(int mode, double gammaC, double momentum, uint64 seed);

    //! phi: D' x patches; mask: empty, or patches x 1, CV_8U: patches to learn.
    void add(const Mat& phi, const Mat& mask);

    //! Throws when fewer than `least` centres are left.
    MemoryBank finish(int least);

private:
    void addMean(const Mat& phi, const Mat& mask);
    void addMovingAverage(const Mat& phi, const Mat& mask);

    int mode;
    double gammaC, momentum;
    uint64 seed;
    Mat mean;  // patches x D'
    Mat count; // patches x 1, CV_32S: images that each position was learned from
    Mat centres;
};

}} // namespace cv::anomaly

#endif
