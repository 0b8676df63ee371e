// This file is part of OpenCV project.
// It is subject to the license terms in the LICENSE file found in the top-level directory
// of this distribution and at http://opencv.org/license.html.
#ifndef OPENCV_ANOMALY_MODEL_BINARY_HPP
#define OPENCV_ANOMALY_MODEL_BINARY_HPP

#include "opencv2/core.hpp"

#include <string>
#include <vector>

namespace cv { namespace anomaly {

/* Binary data of a model file: the matrices that cv::FileStorage has written as base64 text. cv::FileStorage reads them
number by number into nodes of their own, which takes 20 times as long as to decode them here. */

//! The languages that cv::FileStorage writes.
enum TextFormat
{
    TEXT_YAML,
    TEXT_XML,
    TEXT_JSON
};

/** @brief Takes the binary data out of a text that cv::FileStorage has written.

A name stands in its place then, which ModelNode::binary knows, and cv::FileStorage reads the rest of the text as usual.
Throws where the text announces binary data that is no base64, or not of the types that cv::FileStorage gives float,
double, bytes and 16-bit numbers: for an unknown type its parser may never return.
@return one row of numbers for each piece of binary data.
*/
std::vector<Mat> takeBinary(std::string& text, TextFormat format);

//! A node of a model file, whose binary data is not in cv::FileStorage.
class ModelNode : public FileNode
{
public:
    //! pieces: what takeBinary returned; null for a node of a plain cv::FileStorage. They must outlive the node.
    ModelNode(const FileNode& node, const std::vector<Mat>* pieces = nullptr) : FileNode(node), binaryData(pieces) {}

    ModelNode operator[](const String& key) const { return ModelNode(FileNode::operator[](key), binaryData); }
    ModelNode operator[](const char* key) const { return ModelNode(FileNode::operator[](key), binaryData); }
    //! Of a list or a map.
    std::vector<ModelNode> elements() const;
    //! The numbers that this node stands for, one row; null where it is something else.
    const Mat* binary() const;

private:
    const std::vector<Mat>* binaryData;
};

}} // namespace cv::anomaly

#endif
