// This file is part of OpenCV project.
// It is subject to the license terms in the LICENSE file found in the top-level directory
// of this distribution and at http://opencv.org/license.html.
#include "../precomp.hpp"
#include "counted_scores.hpp"
#include "reserve_more.hpp"
#include "score_curve.hpp"
#include "../base/out_of_memory.hpp"

#include "opencv2/imgproc.hpp"

#include <climits>
#include <mutex>

namespace cv { namespace anomaly {

namespace {

struct DefectivePixel
{
    float score;
    unsigned region;
};

inline double scoreOf(const DefectivePixel& pixel)
{
    return pixel.score;
}
inline bool scoresHigher(const DefectivePixel& a, const DefectivePixel& b)
{
    return a.score > b.score;
}

//! The pixels of any number of maps.
struct CountedPixels
{
    CountedScores good;
    std::vector<DefectivePixel> defective;
    std::vector<unsigned> regionSizes;

    //! When it throws, since memory ends, nothing was added.
    void add(const CountedPixels& other);
};

void CountedPixels::add(const CountedPixels& other)
{
    reserveMore(defective, other.defective.size());
    reserveMore(regionSizes, other.regionSizes.size());
    good.add(other.good);
    // Nothing throws from here on.
    const unsigned firstRegion = unsigned(regionSizes.size());
    for (DefectivePixel pixel : other.defective)
    {
        pixel.region += firstRegion;
        defective.push_back(pixel);
    }
    regionSizes.insert(regionSizes.end(), other.regionSizes.begin(), other.regionSizes.end());
}

CountedPixels goodPixels(const Mat_<float>& map, const Mat_<uchar>& validity)
{
    CountedPixels pixels;
    for (int y = 0; y < map.rows; y++)
        for (int x = 0; x < map.cols; x++)
            if (validity.empty() || validity(y, x))
                pixels.good.add(map(y, x));
    return pixels;
}

//! labels: 0 for good pixels, and a number for each region, as connectedComponents gives them.
CountedPixels labeledPixels(const Mat_<float>& map, const Mat_<int>& labels, int labelCount,
                            const Mat_<uchar>& validity)
{
    const unsigned unseen = UINT_MAX;
    std::vector<unsigned> regionOf(labelCount, unseen);
    CountedPixels pixels;
    for (int y = 0; y < map.rows; y++)
        for (int x = 0; x < map.cols; x++)
        {
            if (!validity.empty() && !validity(y, x))
                continue;
            if (labels(y, x) == 0)
            {
                pixels.good.add(map(y, x));
                continue;
            }
            // Regions are numbered when their first valid pixel comes: one without any does not count.
            unsigned& region = regionOf[labels(y, x)];
            if (region == unseen)
            {
                region = unsigned(pixels.regionSizes.size());
                pixels.regionSizes.push_back(0);
            }
            pixels.regionSizes[region]++;
            pixels.defective.push_back(DefectivePixel{map(y, x), region});
        }
    return pixels;
}

//! Mean overlap of the regions, as the threshold falls.
class RegionOverlap
{
public:
    RegionOverlap(const std::vector<DefectivePixel>& defective, const std::vector<unsigned>& regionSizes)
        : pixels(defective),
          weights(regionSizes.size()),
          sum(0),
          seen(0)
    {
        for (size_t i = 0; i < weights.size(); i++)
            weights[i] = uint64(std::ldexp(1 / (double(regionSizes[i]) * double(weights.size())), 62) + 0.5);
    }

    double upTo(int64 truePositives)
    {
        for (; seen < truePositives; seen++)
            sum += weights[pixels[size_t(seen)].region];
        return std::ldexp(double(sum), -62);
    }

private:
    const std::vector<DefectivePixel>& pixels;
    // A pixel's share of the mean in units of 2^-62: whole numbers, so that millions of them add up without rounding.
    std::vector<uint64> weights;
    uint64 sum;
    int64 seen;
};

//! Area under a curve of rising x from (0, 0) up to a limit of x.
class AreaUpTo
{
public:
    explicit AreaUpTo(double limit_) : limit(limit_), area(0), lastX(0), lastY(0) {}

