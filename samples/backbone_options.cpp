// This file is part of OpenCV project.
// It is subject to the license terms in the LICENSE file found in the top-level directory
// of this distribution and at http://opencv.org/license.html.
#include "backbone_options.hpp"

#include <cmath>
#include <regex>

using cv::Size;
using cv::anomaly::DetectorParams;

namespace {

// Reads --input_size. One number is the side of a square; fit then chooses a shape of the same area. A width and a
// height are used as they are.
void setInputSize(DetectorParams& params, const std::string& text)
{
    std::smatch sides;
    if (!std::regex_match(text, sides, std::regex("([1-9][0-9]{0,5})(?:x([1-9][0-9]{0,5}))?")))
        throw badValue("input_size", text, "a number of pixels such as 224, or a width and a height such as 320x160");
    const double width = std::stoi(sides[1]), height = sides[2].matched ? std::stoi(sides[2]) : width;
    params.keepAspect = !sides[2].matched;
    params.inputShape = params.keepAspect ? Size() : Size(int(width), int(height));
    params.inputSize = cvRound(std::sqrt(width * height));
}

} // namespace

const std::vector<std::string> precisions = {"float32", "int8"};

void addPrecisionOption(CommandLine& line, DetectorParams& params)
{
    line.choice("precision", precisions, params.precision,
                "numbers in which the network is computed; int8 takes less time where the processor has AVX-512 VNNI "
                "or AVX-VNNI, and may cost some tenths of a point of accuracy");
}

void addBackboneOptions(CommandLine& line, DetectorParams& params)
{
    line.heading("For an ONNX backbone");
    line.option("outputs", "NAME,...", params.outputs, "names of the network's outputs to use, finest map first");
    line.option("mean", "M|R,G,B", params.inputMean, "what its training subtracted from each channel of 0..255");
    line.option("scale", "S|R,G,B", params.inputScale, "and then multiplied with");
    line.option("input_size", "PIXELS|WxH", std::to_string(params.inputSize),
                "size of its input: the side of a square with as many pixels, whose aspect ratio then becomes that of "
                "the images that are learned; or a width and a height, to which all images are stretched: 224x224",
                [&params](const std::string& text) { setInputSize(params, text); });
}

Size inputShapeOf(const DetectorParams& params)
{
    return params.inputShape.empty() ? Size(params.inputSize, params.inputSize) : params.inputShape;
}

std::string inputText(const DetectorParams& params)
{
    const Size shape = inputShapeOf(params);
    return cv::format("%dx%d", shape.width, shape.height);
}

void addBackboneFile(CommandLine& line, std::string& backbone)
{
    line.option("backbone", "ONNX", backbone,
                "the model's network, where that is neither the one inside this program nor beside the model file");
}
