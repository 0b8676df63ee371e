// This file is part of OpenCV project.
// It is subject to the license terms in the LICENSE file found in the top-level directory
// of this distribution and at http://opencv.org/license.html.
#ifndef OPENCV_ANOMALY_SYMMETRIC_EIGEN_HPP
#define OPENCV_ANOMALY_SYMMETRIC_EIGEN_HPP

#include "opencv2/core.hpp"

namespace cv { namespace anomaly {

/** @brief Computes all eigenvalues and eigenvectors of a symmetric matrix.

cv::eigen and cv::SVD use LAPACK where OpenCV was built with it. Elsewhere, as in most builds for Windows, they rotate
pairs of columns (Jacobi), which takes a minute for 1056 rows. This takes half a second on two cores, LAPACK a quarter.
Results do not depend on the number of threads.
@param A n x n, CV_64F, finite and symmetric
@param values n x 1, CV_64F, in falling order
@param vectors n x n, CV_64F; its rows are the eigenvectors, of length 1 and each of any sign
*/
void symmetricEigen(const Mat& A, Mat& values, Mat& vectors);

}} // namespace cv::anomaly

#endif
