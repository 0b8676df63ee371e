// This file is part of OpenCV project.
// It is subject to the license terms in the LICENSE file found in the top-level directory
// of this distribution and at http://opencv.org/license.html.

// CFA's head, from feature maps to the map and to the loss, compared with PyTorch and scipy in float64.
#include "test_devices.hpp"

#include "../src/map/anomaly_map.hpp"
#include "../src/cfa/bank_for_trainer.hpp"
#include "../src/scoring/nearest_scorer.hpp"

namespace opencv_test { namespace {

Mat goldMatrix(const FileNode& node, const String& key)
{
    Mat matrix;
    node[key] >> matrix;
    return matrix;
}

double difference(const Mat& a, const Mat& b)
{
    return cv::norm(a, b, NORM_INF) / std::max(cv::norm(b, NORM_INF), 1e-30);
}

//! A case of gold/head.yml, which was made with PyTorch and scipy in float64.
struct HeadCase
{
    std::vector<Mat> maps; // maps of the first image, then of the second one if there are two
    Descriptor descriptor;
    Mat bank;

    explicit HeadCase(const FileNode& node)
    {
        const Mat sizes = goldMatrix(node, "sizes");
        for (int i = 0; i < sizes.rows; i++)
            descriptor.channels.push_back(sizes.at<int>(i, 0));
        for (int i = 0; !node["maps_" + std::to_string(i)].empty(); i++)
        {
            const int* size = sizes.ptr<int>(i % sizes.rows);
            const int shape[] = {1, size[0], size[1], size[2]};
            maps.push_back(goldMatrix(node, "maps_" + std::to_string(i)).reshape(1, 4, shape).clone());
        }
        node["W"] >> descriptor.W;
        node["b"] >> descriptor.b;
        node["C"] >> bank;
    }
};

typedef testing::TestWithParam<std::tuple<const char*, int>> Anomaly_Head;

bool skipEngine(int engine)
{
    return engine == ENGINE_HALIDE && CFA::create()->getEngine() != ENGINE_HALIDE;
}

TEST_P(Anomaly_Head, agrees_with_pytorch)
{
    const int engine = std::get<1>(GetParam());
    if (skipEngine(engine))
        SKIP_TEST("this build has no Halide kernels");
    const FileStorage file(testDataPath("gold/head.yml"), FileStorage::READ);
    const FileNode gold = file[std::get<0>(GetParam())];
    const HeadCase head(gold);
    EXPECT_LT(difference(project(poolPatches(head.maps), head.descriptor), goldMatrix(gold, "phi")), 1e-5);

    Mat squaredDistances, indices;
    NeighborSearch::create(head.bank, engine)->search(goldMatrix(gold, "phi"), 3, squaredDistances, indices);
    EXPECT_LT(difference(squaredDistances, goldMatrix(gold, "squared_distances")), 1e-5);
    EXPECT_EQ(0, countNonZero(indices != goldMatrix(gold, "indices")));

    const NearestSettings certain = {3, WEIGHT_CERTAINTY}, nearest = {3, WEIGHT_NONE};
    Mat scores, naive;
    createNearestScorer(head.descriptor, head.bank, certain, engine)->score(head.maps, scores, NULL);
    createNearestScorer(head.descriptor, head.bank, nearest, engine)->score(head.maps, naive, NULL);
    EXPECT_LT(difference(scores, goldMatrix(gold, "scores")), 1e-5);
    EXPECT_LT(difference(naive, goldMatrix(gold, "scores_naive")), 1e-5);

    const Mat expected = goldMatrix(gold, "map");
    Mat map;
    MapMaker::create(expected.size(), 4, engine)->make(scores, map);
    EXPECT_LT(difference(map, expected), 1e-5);
    EXPECT_NEAR(imageScore(map, SCORE_MAX, 0, Mat()), double(gold["image_score"]), 1e-5);
}

INSTANTIATE_TEST_CASE_P(/**/, Anomaly_Head,
                        testing::Combine(testing::Values("three_scales", "odd_sizes", "one_scale"),
                                         testing::Values(int(ENGINE_PLAIN), int(ENGINE_HALIDE))));

//! The bank that fit uses. It records the descriptors that it was asked about.
class WatchedBank CV_FINAL : public BankAccess
{
public:
    explicit WatchedBank(const Mat& b) : bank(b, ENGINE_PLAIN), length(b.cols) {}

