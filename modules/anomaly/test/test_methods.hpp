// This file is part of OpenCV project.
// It is subject to the license terms in the LICENSE file found in the top-level directory
// of this distribution and at http://opencv.org/license.html.
#ifndef OPENCV_TEST_ANOMALY_METHODS_HPP
#define OPENCV_TEST_ANOMALY_METHODS_HPP

#include "test_textures.hpp"

namespace opencv_test {

//! Returns settings of a method that make a fit quick: an input of 64 pixels with 8 x 8 patches.
template <typename Method> typename Method::Params quickParamsOf();

template <> inline PaDiM::Params quickParamsOf<PaDiM>()
{
    PaDiM::Params params;
    params.inputSize = 64;
    params.resizeSize = 72;
    params.features = 20;
    return params;
}

template <> inline SPADE::Params quickParamsOf<SPADE>()
{
    SPADE::Params params;
    params.inputSize = 64;
    params.resizeSize = 72;
    params.K = 3;
    return params;
}

template <> inline PatchCore::Params quickParamsOf<PatchCore>()
{
    PatchCore::Params params;
    params.inputSize = 64;
    params.resizeSize = 72;
    params.bankSize = 100;
    params.rotations = 1; // to choose them takes longer than the rest of a fit
    return params;
}

template <> inline CFA::Params quickParamsOf<CFA>()
{
    return quickParams();
}

//! Returns the stages of a fit between "features" and "thresholds".
inline std::vector<String> ownStagesOf(const AnomalyDetector& detector)
{
    if (detector.getMethod() == "PatchCore")
        return {"axes", "patches", "coreset", "bank"};
    return {detector.getMethod() == "PaDiM" ? "gaussians" : "bank"};
}

template <typename Method>
Ptr<Method> quickDetectorOf(const typename Method::Params& params = quickParamsOf<Method>(), int images = 6)
{
    const Ptr<Method> detector = Method::create(params);
    detector->fit(goodImages(images));
    return detector;
}

//! The score and map of an image.
struct ScoredImage
{
    ScoredImage(const AnomalyDetector& detector, const Mat& image, const Mat& mask = Mat())
        : score(detector.predict(image, map, mask))
    {}

    bool operator==(const ScoredImage& other) const
    {
        return score == other.score && map.size() == other.map.size() && cv::norm(map, other.map, NORM_INF) == 0;
    }

    Mat map;
    double score;
};

//! Returns all that save writes, as text.
inline String savedContent(const AnomalyDetector& detector)
{
    FileStorage file("", FileStorage::WRITE | FileStorage::MEMORY | FileStorage::FORMAT_YAML | FileStorage::BASE64);
    detector.write(file);
    return file.releaseAndGetString();
}

//! Makes the detector use the plain engine.
inline void expectEnginesAgree(AnomalyDetector& detector)
{
    const ScoredImage fast(detector, badImage(3));
    detector.setEngine(ENGINE_PLAIN);
    const ScoredImage plain(detector, badImage(3));
    EXPECT_LT(cv::norm(fast.map, plain.map, NORM_INF), 1e-4 * cv::norm(plain.map, NORM_INF));
    EXPECT_NEAR(fast.score, plain.score, 1e-4 * plain.score);
}

} // namespace opencv_test

#endif
