// This file is part of OpenCV project.
// It is subject to the license terms in the LICENSE file found in the top-level directory
// of this distribution and at http://opencv.org/license.html.

// Patches that are compared only with patches from nearby places.
#include "test_changed_fields.hpp"
#include "test_methods.hpp"
#include "test_model_files.hpp"
#include "test_targets.hpp"

#include "../src/search/greedy_coreset.hpp"
#include "../src/search/window_search.hpp"

namespace opencv_test { namespace {

std::vector<int> windowEngines()
{
    std::vector<int> engines = {ENGINE_PLAIN};
    if (PatchCore::create()->getEngine() == ENGINE_HALIDE)
        engines.push_back(ENGINE_HALIDE);
    return engines;
}

//! Random whole numbers, whose distances are exact in any order of sums.
Mat wholeNumbers(int rows, int cols, RNG& random)
{
    Mat numbers(rows, cols, CV_32S), values;
    random.fill(numbers, RNG::UNIFORM, -3, 4);
    numbers.convertTo(values, CV_32F);
    return values;
}

std::vector<int> randomPlaces(int count, Size grid, RNG& random)
{
    std::vector<int> places(count);
    for (int& place : places)
        place = random.uniform(0, grid.area());
    return places;
}

int placesApart(int a, int b, Size grid)
{
    return std::max(std::abs(a % grid.width - b % grid.width), std::abs(a / grid.width - b / grid.width));
}

//! The definition of the search: returns (squared distance, row) of the nearest row in the smallest window, of at least
//! this reach, that contains any row.
std::pair<float, int> nearestByDefinition(const Mat& patch, int place, const Mat& bank, const std::vector<int>& places,
                                          Size grid, int window)
{
    int reach = INT_MAX;
    for (const int other : places)
        reach = std::min(reach, placesApart(place, other, grid));
    reach = std::max(reach, window);
    std::pair<float, int> nearest(FLT_MAX, -1);
    for (int row = 0; row < bank.rows; row++)
        if (placesApart(place, places[row], grid) <= reach)
            nearest = std::min(nearest, std::make_pair(float(cv::norm(patch, bank.row(row), NORM_L2SQR)), row));
    return nearest;
}

void expectSearchByDefinition(Size grid, int rows, int length, int window, int engine, RNG& random)
{
    SCOPED_TRACE(
        format("%dx%d, %d rows of %d, window %d, engine %d", grid.width, grid.height, rows, length, window, engine));
    const Mat bank = wholeNumbers(rows, length, random), phi = wholeNumbers(length, grid.area(), random);
    const std::vector<int> places = randomPlaces(rows, grid, random);
    Mat squaredDistances, indices;
    WindowSearch(bank, places, grid, window, engine).search(phi, squaredDistances, indices);
    for (int place = 0; place < grid.area(); place++)
    {
        const Mat patch = phi.col(place).t();
        const auto expected = nearestByDefinition(patch, place, bank, places, grid, window);
        EXPECT_EQ(expected.first, squaredDistances.at<float>(place)) << place;
        EXPECT_EQ(expected.second, indices.at<int>(place)) << place;
    }
}

const Size oddGrids[] = {Size(1, 1), Size(5, 3), Size(1, 9), Size(13, 7)};

TEST(Anomaly_Window, search_is_as_defined_on_every_target)
{
    RNG random(1);
    for (const int engine : windowEngines())
        EachTarget().run([&] {
            for (const Size grid : oddGrids)
                for (const int rows : {1, 4, 200})
                    for (const int window : {1, 2, 20})
                        expectSearchByDefinition(grid, rows, rows == 4 ? 33 : 7, window, engine, random);
        });
}

//! The definition of the coreset: repeatedly chooses the row that is farthest from all chosen rows near it.
std::vector<int> coresetByDefinition(const Mat& rows, const std::vector<int>& places, Size grid, int window, int count)
{
    std::vector<double> distances(rows.rows, DBL_MAX);
    std::vector<int> chosen;
    for (int next = 0; int(chosen.size()) < count && distances[next] > 0;)
    {
        chosen.push_back(next);
        for (int row = 0; row < rows.rows; row++)
            if (placesApart(places[row], places[next], grid) <= window)
                distances[row] = std::min(distances[row], cv::norm(rows.row(row), rows.row(next), NORM_L2SQR));
        next = int(std::max_element(distances.begin(), distances.end()) - distances.begin());
    }
    return chosen;
}

TEST(Anomaly_Window, coreset_is_as_defined)
{
    RNG random(2);
    for (const int engine : windowEngines())
        for (const Size grid : oddGrids)
            for (const int window : {1, 2, 20})
            {
                SCOPED_TRACE(format("%dx%d, window %d, engine %d", grid.width, grid.height, window, engine));
                const Mat rows = wholeNumbers(150, 5, random);
                const std::vector<int> places = randomPlaces(rows.rows, grid, random);
                for (const int count : {1, 40, 150})
                    EXPECT_EQ(coresetByDefinition(rows, places, grid, window, count),
                              windowCoreset(rows, places, grid, window, count, engine));
            }
}

TEST(Anomaly_Window, coreset_without_bounds_is_the_greedy_one)
{
    RNG random(3);
    Mat rows(300, 40, CV_32F);
    random.fill(rows, RNG::NORMAL, 0, 1);
    const Size grid(9, 5);
    for (const int engine : windowEngines())
        EXPECT_EQ(greedyCoreset(rows, 100, engine),
                  windowCoreset(rows, randomPlaces(rows.rows, grid, random), grid, 9, 100, engine));
}

TEST(Anomaly_Window, coreset_has_a_row_near_each_place)
{
    RNG random(4);
    const Size grid(12, 8);
    const Mat rows = wholeNumbers(2000, 6, random);
    const std::vector<int> places = randomPlaces(rows.rows, grid, random);
    const std::vector<int> chosen = windowCoreset(rows, places, grid, 2, 40, ENGINE_PLAIN);
    for (const int place : places)
        EXPECT_TRUE(std::any_of(chosen.begin(), chosen.end(),
                                [&](int row) { return placesApart(place, places[row], grid) <= 2; }));
}

TEST(Anomaly_Window, places_must_lie_on_the_grid)
{
    const Mat bank = Mat::zeros(2, 4, CV_32F);
    EXPECT_THROW(WindowSearch(bank, {0, 6}, Size(3, 2), 1, ENGINE_PLAIN), cv::Exception);
    EXPECT_THROW(WindowSearch(bank, {0, -1}, Size(3, 2), 1, ENGINE_PLAIN), cv::Exception);
    EXPECT_THROW(WindowSearch(bank, {0}, Size(3, 2), 1, ENGINE_PLAIN), cv::Exception);
}

// ---- in PatchCore

//! Returns an image with stripes on the left and checks on the right, or vice versa.
Mat twoTextures(int seed, bool swapped = false)
{
    Mat image(96, 96, CV_8UC3);
    RNG random(seed + 1);
    random.fill(image, RNG::UNIFORM, 0, 20);
    for (int y = 0; y < image.rows; y++)
        for (int x = 0; x < image.cols; x++)
        {
            const bool isStripes = (x < 48) != swapped;
            if (isStripes ? y / 6 % 2 : (x / 8 + y / 8) % 2)
                image.at<Vec3b>(y, x) += Vec3b(100, 140, 180);
        }
    return image;
}

std::vector<Mat> imagesOfTwoTextures(int count)
{
    std::vector<Mat> images;
    for (int i = 0; i < count; i++)
        images.push_back(twoTextures(i));
    return images;
}

PatchCore::Params paramsWithWindow(int window)
{
    PatchCore::Params params = quickParamsOf<PatchCore>();
    params.window = window;
    params.bankSize = 300;
    return params;
}

Ptr<PatchCore> fittedWithWindow(const PatchCore::Params& params, const std::vector<Mat>& images)
{
    const Ptr<PatchCore> detector = PatchCore::create(params);
    detector->fit(images);
    return detector;
}

//! Returns an image of a bright disc on noise.
Mat discImage(int seed, Point center)
{
    Mat image(96, 96, CV_8UC3);
    RNG random(seed + 1);
    random.fill(image, RNG::UNIFORM, 60, 80);
    circle(image, center, 10, Scalar(220, 230, 240), FILLED);
    return image;
}

//! Returns how much higher a disc on the right scores than one on the left, which is the place of all learned discs.
double riseOfMovedDisc(int window)
{
    const Point left(24, 48), right(72, 48); // half of the image's width apart, four patches
    std::vector<Mat> images;
    for (int i = 0; i < 8; i++)
        images.push_back(discImage(i, left));
    const Ptr<PatchCore> detector = fittedWithWindow(paramsWithWindow(window), images);
    return detector->predict(discImage(20, right)) / detector->predict(discImage(20, left));
}

TEST(Anomaly_Window, what_is_good_elsewhere_is_a_defect)
{
    EXPECT_GT(riseOfMovedDisc(1), 1.5);
    EXPECT_GT(riseOfMovedDisc(1), 1.2 * riseOfMovedDisc(0));
}

TEST(Anomaly_Window, as_wide_as_the_grid_is_none)
{
    const Ptr<PatchCore> anywhere = fittedWithWindow(paramsWithWindow(0), goodImages(6)),
                         nearby = fittedWithWindow(paramsWithWindow(8), goodImages(6));
    EXPECT_EQ(0, cv::norm(anywhere->getMemoryBank(), nearby->getMemoryBank(), NORM_INF));
    EXPECT_NEAR(anywhere->predict(badImage(3)), nearby->predict(badImage(3)), 1e-4);
}

TEST(Anomaly_Window, saved_and_loaded)
{
    for (const int window : {2, -1})
        for (const char* extension : {".yml", ".xml", ".json"})
        {
            const Ptr<PatchCore> detector = fittedWithWindow(paramsWithWindow(window), imagesOfTwoTextures(6));
            EXPECT_EQ(window < 0 ? 3 : window, detector->getWindow());
            const TemporaryName file(extension);
            detector->save(file.name);
            const Ptr<PatchCore> loaded = PatchCore::load(file.name);
            EXPECT_EQ(window, loaded->getParams().window);
            EXPECT_EQ(detector->getWindow(), loaded->getWindow());
            EXPECT_TRUE(ScoredImage(*detector, twoTextures(9, true)) == ScoredImage(*loaded, twoTextures(9, true)));
            EXPECT_EQ(savedContent(*detector), savedContent(*loaded));
        }
}

TEST(Anomaly_Window, both_engines_score_alike)
{
    const Ptr<PatchCore> detector = fittedWithWindow(paramsWithWindow(2), imagesOfTwoTextures(6));
    const double score = detector->predict(twoTextures(9, true));
    detector->setEngine(ENGINE_PLAIN);
    EXPECT_NEAR(score, detector->predict(twoTextures(9, true)), 1e-3 * score);
}

TEST(Anomaly_Window, is_chosen_by_whether_parts_lie_alike)
{
    PatchCore::Params params = paramsWithWindow(-1);
    params.inputSize = 160; // 20 x 20 patches; a window of 3 covers an eighth of them
    RNG random(5);
    std::vector<Mat> alike, anyhow;
    for (int i = 0; i < 12; i++)
    {
        alike.push_back(discImage(i, Point(48, 40)));
        anyhow.push_back(discImage(i, Point(random.uniform(14, 82), random.uniform(14, 82))));
    }
    EXPECT_EQ(3, fittedWithWindow(params, alike)->getWindow());
    EXPECT_EQ(0, fittedWithWindow(params, anyhow)->getWindow());
}

TEST(Anomaly_Window, is_none_for_tiles_and_turns)
{
    PatchCore::Params params = paramsWithWindow(-1);
    params.tile = 64;
    EXPECT_EQ(0, fittedWithWindow(params, imagesOfTwoTextures(4))->getWindow());
    params.tile = 0;
    params.rotations = 2;
    EXPECT_EQ(0, fittedWithWindow(params, imagesOfTwoTextures(4))->getWindow());
}

// The bank has no patch of places that were masked out in all images.
TEST(Anomaly_Window, where_nothing_was_learned_the_nearest_places_count)
{
    Mat mask(96, 96, CV_8U, Scalar(1));
    mask.colRange(30, 96).setTo(0);
    const Ptr<PatchCore> detector = PatchCore::create(paramsWithWindow(1));
    detector->fit(imagesOfTwoTextures(6), std::vector<Mat>(6, mask));
    const double score = detector->predict(twoTextures(9));
    EXPECT_FALSE(cvIsNaN(score) || cvIsInf(score));
    EXPECT_GT(score, detector->getImageThreshold()); // There are checks where only stripes are known.
}

TEST(Anomaly_Window, ranges)
{
    for (const int window : {-2, 513})
        EXPECT_ERROR_WITH(format("window is %d", window), PatchCore::create(paramsWithWindow(window)));
    PatchCore::Params params = paramsWithWindow(2);
    params.tile = 64;
    EXPECT_ERROR_WITH("window is 2 with tile 64", PatchCore::create(params));
    EXPECT_EQ(0, PatchCore::Params().window);
}

TEST(Anomaly_Window, hostile_places_are_refused)
{
    const TemporaryName file(".yml");
    fittedWithWindow(paramsWithWindow(2), imagesOfTwoTextures(4))->save(file.name);
    const String text = readText(file.name);
    const size_t list = text.find("places: ["), number = text.find_first_of("0123456789", list),
                 end = text.find(',', number), window = text.find("window: 2", text.find("models:"));
    ASSERT_LT(window, text.size());
    for (const char* place : {"64", "-1", "2147483647", "x", "1.5", "1, 2", "[ 1 ]"})
    {
        writeText(file.name, text.substr(0, number) + place + text.substr(end));
        EXPECT_ERROR_WITH("'places'", loadDetector(file.name)) << place;
    }
    for (const char* other : {"window: 3", "window: 0", "window: -1", "window: x"})
    {
        writeText(file.name, text.substr(0, window) + other + text.substr(window + 9));
        EXPECT_ERROR_WITH("'window'", loadDetector(file.name)) << other;
    }
    // Another place of the grid than the one that was saved.
    writeText(file.name,
              text.substr(0, number) + (text.substr(number, end - number) == "1" ? "2" : "1") + text.substr(end));
    EXPECT_ERROR_WITH("checksum", loadDetector(file.name));
}

}} // namespace opencv_test
