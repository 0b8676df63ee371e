// This file is part of OpenCV project.
// It is subject to the license terms in the LICENSE file found in the top-level directory
// of this distribution and at http://opencv.org/license.html.
#ifndef OPENCV_ANOMALY_ONNX_BUILDER_HPP
#define OPENCV_ANOMALY_ONNX_BUILDER_HPP

#include "opencv2/core.hpp"

#include <iosfwd>
#include <map>
#include <string>
#include <vector>

namespace cv { namespace anomaly {

struct OnnxPart; // of onnx_part.hpp

//! Opset of the nodes that this library writes. All of these nodes have the same meaning in later opsets.
const int onnxBuilderOpset = 13;

//! An attribute of a node: an integer, or a list of integers.
struct OnnxAttribute
{
    OnnxAttribute(const char* n, int64 value) : name(n), values(1, value), isList(false) {}
    OnnxAttribute(const char* n, const std::vector<int64>& list) : name(n), values(list), isList(true) {}

    const char* name;
    std::vector<int64> values;
    bool isList;
};

/** @brief Builds an ONNX file: a graph of nodes and constants.

Tensors are identified by their names. Constants are not copied but written directly from their matrices, so that a
model of one gigabyte does not need two. Files that it writes can be read by onnx_graph.
*/
class OnnxBuilder
{
public:
    explicit OnnxBuilder(const std::string& producerVersion);

    //! Sets a prefix for the names of all nodes and constants that are added later, to make the graph readable.
    void startPart(const std::string& name) { part = name; }

    //! Adds a node with one output and returns the output's name. Inputs are in the operator's order, "" for one that
    //! is left out.
    std::string add(const char* type, const std::vector<std::string>& inputs,
                    const std::vector<OnnxAttribute>& attributes = {});
    //! Adds a node with several outputs and returns their names.
    std::vector<std::string> addWithOutputs(int outputs, const char* type, const std::vector<std::string>& inputs,
                                            const std::vector<OnnxAttribute>& attributes = {});
    //! Adds a node whose outputs get these names.
    void addAs(const std::vector<std::string>& outputs, const char* type, const std::vector<std::string>& inputs,
               const std::vector<OnnxAttribute>& attributes = {});

    //! Adds a constant with the shape of the matrix, CV_32F or CV_32S, and returns its name. The matrix is not copied
    //! and must not be changed afterwards.
    std::string constant(const Mat& numbers);
    //! Adds a scalar and returns its name.
    std::string constant(float number);
    std::string constant(double number);
    //! Adds a list of integers, such as sizes or axes, and returns its name.
    std::string constant(const std::vector<int64>& numbers);

    //! Adds the nodes and constants of a network. Its input has to be the output of a node of this graph.
    void addPart(const OnnxPart& network);

    //! Declares an input or an output of the graph. type: one of OnnxTypes. sizes: a size below 1 means `batch`, which
    //! the program that runs the model chooses.
    void addInput(const std::string& name, int type, const std::vector<int64>& sizes);
    void addOutput(const std::string& name, int type, const std::vector<int64>& sizes);

    //! Sets the metadata of the file: names and their values.
    void setMetadata(const std::map<std::string, std::string>& entries) { metadata = entries; }

    //! Size of the file in bytes.
    uint64 size() const;

    //! Writes the file. The state of the stream tells whether all of it was written.
    void write(std::ostream& stream) const;

private:
    struct Constant
    {
        std::vector<uchar> header; // the constant's message up to its numbers
        Mat numbers;
    };
    std::string newName(const std::string& what);
    std::string addConstant(const std::string& name, int type, const std::vector<int64>& sizes, const Mat& numbers);
    uint64 graphSize() const;
    std::vector<uchar> modelStart() const;

    const std::string producerVersion;
    std::string part;
    int names;                 // number of names given so far
    std::vector<uchar> fields; // all fields of the graph except the constants
    std::vector<Constant> constants;
    std::map<std::string, std::string> metadata;
    int opset, irVersion;
};

}} // namespace cv::anomaly

#endif
