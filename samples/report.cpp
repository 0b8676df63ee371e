// This file is part of OpenCV project.
// It is subject to the license terms in the LICENSE file found in the top-level directory
// of this distribution and at http://opencv.org/license.html.
#include "report.hpp"
#include "files.hpp"
#include "json_lines.hpp"
#include "report_cases.hpp"
#include "report_charts.hpp"
#include "report_page.hpp"

#include "opencv2/core/utils/filesystem.hpp"

#include <cmath>
#include <map>

using namespace cv;
using namespace cv::anomaly;

namespace {

// ---- figures

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

std::string figuresHeader(const std::string& first)
{
    return row({first, "Images", "Image AUROC", "Image F1", "Pixel AUROC", "AUPRO", "AUPIMO", "Pixel F1"}, "th");
}

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
    std::string rows = figuresHeader("Type");
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

std::string thresholdTable(const ReportedModel& model)
{
    const Evaluation& evaluation = model.evaluation;
    std::string rows = row({"Threshold", "Value", "F1", "Precision", "Recall"}, "th");
    rows += verdictsRow("image, best F1", evaluation.bestImage);
    rows += verdictsRow("image, the model's", evaluation.ownImage);
    if (evaluation.all.hasPixels)
        rows += verdictsRow("pixel, best F1", evaluation.bestPixel) +
                verdictsRow("pixel, the model's", evaluation.ownPixel);
    return std::string("<h2>Thresholds</h2><p>The best F1 is found on these test images; ") +
           (model.hasGivenThreshold ? "a threshold that was given for this page stands in place of the model's own."
                                    : "the model's own thresholds were set without them.") +
           "</p>" + table(rows);
}

// ---- thresholds to try: the script fills in what is empty here

std::string slider(const ReportedModel& model, const std::string& kind, const std::string& title)
{
    const std::string jump = "<button type=button data-kind=" + kind + " data-to=";
    return "<label>" + title + " threshold <output class=" + kind + "></output><input type=range min=0 class=" + kind +
           " aria-label='" + title + " threshold of " + escaped(model.name) + "'></label><div class=jumps>" +
           (kind == "image" ? jump + "best>best F1</button>" + jump + "own>the model's</button>"
                            : jump + "pixelOwn>the model's</button>") +
           "</div>\n";
}

std::string emptyCounts()
{
    return "<table class=counts>" + row({"", "called defective", "called good"}, "th") +
           "<tr><td>defective</td><td class=found></td><td class=missed></td></tr>"
           "<tr><td>good</td><td class=alarms></td><td class=passed></td></tr></table>"
           "<p class=rates>Precision <b class=precision></b>, recall <b class=recall></b>, F1 <b class=f1></b></p>\n";
}

std::string thresholdPanel(const ReportedModel& model, size_t index)
{
    return format("<div class='card model' data-model=%d><h3>", int(index)) + escaped(model.name) + "</h3>" +
           slider(model, "image", "Image") + emptyCounts() + slider(model, "pixel", "Pixel") +
           "<p>The command that writes a model with these thresholds:</p>"
           "<pre tabindex=0><code class=command></code></pre></div>\n";
}

std::string thresholdSection(const std::vector<ReportedModel>& models)
{
    std::string html =
        "<section id=thresholds hidden><h2>Try thresholds</h2><p>Images whose score reaches the image threshold are "
        "called defective; each step of its slider changes the verdict on an image. The pixel threshold decides what "
        "is outlined in the maps below, whose colors stay. Both start as in the tables above.</p><div class=charts>";
    for (size_t m = 0; m < models.size(); m++)
        html += thresholdPanel(models[m], m);
    return html + "</div></section>\n";
}

// ---- data of the script

// With all digits, since a threshold between two scores must tell them apart.
std::string exactNumber(double number)
{
    return std::isfinite(number) ? format("%.17g", number) : String("null");
}

std::string modelData(const ReportedModel& model, double highest)
{
    double lowest, unused;
    model.detector->getMapRange(lowest, unused);
    const double own = model.detector->getPixelThreshold();
    std::vector<std::string> scores;
    for (const TestResult& result : model.evaluation.results)
        scores.push_back(exactNumber(result.score));
    JsonObject json;
    json.put("name", model.name);
    json.put("command", model.command);
    json.putJson("best", exactNumber(model.evaluation.bestImage.threshold));
    json.putJson("own", exactNumber(model.evaluation.ownImage.threshold));
    json.putJson("pixelOwn", exactNumber(own));
    json.putJson("low", exactNumber(std::max(0., std::min(lowest, own))));
    json.putJson("high", exactNumber(std::max(highest, own)));
    json.putJson("scores", jsonArray(scores));
    return json.text();
}

std::string imageData(const TestResult& result)
{
    JsonObject json;
    json.put("name", imageName(result));
    json.putJson("defective", result.image.isDefective() ? "true" : "false");
    return json.text();
}

std::string pageData(const std::vector<ReportedModel>& models, const std::vector<double>& highest)
{
    std::vector<std::string> modelTexts, images;
    for (size_t m = 0; m < models.size(); m++)
        modelTexts.push_back(modelData(models[m], highest[m]));
    for (const TestResult& result : models[0].evaluation.results)
        images.push_back(imageData(result));
    JsonObject json;
    json.putJson("models", jsonArray(modelTexts));
    json.putJson("images", jsonArray(images));
    return json.text();
}

// ---- the page

std::string comparison(const std::vector<ReportedModel>& models)
{
    size_t different = 0;
    for (size_t i = 0; i < models[0].evaluation.results.size(); i++)
        different += differ(models, i);
    std::string rows = figuresHeader("Model");
    for (const ReportedModel& model : models)
        rows += figuresRow(escaped(model.name), model.evaluation.all.images, model.evaluation.all, "");
    return "<h2>Two models</h2><p>On the same images, of which " + std::to_string(different) +
           (different == 1 ? " has" : " have") +
           " different verdicts with the thresholds of each model's best F1.</p>" + table(rows);
}

std::string modelFigures(const ReportedModel& model, int index, bool isNamed)
{
    const Evaluation& evaluation = model.evaluation;
    std::string html = isNamed ? "<h2>" + escaped(model.name) + "</h2>" : "";
    html += tiles(evaluation);
    html += "<div class=charts>" + histogramCard(evaluation, index) + rocCard(evaluation, index) +
            (evaluation.all.hasPixels ? proCard(evaluation) : "") + "</div>\n";
    return html + typeTable(evaluation) + thresholdTable(model);
}

std::string missesText(const std::vector<ReportedModel>& models, size_t wrong, size_t shown)
{
    if (wrong == 0)
        return "No image is on the wrong side of the best F1's threshold. These are closest to it.";
    std::string text = "With the best F1's threshold";
    for (const ReportedModel& model : models)
        text += (models.size() > 1 ? "; " + escaped(model.name) : "") +
                format(": %g missed defects and %g false alarms", model.evaluation.bestImage.missed,
                       model.evaluation.bestImage.falseAlarms);
    text += models.size() > 1 ? ". Images with different verdicts come first, then the furthest on the wrong side"
                              : ". The furthest on the wrong side come first";
    return text + (wrong > shown ? "; the rest is not shown." : ".");
}

std::string galleries(const std::vector<ReportedModel>& models, std::vector<double>& highest)
{
    const ChosenCases chosen = chooseCases(models);
    size_t wrong = 0;
    for (size_t i = 0; i < models[0].evaluation.results.size(); i++)
        wrong += isAnyWrong(models, i);
    const char* const title = wrong ? "Worst misses" : "Narrowest cases";
    std::string html = format("<h2 id=wrong_title>%s</h2><p id=wrong_text>", title);
    html += missesText(models, wrong, chosen.worst.size()) + "</p><div class=cases id=wrong>" +
            caseCards(chosen.worst, models, highest) + "</div><ul id=rest></ul>\n";
    html += format("<section%s>", chosen.hits.empty() ? " hidden" : "");
    html += "<h2>Hits</h2><p>Of each type the found defect with the median score.</p><div class=cases id=hits>" +
            caseCards(chosen.hits, models, highest) + "</div></section>\n";
    return html + "<div class=cases id=others hidden>" + caseCards(chosen.others, models, highest) + "</div>\n";
}

std::string head(const std::string& title)
{
    return "<!doctype html>\n<html lang=en><head><meta charset=utf-8><meta name=viewport "
           "content='width=device-width, initial-scale=1'><title>" +
           escaped(title) + " – anomaly detection</title><style>" + reportStyle + "</style></head><body>\n";
}

std::string footer(bool hasPixels)
{
    return std::string("<footer>Maps are yellow from about the model's pixel threshold on, where they are also "
                       "outlined; well below it they leave the image as it is. ") +
           (hasPixels ? "Pixel figures are taken at the model's input resolution."
                      : "There are no pixel figures: the category has no masks.") +
           "</footer>\n";
}

std::string page(const std::string& title, const std::vector<ReportedModel>& models)
{
    const bool isComparison = models.size() > 1;
    std::string html = head(title) + "<h1>" + escaped(title) + "</h1><p>" +
                       std::to_string(models[0].evaluation.all.images) + " test images</p>\n";
    html += isComparison ? comparison(models) : std::string();
    for (size_t m = 0; m < models.size(); m++)
        html += modelFigures(models[m], int(m), isComparison);
    std::vector<double> highest; // value of each model's maps
    html += thresholdSection(models) + galleries(models, highest) + footer(models[0].evaluation.all.hasPixels);
    html += "<script id=data type='application/json'>" + inScript(pageData(models, highest)) + "</script>\n";
    return html + "<script>" + reportScript + "</script></body></html>\n";
}

} // namespace

std::string reportFile(const std::string& folder)
{
    return joined(folder, "index.html");
}

std::string writeReport(const std::string& folder, const std::string& title, const std::vector<ReportedModel>& models)
{
    for (const ReportedModel& model : models)
        model.detector->setMapSize(MAP_IMAGE);
    const std::string file = reportFile(folder);
    makeParentFolder(file);
    writeFile(file, page(title, models));
    return file;
}
