// This file is part of OpenCV project.
// It is subject to the license terms in the LICENSE file found in the top-level directory
// of this distribution and at http://opencv.org/license.html.
#ifndef OPENCV_ANOMALY_IMAGE_NODES_HPP
#define OPENCV_ANOMALY_IMAGE_NODES_HPP

#include "../backbone/onnx_builder.hpp"
#include "../input/preprocess.hpp"

namespace cv { namespace anomaly {

//! The input of a graph: a batch of 8-bit images of one size.
struct ImageNode
{
    std::string name;
    Size size;
    bool isBgr;         // BGR if true, else RGB
    bool channelsFirst; // batch x 3 x rows x columns if true, else batch x rows x columns x 3
};

/** @brief Adds nodes that do the same as preprocess(). Their output, named `output`, is the backbone's input: batch x 3
x rows x columns.

Stretched pixels are rounded to 8 bits in exactly the same way as by cv::resize: an engine adds in the order of the
nodes, in single precision. A product with a matrix of weights would be off by one for sums close to the middle of two
values, and then a patch's score would change by more than its rounding error.
*/
void addPreprocessing(OnnxBuilder& graph, const ImageNode& image, const InputSettings& input,
                      const std::string& output);

}} // namespace cv::anomaly

#endif