    void add(double x, double y)
    {
        if (x > limit && lastX < limit)
        {
            const double atLimit = lastY + (y - lastY) * (limit - lastX) / (x - lastX);
            area += (limit - lastX) * (lastY + atLimit) / 2;
        }
        else if (x <= limit)
            area += (x - lastX) * (lastY + y) / 2;
        lastX = x;
        lastY = y;
    }

    double value() const { return area; }

private:
    double limit, area, lastX, lastY;
};

class PixelMetricsImpl CV_FINAL : public PixelMetrics
{
public:
    PixelMetricsImpl() : sorted(true) {}

    void add(InputArray map, InputArray mask, InputArray validity) CV_OVERRIDE;
    double auroc() const CV_OVERRIDE;
    double averagePrecision() const CV_OVERRIDE;
    double bestF1(double& threshold) const CV_OVERRIDE;
    double aupro(double fprLimit) const CV_OVERRIDE;
    void rocCurve(OutputArray fpr, OutputArray tpr, OutputArray thresholds, int maxPoints) const CV_OVERRIDE;
    void proCurve(OutputArray fpr, OutputArray overlap, OutputArray thresholds, int maxPoints) const CV_OVERRIDE;
    void merge(const Ptr<PixelMetrics>& other) CV_OVERRIDE;
    void countsAt(double threshold, double& truePositives, double& falsePositives) const CV_OVERRIDE;
    bool empty() const CV_OVERRIDE { return count() == 0; }
    void clear() CV_OVERRIDE;
    size_t count() const CV_OVERRIDE { return pixels.good.size() + pixels.defective.size(); }
    size_t regionCount() const CV_OVERRIDE { return pixels.regionSizes.size(); }

private:
    void add(const CountedPixels& added);
    //! To be called before either list is read.
    void prepare() const;
    template <typename Visit> void forEachOverlap(Visit visit) const;

