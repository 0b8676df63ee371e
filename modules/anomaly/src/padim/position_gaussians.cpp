// This file is part of OpenCV project.
// It is subject to the license terms in the LICENSE file found in the top-level directory
// of this distribution and at http://opencv.org/license.html.
#include "../precomp.hpp"
#include "position_gaussians.hpp"
#include "gaussian_panels.hpp"

namespace cv { namespace anomaly {

namespace {

//! Distances of the positions of one panel at a time, which the compiler computes in vectors.
class PlainGaussianScorer CV_FINAL : public GaussianScorer
{
public:
    explicit PlainGaussianScorer(const PositionGaussians& g) : gaussians(g) {}

    void score(const Mat& features, Mat& distances) const CV_OVERRIDE
    {
        checkFeatures(features, gaussians);
        distances.create(1, features.cols, CV_32F);
        parallel_for_(Range(0, gaussians.whitening.rows), [&](const Range& panels) {
            std::vector<float> centered(size_t(features.rows) * gaussianPanel);
            for (int panel = panels.start; panel < panels.end; panel++)
            {
                center(features, panel, centered.data());
                scorePanel(centered.data(), panel, distances);
            }
        });
    }

private:
    // x - m at the positions of a panel; 0 at places of the last panel that have no position.
    void center(const Mat& features, int panel, float* centered) const
    {
        const int first = panel * gaussianPanel, count = std::min(gaussianPanel, features.cols - first);
        for (int i = 0; i < features.rows; i++, centered += gaussianPanel)
        {
            const float* x = features.ptr<float>(i) + first;
            const float* m = gaussians.mean.ptr<float>(i) + first;
            std::fill_n(centered, gaussianPanel, 0.f);
            for (int p = 0; p < count; p++)
                centered[p] = x[p] - m[p];
        }
    }

    // |L^-1 (x - m)| for all positions of a panel together.
    void scorePanel(const float* centered, int panel, Mat& distances) const
    {
        const float* entry = gaussians.whitening.ptr<float>(panel);
        float squares[gaussianPanel] = {};
        for (int i = 0; i < gaussians.length(); i++)
        {
            float whitened[gaussianPanel] = {};
            for (int j = 0; j <= i; j++, entry += gaussianPanel)
                for (int p = 0; p < gaussianPanel; p++)
                    whitened[p] += entry[p] * centered[j * gaussianPanel + p];
            for (int p = 0; p < gaussianPanel; p++)
                squares[p] += whitened[p] * whitened[p];
        }
        const int first = panel * gaussianPanel, count = std::min(gaussianPanel, distances.cols - first);
        for (int p = 0; p < count; p++)
            distances.at<float>(first + p) = std::sqrt(squares[p]);
    }

    PositionGaussians gaussians;
};

} // namespace

void checkFeatures(const Mat& features, const PositionGaussians& gaussians)
{
    CV_CheckTypeEQ(features.type(), CV_32FC1, "Features must be single precision");
    CV_CheckEQ(features.rows, gaussians.length(), "The Gaussians are of another number of features");
    CV_CheckEQ(features.cols, gaussians.positions(), "The Gaussians are of another number of positions");
}

std::shared_ptr<const GaussianScorer> GaussianScorer::create(const PositionGaussians& gaussians, int engine)
{
#ifdef HAVE_ANOMALY_HALIDE
    if (engine == ENGINE_HALIDE)
        return createHalideGaussianScorer(gaussians);
#endif
    CV_CheckEQ(engine, int(ENGINE_PLAIN), "Engine must be resolved first");
    return std::make_shared<PlainGaussianScorer>(gaussians);
}

}} // namespace cv::anomaly
