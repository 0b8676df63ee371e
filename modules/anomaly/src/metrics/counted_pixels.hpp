// This file is part of OpenCV project.
// It is subject to the license terms in the LICENSE file found in the top-level directory
// of this distribution and at http://opencv.org/license.html.
#ifndef OPENCV_ANOMALY_COUNTED_PIXELS_HPP
#define OPENCV_ANOMALY_COUNTED_PIXELS_HPP

#include "good_pixels.hpp"

#include <vector>

namespace cv { namespace anomaly {

//! A defective pixel. Each is stored by itself (8 bytes), because AUPRO and AUPIMO need its region.
struct DefectivePixel
{
    float score;
    unsigned region; // index in CountedPixels::regions
};

inline double scoreOf(const DefectivePixel& pixel)
{
    return pixel.score;
}

//! An 8-connected part of a mask, as far as its pixels are valid.
struct Region
{
    unsigned size;  // number of valid pixels
    unsigned image; // index of its map in CountedPixels::defectSizes
};

//! All valid pixels of any number of maps.
struct CountedPixels
{
    GoodPixels good;
    std::vector<DefectivePixel> defective;
    std::vector<Region> regions;
    std::vector<unsigned> defectSizes; // number of defective pixels of each map, in the order in which maps were added

    //! Adds the pixels of another object. If memory runs out, it throws and nothing was added.
    void add(const CountedPixels& other);
    //! Sorts all pixels by falling score. Must be called before scores are read.
    void sort();
};

//! Collects the pixels of one map. defects: nonzero on defects, empty if there are none. validity: nonzero on valid
//! pixels, empty if all are.
CountedPixels pixelsOf(const Mat_<float>& map, const Mat& defects, const Mat_<uchar>& validity);

}} // namespace cv::anomaly

#endif