    // Sorting changes no result, so const methods do it, the first of them for all.
    mutable CountedPixels pixels;
    mutable bool sorted;
    mutable std::mutex sorting;
};

} // namespace

static void checkMap(const Mat& map)
{
    if (map.empty() || map.dims != 2 || map.type() != CV_32FC1)
        CV_Error_(Error::StsBadArg, ("Map is %dx%d of type %s, expected CV_32FC1 with at least one pixel", map.cols,
                                     map.rows, typeToString(map.type()).c_str()));
    if (!checkRange(map))
        CV_Error(Error::StsBadArg, "Map holds NaN or infinity, expected finite scores: find what made them, or leave "
                                   "those pixels out by a finite value and validity 0");
}

static void checkLike(const Mat& mask, const char* name, Size size)
{
    if (!mask.empty() && (mask.type() != CV_8UC1 || mask.size() != size))
        CV_Error_(Error::StsBadArg,
                  ("%s is %dx%d of type %s, expected CV_8UC1 of the map's size %dx%d: take (mask != 0) and resize it "
                   "with INTER_NEAREST",
                   name, mask.cols, mask.rows, typeToString(mask.type()).c_str(), size.width, size.height));
}

void PixelMetricsImpl::add(InputArray mapArray, InputArray maskArray, InputArray validityArray)
{
    const Mat map = mapArray.getMat(), mask = maskArray.getMat(), validity = validityArray.getMat();
    checkMap(map);
    checkLike(mask, "Mask", map.size());
    checkLike(validity, "Validity", map.size());

    reportingLackOfMemory([&]() {
        if (mask.empty())
            return add(goodPixels(map, validity));
        Mat labels;
        const int labelCount = connectedComponents(mask, labels, 8, CV_32S);
        add(labeledPixels(map, labels, labelCount, validity));
    });
}

void PixelMetricsImpl::add(const CountedPixels& added)
{
    sorted = false;
    pixels.add(added);
}

void PixelMetricsImpl::merge(const Ptr<PixelMetrics>& other)
{
    const PixelMetricsImpl* const from = dynamic_cast<const PixelMetricsImpl*>(other.get());
    if (!from || from == this)
        CV_Error(Error::StsBadArg,
                 "There are no other pixel metrics to merge: expected those of another PixelMetrics::create");
    const std::lock_guard<std::mutex> lock(from->sorting);
    reportingLackOfMemory([&]() { add(from->pixels); });
}

void PixelMetricsImpl::countsAt(double threshold, double& truePositives, double& falsePositives) const
{
    prepare();
    truePositives = falsePositives = 0;
    forEachThreshold(pixels.defective, pixels.good, [&](const OperatingPoint& point) {
        if (point.threshold < threshold)
            return;
        truePositives = double(point.truePositives);
        falsePositives = double(point.falsePositives);
    });
}

void PixelMetricsImpl::clear()
{
    pixels = CountedPixels();
}

void PixelMetricsImpl::prepare() const
{
    if (pixels.good.size() == 0 || pixels.defective.empty())
        CV_Error_(Error::StsBadArg, ("%.0f good and %.0f defective pixels were added, expected both kinds: add maps "
                                     "with masks of their defects",
                                     double(pixels.good.size()), double(pixels.defective.size())));
    std::lock_guard<std::mutex> lock(sorting);
    if (sorted)
        return;
    pixels.good.pack();
    std::sort(pixels.defective.begin(), pixels.defective.end(), scoresHigher);
    sorted = true;
}

double PixelMetricsImpl::auroc() const
{
    prepare();
    return areaUnderRoc(pixels.defective, pixels.good);
}

double PixelMetricsImpl::averagePrecision() const
{
    prepare();
    return averagePrecisionOf(pixels.defective, pixels.good);
}

double PixelMetricsImpl::bestF1(double& threshold) const
{
    prepare();
    return bestF1Of(pixels.defective, pixels.good, threshold);
}

void PixelMetricsImpl::rocCurve(OutputArray fpr, OutputArray tpr, OutputArray thresholds, int maxPoints) const
{
    prepare();
    rocCurveOf(pixels.defective, pixels.good, maxPoints).copyTo(fpr, tpr, thresholds);
}

//! Calls visit(false positive rate, overlap, threshold).
template <typename Visit> void PixelMetricsImpl::forEachOverlap(Visit visit) const
{
    prepare();
    RegionOverlap overlap(pixels.defective, pixels.regionSizes);
    forEachThreshold(pixels.defective, pixels.good, [&](const OperatingPoint& point) {
        visit(double(point.falsePositives) / double(pixels.good.size()), overlap.upTo(point.truePositives),
              point.threshold);
    });
}

double PixelMetricsImpl::aupro(double fprLimit) const
{
    if (!(fprLimit > 0 && fprLimit <= 1))
        CV_Error_(Error::StsOutOfRange, ("fprLimit is %g, expected over 0 and up to 1; 0.3 is customary", fprLimit));
    AreaUpTo area(fprLimit);
    forEachOverlap([&](double fpr, double overlap, double) { area.add(fpr, overlap); });
    return area.value() / fprLimit;
}

void PixelMetricsImpl::proCurve(OutputArray fpr, OutputArray overlap, OutputArray thresholds, int maxPoints) const
{
    CurveSketch curve(maxPoints);
    forEachOverlap([&](double x, double y, double threshold) { curve.add(x, y, threshold); });
    curve.copyTo(fpr, overlap, thresholds);
}

Ptr<PixelMetrics> PixelMetrics::create()
{
    return makePtr<PixelMetricsImpl>();
}

}} // namespace cv::anomaly
