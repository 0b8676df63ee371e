// This file is part of OpenCV project.
// It is subject to the license terms in the LICENSE file found in the top-level directory
// of this distribution and at http://opencv.org/license.html.

// The greedy coreset: both engines choose the rows that its definition chooses.
#include "test_precomp.hpp"
#include "test_targets.hpp"

#include "../src/search/greedy_coreset.hpp"
#include "../src/search/rows_of_others.hpp"

#include <limits>
#include <map>

namespace opencv_test { namespace {

bool hasHalide()
{
    return CFA::create()->getEngine() == ENGINE_HALIDE;
}

TEST(Anomaly_Coreset, chooses_what_the_definition_chooses)
{
    const FileStorage gold(testDataPath("gold/coreset.yml"), FileStorage::READ);
    ASSERT_GT(gold["cases"].size(), 0u);
    for (const FileNode& node : gold["cases"])
    {
        SCOPED_TRACE(std::string(node["name"]));
        Mat stored, rows, chosen;
        node["rows"] >> stored;
        node["chosen"] >> chosen;
        stored.convertTo(rows, CV_32F);
        const std::vector<int> expected(chosen.begin<int>(), chosen.end<int>());
        const int count = int(node["count"]), start = int(node["start"]);
        EXPECT_EQ(expected, greedyCoreset(rows, count, ENGINE_PLAIN, CoresetProgress(), start));
        if (hasHalide())
            EachTarget().run(
                [&] { EXPECT_EQ(expected, greedyCoreset(rows, count, ENGINE_HALIDE, CoresetProgress(), start)); });
    }
}

//! Clusters of unequal width, for which neither bounds nor the triangle inequality decide all distances.
Mat clusteredRows(int count, int length, int clusters, RNG& random)
{
    Mat centers(clusters, length, CV_32F), rows(count, length, CV_32F);
    random.fill(centers, RNG::NORMAL, 0, 3);
    random.fill(rows, RNG::NORMAL, 0, 1);
    for (int r = 0; r < count; r++)
    {
        const int cluster = random.uniform(0, clusters);
        rows.row(r) = rows.row(r) * (0.05 + cluster % 7 * 0.2) + centers.row(cluster);
    }
    return rows;
}

void expectSameChoice(const Mat& rows, int count)
{
    SCOPED_TRACE(format("%d of %d x %d", count, rows.rows, rows.cols));
    EXPECT_EQ(greedyCoreset(rows, count, ENGINE_PLAIN), greedyCoreset(rows, count, ENGINE_HALIDE));
}

TEST(Anomaly_Coreset, both_engines_choose_the_same_rows_on_every_target)
{
    SKIP_WITHOUT_HALIDE();
    RNG random(3);
    EachTarget().run([&] {
        for (int length : {1, 2, 31, 32, 33, 64, 100, 128, 263, 1056})
            expectSameChoice(clusteredRows(random.uniform(50, 400), length, 9, random), random.uniform(1, 200));
    });
}

TEST(Anomaly_Coreset, both_engines_choose_the_same_rows_of_many)
{
    SKIP_WITHOUT_HALIDE();
    RNG random(4);
    for (int clusters : {1, 5, 40, 300})
        expectSameChoice(clusteredRows(12000, 24, clusters, random), 900);
    expectSameChoice(clusteredRows(3000, 128, 50, random), 3000);
}

//! Rows far from the origin, whose distances are differences of nearly equal numbers.
TEST(Anomaly_Coreset, both_engines_round_alike_on_any_scale)
{
    SKIP_WITHOUT_HALIDE();
    RNG random(5);
    const Mat rows = clusteredRows(2000, 40, 20, random);
    for (float scale : {1e-22f, 1e-3f, 1e3f, 1e12f})
        for (float offset : {0.f, 900.f})
            expectSameChoice(rows * scale + offset * scale, 300);
}

TEST(Anomaly_Coreset, takes_a_part_of_a_matrix)
{
    RNG random(6);
    const Mat rows = clusteredRows(300, 70, 5, random), part = rows(Rect(3, 10, 64, 200));
    const std::vector<int> expected = greedyCoreset(part.clone(), 50, ENGINE_PLAIN);
    for (int engine : {int(ENGINE_PLAIN), CFA::create()->getEngine()})
        EXPECT_EQ(expected, greedyCoreset(part, 50, engine));
}

TEST(Anomaly_Coreset, reports_each_choice_and_ends_when_asked)
{
    RNG random(7);
    const Mat rows = clusteredRows(500, 20, 5, random);
    for (int engine : {int(ENGINE_PLAIN), CFA::create()->getEngine()})
    {
        std::vector<int> reported;
        const std::vector<int> all = greedyCoreset(rows, 80, engine, [&](int row) { reported.push_back(row); });
        EXPECT_EQ(all, reported);
        reported.clear();
        const auto untilTen = [&](int row) {
            reported.push_back(row);
            if (reported.size() == 10)
                throw std::runtime_error("enough");
        };
        EXPECT_THROW(greedyCoreset(rows, 80, engine, untilTen), std::runtime_error);
        EXPECT_EQ(std::vector<int>(all.begin(), all.begin() + 10), reported);
    }
}

TEST(Anomaly_Coreset, refuses_what_has_no_farthest_row)
{
    Mat rows = Mat::zeros(5, 3, CV_32F);
    EXPECT_THROW(greedyCoreset(rows, 0, ENGINE_PLAIN), cv::Exception);
    EXPECT_THROW(greedyCoreset(rows, 1, ENGINE_PLAIN, CoresetProgress(), 5), cv::Exception);
    EXPECT_THROW(greedyCoreset(rows, 1, ENGINE_PLAIN, CoresetProgress(), -1), cv::Exception);
    EXPECT_THROW(greedyCoreset(Mat(), 1, ENGINE_PLAIN), cv::Exception);
    EXPECT_THROW(greedyCoreset(Mat::zeros(5, 3, CV_64F), 1, ENGINE_PLAIN), cv::Exception);
    for (float value : {std::numeric_limits<float>::quiet_NaN(), std::numeric_limits<float>::infinity(), 1e16f})
    {
        rows.at<float>(2, 1) = value;
        EXPECT_THROW(greedyCoreset(rows, 2, ENGINE_PLAIN), cv::Exception);
    }
}

TEST(Anomaly_Coreset, random_projection_keeps_distances_on_average)
{
    RNG random(8), same(8);
    const Mat projection = randomProjection(1056, 128, random);
    ASSERT_EQ(Size(128, 1056), projection.size());
    EXPECT_EQ(0, cv::norm(projection, randomProjection(1056, 128, same), NORM_INF));
    Mat rows(100, 1056, CV_32F);
    random.fill(rows, RNG::NORMAL, 0, 1);
    const double ratio = cv::norm(rows * projection, NORM_L2SQR) / cv::norm(rows, NORM_L2SQR);
    EXPECT_NEAR(1, ratio, 0.05);
}

// Whole numbers have exact distances. There are more rows than are multiplied at a time.
TEST(Anomaly_RowsOfOthers, are_those_of_a_plain_search)
{
    Mat rows(5003, 6, CV_32F);
    RNG random(5);
    for (float& value : Mat_<float>(rows))
        value = float(random.uniform(-40, 41));
    std::vector<int> groups;
    for (int row = 0; row < rows.rows; row++)
        groups.push_back(random.uniform(0, 7));
    const int some = 700;
    const std::vector<Vec2i> nearest = nearestRowsOfOthers(
        {rows.rowRange(0, some), std::vector<int>(groups.begin(), groups.begin() + some)}, {rows, groups});
    ASSERT_EQ(size_t(some), nearest.size());
    for (int row = 0; row < some; row++)
    {
        std::map<int, double> leastOfGroup;
        for (int other = 0; other < rows.rows; other++)
        {
            const double distance = cv::norm(rows.row(row), rows.row(other), NORM_L2SQR);
            const auto least = leastOfGroup.insert({groups[other], distance}).first;
            least->second = std::min(least->second, distance);
        }
        leastOfGroup.erase(groups[row]);
        std::vector<double> sorted;
        for (const auto& each : leastOfGroup)
            sorted.push_back(each.second);
        std::sort(sorted.begin(), sorted.end());
        for (int place = 0; place < 2; place++)
            EXPECT_EQ(sorted[place], cv::norm(rows.row(row), rows.row(nearest[row][place]), NORM_L2SQR)) << row;
        EXPECT_NE(groups[nearest[row][0]], groups[nearest[row][1]]);
        EXPECT_NE(groups[row], groups[nearest[row][0]]);
        EXPECT_NE(groups[row], groups[nearest[row][1]]);
    }
}

TEST(Anomaly_RowsOfOthers, are_none_where_there_is_no_other_group)
{
    const Mat rows = Mat_<float>({3, 1}, {0, 1, 5});
    EXPECT_EQ(Vec2i(-1, -1), nearestRowsOfOthers({rows, {4, 4, 4}}, {rows, {4, 4, 4}})[1]);
    EXPECT_EQ(Vec2i(2, -1), nearestRowsOfOthers({rows, {4, 4, 4}}, {rows, {4, 4, 1}})[1]);
}

} // namespace
} // namespace opencv_test
