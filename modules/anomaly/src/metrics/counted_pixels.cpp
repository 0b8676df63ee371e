// This file is part of OpenCV project.
// It is subject to the license terms in the LICENSE file found in the top-level directory
// of this distribution and at http://opencv.org/license.html.
#include "../precomp.hpp"
#include "counted_pixels.hpp"
#include "reserve_more.hpp"

#include "opencv2/imgproc.hpp"

#include <climits>

namespace cv { namespace anomaly {

void CountedPixels::add(const CountedPixels& other)
{
    reserveMore(defective, other.defective.size());
    reserveMore(regions, other.regions.size());
    reserveMore(defectSizes, other.defectSizes.size());
    GoodPixels::Addition goodScores(good, other.good);
    // Nothing throws from here on, so either all lists grow or none.
    goodScores.commit();
    const unsigned firstRegion = unsigned(regions.size()), firstImage = unsigned(defectSizes.size());
    for (const DefectivePixel& pixel : other.defective)
        defective.push_back(DefectivePixel{pixel.score, pixel.region + firstRegion});
    for (const Region& region : other.regions)
        regions.push_back(Region{region.size, region.image + firstImage});
    defectSizes.insert(defectSizes.end(), other.defectSizes.begin(), other.defectSizes.end());
}

static bool scoresHigher(const DefectivePixel& a, const DefectivePixel& b)
{
    return a.score > b.score;
}

void CountedPixels::sort()
{
    good.pack();
    std::sort(defective.begin(), defective.end(), scoresHigher);
}

namespace {

// Number of a region of which no valid pixel has come yet.
const unsigned unseen = UINT_MAX;

//! Collects the pixels of one map.
class MapPixels
{
public:
    explicit MapPixels(int labelCount) : regionOf(size_t(labelCount), unseen) {}

    //! label: 0 for a good pixel, else the label of its region from connectedComponents.
    void add(float score, int label)
    {
        if (label == 0)
            return good.add(score);
        // A region gets its number with its first valid pixel, so that a region without any does not count.
        unsigned& region = regionOf[size_t(label)];
        if (region == unseen)
        {
            region = unsigned(pixels.regions.size());
            pixels.regions.push_back(Region{0, 0});
        }
        pixels.regions[region].size++;
        pixels.defective.push_back(DefectivePixel{score, region});
    }

    CountedPixels take()
    {
        pixels.good.setMap(good, pixels.defective.empty());
        pixels.defectSizes.push_back(unsigned(pixels.defective.size()));
        return std::move(pixels);
    }

private:
    std::vector<unsigned> regionOf; // number of each label's region
    CountedScores good;
    CountedPixels pixels;
};

} // namespace

CountedPixels pixelsOf(const Mat_<float>& map, const Mat& defects, const Mat_<uchar>& validity)
{
    Mat_<int> labels;
    const int labelCount = defects.empty() ? 1 : connectedComponents(defects, labels, 8, CV_32S);
    MapPixels pixels(labelCount);
    for (int y = 0; y < map.rows; y++)
        for (int x = 0; x < map.cols; x++)
            if (validity.empty() || validity(y, x))
                pixels.add(map(y, x), labels.empty() ? 0 : labels(y, x));
    return pixels.take();
}

}} // namespace cv::anomaly
