// This file is part of OpenCV project.
// It is subject to the license terms in the LICENSE file found in the top-level directory
// of this distribution and at http://opencv.org/license.html.
#include "perf_precomp.hpp"

#include "../src/cfa/adaptation.hpp"
#include "../src/map/anomaly_map.hpp"
#include "../src/scoring/nearest_scorer.hpp"
#include "../src/search/greedy_coreset.hpp"

namespace opencv_test { namespace {

CV_ENUM(Engines, ENGINE_PLAIN, ENGINE_HALIDE)

//! Skips the test if the build lacks the Halide kernels.
void requireEngine(int engine)
{
    if (engine != ENGINE_PLAIN && engine != CFA::create()->getEngine())
        throw SkipTestException("this build has no Halide kernels");
}

typedef TestBaseWithParam<tuple<Engines, int, int, int>> Neighbors;

//! Random descriptors: no center can be ruled out, so that all distances are computed.
PERF_TEST_P(Neighbors, random,
            testing::Combine(Engines::all(), testing::Values(264, 448, 1792), testing::Values(784, 3136),
                             testing::Values(3, 6)))
{
    const int engine = get<0>(GetParam()), length = get<1>(GetParam()), centers = get<2>(GetParam()),
              k = get<3>(GetParam());
    requireEngine(engine);
    Mat bank = Mat(centers, length, CV_32F);
    Mat phi(length, 56 * 56, CV_32F), squaredDistances, indices;
    declare.in(bank, phi, WARMUP_RNG);
    const std::shared_ptr<const NeighborSearch> search = NeighborSearch::create(bank, engine);
    TEST_CYCLE() search->search(phi, k, squaredDistances, indices);
    SANITY_CHECK_NOTHING();
}

//! Descriptors in a space of few dimensions, like trained ones: most centers are ruled out by bounds.
PERF_TEST_P(Neighbors, clustered,
            testing::Combine(Engines::all(), testing::Values(264, 448, 1792), testing::Values(784, 3136),
                             testing::Values(3, 6)))
{
    const int engine = get<0>(GetParam()), length = get<1>(GetParam()), centers = get<2>(GetParam()),
              k = get<3>(GetParam());
    requireEngine(engine);
    Mat basis(12, length, CV_32F), where(centers, 12, CV_32F), noise(length, 56 * 56, CV_32F), squaredDistances,
        indices;
    declare.in(basis, where, noise, WARMUP_RNG);
    const Mat bank = where * basis;
    Mat phi;
    repeat(bank.t(), 1, 56 * 56 / centers, phi);
    phi += noise * 0.1;
    const std::shared_ptr<const NeighborSearch> search = NeighborSearch::create(bank, engine);
    TEST_CYCLE() search->search(phi, k, squaredDistances, indices);
    SANITY_CHECK_NOTHING();
}

//! Returns rows in a space of few dimensions plus noise in all dimensions, similar to patches of photographs.
Mat patchLikeRows(int count, int length, RNG& random)
{
    const int dimensions = 40;
    Mat basis(dimensions, length, CV_32F), where(count, dimensions, CV_32F), rest(count, length, CV_32F);
    random.fill(basis, RNG::NORMAL, 0, 1);
    random.fill(where, RNG::NORMAL, 0, 1);
    random.fill(rest, RNG::NORMAL, 0, 0.5);
    for (int d = 0; d < dimensions; d++)
        basis.row(d) *= 6. / (1 + d);
    return where * basis + rest;
}

typedef TestBaseWithParam<tuple<int, int>> LargeBank;

//! The search of PatchCore: the nearest neighbors of 784 patches in a large bank.
PERF_TEST_P(LargeBank, patches, testing::Combine(testing::Values(4000, 25000), testing::Values(1, 3)))
{
    const int centers = get<0>(GetParam()), k = get<1>(GetParam());
    requireEngine(ENGINE_HALIDE);
    RNG random(1);
    const Mat rows = patchLikeRows(centers + 784, 1056, random), bank = rows.rowRange(0, centers).clone(),
              phi = rows.rowRange(centers, centers + 784).t();
    const std::shared_ptr<const NeighborSearch> search = NeighborSearch::create(bank, ENGINE_HALIDE);
    Mat squaredDistances, indices;
    TEST_CYCLE() search->search(phi, k, squaredDistances, indices);
    SANITY_CHECK_NOTHING();
}

typedef TestBaseWithParam<tuple<Engines, int>> Coreset;

PERF_TEST_P(Coreset, patches, testing::Combine(Engines::all(), testing::Values(300, 1200)))
{
    const int engine = get<0>(GetParam()), count = get<1>(GetParam());
    requireEngine(engine);
    RNG random(1);
    const Mat rows = patchLikeRows(20000, 128, random);
    TEST_CYCLE_N(3) greedyCoreset(rows, count, engine);
    SANITY_CHECK_NOTHING();
}

typedef TestBaseWithParam<tuple<Engines, double>> Scores;

//! From feature maps of EfficientNet-Lite0's sizes to patch scores.
PERF_TEST_P(Scores, lite0, testing::Combine(Engines::all(), testing::Values(1., 0.25)))
{
    const int engine = get<0>(GetParam());
    requireEngine(engine);
    const int channels[] = {144, 240, 672}, sides[] = {56, 28, 14};
    std::vector<Mat> maps;
    for (int i = 0; i < 3; i++)
    {
        const int sizes[] = {1, channels[i], sides[i], sides[i]};
        maps.push_back(Mat(4, sizes, CV_32F));
        randu(maps[i], 0, 6);
    }
    const Descriptor descriptor = randomDescriptor({144, 240, 672}, 0.25, CFA::INIT_UNIFORM, 0);
    Mat bank = Mat(cvRound(56 * 56 * get<1>(GetParam())), descriptor.length(), CV_32F);
    declare.in(bank, WARMUP_RNG);
    const NearestSettings settings = {3, WEIGHT_CERTAINTY};
    const std::shared_ptr<const PatchScorer> scorer = createNearestScorer(descriptor, bank, settings, engine);
    Mat scores;
    TEST_CYCLE() scorer->score(maps, scores, NULL);
    SANITY_CHECK_NOTHING();
}

typedef TestBaseWithParam<tuple<Engines, Size>> Maps;

PERF_TEST_P(Maps, smooth, testing::Combine(Engines::all(), testing::Values(Size(224, 224), Size(512, 512))))
{
    const int engine = get<0>(GetParam());
    const Size input = get<1>(GetParam());
    requireEngine(engine);
    Mat scores(input / 4, CV_32F), map;
    declare.in(scores, WARMUP_RNG);
    const std::shared_ptr<const MapMaker> maker = MapMaker::create(input, 4, engine);
    TEST_CYCLE() maker->make(scores, map);
    SANITY_CHECK_NOTHING();
}

}} // namespace
