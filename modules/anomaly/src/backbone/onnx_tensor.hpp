// This file is part of OpenCV project.
// It is subject to the license terms in the LICENSE file found in the top-level directory
// of this distribution and at http://opencv.org/license.html.
#ifndef OPENCV_ANOMALY_ONNX_TENSOR_HPP
#define OPENCV_ANOMALY_ONNX_TENSOR_HPP

#include "protobuf.hpp"

#include <functional>
#include <map>

namespace cv { namespace anomaly {

//! The header of a tensor in an ONNX file, without its elements.
struct OnnxTensor
{
    explicit OnnxTensor(Bytes message);

    //! Number of elements according to the tensor's sizes. Throws if a size is negative or the number exceeds an int.
    uint64 count() const;
    //! Size of an element in bytes as raw data; 0 for types that this library does not know.
    size_t elementSize() const;
    //! Number of elements of the tensor's type that are stored in the file.
    uint64 stored() const;

    std::string name;
    int type;
    std::vector<int64> sizes;
    bool isOutside;                             // its elements lie in another file
    std::map<std::string, std::string> outside; // place in that file: location, offset, length

private:
    void readEntry(Bytes message);
    void countStored(const Field& field);

    size_t rawBytes;
    std::map<int, uint64> listed; // number of elements in each of the lists that may hold them instead of raw bytes
};

//! The message of a tensor up to its elements, which have to follow as `rawBytes` bytes.
std::vector<uchar> tensorStart(const std::string& name, int type, const std::vector<int64>& sizes, uint64 rawBytes);

//! The tensor with these raw bytes as elements, instead of a reference to another file.
std::vector<uchar> withElements(Bytes tensor, const std::vector<uchar>& raw);

//! Visits the message of each tensor: initializers, and tensors in attributes of nodes, also in graphs within nodes.
void forEachTensor(const std::vector<uchar>& onnx, const std::function<void(Bytes tensor)>& visit);

//! Visits the tensor that is an attribute of a node, as that of a Constant.
void forEachTensorOfNode(Bytes node, const std::function<void(Bytes tensor)>& visit);

//! Rewrites the tensors that forEachTensor visits. For each tensor `change` sets its new message and returns true, or
//! returns false to keep it.
std::vector<uchar> rewriteTensors(const std::vector<uchar>& onnx,
                                  const std::function<bool(Bytes tensor, std::vector<uchar>& payload)>& change);

}} // namespace cv::anomaly

#endif
