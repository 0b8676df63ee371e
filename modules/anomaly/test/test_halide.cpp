// This file is part of OpenCV project.
// It is subject to the license terms in the LICENSE file found in the top-level directory
// of this distribution and at http://opencv.org/license.html.

// The Halide kernels on every instruction set of this processor, compared with the definition and with the plain
// engine.
#include "test_precomp.hpp"
#include "test_maps.hpp"
#include "test_targets.hpp"

#include "../src/cfa/adaptation.hpp"
#include "../src/map/anomaly_map.hpp"
#include "../src/patches/projection.hpp"
#include "../src/scoring/nearest_scorer.hpp"
#ifdef HAVE_ANOMALY_HALIDE
#include "../src/search/pruned_search.hpp"
#endif

#include <limits>
#include <thread>

namespace opencv_test { namespace {

//! Random whole numbers, whose sums are the same in any order.
Mat wholeNumbers(int rows, int cols, int seed)
{
    Mat whole(rows, cols, CV_32S), numbers;
    RNG random(seed);
    random.fill(whole, RNG::UNIFORM, -8, 9);
    whole.convertTo(numbers, CV_32F);
    return numbers;
}

struct Neighbors
{
    Mat squaredDistances, indices;
};

Neighbors searchWith(int engine, const Mat& C, const Mat& phi, int k)
{
    Mat bank;
    bank = C;
    Neighbors found;
    NeighborSearch::create(bank, engine)->search(phi, k, found.squaredDistances, found.indices);
    return found;
}

double squaredDistance(const float* a, const float* b, int length)
{
    double sum = 0;
    for (int i = 0; i < length; i++)
        sum += (a[i] - b[i]) * (a[i] - b[i]);
    return sum;
}

//! The definition: computes all distances of all patches and sorts them, equal ones by index.
Neighbors searchByDefinition(const Mat& C, const Mat& phi, int k)
{
    const Mat patches = phi.t();
    Neighbors found = {Mat(k, phi.cols, CV_32F), Mat(k, phi.cols, CV_32S)};
    for (int p = 0; p < phi.cols; p++)
    {
        std::vector<std::pair<double, int>> all;
        for (int c = 0; c < C.rows; c++)
            all.push_back(std::make_pair(squaredDistance(C.ptr<float>(c), patches.ptr<float>(p), C.cols), c));
        std::partial_sort(all.begin(), all.begin() + k, all.end());
        for (int n = 0; n < k; n++)
        {
            found.squaredDistances.at<float>(n, p) = float(all[n].first);
            found.indices.at<int>(n, p) = all[n].second;
        }
    }
    return found;
}

bool operator==(const Neighbors& a, const Neighbors& b)
{
    return countNonZero(a.squaredDistances != b.squaredDistances) == 0 && countNonZero(a.indices != b.indices) == 0;
}

void expectSameNeighbors(int length, int centers, int patches, int k)
{
    SCOPED_TRACE(format("D' %d, %d centers, %d patches, K %d", length, centers, patches, k));
    const Mat C = wholeNumbers(centers, length, 1), phi = wholeNumbers(length, patches, 2);
    const Neighbors expected = searchByDefinition(C, phi, k);
    EXPECT_TRUE(searchWith(ENGINE_HALIDE, C, phi, k) == expected);
    EXPECT_TRUE(searchWith(ENGINE_PLAIN, C, phi, k) == expected);
}

TEST(Anomaly_Halide, finds_the_neighbors_of_the_definition_for_any_descriptor_length)
{
    SKIP_WITHOUT_HALIDE();
    std::vector<int> lengths = {264, 289, 448, 1792};
    for (int length = 1; length <= 70; length++)
        lengths.push_back(length);
    for (int length : lengths)
        for (int centers : {6, 7, 13, 100})
            for (int k : {1, 3, 6})
                expectSameNeighbors(length, centers, 49, k);
    for (int centers = 6; centers <= 100; centers++)
        expectSameNeighbors(17, centers, 33, 3);
}

// |c|^2 - 2 phi.c is then 1e5 times the squared distance, so that its rounding in single precision exceeds it.
TEST(Anomaly_Halide, finds_neighbors_of_patches_that_lie_far_from_zero)
{
    SKIP_WITHOUT_HALIDE();
    Mat offset(1, 264, CV_32F), C(64, 264, CV_32F), phi(264, 512, CV_32F);
    RNG random(5);
    random.fill(offset, RNG::NORMAL, 0, 20);
    random.fill(C, RNG::NORMAL, 0, 0.05);
    random.fill(phi, RNG::NORMAL, 0, 0.05);
    C += repeat(offset, C.rows, 1);
    phi += repeat(offset.t(), 1, phi.cols);
    const Neighbors expected = searchByDefinition(C, phi, 3);
    for (const int engine : {ENGINE_PLAIN, ENGINE_HALIDE})
        EXPECT_LE(cv::norm(searchWith(engine, C, phi, 3).squaredDistances, expected.squaredDistances, NORM_INF), 1e-4);
}

TEST(Anomaly_Halide, finds_the_neighbors_of_the_definition_for_any_number_of_patches)
{
    SKIP_WITHOUT_HALIDE();
    for (int patches : {1, 5, 15, 16, 17, 49, 111, 112, 113, 225})
        for (int k : {1, 2, 3, 4, 5, 6})
            expectSameNeighbors(33, 100, patches, k);
}

TEST(Anomaly_Halide, finds_the_neighbors_of_the_definition_in_large_banks)
{
    SKIP_WITHOUT_HALIDE();
    expectSameNeighbors(9, 784, 56 * 56, 3);
    expectSameNeighbors(8, 784, 57 * 55, 6);
    expectSameNeighbors(264, 784, 300, 3);
    expectSameNeighbors(448, 3136, 100, 3);
    expectSameNeighbors(1792, 784, 60, 6);
    expectSameNeighbors(1792, 3136, 20, 3);
}

TEST(Anomaly_Halide, searches_with_more_neighbors_than_its_kernels_have)
{
    SKIP_WITHOUT_HALIDE();
    for (int k : {7, 9, 13})
        expectSameNeighbors(7, 13, 17, k);
    for (int centers : {1, 2, 5})
        expectSameNeighbors(7, centers, 17, centers);
}

TEST(Anomaly_Halide, gives_ties_to_the_lower_index_on_every_target)
{
    SKIP_WITHOUT_HALIDE();
    const Mat once = wholeNumbers(20, 31, 3), phi = wholeNumbers(31, 50, 4);
    Mat C;
    vconcat(std::vector<Mat>(3, once), C);
    const Neighbors expected = searchByDefinition(C, phi, 6);
    EachTarget().run([&] { EXPECT_TRUE(searchWith(ENGINE_HALIDE, C, phi, 6) == expected); });
}

TEST(Anomaly_Halide, finds_the_same_neighbors_on_every_target)
{
    SKIP_WITHOUT_HALIDE();
    EachTarget().run([] {
        for (int patches : {1, 17, 113})
            for (int length : {1, 33, 264, 300})
                expectSameNeighbors(length, 100, patches, 3);
    });
}

//! Whole numbers that are distributed like trained descriptors: patches are near centers, and centers are in a space of
//! few dimensions, except for a small remainder.
struct Clustered
{
    Mat C, phi;

