// This file is part of OpenCV project.
// It is subject to the license terms in the LICENSE file found in the top-level directory
// of this distribution and at http://opencv.org/license.html.
#ifndef OPENCV_ANOMALY_ONEDNN_NETWORK_HPP
#define OPENCV_ANOMALY_ONEDNN_NETWORK_HPP

#include "backbone.hpp"

namespace cv { namespace anomaly {

//! Whether oneDNN's convolutions are faster on this processor than our layers. They are on x86-64 from SSE4.1 on, as
//! doc/kernels.md shows. Other processors were not measured.
bool isOneDnnFast();

//! The version of the oneDNN library that is loaded, such as "2.6.3".
String oneDnnVersion();

/** @brief Makes a network that oneDNN computes on the processor, in single precision.

Maps lie as rows x columns x channels. Each layer is cut into strips of rows, which are contiguous in this layout, and
OpenCV's threads share the strips. Each strip is a primitive of oneDNN that runs on one thread. 3x3 convolutions with
many channels are computed by Winograd's method instead (see winograd.hpp), which is cut by points and rows of tiles.
The parts depend only on the size of a map, and a batch is computed image by image. So results are the same bit for bit
for any number of threads, and for an image alone and in a batch.

Throws StsNotImplemented with the type of an operator that readLayers does not know. Sizes are checked when an input
comes: forward throws StsBadArg if the network does not take it.
*/
std::shared_ptr<const Backbone> createOneDnnNetwork(const BackboneSource& source);

}} // namespace cv::anomaly

#endif
