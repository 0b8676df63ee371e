// This file is part of OpenCV project.
// It is subject to the license terms in the LICENSE file found in the top-level directory
// of this distribution and at http://opencv.org/license.html.
#include "report_cases.hpp"
#include "files.hpp"
#include "masks.hpp"
#include "overlay.hpp"
#include "report_page.hpp"

#include "opencv2/anomaly/visualize.hpp"
#include "opencv2/imgcodecs.hpp"
#include "opencv2/imgproc.hpp"
#if CV_VERSION_MAJOR >= 5 // which took what outlines shapes out of imgproc
#include "opencv2/geometry.hpp"
#endif

#include <algorithm>
#include <map>

using namespace cv;
using namespace cv::anomaly;

namespace {

// ---- which images

const std::vector<TestResult>& resultsOf(const ReportedModel& model)
{
    return model.evaluation.results;
}

bool isCalled(const ReportedModel& model, size_t image)
{
    return resultsOf(model)[image].score >= model.evaluation.bestImage.threshold;
}

bool isWrong(const ReportedModel& model, size_t image)
{
    return isCalled(model, image) != resultsOf(model)[image].image.isDefective();
}

double spanOfScores(const ReportedModel& model)
{
    const auto isLower = [](const TestResult& a, const TestResult& b) { return a.score < b.score; };
    const std::vector<TestResult>& results = resultsOf(model);
    const auto ends = std::minmax_element(results.begin(), results.end(), isLower);
    return std::max(ends.second->score - ends.first->score, 1e-9);
}

// How far each score is on the wrong side of the threshold, as a share of the range of scores; negative on the right
// one. Of two models the worse one counts.
std::vector<double> wrongness(const std::vector<ReportedModel>& models)
{
    std::vector<double> worst(resultsOf(models[0]).size(), -1e9);
    for (const ReportedModel& model : models)
    {
        const double span = spanOfScores(model);
        for (size_t i = 0; i < worst.size(); i++)
        {
            const TestResult& result = resultsOf(model)[i];
            const double over = (result.score - model.evaluation.bestImage.threshold) / span;
            worst[i] = std::max(worst[i], result.image.isDefective() ? -over : over);
        }
    }
    return worst;
}

// Images on which two models differ, and then those that are furthest on the wrong side.
std::vector<size_t> worstFirst(const std::vector<ReportedModel>& models)
{
    const std::vector<double> wrong = wrongness(models);
    std::vector<size_t> order(wrong.size());
    for (size_t i = 0; i < order.size(); i++)
        order[i] = i;
    std::stable_sort(order.begin(), order.end(), [&](size_t a, size_t b) {
        const bool differsA = differ(models, a), differsB = differ(models, b);
        return differsA == differsB ? wrong[a] > wrong[b] : differsA;
    });
    return order;
}

// Takes up to `most` of the images that are not taken yet.
ReportCases take(const std::vector<size_t>& images, size_t most, bool isHit, std::vector<bool>& isTaken)
{
    ReportCases cases;
    for (const size_t image : images)
    {
        if (cases.size() >= most || isTaken[image])
            continue;
        isTaken[image] = true;
        cases.push_back({image, isHit});
    }
    return cases;
}

// Of each type the found defect whose score is in the middle: typical, not the best.
std::vector<size_t> typicalHits(const ReportedModel& model, const std::vector<size_t>& order)
{
    std::map<std::string, std::vector<size_t>> found;
    for (const size_t image : order)
        if (resultsOf(model)[image].image.isDefective() && isCalled(model, image))
            found[resultsOf(model)[image].image.type].push_back(image);
    std::vector<size_t> hits;
    for (const std::pair<const std::string, std::vector<size_t>>& type : found)
        hits.push_back(type.second[type.second.size() / 2]);
    return hits;
}

// ---- pictures

const int longestPicture = 280, longestMap = 64;

Size shrunk(Size size, int longest)
{
    const double scale = std::min(1., double(longest) / std::max(size.width, size.height));
    return Size(std::max(1, cvRound(size.width * scale)), std::max(1, cvRound(size.height * scale)));
}

std::string pictureData(const Mat& image, const std::string& caption)
{
    Mat small;
    resize(image, small, shrunk(image.size(), longestPicture), 0, 0, INTER_AREA);
    std::vector<uchar> jpeg;
    imencode(".jpg", small, jpeg, {IMWRITE_JPEG_QUALITY, 78});
    return "<img alt='" + caption + "' src='data:image/jpeg;base64," + base64(jpeg) + "'>";
}

std::string figure(const std::string& content, const std::string& caption)
{
    return "<figure>" + content + "<figcaption>" + caption + "</figcaption></figure>";
}

// Outlines of the defects, in cells of the small map.
std::string outlinePath(const AnomalyDetector& detector, const Mat& map, Size cells)
{
    std::vector<DefectRegion> regions;
    findRegions(map, detector.getPixelThreshold(), regions, smallestDefect(detector, map.size()));
    const double scaleX = double(cells.width) / map.cols, scaleY = double(cells.height) / map.rows;
    const double halfAPixelShown = 0.5 * std::max(map.cols, map.rows) / longestPicture;
    std::string path;
    for (const DefectRegion& region : regions)
    {
        std::vector<Point> corners;
        approxPolyDP(region.contour, corners, halfAPixelShown, true);
        for (size_t i = 0; i < corners.size(); i++)
            path += format("%c%.2f %.2f", i ? 'L' : 'M', (corners[i].x + 0.5) * scaleX, (corners[i].y + 0.5) * scaleY);
        path += "Z";
    }
    return path;
}

// The map in 8 bits, by which the script outlines defects at other thresholds: 5.5 KB at most.
std::string mapData(const Mat& map, Size cells, double smallest)
{
    Mat small, bytes;
    resize(map, small, cells, 0, 0, INTER_AREA);
    double low, high;
    minMaxLoc(small, &low, &high);
    const double scale = 255 / std::max(high - low, 1e-12);
    small.convertTo(bytes, CV_8U, scale, -low * scale);
    const double cellsPerPixel = double(cells.area()) / (double(map.cols) * map.rows);
    return format("data-size=%dx%d data-low=%.9g data-high=%.9g data-smallest=%.4g data-map='", cells.width,
                  cells.height, low, std::max(high, low + 1e-12), smallest * cellsPerPixel) +
           base64(std::vector<uchar>(bytes.begin<uchar>(), bytes.end<uchar>())) + "'";
}

std::string mapFigure(const AnomalyDetector& detector, const Mat& image, const Mat& map, const std::string& caption)
{
    const Size cells = shrunk(map.size(), longestMap);
    const std::string svg =
        format("<svg viewBox='0 0 %d %d' preserveAspectRatio=none aria-hidden=true ", cells.width, cells.height) +
        mapData(map, cells, smallestDefect(detector, map.size())) + "><path d='" + outlinePath(detector, map, cells) +
        "'/></svg>";
    return figure("<div class=outlined>" + pictureData(drawColors(detector, image, map), caption) + svg + "</div>",
                  caption);
}

// The image darkened but for the defect, which is also outlined.
Mat drawGroundTruth(const Mat& image, const std::vector<std::string>& maskFiles)
{
    Mat dst = image * 0.35;
    if (maskFiles.empty())
        return dst;
    const Mat mask = readMasks(maskFiles, image.size());
    std::vector<std::vector<Point>> contours;
    findContours(mask, contours, RETR_CCOMP, CHAIN_APPROX_SIMPLE);
    image.copyTo(dst, mask);
    drawContours(dst, contours, -1, Scalar::all(255), std::max(1, std::max(image.rows, image.cols) / 160), LINE_AA);
    return dst;
}

// ---- cards

std::string verdictLine(const ReportedModel& model, size_t image, bool isNamed)
{
    const bool called = isCalled(model, image), defective = resultsOf(model)[image].image.isDefective();
    const char* const outcome =
        called == defective ? (defective ? "found" : "passed") : (defective ? "missed defect" : "false alarm");
    return "<div class=verdict><span>" + (isNamed ? escaped(model.name) + ": " : "") +
           format("score %.3g</span><em class='%s'>%s</em></div>", resultsOf(model)[image].score,
                  called == defective ? "" : "wrong", outcome);
}

std::string header(const std::vector<ReportedModel>& models, size_t image)
{
    const bool areTwo = models.size() > 1;
    std::string html = areTwo ? "<header class=two><b>" : "<header><b>";
    html += escaped(imageName(resultsOf(models[0])[image])) + "</b>";
    for (const ReportedModel& model : models)
        html += verdictLine(model, image, areTwo);
    return html + "</header>";
}

std::string pictures(const std::vector<ReportedModel>& models, size_t image, std::vector<double>& highest)
{
    const TestResult& result = resultsOf(models[0])[image];
    const bool hasMasks = models[0].evaluation.all.hasPixels;
    const char* const styles[] = {" two", "", " four"};
    const Mat read = readImage(result.image.file);
    Mat shown, map;
    models[0].detector->toPicture(read, shown);
    std::string html = format("<div class='pictures%s'>", styles[models.size() - 1 + hasMasks]);
    html += figure(pictureData(shown, "image"), "image");
    for (size_t m = 0; m < models.size(); m++)
    {
        double peak;
        models[m].detector->predict(read, map, models[m].evaluation.region);
        minMaxLoc(map, NULL, &peak);
        highest[m] = std::max(highest[m], peak);
        html +=
            mapFigure(*models[m].detector, read, map, models.size() > 1 ? "map, " + escaped(models[m].name) : "map");
    }
    if (hasMasks)
    {
        const std::string caption = result.image.isDefective() ? "ground truth" : "no defect";
        html += figure(pictureData(drawGroundTruth(shown, result.image.masks), caption), caption);
    }
    return html + "</div>";
}

} // namespace

