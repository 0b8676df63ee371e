// This file is part of OpenCV project.
// It is subject to the license terms in the LICENSE file found in the top-level directory
// of this distribution and at http://opencv.org/license.html.

// The example of doc/HACKING.md for adding a method. A method consists of a struct of what it has learned, of how that
// scores patches, and of how it is written to a model file.
#include "test_methods.hpp"

#include "../src/detector/detector_impl.hpp"
#include "../src/detector/model_fields.hpp"
#include "../src/detector/registry.hpp"
#include "../src/patches/descriptor.hpp"

namespace opencv_test { namespace {

//! The score of a patch is the distance of its channels of the finest map from their mean over all good patches.
class MeanScorer CV_FINAL : public PatchScorer
{
public:
    explicit MeanScorer(const Mat& m) : mean(m) {}
    double score(const std::vector<Mat>& maps, Mat& patchScores, StageClock*) const CV_OVERRIDE
    {
        Mat squares;
        const Mat phi = maps[0].reshape(1, maps[0].size[1]) - repeat(mean, 1, patchGrid(maps).area());
        reduce(phi.mul(phi), squares, 0, REDUCE_SUM);
        sqrt(squares.reshape(1, patchGrid(maps).height), patchScores);
        return scoreOfMap;
    }
    const Mat mean;
};

struct MeanModel CV_FINAL : public LearnedModel
{
    MeanModel(const std::vector<int>& c, const Mat& m) : channelCounts(c), mean(m) {}
    std::vector<int> channels() const CV_OVERRIDE { return channelCounts; }
    std::shared_ptr<const ScoreMap> createScoreMap(const MapSettings& map, const Device& device) const CV_OVERRIDE
    {
        return anomaly::createScoreMap(std::make_shared<MeanScorer>(mean), map, device.engine);
    }
    void write(FileStorage& file) const CV_OVERRIDE
    {
        writeChannels(file, channelCounts);
        file << "mean" << mean;
    }
    std::vector<Mat> matrices() const CV_OVERRIDE { return {mean}; }

    const std::vector<int> channelCounts;
    const Mat mean; // mean of each channel of the finest map, CV_32F
};

struct MeanLearner CV_FINAL : public Learner
{
    std::shared_ptr<const LearnedModel> learn(const TrainingData& data, int, FitReporter& reporter) CV_OVERRIDE
    {
        Mat sum;
        std::vector<int> channels;
        for (const Mat& map : data.features.get(0).maps)
            channels.push_back(map.size[1]);
        for (int i = 0; i < data.images; i++)
        {
            Mat mean;
            reduce(data.features.get(i).maps[0].reshape(1, channels[0]), mean, 1, REDUCE_AVG);
            sum = sum.empty() ? mean : sum + mean;
            reporter.report("mean", i + 1, data.images);
        }
        return std::make_shared<MeanModel>(channels, sum / data.images);
    }
};

class MeanMethod CV_FINAL : public MethodWith<DetectorParams>
{
public:
    explicit MeanMethod(const DetectorParams& p) : MethodWith<DetectorParams>(p) {}
    const char* name() const CV_OVERRIDE { return "Mean"; }
    std::unique_ptr<Method> clone() const CV_OVERRIDE { return std::unique_ptr<Method>(new MeanMethod(*this)); }
    void visitParams(ParamsVisitor&) CV_OVERRIDE {}
    void checkDevice(const Device&) const CV_OVERRIDE {}
    std::unique_ptr<Learner> startFit(const Device&) const CV_OVERRIDE
    {
        return std::unique_ptr<Learner>(new MeanLearner);
    }
    std::shared_ptr<const LearnedModel> read(const ModelNode& node) const CV_OVERRIDE
    {
        return std::make_shared<MeanModel>(readChannels(node, params.outputs.size()), matrix(node, "mean", CV_32F));
    }
    Ptr<AnomalyDetector> detectorOf(const std::shared_ptr<DetectorCore>& core) const CV_OVERRIDE;
};

Ptr<AnomalyDetector> MeanMethod::detectorOf(const std::shared_ptr<DetectorCore>& core) const
{
    return makePtr<DetectorImpl<AnomalyDetector>>(core);
}

std::unique_ptr<Method> createMeanMethod()
{
    DetectorParams params;
    params.inputSize = 64;
    return std::unique_ptr<Method>(new MeanMethod(params));
}

TEST(Anomaly_AddMethod, has_all_that_detectors_share)
{
    addMethod("Mean", createMeanMethod);
    const Ptr<AnomalyDetector> detector =
        createMeanMethod()->detectorOf(std::make_shared<DetectorCore>(createMeanMethod()));
    detector->fit(goodImages(8));
    EXPECT_GT(detector->predict(badImage(3)), detector->predict(goodImage(30)));
    EXPECT_GE(detector->predict(badImage(3)), detector->getImageThreshold());
    const TemporaryName file(".yml.gz");
    detector->save(file.name);
    const Ptr<AnomalyDetector> loaded = loadDetector(file.name);
    EXPECT_EQ("Mean", loaded->getMethod());
    EXPECT_TRUE(ScoredImage(*detector, badImage(3)) == ScoredImage(*loaded, badImage(3)));
    EXPECT_TRUE(ScoredImage(*detector, badImage(3)) == ScoredImage(*detector->clone(), badImage(3)));
}

}} // namespace opencv_test
