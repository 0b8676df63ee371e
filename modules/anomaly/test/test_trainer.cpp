// This file is part of OpenCV project.
// It is subject to the license terms in the LICENSE file found in the top-level directory
// of this distribution and at http://opencv.org/license.html.

// The trainer of CFA's descriptor: the code for CUDA compared with the processor's, exact sums, and saved states.
#include "test_devices.hpp"

#include "../src/cfa/bank_for_trainer.hpp"

#include <functional>
#include <set>

namespace opencv_test { namespace {

Mat randomMatrix(RNG& random, int rows, int cols, double limit)
{
    Mat matrix(rows, cols, CV_32F);
    random.fill(matrix, RNG::UNIFORM, -limit, limit);
    return matrix;
}

//! Like randomMatrix, but with whole numbers.
Mat randomIntegers(RNG& random, int rows, int cols, int limit)
{
    Mat integers(rows, cols, CV_32S), matrix;
    random.fill(integers, RNG::UNIFORM, -limit, limit + 1);
    integers.convertTo(matrix, CV_32F);
    return matrix;
}

//! The result of a training, and the loss of its last step.
struct Learned
{
    Mat W, b;
    double radius, loss;
};

//! The initial state and the input of a training.
struct Start
{
    std::vector<ScaleShape> scales;
    int images;
    std::vector<Mat> maps; // by scale, channels x images * patches
    Mat patchWeights;      // images x patches, or empty
    Mat W, b;
    Mat bank;
    int K, J;
    double radius;
    bool learnRadius, repulsion;
    double alpha, learningRate;

    int patches() const { return scales[0].rows * scales[0].cols; }

    Learned learned() const
    {
        const Learned untrained = {W, b, radius, 0};
        return untrained;
    }
};

//! A start with odd sizes, none of which is a multiple of another. There are centers on both sides of both hinges.
Start oddStart()
{
    RNG random(5);
    Start start;
    start.scales = {{5, 7, 5}, {3, 4, 3}, {2, 2, 2}};
    start.images = 3;
    for (const ScaleShape& scale : start.scales)
        start.maps.push_back(randomMatrix(random, scale.channels, start.images * scale.rows * scale.cols, 1));
    start.W = randomMatrix(random, 6, 5 + 3 + 2 + 2, 0.7);
    start.b = randomMatrix(random, 6, 1, 0.5);
    start.bank = randomMatrix(random, 23, 6, 1.2);
    start.K = 3;
    start.J = 2;
    start.radius = 1.5;
    start.learnRadius = start.repulsion = true;
    start.alpha = 0.1;
    start.learningRate = 1e-2;
    return start;
}

class TestedTrainer
{
public:
    TestedTrainer(const Start& s, int device) : start(s), bank(s.bank, ENGINE_PLAIN)
    {
        const TrainerSettings settings = {
            s.scales.data(), int(s.scales.size()), s.W.ptr<float>(), s.b.ptr<float>(), s.W.rows, s.K, s.J,   s.radius,
            s.learnRadius,   s.repulsion,          s.alpha,          s.learningRate,   5e-4,     2,   device};
        trainer = createTrainer(settings);
    }

    Learned steps(int count)
    {
        std::vector<const float*> maps;
        for (const Mat& map : start.maps)
            maps.push_back(map.ptr<float>());
        StepFigures figures = {0, 0, 0};
        for (int i = 0; i < count; i++)
            EXPECT_TRUE(trainer->step(maps.data(), start.patchWeights.empty() ? NULL : start.patchWeights.ptr<float>(),
                                      start.images, bank, figures))
                << trainer->error() << bank.error;
        Learned learned = read();
        EXPECT_EQ(learned.radius, figures.radius);
        learned.loss = figures.loss;
        return learned;
    }

    Learned read()
    {
        Learned learned = {start.W.clone(), start.b.clone(), 0, 0};
        EXPECT_TRUE(trainer->read(learned.W.ptr<float>(), learned.b.ptr<float>(), learned.radius)) << trainer->error();
        return learned;
    }

    std::vector<uchar> save()
    {
        size_t size = 0;
        EXPECT_TRUE(trainer->save(NULL, size)) << trainer->error();
        std::vector<uchar> bytes(size);
        EXPECT_TRUE(trainer->save(bytes.data(), size)) << trainer->error();
        return bytes;
    }

