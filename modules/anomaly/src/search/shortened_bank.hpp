// This file is part of OpenCV project.
// It is subject to the license terms in the LICENSE file found in the top-level directory
// of this distribution and at http://opencv.org/license.html.
#ifndef OPENCV_ANOMALY_SHORTENED_BANK_HPP
#define OPENCV_ANOMALY_SHORTENED_BANK_HPP

#include "opencv2/core.hpp"

#include <vector>

namespace cv { namespace anomaly {

//! The directions in which a bank's centers vary most. Few of these axes hold nearly all of the variance.
struct PrincipalAxes
{
    Mat mean; // 1 x D', CV_32F
    Mat axes; // count x D', CV_32F: orthonormal, with the variance along them in falling order
};

//! Finds the leading axes by subspace iteration, which needs only products with C. The order and the last axes are
//! approximate, but all are orthonormal.
PrincipalAxes principalAxes(const Mat& C, int count);

//! Number of axes that would hold the centers' variance if each of them held the same: (tr S)^2 / tr(S^2) of their
//! covariance S, which is known as the participation ratio. Estimated from a few centers.
double effectiveAxes(const Mat& C);

//! Largest number of axes that a search uses.
const int mostSearchAxes = 64;

//! The axes on which a search in this bank compares centers.
PrincipalAxes searchAxes(const Mat& C);

//! Coordinates of a bank's centers on some axes.
struct BankCoordinates
{
    Mat along;                    // coordinates of x - mean: centers x axes, CV_64F
    std::vector<double> energies; // |x - mean|^2
};

BankCoordinates coordinatesOf(const Mat& C, const PrincipalAxes& principal);

/** @brief Centers shortened to their coordinates on some axes, and the length of the remaining part.

Let h be the coordinates of x - mean on the axes, r the remaining part, and t = |r|. Then |x - y|^2 = |hx - hy|^2 + |rx
- ry|^2 >= |hx - hy|^2 + (tx - ty)^2 = |(hx, tx) - (hy, ty)|^2: the distance of the short vectors is a lower bound of
the distance.
*/
struct ShortenedBank
{
    Mat centers;  // centers x (axes + 1), CV_32F
    double error; // largest distance of a shortened center from its exact value, by rounding
};

//! Shortens a bank to the first `axes` axes.
ShortenedBank shortenBank(const BankCoordinates& bank, int axes);

//! Bound of the rounding error of a sum of n products, relative to the product of the vectors' lengths.
double roundingError(int n);

//! Bound of the error of the rest's length t, if its square, energy - |h|^2, has the error errorOfSquare.
double restError(double rest, double errorOfSquare);

}} // namespace cv::anomaly

#endif
