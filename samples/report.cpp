// This file is part of OpenCV project.
// It is subject to the license terms in the LICENSE file found in the top-level directory
// of this distribution and at http://opencv.org/license.html.
#include "report.hpp"
#include "files.hpp"
#include "masks.hpp"
#include "overlay.hpp"

#include "opencv2/core/utils/filesystem.hpp"
#include "opencv2/imgcodecs.hpp"
#include "opencv2/imgproc.hpp"

#include <algorithm>
#include <cmath>
#include <map>

using namespace cv;
using namespace cv::anomaly;

namespace {

const char* const styleSheet = R"css(
:root { --ink: #1c1e21; --soft: #6a7077; --line: #e1e4e8; --page: #f6f7f8; --card: #fff; --good: #9aa5b1;
  --accent: #d2480e }
@media (prefers-color-scheme: dark) {
  :root { --ink: #e8eaed; --soft: #9aa0a6; --line: #35393e; --page: #17191b; --card: #202326; --good: #7b8794;
    --accent: #ff7b42 }
}
* { box-sizing: border-box }
body { margin: 0 auto; padding: 24px 16px 48px; max-width: 1080px; background: var(--page); color: var(--ink);
  font: 15px/1.5 system-ui, -apple-system, "Segoe UI", Roboto, "Helvetica Neue", sans-serif }
h1 { margin: 0; font-size: 28px; font-weight: 650; letter-spacing: -.01em; overflow-wrap: anywhere }
h2 { margin: 40px 0 4px; font-size: 19px; font-weight: 650 }
p { margin: 0 0 12px; color: var(--soft); max-width: 70ch }
.tiles { display: grid; grid-template-columns: repeat(auto-fit, minmax(150px, 1fr)); gap: 12px; margin-top: 20px }
.charts { display: grid; grid-template-columns: repeat(auto-fit, minmax(min(100%, 300px), 1fr)); gap: 12px;
  margin-top: 12px }
.card { background: var(--card); border: 1px solid var(--line); border-radius: 10px; padding: 14px 16px; min-width: 0 }
.tile b { display: block; font-size: 28px; font-weight: 600; letter-spacing: -.02em; line-height: 1.25;
  font-variant-numeric: tabular-nums }
.tile span { font-weight: 600 }
.tile small { display: block; color: var(--soft); font-size: 12.5px; line-height: 1.35 }
.card h3 { margin: 0 0 2px; font-size: 15px; font-weight: 600 }
.legend { color: var(--soft); font-size: 13px; margin-bottom: 6px }
.legend i { display: inline-block; width: 10px; height: 10px; border-radius: 2px; margin: 0 5px 0 0 }
.legend span { display: inline-block; margin-right: 14px }
.charts .card { display: flex; flex-direction: column }
svg { display: block; width: 100%; height: auto; margin-top: auto; font-size: 12.5px; fill: var(--soft) }
svg .grid { stroke: var(--line) }
svg .good { fill: var(--good); fill-opacity: .7 }
svg .bad { fill: var(--accent); fill-opacity: .75 }
svg .curve { fill: none; stroke: var(--accent); stroke-width: 2; stroke-linejoin: round }
svg .second { stroke: var(--good) }
svg .mark { stroke: var(--ink); stroke-width: 1.5 }
svg .dashed { stroke-dasharray: 4 3 }
.scroll { overflow-x: auto; padding: 4px 16px }
table { border-collapse: collapse; width: 100%; font-variant-numeric: tabular-nums }
th, td { padding: 8px 0 8px 18px; text-align: right; white-space: nowrap; border-top: 1px solid var(--line) }
tr:first-child th { border-top: 0; color: var(--soft); font-weight: 500; font-size: 13px }
th:first-child, td:first-child { text-align: left; padding-left: 0 }
tr.all td { font-weight: 600 }
.cases { display: grid; grid-template-columns: repeat(auto-fill, minmax(min(100%, 440px), 1fr)); gap: 12px;
  margin-top: 12px }
.case { padding: 12px }
.case header { display: flex; gap: 10px; align-items: baseline; flex-wrap: wrap; margin-bottom: 8px; font-size: 14px }
.case header b { font-weight: 600; overflow-wrap: anywhere }
.case header span { color: var(--soft); font-variant-numeric: tabular-nums }
.case header em { margin-left: auto; font-style: normal; color: var(--soft) }
.case header em.wrong { color: var(--accent); font-weight: 600 }
.pictures { display: grid; grid-template-columns: repeat(3, 1fr); gap: 6px; align-items: start }
.pictures.two { grid-template-columns: repeat(2, 1fr) }
figure { margin: 0 }
figure img { display: block; width: 100%; border-radius: 5px }
figcaption { font-size: 12px; color: var(--soft); margin-top: 3px }
footer { margin-top: 40px; color: var(--soft); font-size: 13px }
)css";

// Replaces the characters that have a meaning in HTML.
std::string escaped(const std::string& text)
{
    std::string html;
    for (const char c : text)
        html += c == '&' ? "&amp;" : c == '<' ? "&lt;" : c == '>' ? "&gt;" : c == '"' ? "&quot;" : std::string(1, c);
    return html;
}

std::string base64(const std::vector<uchar>& bytes)
{
    static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    std::string text;
    for (size_t i = 0; i < bytes.size(); i += 3)
    {
        const size_t left = bytes.size() - i;
        const unsigned group = bytes[i] << 16 | (left > 1 ? bytes[i + 1] << 8 : 0) | (left > 2 ? bytes[i + 2] : 0);
        text += digits[group >> 18];
        text += digits[group >> 12 & 63];
        text += left > 1 ? digits[group >> 6 & 63] : '=';
        text += left > 2 ? digits[group & 63] : '=';
    }
    return text;
}

// ---- charts

//! An SVG drawing of 400 x 260 units with axes. Marks are added in the units of the data.
class Chart
{
public:
    Chart(double xLow, double xHigh, double yHigh) : x0(xLow), x1(xHigh), y1(yHigh) {}

    void gridLines(const std::vector<double>& values, const char* numberFormat)
    {
        for (const double value : values)
        {
            body += format("<line class=grid x1='%d' x2='%d' y1='%.1f' y2='%.1f'/>", left, right, y(value), y(value));
            body += label(left - 6, y(value) + 4, "end", format(numberFormat, value));
        }
    }

    void xLabels(const std::vector<double>& values, const char* numberFormat)
    {
        for (const double value : values)
            body += label(x(value), bottom + 16, "middle", format(numberFormat, value));
    }

    void xTitle(const std::string& text) { body += label((left + right) / 2., bottom + 34, "middle", text); }

    // A bar of a histogram.
    void bar(double from, double to, double height, const char* style)
    {
        body += format("<rect class=%s x='%.1f' width='%.1f' y='%.1f' height='%.1f'/>", style, x(from) + 0.5,
                       x(to) - x(from) - 1, y(height), bottom - y(height));
    }

    void curve(const Curve& points, const char* style)
    {
        std::string list;
        for (const Point2d& point : points)
            list += format("%.1f,%.1f ", x(point.x), y(point.y));
        body += format("<polyline class='curve %s' points='%s'/>", style, list.c_str());
    }

    void verticalLine(double at, const char* style)
    {
        body += format("<line class='mark %s' x1='%.1f' x2='%.1f' y1='%d' y2='%d'/>", style, x(at), x(at), top, bottom);
    }

    std::string svg(const std::string& name) const
    {
        return "<svg viewBox='0 0 400 260' role=img aria-label='" + name + "'>" + body + "</svg>";
    }

    // Convert a value of the data to a coordinate of the drawing.
private:
    double x(double value) const { return left + (right - left) * (value - x0) / (x1 - x0); }
    double y(double value) const { return bottom - (bottom - top) * value / y1; }

    static std::string label(double atX, double atY, const char* anchor, const std::string& text)
    {
        return format("<text x='%.1f' y='%.1f' text-anchor=%s>%s</text>", atX, atY, anchor, text.c_str());
    }

    static const int left = 38, right = 384, top = 8, bottom = 218; // edges of the area inside the axes
    const double x0, x1, y1;
    std::string body;
};

std::string legendEntry(const char* color, const std::string& text)
{
    return format("<span><i style='background:var(--%s)'></i>%s</span>", color, text.c_str());
}

// A titled box with a legend and a chart.
std::string chartCard(const std::string& title, const std::string& legend, const Chart& chart)
{
    return "<div class=card><h3>" + title + "</h3><div class=legend>" + legend + "</div>" + chart.svg(title) +
           "</div>\n";
}

// Returns about five values from 0 to `highest`, with steps of 1, 2 or 5 times a power of ten, and of at least 1.
std::vector<double> roundSteps(double highest)
{
    const double rough = highest / 5, power = std::pow(10, std::floor(std::log10(rough))), ratio = rough / power;
    const double step = std::max(1., power * (ratio > 5 ? 10 : ratio > 2 ? 5 : ratio > 1 ? 2 : 1));
    std::vector<double> steps;
    for (double value = 0; value <= highest; value += step)
        steps.push_back(value);
    return steps;
}

//! Counts of good and defective images by score. Bins have the same width, and the first one begins at `low`.
struct Histogram
{
    double low, width;
    std::vector<double> good, bad;
};

Histogram histogram(const std::vector<TestResult>& results)
{
    const int bins = 32;
    double low = results[0].score, high = low;
    for (const TestResult& result : results)
    {
        low = std::min(low, result.score);
        high = std::max(high, result.score);
    }
    const double width = std::max(high - low, 1e-9) / bins;
    Histogram h = {low, width, std::vector<double>(bins), std::vector<double>(bins)};
    for (const TestResult& result : results)
        (result.image.isDefective() ? h.bad : h.good)[std::min(bins - 1, int((result.score - low) / width))]++;
    return h;
}

std::string histogramCard(const Evaluation& evaluation)
{
    const Histogram h = histogram(evaluation.results);
    const size_t bins = h.good.size();
    const auto edge = [&h](size_t bin) { return h.low + h.width * double(bin); };
    const double best = evaluation.bestImage.threshold, own = evaluation.ownImage.threshold;
    const double highest =
        std::max(*std::max_element(h.good.begin(), h.good.end()), *std::max_element(h.bad.begin(), h.bad.end()));
    Chart chart(std::min(h.low, own), std::max(edge(bins), own), highest * 1.05);
    chart.gridLines(roundSteps(highest), "%g");
    for (size_t i = 0; i < bins; i++)
    {
        chart.bar(edge(i), edge(i + 1), h.good[i], "good");
        chart.bar(edge(i), edge(i + 1), h.bad[i], "bad");
    }
    chart.verticalLine(best, "");
    chart.verticalLine(own, "dashed");
    chart.xLabels({h.low, (h.low + edge(bins)) / 2, edge(bins)}, "%.2f");
    chart.xTitle("score");
    return chartCard(
        "Scores",
        legendEntry("good", "good") + legendEntry("accent", "defective") +
            format("<span>line: threshold of the best F1, %.3f</span><span>dashed: the model's own, %.3f</span>", best,
                   own),
        chart);
}

std::string rocCard(const Evaluation& evaluation)
{
    const std::vector<double> ticks = {0, 0.25, 0.5, 0.75, 1};
    Chart chart(0, 1, 1.02);
    chart.gridLines(ticks, "%g");
    chart.xLabels(ticks, "%g");
    chart.xTitle("share of good ones called defective");
    std::string legend = legendEntry("accent", format("images, AUROC %.3f", evaluation.all.imageAuroc));
    if (evaluation.all.hasPixels)
    {
        legend += legendEntry("good", format("pixels, AUROC %.3f", evaluation.all.pixelAuroc));
        chart.curve(evaluation.pixelRoc, "second");
    }
    chart.curve(evaluation.imageRoc, "");
    return chartCard("ROC: share of defective ones found", legend, chart);
}

// Returns the curve up to x = limit, with an interpolated point there.
Curve cut(const Curve& curve, double limit)
{
    Curve kept;
    for (const Point2d& point : curve)
    {
        if (point.x > limit)
        {
            const Point2d last = kept.back();
            kept.push_back(last + (point - last) * ((limit - last.x) / (point.x - last.x)));
            break;
        }
        kept.push_back(point);
    }
    return kept;
}

std::string proCard(const Evaluation& evaluation)
{
    Chart chart(0, proLimit, 1.02);
    chart.gridLines({0, 0.25, 0.5, 0.75, 1}, "%g");
    chart.xLabels({0, 0.1, 0.2, 0.3}, "%g");
    chart.xTitle("share of good pixels called defective");
    chart.curve(cut(evaluation.pro, proLimit), "");
    return chartCard("PRO: share of a defect that is found",
                     legendEntry("accent", format("mean of all defects, AUPRO %.3f", evaluation.all.aupro)), chart);
}

// ---- figures

// A box with one figure in large letters.
std::string tile(const std::string& value, const std::string& name, const std::string& meaning)
{
    return "<div class='card tile'><b>" + value + "</b><span>" + name + "</span><small>" + meaning + "</small></div>\n";
}

std::string fraction(double value)
{
    return format("%.3f", value);
}

std::string tiles(const Evaluation& evaluation)
{
    const Figures& f = evaluation.all;
    std::string html =
        tile(fraction(f.imageAuroc), "Image AUROC", "how often a defective image scores above a good one");
    html += tile(fraction(f.imageF1), "Image F1", "precision and recall of images, at the best threshold");
    if (f.hasPixels)
    {
        html += tile(fraction(f.pixelAuroc), "Pixel AUROC", "the same of pixels");
        html += tile(fraction(f.aupro), "AUPRO",
                     "how much of each defect is found, small ones counted as much as large ones");
        if (f.hasAupimo)
            html += tile(fraction(f.aupimo), "AUPIMO",
                         "how much of an image's defects is found with hardly a false alarm on good images");
        html += tile(fraction(f.pixelF1), "Pixel F1", "precision and recall of pixels, at the best threshold");
    }
    html +=
        tile(format("%.0f ms", evaluation.secondsPerImage * 1e3), "Time an image", "on the machine of this evaluation");
    return "<div class=tiles>" + html + "</div>";
}

std::string row(const std::vector<std::string>& cells, const char* tag, const char* style = "")
{
    std::string html = format("<tr class='%s'>", style);
    for (const std::string& cell : cells)
        html += format("<%s>", tag) + cell + format("</%s>", tag);
    return html + "</tr>\n";
}

std::string table(const std::string& rows)
{
    return "<div class='card scroll'><table>" + rows + "</table></div>\n";
}

// A row of the table of figures.
std::string figuresRow(const std::string& name, int images, const Figures& f, const char* style)
{
    std::vector<std::string> cells = {name, std::to_string(images), fraction(f.imageAuroc), fraction(f.imageF1)};
    const std::string missing = "–";
    cells.push_back(f.hasPixels ? fraction(f.pixelAuroc) : missing);
    cells.push_back(f.hasPixels ? fraction(f.aupro) : missing);
    cells.push_back(f.hasAupimo ? fraction(f.aupimo) : missing);
    cells.push_back(f.hasPixels ? fraction(f.pixelF1) : missing);
    return row(cells, "td", style);
}

std::string typeTable(const Evaluation& evaluation)
{
    std::map<std::string, int> counts;
    for (const TestResult& result : evaluation.results)
        counts[result.image.type]++;
    std::string rows =
        row({"Type", "Images", "Image AUROC", "Image F1", "Pixel AUROC", "AUPRO", "AUPIMO", "Pixel F1"}, "th");
    rows += figuresRow("all", evaluation.all.images, evaluation.all, "all");
    for (const std::pair<std::string, Figures>& type : evaluation.types)
        rows += figuresRow(escaped(type.first), counts[type.first], type.second, "");
    return "<h2>By type of defect</h2><p>The images of each type against all " + std::to_string(counts["good"]) +
           " good ones.</p>" + table(rows);
}

std::string verdictsRow(const std::string& name, const Verdicts& v)
{
    return row({name, format("%.4g", v.threshold), fraction(v.f1()), fraction(v.precision()), fraction(v.recall())},
               "td");
}

std::string thresholdTable(const Evaluation& evaluation)
{
    std::string rows = row({"Threshold", "Value", "F1", "Precision", "Recall"}, "th");
    rows +=
        verdictsRow("image, best F1", evaluation.bestImage) + verdictsRow("image, the model's", evaluation.ownImage);
    if (evaluation.all.hasPixels)
        rows += verdictsRow("pixel, best F1", evaluation.bestPixel) +
                verdictsRow("pixel, the model's", evaluation.ownPixel);
    return "<h2>Thresholds</h2><p>The best F1 is found on these test images; the model's own thresholds were set "
           "without them.</p>" +
           table(rows);
}

// ---- pictures

// A shrunk copy of an image, embedded in the page.
std::string picture(const Mat& image, const std::string& caption)
{
    const int longest = 280;
    const double scale = std::min(1., double(longest) / std::max(image.rows, image.cols));
    Mat small;
    const Size size(std::max(1, cvRound(image.cols * scale)), std::max(1, cvRound(image.rows * scale)));
    resize(image, small, size, 0, 0, INTER_AREA);
    std::vector<uchar> jpeg;
    imencode(".jpg", small, jpeg, {IMWRITE_JPEG_QUALITY, 78});
    return "<figure><img alt='" + caption + "' src='data:image/jpeg;base64," + base64(jpeg) + "'><figcaption>" +
           caption + "</figcaption></figure>";
}

// Darkens the image outside the defects, and outlines these.
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

// A box about one test image: image, map and ground truth.
std::string caseCard(const TestResult& result, const Evaluation& evaluation, const AnomalyDetector& detector)
{
    const double threshold = evaluation.bestImage.threshold;
    const bool hasMasks = evaluation.all.hasPixels;
    const bool called = result.score >= threshold, defective = result.image.isDefective();
    const char* const outcome =
        called == defective ? (defective ? "found" : "passed") : (defective ? "missed defect" : "false alarm");
    const Mat read = readImage(result.image.file);
    Mat map, image;
    detector.toPicture(read, image);
    detector.predict(read, map, evaluation.region);
    std::string html =
        "<div class='card case'><header><b>" + escaped(result.image.type + "/" + fileName(result.image.file)) + "</b>";
    html += format("<span>score %.3g</span><em class='%s'>%s</em></header>", result.score,
                   called == defective ? "" : "wrong", outcome);
    html += hasMasks ? "<div class=pictures>" : "<div class='pictures two'>";
    html += picture(image, "image") + picture(drawOverlay(detector, read, map), "map");
    if (hasMasks)
        html += picture(drawGroundTruth(image, result.image.masks), defective ? "ground truth" : "no defect");
    return html + "</div></div>\n";
}

typedef std::vector<const TestResult*> Cases;

std::string gallery(const std::string& title, const std::string& text, const Cases& cases, const Evaluation& evaluation,
                    const AnomalyDetector& detector)
{
    if (cases.empty())
        return std::string();
    std::string html = "<h2>" + title + "</h2><p>" + text + "</p><div class=cases>";
    for (const TestResult* result : cases)
        html += caseCard(*result, evaluation, detector);
    return html + "</div>\n";
}

// Returns how far a score is on the wrong side of the threshold. It is negative on the right side.
double wrongBy(const TestResult& result, double threshold)
{
    return result.image.isDefective() ? threshold - result.score : result.score - threshold;
}

// All images, the clearest mistake first.
Cases worstFirst(const Evaluation& evaluation)
{
    const double threshold = evaluation.bestImage.threshold;
    Cases cases;
    for (const TestResult& result : evaluation.results)
        cases.push_back(&result);
    std::stable_sort(cases.begin(), cases.end(), [threshold](const TestResult* a, const TestResult* b) {
        return wrongBy(*a, threshold) > wrongBy(*b, threshold);
    });
    return cases;
}

// Shows the worst mistakes, or the narrowest decisions if there are no mistakes.
std::string misses(const Evaluation& evaluation, const AnomalyDetector& detector)
{
    const size_t most = 8, narrowest = 4;
    const Cases all = worstFirst(evaluation);
    const size_t wrong = size_t(evaluation.bestImage.missed + evaluation.bestImage.falseAlarms);
    if (wrong == 0)
        return gallery("Narrowest cases",
                       "No image is on the wrong side of the best F1's threshold. These are closest to it.",
                       Cases(all.begin(), all.begin() + std::min(narrowest, all.size())), evaluation, detector);
    const std::string text = format("With the best F1's threshold: %g missed defects and %g false alarms. The furthest "
                                    "on the wrong side come first%s.",
                                    evaluation.bestImage.missed, evaluation.bestImage.falseAlarms,
                                    wrong > most ? "; the rest is not shown" : "");
    return gallery("Worst misses", text, Cases(all.begin(), all.begin() + std::min(most, wrong)), evaluation, detector);
}

// Shows, for each defect type, the found image with the median score: a typical one, not the best.
std::string hits(const Evaluation& evaluation, const AnomalyDetector& detector)
{
    const size_t most = 8;
    std::map<std::string, Cases> found;
    for (const TestResult* result : worstFirst(evaluation))
        if (result->image.isDefective() && result->score >= evaluation.bestImage.threshold)
            found[result->image.type].push_back(result);
    Cases cases;
    for (const std::pair<const std::string, Cases>& type : found)
        if (cases.size() < most)
            cases.push_back(type.second[type.second.size() / 2]);
    return gallery("Hits", "Of each type the found defect with the median score.", cases, evaluation, detector);
}

std::string page(const std::string& title, const Evaluation& evaluation, const AnomalyDetector& detector)
{
    std::string html = "<!doctype html>\n<html lang=en><head><meta charset=utf-8><meta name=viewport "
                       "content='width=device-width, initial-scale=1'>";
    html += "<title>" + escaped(title) + " – anomaly detection</title>";
    html += "<style>" + String(styleSheet) + "</style></head><body>\n";
    html += "<h1>" + escaped(title) + "</h1><p>" + std::to_string(evaluation.all.images) + " test images</p>\n" +
            tiles(evaluation);
    html += "<div class=charts>" + histogramCard(evaluation) + rocCard(evaluation) +
            (evaluation.all.hasPixels ? proCard(evaluation) : "") + "</div>\n";
    html +=
        typeTable(evaluation) + thresholdTable(evaluation) + misses(evaluation, detector) + hits(evaluation, detector);
    html += "<footer>Maps are yellow from about the model's pixel threshold on, where they are also outlined; "
            "well below it they leave the image as it is. ";
    html += evaluation.all.hasPixels ? "Pixel figures are taken at the model's input resolution."
                                     : "There are no pixel figures: the category has no masks.";
    return html + "</footer></body></html>\n";
}

} // namespace

std::string reportFile(const std::string& folder)
{
    return utils::fs::join(folder, "index.html");
}

std::string writeReport(const std::string& folder, const std::string& title, const Evaluation& evaluation,
                        AnomalyDetector& detector)
{
    detector.setMapSize(MAP_IMAGE);
    const std::string file = reportFile(folder);
    makeParentFolder(file);
    writeFile(file, page(title, evaluation, detector));
    return file;
}
