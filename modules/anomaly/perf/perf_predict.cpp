// This file is part of OpenCV project.
// It is subject to the license terms in the LICENSE file found in the top-level directory
// of this distribution and at http://opencv.org/license.html.
#include "perf_precomp.hpp"

namespace opencv_test { namespace {

typedef TestBaseWithParam<tuple<double, int>> Predictions;

//! A whole prediction, from 224x224 images to scores and maps, with the embedded backbone.
PERF_TEST_P(Predictions, lite0, testing::Combine(testing::Values(1., 0.25), testing::Values(1, 8)))
{
    CFA::Params params;
    params.gammaC = get<0>(GetParam());
    params.adaptation = CFA::ADAPTATION_NONE;
    params.validationFraction = 0;
    std::vector<Mat> images, maps;
    for (int i = 0; i < get<1>(GetParam()) + 2; i++)
    {
        images.push_back(Mat(224, 224, CV_8UC3));
        randu(images.back(), 0, 256);
    }
    const Ptr<CFA> cfa = CFA::create(params);
    cfa->fit(std::vector<Mat>(images.begin(), images.begin() + 2));
    images.erase(images.begin(), images.begin() + 2);
    std::vector<double> scores;
    TEST_CYCLE() cfa->predictBatch(images, scores, maps);
    SANITY_CHECK_NOTHING();
}

}} // namespace
