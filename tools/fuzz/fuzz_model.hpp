// This file is part of OpenCV project.
// It is subject to the license terms in the LICENSE file found in the top-level directory
// of this distribution and at http://opencv.org/license.html.
#ifndef OPENCV_ANOMALY_FUZZ_MODEL_HPP
#define OPENCV_ANOMALY_FUZZ_MODEL_HPP

#include "opencv2/anomaly.hpp"
#include "opencv2/core/utils/logger.hpp"

#include <algorithm>
#include <cmath>
#include <cstdlib>

//! Ends the run where a result is not what is promised.
inline void require(bool holds)
{
    if (!holds)
        std::abort();
}

//! A model of a few thousand bytes, its backbone within.
inline cv::Ptr<cv::anomaly::CFA> smallModel(double gammaD = 1)
{
    using cv::anomaly::CFA;
    cv::utils::logging::setLogLevel(cv::utils::logging::LOG_LEVEL_SILENT);
    cv::setNumThreads(1);
    CFA::Params params;
    params.inputSize = params.resizeSize = 64;
    params.backbone = FUZZ_BACKBONE;
    params.outputs = {"fine", "coarse"};
    params.embedBackbone = true;
    params.gammaC = 1. / 8;
    params.gammaD = gammaD;
    params.adaptation = CFA::ADAPTATION_NONE;
    std::vector<cv::Mat> images;
    for (int i = 0; i < 3; i++)
    {
        images.push_back(cv::Mat(64, 64, CV_8UC3));
        cv::RNG(i + 1).fill(images.back(), cv::RNG::UNIFORM, 0, 256);
    }
    const cv::Ptr<CFA> cfa = CFA::create(params);
    cfa->fit(images);
    return cfa;
}

//! A finite score or an error, where the input is small enough to be quick.
inline void requireScore(const cv::anomaly::CFA& cfa)
{
    const cv::anomaly::CFA::Params params = cfa.getParams();
    if (std::max(params.inputShape.width, params.inputShape.height) > 128 || params.resizeSize > 4 * params.inputSize)
        return;
    try
    {
        require(std::isfinite(cfa.predict(cv::Mat(20, 30, CV_8UC3, cv::Scalar(90, 120, 200)))));
    }
    catch (const cv::Exception&)
    {}
}

#endif
