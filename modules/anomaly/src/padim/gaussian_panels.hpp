// This file is part of OpenCV project.
// It is subject to the license terms in the LICENSE file found in the top-level directory
// of this distribution and at http://opencv.org/license.html.
#ifndef OPENCV_ANOMALY_GAUSSIAN_PANELS_HPP
#define OPENCV_ANOMALY_GAUSSIAN_PANELS_HPP

// What the program and the generator of the Mahalanobis kernel both must know; without types of OpenCV or Halide.

namespace cv { namespace anomaly {

//! Positions whose whitening matrices lie side by side: one AVX-512 vector of floats, two of AVX2, and one line of the
//! cache, so that a panel is read as one stream.
constexpr int gaussianPanel = 16;

//! Panels of so many positions; the last one may reach past them.
inline int panelsOf(int positions)
{
    return (positions + gaussianPanel - 1) / gaussianPanel;
}

//! Entries of a lower triangle with its diagonal.
inline int triangle(int rows)
{
    return rows * (rows + 1) / 2;
}

}} // namespace cv::anomaly

#endif