    Clustered(int length, int centers, int patches, int dimensions, int spread, int seed)
    {
        const Mat basis = wholeNumbers(dimensions, length, seed), where = wholeNumbers(centers, dimensions, seed + 1);
        C = where * basis + wholeNumbers(centers, length, seed + 2) / 8;
        Mat whole;
        C.convertTo(whole, CV_32S); // rounds
        whole.convertTo(C, CV_32F);
        Mat rows;
        RNG random(seed + 3);
        for (int p = 0; p < patches; p++)
            rows.push_back(C.row(random.uniform(0, centers)));
        phi = rows.t();
        random.fill(whole = Mat(phi.size(), CV_32S), RNG::UNIFORM, -spread, spread + 1);
        whole.convertTo(rows, CV_32F);
        phi += rows;
    }
};

int axesFor(const Mat& C, const Mat& phi, int k)
{
    Mat bank;
    bank = C;
    return NeighborSearch::create(bank, ENGINE_HALIDE)->axes(phi, k);
}

void expectSameNeighbors(const Clustered& data, int k, int axes)
{
    SCOPED_TRACE(format("D' %d, %d centers, %d patches, K %d", data.C.cols, data.C.rows, data.phi.cols, k));
    EXPECT_EQ(axes, axesFor(data.C, data.phi, k));
    EXPECT_TRUE(searchWith(ENGINE_HALIDE, data.C, data.phi, k) == searchByDefinition(data.C, data.phi, k));
}

TEST(Anomaly_Halide, finds_the_neighbors_of_the_definition_while_it_rules_centers_out)
{
    SKIP_WITHOUT_HALIDE();
    for (int k : {1, 3, 6})
    {
        expectSameNeighbors(Clustered(264, 1500, 1025, 8, 1, k), k, 16);
        expectSameNeighbors(Clustered(449, 1001, 513, 8, 2, k), k, 16);
    }
}

//! Products of whole numbers, where the processor has them, would be cheaper than so many axes.
TEST(Anomaly_Halide, rules_centers_out_on_many_axes)
{
    SKIP_WITHOUT_HALIDE();
    EachTarget().runLowest([] {
        for (int k : {3, 6})
            expectSameNeighbors(Clustered(448, 1203, 540, 40, 3, k), k, 64);
    });
}

TEST(Anomaly_Halide, rules_centers_out_on_every_target)
{
    SKIP_WITHOUT_HALIDE();
    EachTarget().run([] { expectSameNeighbors(Clustered(270, 1500, 600, 8, 1, 1), 3, 16); });
}

#ifdef HAVE_ANOMALY_HALIDE
TEST(Anomaly_Halide, rules_centers_out_on_many_axes_on_every_target)
{
    const Clustered data(301, 1900, PrunedSearch::tileWidth, 40, 1, 2);
    const Neighbors expected = searchByDefinition(data.C, data.phi, 5);
    EachTarget().run([&] {
        const PrunedSearch search(data.C, searchAxes(data.C), 1);
        Neighbors found = {Mat(5, data.phi.cols, CV_32F), Mat(5, data.phi.cols, CV_32S)};
        EXPECT_TRUE(search.search(data.phi, 5, {64}, found.squaredDistances, found.indices));
        EXPECT_TRUE(found == expected);
    });
}
#endif

//! 75 families of centers differ on 16 axes, and the 50 centers of a family differ on 40 other axes, so that the search
//! must compare these on more axes.
TEST(Anomaly_Halide, looks_twice_at_what_few_axes_leave)
{
    SKIP_WITHOUT_HALIDE();
    Mat families, whole;
    repeat(wholeNumbers(75, 16, 1) * wholeNumbers(16, 1056, 2), 50, 1, families);
    Clustered data(1056, 3750, 512, 40, 1, 3);
    Mat(families + data.C / 4).convertTo(whole, CV_32S); // rounds
    whole.convertTo(data.C, CV_32F);
    data.phi = data.C.rowRange(0, 512).t() + 8 * wholeNumbers(1056, 512, 7);
    const Neighbors expected = searchByDefinition(data.C, data.phi, 1);
    EachTarget().run([&] {
        EXPECT_EQ(16, axesFor(data.C, data.phi, 1));
        EXPECT_TRUE(searchWith(ENGINE_HALIDE, data.C, data.phi, 1) == expected);
    });
}

TEST(Anomaly_Halide, finds_the_same_neighbors_on_the_axes_of_another_bank)
{
    SKIP_WITHOUT_HALIDE();
    const Clustered data(300, 1500, 600, 12, 1, 1), other(300, 1500, 600, 12, 1, 9);
    const PrincipalAxes axes = searchAxes(other.C);
    Neighbors found;
    NeighborSearch::create(data.C, ENGINE_HALIDE, &axes)->search(data.phi, 3, found.squaredDistances, found.indices);
    EXPECT_TRUE(found == searchByDefinition(data.C, data.phi, 3));
}

TEST(Anomaly_Halide, ranks_all_distances_where_none_can_be_ruled_out)
{
    SKIP_WITHOUT_HALIDE();
    const Mat C = wholeNumbers(784, 264, 1), phi = wholeNumbers(264, 600, 2);
    EXPECT_EQ(0, axesFor(C, phi, 3));
    EXPECT_TRUE(searchWith(ENGINE_HALIDE, C, phi, 3) == searchByDefinition(C, phi, 3));
}

TEST(Anomaly_Halide, ranks_all_distances_of_a_tile_that_differs_from_the_rest)
{
    SKIP_WITHOUT_HALIDE();
    Clustered data(264, 1500, 1000, 8, 1, 1);
    wholeNumbers(264, 100, 5).copyTo(data.phi.colRange(300, 400)); // far from all centers
    Mat far = data.phi.colRange(500, 580);
    far *= -3;
    expectSameNeighbors(data, 3, 16);
}

TEST(Anomaly_Halide, gives_ties_to_the_lower_index_while_it_rules_centers_out)
{
    SKIP_WITHOUT_HALIDE();
    Clustered data(264, 700, 600, 8, 1, 1);
    vconcat(std::vector<Mat>(3, data.C), data.C);
    expectSameNeighbors(data, 3, 16);
    data.phi = data.C.rowRange(50, 650).t(); // distances of 0
    expectSameNeighbors(data, 6, 16);
}

TEST(Anomaly_Halide, rules_centers_out_although_a_patch_is_not_a_number)
{
    SKIP_WITHOUT_HALIDE();
    Clustered data(264, 1500, 600, 8, 1, 1);
    const Neighbors expected = searchWith(ENGINE_HALIDE, data.C, data.phi, 3);
    data.phi.at<float>(100, 70) = std::numeric_limits<float>::quiet_NaN();
    const Neighbors found = searchWith(ENGINE_HALIDE, data.C, data.phi, 3);
    EXPECT_TRUE(cvIsNaN(found.squaredDistances.at<float>(0, 70)));
    EXPECT_EQ(
        0, cv::norm(found.squaredDistances.colRange(71, 600), expected.squaredDistances.colRange(71, 600), NORM_INF));
}

//! Distances that are nearly equal, on several scales. Rounding must not change their order.
TEST(Anomaly_Halide, ruling_out_allows_for_rounding_far_from_the_origin)
{
    SKIP_WITHOUT_HALIDE();
    Clustered data(264, 1500, 600, 8, 1, 1);
    for (float scale : {1e-3f, 1.f, 1e3f})
    {
        const Mat C = data.C * scale + 500 * scale, phi = data.phi * scale + 500 * scale;
        const Neighbors found = searchWith(ENGINE_HALIDE, C, phi, 3), expected = searchByDefinition(C, phi, 3);
        Mat excess = found.squaredDistances / expected.squaredDistances;
        double most;
        cv::minMaxIdx(excess, NULL, &most);
        EXPECT_LT(most, 1 + 1e-5);
    }
}

TEST(Anomaly_Halide, searches_a_part_of_a_matrix)
{
    SKIP_WITHOUT_HALIDE();
    const Mat C = wholeNumbers(50, 33, 1), phi = wholeNumbers(33, 100, 2).colRange(13, 60);
    EXPECT_TRUE(searchWith(ENGINE_HALIDE, C, phi, 3) == searchByDefinition(C, phi, 3));
}

TEST(Anomaly_Halide, passes_on_that_a_patch_is_not_a_number)
{
    SKIP_WITHOUT_HALIDE();
    const Mat C = wholeNumbers(50, 33, 1);
    Mat phi = wholeNumbers(33, 40, 2);
    phi.at<float>(5, 7) = std::numeric_limits<float>::quiet_NaN();
    const Neighbors found = searchWith(ENGINE_HALIDE, C, phi, 3);
    for (int n = 0; n < 3; n++)
    {
        EXPECT_TRUE(cvIsNaN(found.squaredDistances.at<float>(n, 7)));
        EXPECT_FALSE(cvIsNaN(found.squaredDistances.at<float>(n, 8)));
    }
}

struct Head
{
    std::vector<Mat> maps;
    Descriptor descriptor;
    Mat bank;

