// This file is part of OpenCV project.
// It is subject to the license terms in the LICENSE file found in the top-level directory
// of this distribution and at http://opencv.org/license.html.
#ifndef OPENCV_ANOMALY_WINOGRAD_HPP
#define OPENCV_ANOMALY_WINOGRAD_HPP

#include "onednn_layers.hpp"

#include <list>

namespace cv { namespace anomaly {

/** @brief The side of the tiles by which Winograd's method computes a convolution faster than directly: 4 or 2, or 0 if
it does not.

That is for 3x3 kernels with a stride of 1, 64 channels or more on both sides, and 32 tiles or more. doc/kernels.md has
the figures.
*/
int winogradSide(const Convolution& convolution, const MapShape& in, const MapShape& out);

/** @brief A convolution's kernels after Winograd's transform, packed for the products: one memory for each part.

They are 4 times as large as the kernels for tiles of 4x4, and 1.8 times for 2x2.
*/
struct WinogradKernels
{
    dnnl::memory::desc format; // of a part, which has another number of points for each side of the tiles
    std::vector<dnnl::memory> parts;
};

/** @brief Sets up a convolution by Winograd's method: a transform of all tiles, a product of matrices for each of their
36 or 16 points, and a transform to the result.

Values differ from those of a direct convolution by rounding, by some 5e-6 of a map's maximum with tiles of 4x4 and 1e-6
with tiles of 2x2. The latter are exact on whole numbers.

packed: kernels that other sizes of maps share; those that are missing are added. Both have to outlive the result.
*/
std::unique_ptr<PreparedLayer> prepareWinograd(const Convolution& convolution, const Clip& clip, const MapShape& in,
                                               const MapShape& out, int side, std::list<WinogradKernels>& packed);

}} // namespace cv::anomaly

#endif
