// This file is part of OpenCV project.
// It is subject to the license terms in the LICENSE file found in the top-level directory
// of this distribution and at http://opencv.org/license.html.

// The search by products of whole numbers, compared with the definition on both instruction sets that have it.
#include "test_precomp.hpp"
#include "test_targets.hpp"

#ifdef HAVE_ANOMALY_HALIDE

#include "../src/search/neighbor_search.hpp"
#include "../src/search/quantized_search.hpp"

#include <limits>

namespace opencv_test { namespace {

Mat randomRows(int count, int length, int seed)
{
    Mat rows(count, length, CV_32F);
    RNG(seed).fill(rows, RNG::NORMAL, 0, 1);
    return rows;
}

Mat wholeRows(int count, int length, int seed)
{
    Mat whole(count, length, CV_32S), rows;
    RNG(seed).fill(whole, RNG::UNIFORM, -8, 9);
    whole.convertTo(rows, CV_32F);
    return rows;
}

struct Nearest
{
    Mat squaredDistances, indices;

    Nearest(int k, int patches) : squaredDistances(k, patches, CV_32F), indices(k, patches, CV_32S) {}
};

Nearest nearestByDefinition(const Mat& bank, const Mat& patches, int k)
{
    Nearest nearest(k, patches.rows);
    for (int p = 0; p < patches.rows; p++)
    {
        std::vector<std::pair<double, int>> all;
        for (int c = 0; c < bank.rows; c++)
            all.push_back(std::make_pair(cv::norm(bank.row(c), patches.row(p), NORM_L2SQR), c));
        std::partial_sort(all.begin(), all.begin() + k, all.end());
        for (int n = 0; n < k; n++)
        {
            nearest.squaredDistances.at<float>(n, p) = float(all[n].first);
            nearest.indices.at<int>(n, p) = all[n].second;
        }
    }
    return nearest;
}

//! Compares the search with the definition. Returns false if the search gave up, because it ruled too little out.
bool searchesAsDefined(const Mat& bank, const Mat& patches, int k)
{
    SCOPED_TRACE(format("%d x %d, %d patches, K %d", bank.rows, bank.cols, patches.rows, k));
    Nearest nearest(k, patches.rows);
    if (!QuantizedSearch(bank).search(patches.t(), k, nearest.squaredDistances, nearest.indices))
        return false;
    const Nearest expected = nearestByDefinition(bank, patches, k);
    EXPECT_EQ(0, countNonZero(nearest.indices != expected.indices));
    EXPECT_LE(cv::norm(nearest.squaredDistances, expected.squaredDistances, NORM_INF | NORM_RELATIVE), 1e-6);
    return true;
}

//! Runs a check on each instruction set that has the search.
template <typename Check> void onEachTarget(Check check)
{
    EachTarget().run([&] {
        if (QuantizedSearch::isAvailable())
            check();
    });
}

TEST(Anomaly_QuantizedSearch, finds_the_neighbors_of_the_definition)
{
    SKIP_WITHOUT_HALIDE();
    onEachTarget([] {
        for (int length : {31, 32, 33, 34, 256, 1057})
            for (int k : {1, 2, 3, 6})
            {
                EXPECT_TRUE(searchesAsDefined(randomRows(1013, length, 1), randomRows(32, length, 2), k));
                EXPECT_TRUE(searchesAsDefined(wholeRows(1001, length, 3), wholeRows(29, length, 4), k));
            }
    });
}

TEST(Anomaly_QuantizedSearch, finds_them_for_any_number_of_centers_and_patches)
{
    SKIP_WITHOUT_HALIDE();
    onEachTarget([] {
        for (int centers = 96; centers < 110; centers++)
            EXPECT_TRUE(searchesAsDefined(randomRows(centers, 64, centers), randomRows(5, 64, 2), 1));
        for (int patches = 1; patches <= QuantizedSearch::tileWidth; patches++)
            EXPECT_TRUE(searchesAsDefined(randomRows(300, 65, 1), randomRows(patches, 65, patches), 3));
    });
}

TEST(Anomaly_QuantizedSearch, gives_ties_to_the_lower_index)
{
    SKIP_WITHOUT_HALIDE();
    Mat bank, patches = wholeRows(32, 40, 2);
    vconcat(std::vector<Mat>(3, wholeRows(400, 40, 1)), bank);
    bank.rowRange(100, 116).copyTo(patches.rowRange(0, 16)); // distances of 0
    onEachTarget([&] {
        for (int k : {1, 3, 6})
            EXPECT_TRUE(searchesAsDefined(bank, patches, k));
    });
}

//! Rounding errors are largest if values are far from 0, if one value is far larger than the others, and at the ends of
//! the range of float.
TEST(Anomaly_QuantizedSearch, allows_for_rounding)
{
    SKIP_WITHOUT_HALIDE();
    const Mat bank = randomRows(1000, 77, 1), patches = randomRows(32, 77, 2);
    Mat spikedBank = bank.clone(), spikedPatches = patches.clone();
    for (int c = 0; c < bank.rows; c++)
        spikedBank.at<float>(c, c % 77) *= 30;
    for (int p = 0; p < patches.rows; p++)
        spikedPatches.at<float>(p, p) *= 30;
    onEachTarget([&] {
        EXPECT_TRUE(searchesAsDefined(bank + 100, patches + 100, 3));
        EXPECT_TRUE(searchesAsDefined(spikedBank, patches, 3));
        EXPECT_TRUE(searchesAsDefined(spikedBank, spikedPatches, 3));
        for (double scale : {1e-15, 1e15})
            EXPECT_TRUE(searchesAsDefined(bank * scale, patches * scale, 3));
        EXPECT_TRUE(searchesAsDefined(bank, Mat::zeros(3, 77, CV_32F), 3));
    });
}

TEST(Anomaly_QuantizedSearch, gives_up_where_it_rules_little_out_or_a_value_is_no_number)
{
    SKIP_WITHOUT_HALIDE();
    const Mat bank = randomRows(500, 50, 1);
    Mat same, patches = randomRows(32, 50, 2);
    repeat(bank.row(0), 500, 1, same);
    onEachTarget([&] {
        EXPECT_FALSE(searchesAsDefined(same, patches, 1));
        for (float value : {std::numeric_limits<float>::quiet_NaN(), std::numeric_limits<float>::infinity(), 1e30f})
        {
            Mat odd = patches.clone();
            odd.at<float>(7, 3) = value;
            EXPECT_FALSE(searchesAsDefined(bank, odd, 1)) << value;
        }
    });
}

//! If the search gives up, all products of floats are computed instead.
TEST(Anomaly_QuantizedSearch, is_replaced_where_it_gives_up)
{
    SKIP_WITHOUT_HALIDE();
    Mat same, patches = wholeRows(70, 50, 2), squaredDistances, indices;
    repeat(wholeRows(1, 50, 1), 500, 1, same);
    const Nearest expected = nearestByDefinition(same, patches, 2);
    onEachTarget([&] {
        NeighborSearch::create(same, ENGINE_HALIDE)->search(patches.t(), 2, squaredDistances, indices);
        EXPECT_EQ(0, countNonZero(indices != expected.indices));
        EXPECT_EQ(0, countNonZero(squaredDistances != expected.squaredDistances));
    });
}

}} // namespace

#endif
