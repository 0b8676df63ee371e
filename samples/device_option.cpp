// This file is part of OpenCV project.
// It is subject to the license terms in the LICENSE file found in the top-level directory
// of this distribution and at http://opencv.org/license.html.
#include "device_option.hpp"

#include "opencv2/dnn.hpp"

const std::vector<std::string> deviceNames = {"cpu", "cuda", "cuda_fp16"};

void addDeviceOption(CommandLine& line, int& device)
{
    line.choice("device", deviceNames, device,
                "what to compute on: the processor, or an NVIDIA GPU, with cuda_fp16 the network with factors of 11 "
                "bits, as in half precision");
}

int targetOf(int device)
{
    static const int targets[] = {cv::dnn::DNN_TARGET_CPU, cv::dnn::DNN_TARGET_CUDA, cv::dnn::DNN_TARGET_CUDA_FP16};
    return targets[device];
}
