// This file is part of OpenCV project.
// It is subject to the license terms in the LICENSE file found in the top-level directory
// of this distribution and at http://opencv.org/license.html.
#ifndef OPENCV_ANOMALY_NETWORK_INPUT_HPP
#define OPENCV_ANOMALY_NETWORK_INPUT_HPP

#include "backbone.hpp"
#include "network_layers.hpp"
#include "../base/error_text.hpp"

#include "opencv2/core/utils/logger.hpp"

namespace cv { namespace anomaly {

//! Shape of one image of an input to a network, images x channels x rows x columns. Throws unless it is one.
inline MapShape shapeOfImage(const Mat& input)
{
    CV_CheckEQ(input.dims, 4, "An input is images x channels x rows x columns");
    CV_CheckTypeEQ(input.type(), CV_32F, "An input is of single precision");
    return MapShape{1, input.size[1], Size(input.size[3], input.size[2])};
}

//! The code of the failure of a network: that memory is missing says nothing against the input.
inline Error::Code codeOfFailure(const std::exception& e, Error::Code otherwise)
{
    const cv::Exception* ours = dynamic_cast<const cv::Exception*>(&e);
    const bool lacksMemory = ours ? ours->code == Error::StsNoMem : dynamic_cast<const std::bad_alloc*>(&e) != NULL;
    return lacksMemory ? Error::StsNoMem : otherwise;
}

//! Throws what is known of an input that a network cannot compute.
[[noreturn]] inline void refuseInput(const String& network, const Mat& input, const std::exception& e,
                                     Error::Code otherwise)
{
    const Error::Code code = codeOfFailure(e, otherwise);
    if (code == Error::StsNoMem)
        CV_Error_(code, ("Backbone %s lacks memory for an input of %s: %s", network.c_str(), shapeOf(input).c_str(),
                         errorText(e).c_str()));
    CV_Error_(code, ("Backbone %s does not take an input of %s, expected what its layers can compute: %s",
                     network.c_str(), shapeOf(input).c_str(), errorText(e).c_str()));
}

//! Calls setUp with the shape of one image of this size. A failure is only logged, because forward reports it.
template <typename SetUp> void setUpInAdvance(const String& network, Size image, const SetUp& setUp)
{
    try
    {
        setUp(MapShape{1, 3, image});
    }
    catch (const std::exception& e)
    {
        CV_UNUSED(network); // where log messages for debugging are compiled out
        CV_LOG_DEBUG(NULL, "anomaly: backbone " << network << " is not set up in advance: " << errorText(e));
    }
}

}} // namespace cv::anomaly

#endif
