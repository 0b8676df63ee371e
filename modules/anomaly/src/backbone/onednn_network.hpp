// This file is part of OpenCV project.
// It is subject to the license terms in the LICENSE file found in the top-level directory
// of this distribution and at http://opencv.org/license.html.
#ifndef OPENCV_ANOMALY_ONEDNN_NETWORK_HPP
#define OPENCV_ANOMALY_ONEDNN_NETWORK_HPP

#include "backbone.hpp"

namespace cv { namespace anomaly {

//! Whether oneDNN has convolutions for this processor that are faster than layers of ours: on x86-64 from SSE4.1 on, as
//! doc/kernels.md shows. On other processors it was not measured.
bool isOneDnnFast();

//! Version of the oneDNN library that is loaded, such as "2.6.3".
String oneDnnVersion();

/** @brief A network that oneDNN computes on the processor, in single precision.

Maps lie as rows x columns x channels. Each layer is cut into strips of rows, which are contiguous then, and OpenCV's
threads share the strips; each strip is a primitive of oneDNN that runs on one thread. How a layer is cut depends on its
rows only, and a batch is computed image by image, so results are the same to the bit for any number of threads, and for
an image alone and in a batch.

Throws StsNotImplemented, with its type, for an operator that readLayers does not know. Sizes are looked at when an
input comes: forward throws StsBadArg where the network does not take it.
*/
std::shared_ptr<const Backbone> createOneDnnNetwork(const BackboneSource& source);

}} // namespace cv::anomaly

#endif
