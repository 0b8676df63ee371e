// This file is part of OpenCV project.
// It is subject to the license terms in the LICENSE file found in the top-level directory
// of this distribution and at http://opencv.org/license.html.
#ifndef OPENCV_ANOMALY_QUANTIZED_SEARCH_HPP
#define OPENCV_ANOMALY_QUANTIZED_SEARCH_HPP

#include "quantized_bounds.hpp"
#include "../base/workspace_pool.hpp"

#include "opencv2/core.hpp"

#include <vector>

namespace cv { namespace anomaly {

/** @brief Finds the nearest centers by products of whole numbers. In the time of one product of floats, AVX-512 VNNI
computes four of these.

1. The bank's mean is subtracted from patches and centers, which gives y and z. These are rounded to whole numbers of 8
   bits: y = s q + rest, where each vector has its own scale s.
2. The product of the whole numbers gives a lower bound of each distance, by the Cauchy-Schwarz inequality:
   |y - z|^2 >= |y|^2 + |z|^2 - 2 (sy sz qy.qz + |y| |rest of z| + |rest of y| |sz qz|).
3. The distances of the most promising centers are computed. None of the K nearest centers is farther than the K-th
   nearest of these.
4. The distances of all centers whose bound is not beyond that are computed in the original basis: for each patch some
   dozens of 4,000 centers.

The result is exact: rounding errors widen the limit of step 3.
*/
class QuantizedSearch
{
public:
    static const int tileWidth = quantizedTile; // number of patches in a tile

    //! Whether this processor has one of the instruction sets.
    static bool isAvailable();

    //! The time of a search as a share of the time for all products in float.
    double cost() const;

    //! C: the bank, centers x D', CV_32F. It must not change afterwards.
    explicit QuantizedSearch(const Mat& C);

    //! phi: D' x up to tileWidth patches, CV_32F. Returns false and writes nothing if too few centers are ruled out to
    //! be faster than the dense search, or if a value is NaN or infinite.
    bool search(const Mat& phi, int k, Mat squaredDistances, Mat indices) const;

private:
    struct Workspace
    {
        Mat words, terms;             // whole numbers and terms of the patches, as the kernel quantize returns them
        Mat rows;                     // patches x D', padded with zeros to whole vectors
        Mat bounds, promising;        // see QuantizedBounds
        float limits[tileWidth];      // none of a patch's K nearest centers has a bound above its limit
        std::vector<Vec2i> pairs;     // (patch, center) pairs to measure
        std::vector<float> distances; // squared distances of `pairs`
    };

    void packCenters(const Range& centers, Workspace& work);
    void quantize(const Mat& phi, int offset, Workspace& work) const;
    void boundAll(int k, Workspace& work) const;
    void setLimits(int k, int patches, Workspace& work) const;
    bool listCandidates(int patches, Workspace& work) const;

    const QuantizedKernel* kernel;
    int length, count, words, panels;
    Mat C, mean; // C: the bank padded with zeros to whole vectors
    Mat packed;  // words of the centers; this and the following are in the form of QuantizedTile
    std::vector<int> starts;
    std::vector<float> squaredNorms, scales, restLengths, lengths;
    float greatestNorm; // largest |z|^2
    mutable WorkspacePool<Workspace> workspaces;
};

}} // namespace cv::anomaly

#endif
