// This file is part of OpenCV project.
// It is subject to the license terms in the LICENSE file found in the top-level directory
// of this distribution and at http://opencv.org/license.html.
#include "backbone_options.hpp"

void addBackboneOptions(CommandLine& line, cv::anomaly::DetectorParams& params)
{
    line.heading("For an ONNX backbone");
    line.option("outputs", "NAME,...", params.outputs, "names of the network's outputs to use, finest map first");
    line.option("mean", "M|R,G,B", params.inputMean, "what its training subtracted from each channel of 0..255");
    line.option("scale", "S|R,G,B", params.inputScale, "and then multiplied with");
    line.option("input_size", "PIXELS", params.inputSize, "side of its square input", 1);
}

void addBackboneFile(CommandLine& line, std::string& backbone)
{
    line.option("backbone", "ONNX", backbone,
                "the model's network, where that is neither the one inside this program nor beside the model file");
}
