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

/** @brief The nearest centers by products of whole numbers, of which AVX-512 VNNI does four in the time of one float's.

1. Patches and centers less the bank's mean, y and z, are rounded to whole numbers of 8 bits: y = s q + rest, with a
   scale s for each.
2. The product of the whole numbers bounds each distance from below, by the inequality of Cauchy and Schwarz:
   |y - z|^2 >= |y|^2 + |z|^2 - 2 (sy sz qy.qz + |y| |rest of z| + |rest of y| |sz qz|).
3. The centers that promise most are measured: none of the K nearest is farther than the K-th nearest of these.
4. What may be as near, by its bound, is measured too, in the original basis: some dozen of 4,000 centers a patch.

Exact: rounding errors widen the limit of step 3.
*/
class QuantizedSearch
{
public:
    static const int tileWidth = quantizedTile; // patches

    //! Whether this processor has the instructions.
    static bool isAvailable();

    //! Its time as a share of that of all products in floats.
    double cost() const;

    //! C: centers x D', CV_32F, not changed after.
    explicit QuantizedSearch(const Mat& C);

    //! phi: D' x up to tileWidth patches. False, and nothing is written, where too little is ruled out to be worth it,
    //! or where a value is no number.
    bool search(const Mat& phi, int k, Mat squaredDistances, Mat indices) const;

private:
    struct Workspace
    {
        Mat words, terms;             // of the patches, as quantize gives them
        Mat rows;                     // patches x D', with zeros up to whole vectors
        Mat bounds, promising;        // as QuantizedBounds has them
        float limits[tileWidth];      // of bounds: none of the K nearest centers is beyond
        std::vector<Vec2i> pairs;     // patch and center
        std::vector<float> distances; // of `pairs`, squared
    };

    void packCenters(const Range& centers, Workspace& work);
    void quantize(const Mat& phi, int offset, Workspace& work) const;
    void boundAll(int k, Workspace& work) const;
    void setLimits(int k, int patches, Workspace& work) const;
    bool listCandidates(int patches, Workspace& work) const;

    const QuantizedKernel* kernel;
    int length, count, words, panels;
    Mat C, mean; // C with zeros up to whole vectors
    Mat packed;  // words of the centers, as QuantizedTile has them, and so the rest
    std::vector<int> starts;
    std::vector<float> squaredNorms, scales, restLengths, lengths;
    float greatestNorm; // squared
    mutable WorkspacePool<Workspace> workspaces;
};

}} // namespace cv::anomaly

#endif
