// This file is part of OpenCV project.
// It is subject to the license terms in the LICENSE file found in the top-level directory
// of this distribution and at http://opencv.org/license.html.
#ifndef OPENCV_ANOMALY_ANOMALY_MAP_HPP
#define OPENCV_ANOMALY_ANOMALY_MAP_HPP

#include "opencv2/core.hpp"

#include <memory>
#include <vector>

namespace cv { namespace anomaly {

//! Patch scores in, a smooth map of the input's size out.
class MapMaker
{
public:
    virtual ~MapMaker() {}

    //! Bilinear to the input's size (half-pixel centers), then a Gaussian of 4 sigma to each side, reflected at the
    //! border.
    virtual void make(const Mat& patchScores, Mat& map) const = 0;

    //! `engine`: ENGINE_PLAIN or ENGINE_HALIDE. sigma 0: no smoothing.
    static std::shared_ptr<const MapMaker> create(Size input, double sigma, int engine);
};

//! Values of a CV_32F map, row by row. mask: empty, or nonzero where pixels count.
std::vector<float> countedValues(const Mat& map, const Mat& mask);

//! Of so many values, how many are a share of them: at least one.
size_t countOfShare(size_t values, double share);

//! The image's score from its map: the highest value, or the mean of the highest. mask: empty, or nonzero where pixels
//! count.
double imageScore(const Mat& map, int mode, double topShare, const Mat& mask);

//! The Gaussian's taps, 2 * int(4 sigma + 0.5) + 1 of them as scipy has it; sigma 0: one tap of 1.
Mat smoothingKernel(double sigma);

// The Halide form, in builds that have it.
std::shared_ptr<const MapMaker> createHalideMapMaker(Size input, double sigma);

}} // namespace cv::anomaly

#endif