    bool search(const float* phi, int patches, int k, float* squaredDistances, int* indices) CV_OVERRIDE
    {
        seen = Mat(length, patches, CV_32F, const_cast<float*>(phi)).clone();
        return bank.search(phi, patches, k, squaredDistances, indices);
    }

    bool backward(const float* phi, int patches, int k, const float* distanceGradient, const int* indices,
                  float* gradient) CV_OVERRIDE
    {
        return bank.backward(phi, patches, k, distanceGradient, indices, gradient);
    }

    const float* centers() const CV_OVERRIDE { return bank.centers(); }
    int centerCount() const CV_OVERRIDE { return bank.centerCount(); }

    Mat seen;

private:
    BankForTrainer bank;
    int length;
};

//! A trainer, and the maps of both images of the training case, joined by scale as the trainer expects them.
struct TrainingCase
{
    explicit TrainingCase(const FileNode& gold, int device = TRAIN_ON_CPU) : head(gold)
    {
        const std::vector<Mat> pooled = poolPatches(head.maps);
        const size_t count = head.descriptor.channels.size();
        for (size_t i = 0; i < count; i++)
        {
            const Mat& map = pooled[i];
            const ScaleShape shape = {map.size[1], map.size[2], map.size[3]};
            scales.push_back(shape);
            Mat both; // a channel a row, image beside image
            hconcat(map.reshape(1, map.size[1]), pooled[count + i].reshape(1, map.size[1]), both);
            joined.push_back(both);
        }
        for (const Mat& map : joined)
            pointers.push_back(map.ptr<float>());
        const Descriptor& start = head.descriptor;
        const TrainerSettings settings = {scales.data(),
                                          int(scales.size()),
                                          start.W.ptr<float>(),
                                          start.b.ptr<float>(),
                                          start.length(),
                                          3,
                                          3,
                                          double(gold["r"]),
                                          true,
                                          true,
                                          double(gold["alpha"]),
                                          1e-3,
                                          5e-4,
                                          2,
                                          device};
        trainer = createTrainer(settings);
    }

    int patches() const { return scales[0].rows * scales[0].cols; }

