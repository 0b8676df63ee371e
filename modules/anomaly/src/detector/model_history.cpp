// This file is part of OpenCV project.
// It is subject to the license terms in the LICENSE file found in the top-level directory
// of this distribution and at http://opencv.org/license.html.
#include "../precomp.hpp"
#include "model_history.hpp"
#include "../input/image_statistics.hpp"
#include "../input/turned_image.hpp"
#include "model_fields.hpp"

#include <functional>

namespace cv { namespace anomaly {

static const char* const historyName = "history";

// Scores as one row. The Mat borrows the memory of the vector.
static Mat rowOf(const std::vector<float>& scores)
{
    return Mat(1, int(scores.size()), CV_32F, const_cast<float*>(scores.data()));
}

// Passes each list of scores to the visitor with the name that it has in model files.
static void visitScores(const ModelHistory& history,
                        const std::function<void(const char* name, const std::vector<float>& scores)>& visit)
{
    visit("scores", history.good.scores.freshScores());
    visit("levels", history.good.levels.freshScores());
    visit("learnedScores", history.good.scores.learnedScores());
    visit("learnedLevels", history.good.levels.learnedScores());
}

void writeHistory(FileStorage& file, const ModelHistory& history)
{
    if (history.images == 0)
        return;
    file << historyName << "{"
         << "images" << history.images << "updates" << history.updates << "imageFollows" << int(history.imageFollows)
         << "pixelFollows" << int(history.pixelFollows);
    if (history.rotations > 1)
        file << "rotations" << history.rotations;
    visitScores(history, [&file](const char* name, const std::vector<float>& scores) {
        if (!scores.empty())
            file << name << rowOf(scores);
    });
    file << "statistics" << history.good.statistics << "}";
}

static std::vector<float> readScores(const ModelNode& node, const char* name)
{
    if (node[name].empty())
        return std::vector<float>();
    const Mat scores = matrix(node, name, CV_32F);
    expectSize(scores, name, 1, std::min(scores.cols, int(GoodImages::most)));
    return std::vector<float>(scores.begin<float>(), scores.end<float>());
}

static GoodImages readGoodImages(const ModelNode& node)
{
    GoodImages good;
    good.scores = GoodSample(readScores(node, "scores"), readScores(node, "learnedScores"));
    good.levels = GoodSample(readScores(node, "levels"), readScores(node, "learnedLevels"));
    good.statistics = matrix(node, "statistics", CV_32F);
    expectSize(good.statistics, "statistics", std::min(good.statistics.rows, int(GoodImages::most)), imageFigures);
    if (good.scores.empty() || good.scores.freshScores().size() != good.levels.freshScores().size())
        CV_Error(Error::StsParseError,
                 "Model file has no 'scores' of good images in 'history', or another number of 'levels'");
    return good;
}

ModelHistory readHistory(const ModelNode& model)
{
    ModelHistory history;
    const ModelNode node = model[historyName];
    if (node.empty())
        return history;
    history.images = integer(node, "images", 1, ModelHistory::most);
    history.updates = integer(node, "updates", 0, ModelHistory::most);
    history.imageFollows = integer(node, "imageFollows", 0, 1) != 0;
    history.pixelFollows = integer(node, "pixelFollows", 0, 1) != 0;
    if (!node["rotations"].empty())
        history.rotations = integer(node, "rotations", 1, mostRotations);
    history.good = readGoodImages(node);
    return history;
}

void addHistory(Sha256& sum, const ModelHistory& history)
{
    if (history.images == 0)
        return;
    const int counts[] = {history.images, history.updates, history.imageFollows, history.pixelFollows};
    sum.add(counts, sizeof(counts));
    if (history.rotations > 1)
        sum.add(&history.rotations, sizeof(history.rotations));
    visitScores(history, [&sum](const char*, const std::vector<float>& scores) {
        sum.add(scores.data(), scores.size() * sizeof(float));
    });
    const Mat statistics = history.good.statistics.clone(); // the clone is continuous
    sum.add(statistics.data, statistics.total() * sizeof(float));
}

}} // namespace cv::anomaly
