// This file is part of OpenCV project.
// It is subject to the license terms in the LICENSE file found in the top-level directory
// of this distribution and at http://opencv.org/license.html.
#ifndef OPENCV_TEST_ANOMALY_NETWORKS_HPP
#define OPENCV_TEST_ANOMALY_NETWORKS_HPP

// Networks that tests build node by node.
#include "test_precomp.hpp"

#include "../src/backbone/backbone.hpp"
#include "../src/backbone/onnx_builder.hpp"
#include "../src/backbone/onnx_fields.hpp"

#include <sstream>

namespace opencv_test {

//! Random values. Whole numbers have exact sums.
inline Mat numbers(const std::vector<int>& sizes, bool whole, int seed)
{
    Mat values(sizes, CV_32F);
    RNG random(seed);
    if (!whole)
    {
        random.fill(values, RNG::UNIFORM, -1, 1);
        return values;
    }
    Mat integers(sizes, CV_32S);
    random.fill(integers, RNG::UNIFORM, -3, 4);
    integers.convertTo(values, CV_32F);
    return values;
}

inline Mat inputOf(int images, int channels, Size size, bool whole = false)
{
    return numbers({images, channels, size.height, size.width}, whole, 99);
}

//! Builds a network node by node, and makes the weights of its convolutions.
class Network
{
public:
    explicit Network(int channels, bool wholeNumbers = false) : builder("1"), whole(wholeNumbers), seed(0)
    {
        builder.addInput("image", ONNX_FLOAT, {1, channels, 64, 64});
    }

    void addInput(const std::string& name, const std::vector<int64>& sizes)
    {
        builder.addInput(name, ONNX_FLOAT, sizes);
    }

    std::string add(const char* type, const std::vector<std::string>& inputs,
                    const std::vector<OnnxAttribute>& attributes = {})
    {
        return builder.add(type, inputs, attributes);
    }

    //! `channels` is the number of channels of a group.
    std::string convolve(const std::string& input, int outputs, int channels, int kernel,
                         std::vector<OnnxAttribute> attributes = {})
    {
        const Mat weights = numbers({outputs, channels, kernel, kernel}, whole, ++seed);
        return convolve(input, weights, numbers({outputs}, whole, ++seed), attributes);
    }

    //! weights: outputs x channels of a group x rows x columns; bias: a number for each output.
    std::string convolve(const std::string& input, const Mat& weights, const Mat& bias,
                         std::vector<OnnxAttribute> attributes = {})
    {
        attributes.emplace_back("kernel_shape", std::vector<int64>{weights.size[2], weights.size[3]});
        const Mat list = bias.reshape(1, std::vector<int>{weights.size[0]});
        return builder.add("Conv", {input, builder.constant(weights), builder.constant(list)}, attributes);
    }

    std::string clip(const std::string& input, float lowest, float highest)
    {
        return builder.add("Clip", {input, builder.constant(lowest), builder.constant(highest)});
    }

    std::string normalize(const std::string& input, int channels)
    {
        std::vector<std::string> inputs(1, input);
        for (int i = 0; i < 4; i++)
        {
            const Mat term = abs(numbers({channels}, false, ++seed)) + 0.5;
            inputs.push_back(builder.constant(term.reshape(1, std::vector<int>{channels}).clone()));
        }
        return builder.add("BatchNormalization", inputs);
    }

    BackboneSource source(const std::vector<std::string>& outputs)
    {
        BackboneSource result;
        result.name = "test";
        for (const std::string& output : outputs)
        {
            builder.addOutput(output, ONNX_FLOAT, {1, 1, 1, 1});
            result.outputs.push_back(output);
        }
        std::ostringstream stream;
        builder.write(stream);
        const std::string bytes = stream.str();
        result.bytes.assign(bytes.begin(), bytes.end());
        return result;
    }

private:
    OnnxBuilder builder;
    const bool whole;
    int seed;
};

inline FeatureMaps byOpenCV(const BackboneSource& source, const Mat& input)
{
    return createDnnBackbone(source, onProcessor(ENGINE_PLAIN))->forward(input);
}

// From 4.7 on cv::dnn computes 3x3 convolutions by Winograd's method, which rounds even whole numbers.
const bool opencvIsExact = CV_VERSION_MAJOR == 4 && CV_VERSION_MINOR < 7;

inline std::vector<int64> all(int pad)
{
    return std::vector<int64>(4, pad);
}

inline std::vector<Mat> copied(const FeatureMaps& features)
{
    std::vector<Mat> maps;
    for (const Mat& map : features.maps)
        maps.push_back(map.clone());
    return maps;
}

inline bool areEqual(const std::vector<Mat>& maps, const std::vector<Mat>& others)
{
    for (size_t i = 0; i < maps.size(); i++)
        if (cv::norm(maps[i], others[i], NORM_INF) != 0)
            return false;
    return maps.size() == others.size();
}

} // namespace opencv_test

#endif
