// This file is part of OpenCV project.
// It is subject to the license terms in the LICENSE file found in the top-level directory
// of this distribution and at http://opencv.org/license.html.
#ifndef OPENCV_ANOMALY_IMAGE_NODES_HPP
#define OPENCV_ANOMALY_IMAGE_NODES_HPP

#include "../backbone/onnx_builder.hpp"
#include "../input/preprocess.hpp"

namespace cv { namespace anomaly {

//! The images that a graph takes: a batch of 8-bit ones of one size.
struct ImageNode
{
    std::string name;
    Size size;
    bool isBgr;         // else RGB
    bool channelsFirst; // batch x 3 x rows x cols, else batch x rows x cols x 3
};

/** @brief Adds what preprocess() does, and gives the backbone's input under this name: batch x 3 x rows x cols.

Shrunk and stretched pixels are rounded to 8 bits as cv::resize rounds them, bit for bit: an engine adds up in the
order that it is told, in single precision. A product with a matrix of weights would be off by one where the
sum lies near the middle of two values, and a patch's score by more than its rounding.
*/
void addPreprocessing(OnnxBuilder& graph, const ImageNode& image, const InputSettings& input,
                      const std::string& output);

}} // namespace cv::anomaly

#endif
