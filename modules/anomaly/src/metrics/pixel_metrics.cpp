// This file is part of OpenCV project.
// It is subject to the license terms in the LICENSE file found in the top-level directory
// of this distribution and at http://opencv.org/license.html.
#include "../precomp.hpp"
#include "counted_pixels.hpp"
#include "overlap_area.hpp"
#include "score_curve.hpp"
#include "../base/as_column.hpp"
#include "../base/out_of_memory.hpp"

#include <cmath>
#include <mutex>

namespace cv { namespace anomaly {

namespace {

//! Mean overlap of all regions at a falling threshold: for each region, the share of its pixels that are found.
class RegionOverlap
{
public:
    RegionOverlap(const std::vector<DefectivePixel>& defective, const std::vector<Region>& regions)
        : pixels(defective),
          weights(regions.size()),
          sum(0),
          seen(0)
    {
        for (size_t i = 0; i < weights.size(); i++)
            weights[i] = uint64(std::ldexp(1 / (double(regions[i].size) * double(weights.size())), 62) + 0.5);
    }

    // The number of true positives must not fall from call to call.
    double upTo(int64 truePositives)
    {
        for (; seen < truePositives; seen++)
            sum += weights[pixels[size_t(seen)].region];
        return std::ldexp(double(sum), -62);
    }

private:
    const std::vector<DefectivePixel>& pixels;
    // The share of each pixel in the mean, in units of 2^-62. As integers, millions of them are added without rounding.
    std::vector<uint64> weights;
    uint64 sum;
    int64 seen;
};

//! Implements PixelMetrics with all scores, sorted: good pixels as packed lists, defective ones with their region.
class PixelMetricsImpl CV_FINAL : public PixelMetrics
{
public:
    PixelMetricsImpl() : sorted(true) {}

    void add(InputArray map, InputArray mask, InputArray validity) CV_OVERRIDE;
    double auroc() const CV_OVERRIDE;
    double averagePrecision() const CV_OVERRIDE;
    double bestF1(double& threshold) const CV_OVERRIDE;
    double aupro(double fprLimit) const CV_OVERRIDE;
    double aupimo(OutputArray perImage, double lowerFpr, double upperFpr) const CV_OVERRIDE;
    double lowestFpr() const CV_OVERRIDE { return pixels.good.lowestRate(); }
    void rocCurve(OutputArray fpr, OutputArray tpr, OutputArray thresholds, int maxPoints) const CV_OVERRIDE;
    void proCurve(OutputArray fpr, OutputArray overlap, OutputArray thresholds, int maxPoints) const CV_OVERRIDE;
    void merge(const Ptr<PixelMetrics>& other) CV_OVERRIDE;
    void countsAt(double threshold, double& truePositives, double& falsePositives) const CV_OVERRIDE;
    bool empty() const CV_OVERRIDE { return count() == 0; }
    void clear() CV_OVERRIDE;
    size_t count() const CV_OVERRIDE { return pixels.good.size() + pixels.defective.size(); }
    size_t regionCount() const CV_OVERRIDE { return pixels.regions.size(); }

private:
    void add(const CountedPixels& added);
    //! Checks that there are good and defective pixels, and sorts them. Must be called before either list is read.
    void prepare() const;
    template <typename Visit> void forEachOverlap(Visit visit) const;
    std::vector<double> imageOverlaps(const LogRateArea& area) const;

    // Sorting changes no result, so the first const method that needs it does it, for all calls.
    mutable CountedPixels pixels;
    mutable bool sorted;
    mutable std::mutex sorting;
};

} // namespace

// Each of these throws if an argument of add does not fit.
static void checkMap(const Mat& map)
{
    if (map.empty() || map.dims != 2 || map.type() != CV_32FC1)
        CV_Error_(Error::StsBadArg, ("Map is %dx%d of type %s, expected CV_32FC1 with at least one pixel", map.cols,
                                     map.rows, typeToString(map.type()).c_str()));
    if (!checkRange(map))
        CV_Error(Error::StsBadArg, "Map holds NaN or infinity, expected finite scores: find their cause, or leave "
                                   "those pixels out with a finite value and a validity of 0");
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

    reportingOutOfMemory([&]() { add(pixelsOf(map, mask, validity)); });
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
    reportingOutOfMemory([&]() { add(from->pixels); });
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
    pixels.sort();
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

//! Calls visit(false positive rate, mean overlap of regions, threshold) for each threshold.
template <typename Visit> void PixelMetricsImpl::forEachOverlap(Visit visit) const
{
    prepare();
    RegionOverlap overlap(pixels.defective, pixels.regions);
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

// The bounds of AUPIMO must be a range of rates, and not below the rate of a single good pixel.
static void checkBounds(double lowerFpr, double upperFpr, double lowestFpr)
{
    if (!(lowerFpr > 0 && lowerFpr < upperFpr && upperFpr <= 1))
        CV_Error_(Error::StsOutOfRange, ("False positive rates from lowerFpr %g to upperFpr %g, expected 0 < lowerFpr "
                                         "< upperFpr <= 1; 1e-5 and 1e-4 are customary",
                                         lowerFpr, upperFpr));
    if (cvIsInf(lowestFpr))
        CV_Error(Error::StsBadArg, "No map without a defect was added, expected at least one: AUPIMO takes false "
                                   "positive rates from good images alone");
    const double rounding = 1e-9;
    if (lowerFpr < lowestFpr * (1 - rounding))
        CV_Error_(Error::StsBadArg, ("lowerFpr is %g, expected at least %g, the false positive rate of a single pixel "
                                     "of the good images that were added: add more of them, or give higher bounds",
                                     lowerFpr, lowestFpr));
}

//! For each map the area under its overlap curve; NaN if it has no defect.
std::vector<double> PixelMetricsImpl::imageOverlaps(const LogRateArea& area) const
{
    std::vector<double> sums(pixels.defectSizes.size());
    auto good = cursorOf(pixels.good);
    auto defective = cursorOf(pixels.defective);
    double rate = 0;
    while (!defective.atEnd() && rate < area.upperRate())
    {
        const double score = good.atEnd() ? defective.score() : std::max(good.score(), defective.score());
        const double rateBefore = rate;
        good.pass(score);
        rate = good.goodImageRate();
        const double gained = area.ofStep(rateBefore, rate);
        const size_t first = size_t(defective.passed());
        defective.pass(score);
        for (size_t i = first; i < size_t(defective.passed()); i++)
            sums[pixels.regions[pixels.defective[i].region].image] += gained;
    }
    for (size_t i = 0; i < sums.size(); i++)
        sums[i] =
            pixels.defectSizes[i] ? sums[i] / double(pixels.defectSizes[i]) : std::numeric_limits<double>::quiet_NaN();
    return sums;
}

double PixelMetricsImpl::aupimo(OutputArray perImage, double lowerFpr, double upperFpr) const
{
    prepare();
    checkBounds(lowerFpr, upperFpr, lowestFpr());
    const std::vector<double> overlaps = imageOverlaps(LogRateArea(lowerFpr, upperFpr));
    double sum = 0, defectiveImages = 0;
    for (const double overlap : overlaps)
        if (!cvIsNaN(overlap))
        {
            sum += overlap;
            defectiveImages++;
        }
    if (perImage.needed())
        asColumn(overlaps).copyTo(perImage);
    return sum / defectiveImages;
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
