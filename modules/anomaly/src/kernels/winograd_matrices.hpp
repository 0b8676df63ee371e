// This file is part of OpenCV project.
// It is subject to the license terms in the LICENSE file found in the top-level directory
// of this distribution and at http://opencv.org/license.html.
#ifndef OPENCV_ANOMALY_WINOGRAD_MATRICES_HPP
#define OPENCV_ANOMALY_WINOGRAD_MATRICES_HPP

#include <vector>

// The generators in halide_generators include this header too, so it knows neither OpenCV nor Halide.

namespace cv { namespace anomaly {

/** @brief The matrices of Winograd's minimal filtering F(side x side, 3 x 3), after Lavin and Gray, Fast Algorithms for
Convolutional Neural Networks (2016), Eq. 8.

A tile of side x side outputs is A' [(G g G') * (B' d B)] A of the side + 2 squared inputs d and the 3x3 kernel g, where
* multiplies element by element. So a tile of 4x4 takes 36 products instead of 144, one of 2x2 takes 16 instead of 36.
*/
struct WinogradMatrices
{
    typedef std::vector<std::vector<float>> Matrix;

    Matrix kernel, input, output; // G, B' and A' of the paper
};

inline WinogradMatrices winogradMatrices(int side)
{
    if (side == 2)
        return {{{1, 0, 0}, {1 / 2.f, 1 / 2.f, 1 / 2.f}, {1 / 2.f, -1 / 2.f, 1 / 2.f}, {0, 0, 1}},
                {{1, 0, -1, 0}, {0, 1, 1, 0}, {0, -1, 1, 0}, {0, 1, 0, -1}},
                {{1, 1, 1, 0}, {0, 1, -1, -1}}};
    return {{{1 / 4.f, 0, 0},
             {-1 / 6.f, -1 / 6.f, -1 / 6.f},
             {-1 / 6.f, 1 / 6.f, -1 / 6.f},
             {1 / 24.f, 1 / 12.f, 1 / 6.f},
             {1 / 24.f, -1 / 12.f, 1 / 6.f},
             {0, 0, 1}},
            {{4, 0, -5, 0, 1, 0},
             {0, -4, -4, 1, 1, 0},
             {0, 4, -4, -1, 1, 0},
             {0, -2, -1, 2, 1, 0},
             {0, 2, -1, -2, 1, 0},
             {0, 4, 0, -5, 0, 1}},
            {{1, 1, 1, 1, 1, 0}, {0, 1, -1, 2, -2, 0}, {0, 1, 1, 4, 4, 0}, {0, 1, -1, 8, -8, 1}}};
}

}} // namespace cv::anomaly

#endif