std::string imageName(const TestResult& result)
{
    return result.image.type + "/" + fileName(result.image.file);
}

bool isAnyWrong(const std::vector<ReportedModel>& models, size_t image)
{
    return std::any_of(models.begin(), models.end(),
                       [image](const ReportedModel& model) { return isWrong(model, image); });
}

bool differ(const std::vector<ReportedModel>& models, size_t image)
{
    return isCalled(models.front(), image) != isCalled(models.back(), image);
}

ChosenCases chooseCases(const std::vector<ReportedModel>& models)
{
    const size_t mostWrong = 8, narrowest = 4, mostHits = 8, mostInAll = 48; // 48: some 1.5 MB of pictures
    const std::vector<size_t> order = worstFirst(models);
    size_t wrong = 0;
    for (const size_t image : order)
        wrong += isAnyWrong(models, image);
    std::vector<bool> isTaken(order.size());
    ChosenCases chosen;
    chosen.worst = take(order, wrong ? std::min(mostWrong, wrong) : narrowest, false, isTaken);
    chosen.hits = take(typicalHits(models[0], order), mostHits, true, isTaken);
    chosen.others = take(order, mostInAll - chosen.worst.size() - chosen.hits.size(), false, isTaken);
    return chosen;
}

std::string caseCards(const ReportCases& cases, const std::vector<ReportedModel>& models, std::vector<double>& highest)
{
    highest.resize(models.size(), 0);
    std::string html;
    for (const ReportCase& shown : cases)
        html += format("<div class='card case' data-image=%d%s>", int(shown.image), shown.isHit ? " data-hit" : "") +
                header(models, shown.image) + pictures(models, shown.image, highest) + "</div>\n";
    return html;
}