    Head(const std::vector<int>& channels, const std::vector<Size>& sizes, double gammaD = 0.5)
    {
        for (size_t i = 0; i < sizes.size(); i++)
            maps.push_back(randomMap(channels[i], sizes[i], int(i)));
        descriptor = randomDescriptor(channels, gammaD, CFA::INIT_UNIFORM, 0);
        Mat phi = project(poolPatches(maps), descriptor).t();
        bank = phi.rowRange(0, std::max(7, phi.rows / 2)) * 0.9;
    }

    Mat phiBy(int engine, PatchAverage average) const
    {
        Mat phi;
        Projection::create(descriptor, engine)
            ->project(average == MAPS_AVERAGED ? poolPatches(maps) : maps, average, phi);
        return phi;
    }

    Mat score(int engine) const
    {
        const NearestSettings settings = {3, WEIGHT_CERTAINTY};
        Mat scores;
        createNearestScorer(descriptor, bank, settings, engine)->score(maps, scores, NULL);
        return scores;
    }
};

TEST(Anomaly_Halide, scores_as_the_plain_form_at_any_sizes_on_every_target)
{
    SKIP_WITHOUT_HALIDE();
    const Head heads[] = {
        Head({5}, {Size(7, 3)}, 1),
        Head({13}, {Size(17, 19)}, 1),
        Head({1, 2}, {Size(8, 8), Size(4, 4)}, 1),
        Head({24, 31}, {Size(57, 55), Size(29, 28)}),
        Head({16, 24, 40}, {Size(33, 21), Size(17, 11), Size(9, 6)}),
        Head({3, 9, 4, 7}, {Size(20, 30), Size(41, 11), Size(1, 1), Size(3, 5)}, 1.5),
    };
    EachTarget().run([&] {
        for (const Head& head : heads)
        // Observed: 1.6e-6
        {
            SCOPED_TRACE(format("%zu scales", head.maps.size()));
            for (const PatchAverage average : {MAPS_AS_THEY_COME, MAPS_AVERAGED})
                EXPECT_LT(difference(head.phiBy(ENGINE_HALIDE, average), head.phiBy(ENGINE_PLAIN, average)), 1e-5);
            EXPECT_LT(difference(head.score(ENGINE_HALIDE), head.score(ENGINE_PLAIN)), 1e-5);
        }
    });
}

TEST(Anomaly_Halide, scores_the_same_with_one_thread_and_with_two)
{
    SKIP_WITHOUT_HALIDE();
    SKIP_UNDER_THREAD_SANITIZER();
    const Head head({16, 24, 40}, {Size(33, 21), Size(17, 11), Size(9, 6)});
    const int before = getNumThreads();
    setNumThreads(1);
    const Mat one = head.score(ENGINE_HALIDE);
    setNumThreads(2);
    const Mat two = head.score(ENGINE_HALIDE);
    setNumThreads(before);
    EXPECT_EQ(0, cv::norm(one, two, NORM_INF));
}

TEST(Anomaly_Halide, one_scorer_serves_several_threads)
{
    SKIP_WITHOUT_HALIDE();
    const Head head({16, 24}, {Size(33, 21), Size(17, 11)});
    const NearestSettings settings = {3, WEIGHT_CERTAINTY};
    const std::shared_ptr<const PatchScorer> scorer =
        createNearestScorer(head.descriptor, head.bank, settings, ENGINE_HALIDE);
    std::vector<Mat> scores(4);
    std::vector<std::thread> threads;
    for (Mat& own : scores)
        threads.emplace_back([&] {
            for (int i = 0; i < 20; i++)
                scorer->score(head.maps, own, NULL);
        });
    for (std::thread& thread : threads)
        thread.join();
    for (const Mat& own : scores)
        EXPECT_EQ(0, cv::norm(own, head.score(ENGINE_HALIDE), NORM_INF));
}

TEST(Anomaly_Halide, maps_as_the_plain_form_on_every_target)
{
    SKIP_WITHOUT_HALIDE();
    const Size grids[] = {Size(56, 56), Size(57, 55), Size(5, 7), Size(1, 1), Size(40, 3)};
    const Size inputs[] = {Size(224, 224), Size(225, 131), Size(20, 9), Size(1, 1), Size(7, 500)};
    EachTarget().run([&] {
        for (int i = 0; i < 5; i++)
            for (double sigma : {0., 0.5, 4.})
            {
                const Mat scores = wholeNumbers(grids[i].height, grids[i].width, i);
                Mat plain, halide;
                MapMaker::create(inputs[i], sigma, ENGINE_PLAIN)->make(scores, plain);
                MapMaker::create(inputs[i], sigma, ENGINE_HALIDE)->make(scores, halide);
                // Observed: 5.1e-6 * 8
                EXPECT_LT(cv::norm(halide, plain, NORM_INF), 1e-5 * 8) << inputs[i] << ", sigma " << sigma;
            }
    });
}

TEST(Anomaly_Halide, a_failing_kernel_throws)
{
    SKIP_WITHOUT_HALIDE();
    const Head head({5}, {Size(7, 3)}, 1);
    const NearestSettings settings = {3, WEIGHT_CERTAINTY};
    const std::shared_ptr<const PatchScorer> scorer =
        createNearestScorer(head.descriptor, head.bank, settings, ENGINE_HALIDE);
    Mat scores;
    EXPECT_THROW(scorer->score({randomMap(4, Size(7, 3), 0)}, scores, NULL), cv::Exception);
    EXPECT_THROW(scorer->score({}, scores, NULL), cv::Exception);
    EXPECT_THROW(runKernel("none", [](void*) { return -1; }), cv::Exception);
}

}} // namespace