    void restore(const std::vector<uchar>& bytes)
    {
        EXPECT_TRUE(trainer->restore(bytes.data(), bytes.size())) << trainer->error();
    }

private:
    const Start& start;
    BankForTrainer bank;
    std::unique_ptr<Trainer> trainer;
};

double distance(const Mat& a, const Mat& b)
{
    return cv::norm(a, b, NORM_INF);
}

// Differences are relative to how far the training moved each value, because the steps of AdamW are small in comparison
// with W. The rounding of W to float alone is 1e-5 of that.
void expectSame(const Learned& learned, const Learned& expected, const Learned& start)
{
    const double tolerance = 1e-4;
    EXPECT_GT(distance(expected.W, start.W), 0.005);
    EXPECT_LE(distance(learned.W, expected.W), tolerance * distance(expected.W, start.W));
    EXPECT_LE(distance(learned.b, expected.b), tolerance * distance(expected.b, start.b));
    EXPECT_LE(std::abs(learned.radius - expected.radius), tolerance * std::abs(expected.radius - start.radius));
    EXPECT_NEAR(expected.loss, learned.loss, 1e-5 * expected.loss);
}

//! Returns variants of oddStart: with patchWeights, without repulsion, with a fixed radius, and all combinations of
//! these.
std::vector<Start> variants()
{
    std::vector<Start> all;
    for (int variant = 0; variant < 8; variant++)
    {
        Start start = oddStart();
        start.repulsion = (variant & 1) == 0;
        start.learnRadius = (variant & 2) == 0;
        if (variant & 4)
        {
            start.patchWeights.create(start.images, start.patches(), CV_32F);
            RNG(3).fill(start.patchWeights, RNG::UNIFORM, 0, 2);
            start.patchWeights.col(4).setTo(0);
        }
        all.push_back(start);
    }
    return all;
}

typedef testing::TestWithParam<int> Anomaly_Trainer;       // on each device
typedef testing::TestWithParam<int> Anomaly_TrainerOnCuda; // compared with the CPU

TEST_P(Anomaly_TrainerOnCuda, agrees_with_the_cpu)
{
    SKIP_WITHOUT_DEVICE(GetParam());
    std::set<double> losses;
    for (const Start& start : variants())
    {
        SCOPED_TRACE((start.patchWeights.empty() ? "all patches" : "some patches") +
                     String(start.repulsion ? ", repulsion" : "") + (start.learnRadius ? ", radius" : ""));
        TestedTrainer onCpu(start, TRAIN_ON_CPU), tested(start, GetParam());
        const Learned expected = onCpu.steps(1);
        losses.insert(expected.loss);
        expectSame(tested.steps(1), expected, start.learned());
        expectSame(tested.steps(9), onCpu.steps(9), start.learned());
    }
    EXPECT_EQ(4u, losses.size()); // Repulsion and patchWeights change the loss.
}

//! A start with one scale of whole numbers, whose sums are exact in float.
Start integerStart()
{
    RNG random(7);
    Start start = oddStart();
    start.scales = {{4, 5, 3}};
    start.images = 2;
    start.maps = {randomIntegers(random, 4, 2 * 5 * 3, 3)};
    start.W = randomIntegers(random, 5, 4 + 2, 2);
    start.W.colRange(4, 6) *= 2; // because the coordinate of a row is a multiple of 1/2
    start.b = randomIntegers(random, 5, 1, 2);
    start.bank = randomIntegers(random, 17, 5, 9);
    start.learningRate = 0;
    return start;
}

//! Returns the distances of a patch of integerStart to all centers in ascending order.
std::vector<double> distancesOf(const Start& start, int image, int row, int col)
{
    Mat features(6, 1, CV_32F);
    start.maps[0].col(image * 15 + row * 3 + col).copyTo(features.rowRange(0, 4));
    features.at<float>(4) = 0.5f * float(row) - 1;
    features.at<float>(5) = float(col) - 1;
    const Mat phi = start.W * features + start.b;
    std::vector<double> distances;
    for (int center = 0; center < start.bank.rows; center++)
        distances.push_back(cv::norm(phi.t(), start.bank.row(center), NORM_L2SQR));
    std::sort(distances.begin(), distances.end());
    return distances;
}

TEST_P(Anomaly_Trainer, distances_of_whole_numbers_are_exact)
{
    SKIP_WITHOUT_DEVICE(GetParam());
    Start attraction = integerStart(), repulsion = integerStart();
    attraction.radius = 0;
    attraction.repulsion = false;
    attraction.K = 4;
    repulsion.radius = 32; // greater than all distances
    repulsion.alpha = 0.5;
    repulsion.K = repulsion.J = 1;
    attraction.patchWeights = Mat::zeros(2, 15, CV_32F);
    repulsion.patchWeights = attraction.patchWeights;
    TestedTrainer attracted(attraction, GetParam()), repelled(repulsion, GetParam());
    for (int patch = 0; patch < 30; patch++)
    {
        attraction.patchWeights.setTo(0); // Both share this matrix.
        attraction.patchWeights.at<float>(patch / 15, patch % 15) = 1;
        const std::vector<double> d = distancesOf(attraction, patch / 15, patch % 15 / 3, patch % 3);
        EXPECT_EQ(1000 * (d[0] + d[1] + d[2] + d[3]) / 4, attracted.steps(1).loss);
        EXPECT_EQ(1000 * (32 * 32 - d[1] - 0.5), repelled.steps(1).loss);
    }
}

// There are more centers and patches than are ranked at a time.
TEST_P(Anomaly_TrainerOnCuda, ranks_more_than_it_may_hold)
{
    SKIP_WITHOUT_DEVICE(GetParam());
    RNG random(9);
    Start start = oddStart();
    start.scales = {{2, 61, 63}};
    start.images = 2;
    start.maps = {randomMatrix(random, 2, 2 * 61 * 63, 1)};
    start.W = randomMatrix(random, 3, 4, 0.7);
    start.b = randomMatrix(random, 3, 1, 0.5);
    start.bank = randomMatrix(random, 5000, 3, 1.5);
    start.radius = 0.1;
    start.alpha = 0;
    TestedTrainer onCpu(start, TRAIN_ON_CPU), tested(start, GetParam());
    expectSame(tested.steps(2), onCpu.steps(2), start.learned());
}

TEST_P(Anomaly_TrainerOnCuda, goes_on_from_what_another_device_saved)
{
    SKIP_WITHOUT_DEVICE(GetParam());
    const Start start = oddStart();
    const Learned whole = TestedTrainer(start, TRAIN_ON_CPU).steps(8);
    const int ways[][2] = {{TRAIN_ON_CPU, GetParam()}, {GetParam(), TRAIN_ON_CPU}, {GetParam(), GetParam()}};
    for (const int* way : ways)
    {
        TestedTrainer first(start, way[0]), second(start, way[1]);
        const Learned before = first.steps(4);
        second.restore(first.save());
        EXPECT_EQ(0, distance(before.W, second.read().W));
        EXPECT_EQ(0, distance(before.b, second.read().b));
        EXPECT_EQ(before.radius, second.read().radius);
        expectSame(second.steps(4), whole, start.learned());
        expectSame(first.steps(4), whole, start.learned()); // Saving does not change the training.
    }
}

TEST_P(Anomaly_Trainer, same_start_same_bits)
{
    SKIP_WITHOUT_DEVICE(GetParam());
    const Start start = oddStart();
    const Learned one = TestedTrainer(start, GetParam()).steps(5), two = TestedTrainer(start, GetParam()).steps(5);
    EXPECT_EQ(0, distance(one.W, two.W));
    EXPECT_EQ(0, distance(one.b, two.b));
    EXPECT_EQ(one.radius, two.radius);
    EXPECT_EQ(one.loss, two.loss);
}

INSTANTIATE_TEST_CASE_P(/**/, Anomaly_Trainer,
                        testing::Values(int(TRAIN_ON_CPU), int(TRAIN_AS_ON_CUDA), int(TRAIN_ON_CUDA)));
INSTANTIATE_TEST_CASE_P(/**/, Anomaly_TrainerOnCuda, testing::Values(int(TRAIN_AS_ON_CUDA), int(TRAIN_ON_CUDA)));

void expectCudaIsMissing(const std::function<void()>& call)
{
    EXPECT_ERROR_WITH("LibTorch", call());
    EXPECT_ERROR_WITH("setPreferableTarget(DNN_TARGET_CPU)", call());
    try
    {
        call();
    }
    catch (const cv::Exception& e)
    {
        EXPECT_EQ(Error::StsNotImplemented, e.code);
    }
}

TEST(Anomaly_TrainerLoader, names_what_cuda_lacks)
{
    SKIP_WITHOUT_DEVICE(TRAIN_ON_CPU);
    EXPECT_NO_THROW(requireTrainer());
    EXPECT_NO_THROW(requireTrainer(TRAIN_AS_ON_CUDA));
    if (canTrainOn(TRAIN_ON_CUDA))
        SKIP_TEST("this machine can train on CUDA");
    const Start start = oddStart();
    expectCudaIsMissing([] { requireTrainer(TRAIN_ON_CUDA); });
    expectCudaIsMissing([&] { TestedTrainer(start, TRAIN_ON_CUDA); });
}

} // namespace
} // namespace opencv_test
