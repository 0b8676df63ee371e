// This file is part of OpenCV project.
// It is subject to the license terms in the LICENSE file found in the top-level directory
// of this distribution and at http://opencv.org/license.html.
#include "fuzz_model.hpp"

#include <cstdint>
#include <fuzzer/FuzzedDataProvider.h>

namespace {

// Of any type and up to 12 x 12, rarely empty.
cv::Mat matrix(FuzzedDataProvider& data, int likelyType, cv::Size likelySize)
{
    const bool asExpected = data.ConsumeIntegralInRange(0, 9) > 0;
    const int type = asExpected ? likelyType : data.ConsumeIntegralInRange(0, 63);
    const cv::Size size =
        asExpected ? likelySize : cv::Size(data.ConsumeIntegralInRange(0, 12), data.ConsumeIntegralInRange(0, 12));
    cv::Mat made(size, type);
    if (!made.empty())
        data.ConsumeData(made.data, made.total() * made.elemSize());
    return made;
}

bool isShare(double value)
{
    return value >= 0 && value <= 1;
}

// All of it, each on its own: what one refuses the next may take.
template <typename Call> void attempt(const Call& call)
{
    try
    {
        call();
    }
    catch (const cv::Exception&)
    {}
}

void scoreVectors(FuzzedDataProvider& data)
{
    const cv::Size size(1, data.ConsumeIntegralInRange(1, 40));
    const cv::Mat labels = matrix(data, CV_8U, size), scores = matrix(data, data.ConsumeBool() ? CV_32F : CV_64F, size);
    double threshold;
    cv::Mat x, y, thresholds;
    attempt([&]() { require(isShare(cv::anomaly::auroc(scores, labels))); });
    attempt([&]() { require(isShare(cv::anomaly::averagePrecision(scores, labels))); });
    attempt([&]() { require(isShare(cv::anomaly::bestF1(scores, labels, threshold))); });
    attempt([&]() {
        cv::anomaly::rocCurve(scores, labels, x, y, thresholds);
        require(x.rows == y.rows && cv::checkRange(x, true, NULL, 0, 1.0001) &&
                cv::checkRange(y, true, NULL, 0, 1.0001));
    });
}

void scorePixels(FuzzedDataProvider& data)
{
    const cv::Ptr<cv::anomaly::PixelMetrics> metrics = cv::anomaly::PixelMetrics::create();
    for (int i = data.ConsumeIntegralInRange(1, 4); i > 0; i--)
    {
        const cv::Size size(data.ConsumeIntegralInRange(1, 12), data.ConsumeIntegralInRange(1, 12));
        const cv::Mat mask = matrix(data, CV_8U, size),
                      validity = data.ConsumeBool() ? cv::Mat() : matrix(data, CV_8U, size),
                      map = matrix(data, CV_32F, size);
        attempt([&]() { metrics->add(map, mask, validity); });
    }
    double threshold;
    cv::Mat x, y, thresholds;
    const int maxPoints = data.ConsumeIntegralInRange(-2, 20);
    attempt([&]() { require(isShare(metrics->auroc())); });
    attempt([&]() { require(isShare(metrics->averagePrecision())); });
    attempt([&]() { require(isShare(metrics->bestF1(threshold))); });
    attempt([&]() { require(isShare(metrics->aupro(data.ConsumeFloatingPoint<double>()))); });
    attempt([&]() { require(metrics->aupro() <= 1 + 1e-9); });
    attempt([&]() {
        cv::Mat perImage;
        const double lower = data.ConsumeFloatingPointInRange<double>(1e-3, 1),
                     upper = data.ConsumeFloatingPoint<double>();
        require(isShare(metrics->aupimo(perImage, lower, upper)));
        require(perImage.rows > 1);
    });
    attempt([&]() { metrics->rocCurve(x, y, thresholds, maxPoints); });
    attempt([&]() { metrics->proCurve(x, y, thresholds, maxPoints); });
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* bytes, size_t size)
{
    FuzzedDataProvider data(bytes, size);
    if (data.ConsumeBool())
        scoreVectors(data);
    else
        scorePixels(data);
    return 0;
}
