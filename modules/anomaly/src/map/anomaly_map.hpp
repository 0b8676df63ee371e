// This file is part of OpenCV project.
// It is subject to the license terms in the LICENSE file found in the top-level directory
// of this distribution and at http://opencv.org/license.html.
#ifndef OPENCV_ANOMALY_ANOMALY_MAP_HPP
#define OPENCV_ANOMALY_ANOMALY_MAP_HPP

#include "opencv2/core.hpp"

#include <memory>
#include <vector>

namespace cv { namespace anomaly {

//! Makes a smooth map of the input's size from patch scores. Safe for calls from several threads.
class MapMaker
{
public:
    virtual ~MapMaker() {}

    //! Interpolates bilinearly to the input's size (half-pixel centers), then smooths by a Gaussian that reaches 4
    //! sigma to each side and is reflected at the border. patchScores and map: CV_32F.
    virtual void make(const Mat& patchScores, Mat& map) const = 0;

    //! engine: ENGINE_PLAIN or ENGINE_HALIDE. sigma: in pixels of the input; 0: no smoothing.
    static std::shared_ptr<const MapMaker> create(Size input, double sigma, int engine);
};

//! Values of a CV_32F map, row by row. mask: empty for all of them, or nonzero at the pixels that count.
std::vector<float> countedValues(const Mat& map, const Mat& mask);

//! Number of values in a share of `values` of them, rounded, and at least one.
size_t countOfShare(size_t values, double share);

//! The image's score from its map: the highest value, or the mean of the share topShare of highest values. mode: one of
//! ImageScore. mask: empty, or nonzero at the pixels that count.
double imageScore(const Mat& map, int mode, double topShare, const Mat& mask);

//! Weights of the Gaussian: 2 * int(4 sigma + 0.5) + 1 of them, as in scipy; a single 1 if sigma is 0.
Mat smoothingKernel(double sigma);

// The Halide implementation, in builds that have it.
std::shared_ptr<const MapMaker> createHalideMapMaker(Size input, double sigma);

}} // namespace cv::anomaly

#endif
