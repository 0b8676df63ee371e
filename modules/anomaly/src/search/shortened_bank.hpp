// This file is part of OpenCV project.
// It is subject to the license terms in the LICENSE file found in the top-level directory
// of this distribution and at http://opencv.org/license.html.
#ifndef OPENCV_ANOMALY_SHORTENED_BANK_HPP
#define OPENCV_ANOMALY_SHORTENED_BANK_HPP

#include "opencv2/core.hpp"

#include <vector>

namespace cv { namespace anomaly {

//! The directions in which a bank's centers differ most: few of them hold nearly all of their differences.
struct PrincipalAxes
{
    Mat mean; // 1 x D', CV_32F
    Mat axes; // count x D', CV_32F: orthonormal, in falling order of the variance along them
};

//! The leading axes by subspace iteration, which needs products with C only. The order and the last of them are
//! approximate, their being orthonormal is not.
PrincipalAxes principalAxes(const Mat& C, int count);

//! The most axes that a search uses.
const int mostSearchAxes = 64;

//! The axes that a search in this bank compares centers on.
PrincipalAxes searchAxes(const Mat& C);

//! Where a bank's centers lie on some axes.
struct BankCoordinates
{
    Mat along;                    // of x - mean along each axis: centers x axes, CV_64F
    std::vector<double> energies; // |x - mean|^2
};

BankCoordinates coordinatesOf(const Mat& C, const PrincipalAxes& principal);

/** @brief Centers shortened to their coordinates on some axes and the length of what these leave.

With x = (h, t), h the coordinates of x - mean and t the length of the rest,
|x - y|^2 = |hx - hy|^2 + |rest x - rest y|^2 >= |hx - hy|^2 + (tx - ty)^2 = |(hx, tx) - (hy, ty)|^2:
the short vectors' distance is a lower bound of the distance.
*/
struct ShortenedBank
{
    Mat centers;  // centers x (axes + 1), CV_32F
    double error; // how far a shortened center may be from its exact value, by rounding
};

//! Shortened to the first `axes` axes.
ShortenedBank shortenBank(const BankCoordinates& bank, int axes);

//! Rounding errors of a sum of n products, relative to the product of the vectors' lengths.
double roundingError(int n);

//! How far the length of the rest may be wrong when its square, energy - |h|^2, has this error.
double restError(double rest, double errorOfSquare);

}} // namespace cv::anomaly

#endif
