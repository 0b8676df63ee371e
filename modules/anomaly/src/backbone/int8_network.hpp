// This file is part of OpenCV project.
// It is subject to the license terms in the LICENSE file found in the top-level directory
// of this distribution and at http://opencv.org/license.html.
#ifndef OPENCV_ANOMALY_INT8_NETWORK_HPP
#define OPENCV_ANOMALY_INT8_NETWORK_HPP

#include "backbone.hpp"

namespace cv { namespace anomaly {

/** @brief Finds the ranges of a network's maps, with which createInt8Network computes it in whole numbers.

For each map the result has the range of each channel, which is that of all channels at present, and then a range from
0 to the mean of each channel. The input has one range, and one mean, for all its channels.

Layer after layer is computed from whole numbers for all inputs, so that the ranges of a map include what the roundings
before it do. The result depends on the inputs only: not on the engine, the instruction set or the number of threads.
Throws StsNotImplemented, naming the layer, if the network cannot be computed in whole numbers.
inputs: of the network, each 1 x channels x rows x columns, CV_32F.
inputRange: the lowest and the highest value that an input can have.
*/
std::vector<Vec2f> rangesOfMaps(const BackboneSource& source, const std::vector<Mat>& inputs, const Vec2f& inputRange,
                                int engine);

//! Throws StsNotImplemented, naming the operator or the layer, if a network cannot be computed in whole numbers.
void checkInt8Network(const BackboneSource& source);

/** @brief Makes a network that is computed in whole numbers of 8 bits, with the ranges of its source.

Activations are unsigned, with a zero for each map and a scale for each channel. Weights are signed, with a scale for
each output, and biases are corrected by what the rounding of weights adds in the mean. Sums are exact. Outputs are
converted to single precision. Results are the same bit for bit on every instruction set, with ENGINE_PLAIN, and for any
number of threads; images of a batch are computed one after the other.

Throws StsUnmatchedSizes if there are not as many ranges as the network's maps have.
*/
std::shared_ptr<const Backbone> createInt8Network(const BackboneSource& source, int engine);

}} // namespace cv::anomaly

#endif
