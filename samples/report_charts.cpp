// This file is part of OpenCV project.
// It is subject to the license terms in the LICENSE file found in the top-level directory
// of this distribution and at http://opencv.org/license.html.
#include "report_charts.hpp"
#include "report_page.hpp"

#include <algorithm>
#include <cmath>

using namespace cv;

namespace {

//! An SVG drawing of 400 x 260 with axes, to which marks are added in their own units.
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

    // Labels of long numbers at the right end are moved to the left, so that the picture does not cut them.
    void xLabels(const std::vector<double>& values, const char* numberFormat)
    {
        const double widthOfDigit = 8; // at the font size of 12.5 that the page gives to charts
        for (const double value : values)
        {
            const std::string text = format(numberFormat, value);
            body +=
                label(std::min(x(value), width - widthOfDigit / 2 * double(text.size())), bottom + 16, "middle", text);
        }
    }

    void xTitle(const std::string& text) { body += label((left + right) / 2., bottom + 34, "middle", text); }

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

    // Where the script shows the threshold of a slider: at a value, or at a point.
    void chosenLine(int model)
    {
        body +=
            format("<line class='mark chosen' display=none data-model=%d data-of=score data-axes='%.9g %.9g' y1='%d' "
                   "y2='%d'/>",
                   model, x(0), x(1) - x(0), top, bottom);
    }

    void chosenPoint(int model)
    {
        body += format("<circle class=chosen display=none data-model=%d data-of=roc data-axes='%.9g %.9g %.9g %.9g' "
                       "r=5 />",
                       model, x(0), x(1) - x(0), y(0), y(1) - y(0));
    }

    std::string svg(const std::string& name) const
    {
        return format("<svg viewBox='0 0 %d 260' role=img aria-label='", width) + name + "'>" + body + "</svg>";
    }

private:
    double x(double value) const { return left + (right - left) * (value - x0) / (x1 - x0); }
    double y(double value) const { return bottom - (bottom - top) * value / y1; }

    static std::string label(double atX, double atY, const char* anchor, const std::string& text)
    {
        return format("<text x='%.1f' y='%.1f' text-anchor=%s>%s</text>", atX, atY, anchor, text.c_str());
    }

    static const int width = 400, left = 38, right = 384, top = 8, bottom = 218;
    const double x0, x1, y1;
    std::string body;
};

std::string legendEntry(const char* color, const std::string& text)
{
    return format("<span><i style='background:var(--%s)'></i>%s</span>", color, text.c_str());
}

std::string chartCard(const std::string& title, const std::string& legend, const Chart& chart)
{
    return "<div class=card><h3>" + title + "</h3><div class=legend>" + legend + "</div>" + chart.svg(title) +
           "</div>\n";
}

// Steps of 1, 2 or 5 times a power of ten: some five of them up to the highest.
std::vector<double> roundSteps(double highest)
{
    const double rough = highest / 5, power = std::pow(10, std::floor(std::log10(rough))), ratio = rough / power;
    const double step = std::max(1., power * (ratio > 5 ? 10 : ratio > 2 ? 5 : ratio > 1 ? 2 : 1));
    std::vector<double> steps;
    for (double value = 0; value <= highest; value += step)
        steps.push_back(value);
    return steps;
}

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

// The curve up to the limit, interpolated there.
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

} // namespace

std::string histogramCard(const Evaluation& evaluation, int model)
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
    chart.chosenLine(model);
    chart.xLabels({h.low, (h.low + edge(bins)) / 2, edge(bins)}, "%.2f");
    chart.xTitle("score");
    return chartCard(
        "Scores",
        legendEntry("good", "good") + legendEntry("accent", "defective") +
            format("<span>line: threshold of the best F1, %.3f</span><span>dashed: the model's own, %.3f</span>", best,
                   own),
        chart);
}

std::string rocCard(const Evaluation& evaluation, int model)
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
    chart.chosenPoint(model);
    return chartCard("ROC: share of defective ones found", legend, chart);
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
