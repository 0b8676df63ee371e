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

//! The set of operators that this library writes nodes of. All of these nodes mean the same in later sets.
const int onnxBuilderOpset = 13;

//! An attribute of a node: a whole number, or a list of them.
struct OnnxAttribute
{
    OnnxAttribute(const char* n, int64 value) : name(n), values(1, value), isList(false) {}
    OnnxAttribute(const char* n, const std::vector<int64>& list) : name(n), values(list), isList(true) {}

    const char* name;
    std::vector<int64> values;
    bool isList;
};

/** @brief Builds an ONNX file: a graph of nodes and constants.

Tensors go by their names. Constants are not copied but written straight from their matrices, so that a model of a
gigabyte does not take two. It writes what onnx_graph reads.
*/
class OnnxBuilder
{
public:
    explicit OnnxBuilder(const std::string& producerVersion);

    //! Names of the nodes and constants that are added from now on begin with it, for whoever looks at the graph.
    void startPart(const std::string& name) { part = name; }

    //! Adds a node with one output and gives that. Inputs come in the operator's order, "" for one that is left out.
    std::string add(const char* type, const std::vector<std::string>& inputs,
                    const std::vector<OnnxAttribute>& attributes = {});
    //! Adds a node with several outputs and gives those.
    std::vector<std::string> addWithOutputs(int outputs, const char* type, const std::vector<std::string>& inputs,
                                            const std::vector<OnnxAttribute>& attributes = {});
    //! Adds a node whose outputs are to have these names.
    void addAs(const std::vector<std::string>& outputs, const char* type, const std::vector<std::string>& inputs,
               const std::vector<OnnxAttribute>& attributes = {});

    //! A constant of the matrix' shape: CV_32F or CV_32S, not to be changed after.
    std::string constant(const Mat& numbers);
    //! A scalar.
    std::string constant(float number);
    std::string constant(double number);
    //! A list of whole numbers, as sizes and axes are given.
    std::string constant(const std::vector<int64>& numbers);

    //! Adds a network, whose input a node must give.
    void addPart(const OnnxPart& network);

    //! Declares an input or an output of the graph. type: of OnnxTypes; sizes: below 1 for the size `batch`, which the
    //! caller of the model chooses.
    void addInput(const std::string& name, int type, const std::vector<int64>& sizes);
    void addOutput(const std::string& name, int type, const std::vector<int64>& sizes);

    //! What readers of the file find beside the graph, in the order of the names.
    void setMetadata(const std::map<std::string, std::string>& entries) { metadata = entries; }

    //! Bytes that write writes.
    uint64 size() const;

    //! Writes the file. The stream says whether all of it was written.
    void write(std::ostream& stream) const;

private:
    struct Constant
    {
        std::vector<uchar> header; // all of its message before the numbers
        Mat numbers;
    };
    std::string newName(const std::string& what);
    std::string addConstant(const std::string& name, int type, const std::vector<int64>& sizes, const Mat& numbers);
    uint64 graphSize() const;
    std::vector<uchar> modelStart() const;

    const std::string producerVersion;
    std::string part;
    int names;                 // given so far
    std::vector<uchar> fields; // of the graph but for the constants
    std::vector<Constant> constants;
    std::map<std::string, std::string> metadata;
    int opset, irVersion;
};

}} // namespace cv::anomaly

#endif
