// This file is part of OpenCV project.
// It is subject to the license terms in the LICENSE file found in the top-level directory
// of this distribution and at http://opencv.org/license.html.
#ifndef OPENCV_ANOMALY_UPSAMPLING_HPP
#define OPENCV_ANOMALY_UPSAMPLING_HPP

#include <algorithm>
#include <vector>

namespace cv { namespace anomaly {

//! For each of m positions on a line of n values (half-pixel centers): the two neighboring values, and the weight of
//! the second.
struct BilinearTaps
{
    BilinearTaps(int n, int m) : low(m), high(m), share(m)
    {
        for (int i = 0; i < m; i++)
        {
            const float at = std::max(0.f, (float(i) + 0.5f) * float(n) / float(m) - 0.5f);
            low[i] = std::min(int(at), n - 1);
            high[i] = std::min(low[i] + 1, n - 1);
            share[i] = at - float(low[i]);
        }
    }

    std::vector<int> low, high;
    std::vector<float> share;
};

/** @brief Bilinear upsampling of dense maps, and its gradient, first along rows, then along columns.

LibTorch 1.13 interpolates along both axes together, gathers four values for each result, and adds in a second pass.
With ResNet18 that takes a sixth of a training step.
*/
class Upsampling
{
public:
    Upsampling(int coarseRows, int coarseCols, int fineRows, int fineCols)
        : rows(coarseRows),
          cols(coarseCols),
          height(fineRows),
          width(fineCols),
          down(coarseRows, fineRows),
          across(coarseCols, fineCols)
    {}

    //! Adds the upsampled coarse map to the fine one.
    void add(const float* coarse, float* fine) const
    {
        std::vector<float> wide(size_t(rows) * width);
        for (int r = 0; r < rows; r++)
            for (int x = 0; x < width; x++)
            {
                const float* from = coarse + r * cols;
                wide[r * width + x] =
                    from[across.low[x]] + across.share[x] * (from[across.high[x]] - from[across.low[x]]);
            }
        for (int y = 0; y < height; y++)
            addRow(&wide[down.low[y] * width], &wide[down.high[y] * width], down.share[y], fine + y * width);
    }

    //! Computes the gradient with respect to `coarse` from the one with respect to `fine`.
    void backward(const float* fine, float* coarse) const
    {
        std::vector<float> wide(size_t(rows) * width, 0.f);
        for (int y = 0; y < height; y++)
        {
            addScaled(fine + y * width, 1 - down.share[y], &wide[down.low[y] * width]);
            addScaled(fine + y * width, down.share[y], &wide[down.high[y] * width]);
        }
        std::fill_n(coarse, rows * cols, 0.f);
        for (int r = 0; r < rows; r++)
            for (int x = 0; x < width; x++)
            {
                coarse[r * cols + across.low[x]] += (1 - across.share[x]) * wide[r * width + x];
                coarse[r * cols + across.high[x]] += across.share[x] * wide[r * width + x];
            }
    }

private:
    void addRow(const float* upper, const float* lower, float share, float* to) const
    {
        for (int x = 0; x < width; x++)
            to[x] += upper[x] + share * (lower[x] - upper[x]);
    }

    void addScaled(const float* from, float scale, float* to) const
    {
        for (int x = 0; x < width; x++)
            to[x] += scale * from[x];
    }

    const int rows, cols, height, width;
    const BilinearTaps down, across;
};

}} // namespace cv::anomaly

#endif
