// This file is part of OpenCV project.
// It is subject to the license terms in the LICENSE file found in the top-level directory
// of this distribution and at http://opencv.org/license.html.
#ifndef OPENCV_ANOMALY_ONNX_TENSOR_HPP
#define OPENCV_ANOMALY_ONNX_TENSOR_HPP

#include "protobuf.hpp"

#include <functional>
#include <map>

namespace cv { namespace anomaly {

//! What a tensor of an ONNX file says of itself.
struct OnnxTensor
{
    explicit OnnxTensor(Bytes message);

    //! Elements by its sizes. Throws where these are no sizes.
    uint64 count() const;
    //! Bytes of an element as raw data; 0 for types that this library does not know.
    size_t elementSize() const;
    //! Elements that are in the file.
    uint64 stored() const;

    std::string name;
    int type;
    std::vector<int64> sizes;
    bool isOutside;                             // its elements lie in a file of their own
    std::map<std::string, std::string> outside; // where: location, offset, length

private:
    void readEntry(Bytes message);
    void countStored(const Field& field);

    size_t rawBytes;
    uint64 listed; // elements that are not raw
};

//! The message of a tensor up to its elements, which follow as so many bytes.
std::vector<uchar> tensorStart(const std::string& name, int type, const std::vector<int64>& sizes, uint64 rawBytes);

//! The tensor with these bytes as its elements, in place of a file that it names.
std::vector<uchar> withElements(Bytes tensor, const std::vector<uchar>& raw);

//! Visits the message of each tensor: initializers, and tensors in attributes of nodes, also in graphs within the
//! graph.
void forEachTensor(const std::vector<uchar>& onnx, const std::function<void(Bytes tensor)>& visit);

//! A network in which `change` gives a tensor's new message, or false to leave it: those that forEachTensor visits.
std::vector<uchar> rewriteTensors(const std::vector<uchar>& onnx,
                                  const std::function<bool(Bytes tensor, std::vector<uchar>& payload)>& change);

}} // namespace cv::anomaly

#endif
