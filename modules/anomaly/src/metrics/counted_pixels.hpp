// This file is part of OpenCV project.
// It is subject to the license terms in the LICENSE file found in the top-level directory
// of this distribution and at http://opencv.org/license.html.
#ifndef OPENCV_ANOMALY_COUNTED_PIXELS_HPP
#define OPENCV_ANOMALY_COUNTED_PIXELS_HPP

#include "good_pixels.hpp"

#include <vector>

namespace cv { namespace anomaly {

struct DefectivePixel
{
    float score;
    unsigned region; // an index of CountedPixels::regions
};

inline double scoreOf(const DefectivePixel& pixel)
{
    return pixel.score;
}

//! An 8-connected part of a mask.
struct Region
{
    unsigned size;  // pixels that count
    unsigned image; // an index of CountedPixels::defectSizes
};

//! The pixels of any number of maps.
struct CountedPixels
{
    GoodPixels good;
    std::vector<DefectivePixel> defective;
    std::vector<Region> regions;
    std::vector<unsigned> defectSizes; // defective pixels of each map, in the order in which maps were added

    //! When it throws, since memory ends, nothing was added.
    void add(const CountedPixels& other);
    void sort();
};

//! Pixels of one map, of which both masks may be empty: that of defects where all is good, validity where all counts.
CountedPixels pixelsOf(const Mat_<float>& map, const Mat& defects, const Mat_<uchar>& validity);

}} // namespace cv::anomaly

#endif