    HeadCase head;
    std::vector<ScaleShape> scales;
    std::vector<Mat> joined;
    std::vector<const float*> pointers;
    std::unique_ptr<Trainer> trainer;
};

//! Returns the mean distance of descriptors, D' x patches, to their nearest center.
double meanNearest(const Mat& phi, const Mat& C)
{
    double sum = 0;
    for (int patch = 0; patch < phi.cols; patch++)
    {
        double nearest = DBL_MAX;
        for (int center = 0; center < C.rows; center++)
            nearest = std::min(nearest, cv::norm(phi.col(patch), C.row(center).t()));
        sum += nearest / phi.cols;
    }
    return sum;
}

typedef testing::TestWithParam<int> Anomaly_TrainingSteps; // by device

// The trainer searches neighbors outside of autograd, and the gradient passes only the K + J nearest centers. It must
// equal the gradient through the full matrix of distances.
TEST_P(Anomaly_TrainingSteps, agree_with_autograd_through_the_full_matrix)
{
    SKIP_WITHOUT_DEVICE(GetParam());
    const FileStorage file(testDataPath("gold/head.yml"), FileStorage::READ);
    const FileNode gold = file["training"];
    TrainingCase training(gold, GetParam());
    WatchedBank bank(training.head.bank);
    Mat W = training.head.descriptor.W.clone(), b = training.head.descriptor.b.clone();
    StepFigures figures = {0, 0, 0};
    double radius = 0;
    for (int step = 1; step <= 3; step++)
    {
        ASSERT_TRUE(training.trainer->step(training.pointers.data(), NULL, 2, bank, figures))
            << training.trainer->error();
        ASSERT_TRUE(training.trainer->read(W.ptr<float>(), b.ptr<float>(), radius)) << training.trainer->error();
        EXPECT_EQ(radius, figures.radius);
        if (step == 1)
        {
            EXPECT_NEAR(figures.loss, double(gold["loss"]), 1e-5 * double(gold["loss"]));
            EXPECT_NEAR(meanNearest(goldMatrix(gold, "phi"), training.head.bank), figures.distance, 1e-5);
            EXPECT_EQ(GetParam() != TRAIN_ON_CPU, bank.seen.empty()); // CUDA's code searches by itself
            EXPECT_LT(bank.seen.empty() ? 0 : difference(bank.seen, goldMatrix(gold, "phi")), 1e-5);
        }
        const String suffix = "_" + std::to_string(step);
        if (step == 2)
            continue;
        EXPECT_LT(difference(W, goldMatrix(gold, "W" + suffix)), 1e-5);
        EXPECT_LT(difference(b, goldMatrix(gold, "b" + suffix)), 1e-5);
        EXPECT_NEAR(radius, double(gold["r" + suffix]), 1e-5);
    }
}

INSTANTIATE_TEST_CASE_P(/**/, Anomaly_TrainingSteps,
                        testing::Values(int(TRAIN_ON_CPU), int(TRAIN_AS_ON_CUDA), int(TRAIN_ON_CUDA)));

TEST(Anomaly_Training, patches_without_weight_do_not_count)
{
    SKIP_WITHOUT_DEVICE(TRAIN_ON_CPU);
    const FileStorage file(testDataPath("gold/head.yml"), FileStorage::READ);
    TrainingCase all(file["training"]), some(file["training"]);
    std::vector<float> weights(2 * all.patches(), 1.f);
    WatchedBank bank(all.head.bank);
    StepFigures ofAll = {0, 0, 0}, ofSome = ofAll;
    ASSERT_TRUE(all.trainer->step(all.pointers.data(), weights.data(), 2, bank, ofAll));
    EXPECT_NEAR(ofAll.loss, double(file["training"]["loss"]), 1e-4);
    const Mat phi = bank.seen.clone(), counted = phi.colRange(0, all.patches());
    EXPECT_NEAR(meanNearest(phi, all.head.bank), ofAll.distance, 1e-5);
    std::fill(weights.begin() + all.patches(), weights.end(), 0.f);
    ASSERT_TRUE(some.trainer->step(some.pointers.data(), weights.data(), 2, bank, ofSome));
    EXPECT_GT(std::abs(ofSome.loss - ofAll.loss), 1e-3);
    EXPECT_NEAR(meanNearest(counted, all.head.bank), ofSome.distance, 1e-5);
}

TEST(Anomaly_Map, mean_of_the_highest_share)
{
    const Mat map = Mat_<float>({2, 5}, {1, 9, 2, 8, 3, 7, 4, 6, 5, 0});
    EXPECT_DOUBLE_EQ(9, imageScore(map, SCORE_MAX, 0.2, Mat()));
    EXPECT_DOUBLE_EQ(8.5, imageScore(map, SCORE_TOP, 0.2, Mat()));
    EXPECT_DOUBLE_EQ(9, imageScore(map, SCORE_TOP, 1e-9, Mat()));
    const Mat mask = map < 6;
    EXPECT_DOUBLE_EQ(5, imageScore(map, SCORE_MAX, 0.2, mask));
    EXPECT_DOUBLE_EQ(2.5, imageScore(map, SCORE_TOP, 1, mask));
}

TEST(Anomaly_Map, no_smoothing_for_sigma_0)
{
    const Mat scores(7, 5, CV_32F, Scalar(3));
    Mat map;
    MapMaker::create(Size(20, 28), 0, ENGINE_PLAIN)->make(scores, map);
    EXPECT_EQ(Size(20, 28), map.size());
    EXPECT_LT(cv::norm(map, Mat(28, 20, CV_32F, Scalar(3)), NORM_INF), 1e-6);
}

}} // namespace opencv_test
