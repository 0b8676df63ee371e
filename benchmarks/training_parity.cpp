// This file is part of OpenCV project.
// It is subject to the license terms in the LICENSE file found in the top-level directory
// of this distribution and at http://opencv.org/license.html.
// training_parity INPUT OUTPUT: trains without a detector around it, and writes W, b, r and the loss of each step to
// OUTPUT. INPUT has the images, W0, b0, C and the order of the batches. training_parity.py runs this program.
#include "opencv2/anomaly.hpp"
#include "opencv2/imgcodecs.hpp"

#include "../modules/anomaly/src/backbone/backbone.hpp"
#include "../modules/anomaly/src/cfa/bank_for_trainer.hpp"
#include "../modules/anomaly/src/patches/descriptor.hpp"
#include "../modules/anomaly/src/input/preprocess.hpp"
#include "../modules/anomaly/src/training/trainer_loader.hpp"

#include <cstdio>
#include <iostream>
#include <stdexcept>

using namespace cv;
using namespace cv::anomaly;

namespace {

// Returns the pooled feature maps of each file, by scale.
std::vector<std::vector<Mat>> featuresOf(const std::vector<String>& files, const std::vector<String>& outputs)
{
    const InputSettings input = {
        Size(224, 224), Size(224, 224), Scalar::all(127), Scalar::all(1. / 128), true, 0, 0, 16, false};
    const std::shared_ptr<const Backbone> backbone =
        Backbone::create(loadBackbone("lite0", outputs), onProcessor(ENGINE_PLAIN));
    std::vector<std::vector<Mat>> features;
    for (const String& file : files)
        features.push_back(poolPatches(backbone->forward(preprocess(imread(file), input)).maps));
    return features;
}

std::vector<ScaleShape> shapesOf(const std::vector<Mat>& maps)
{
    std::vector<ScaleShape> shapes;
    for (const Mat& map : maps)
        shapes.push_back({map.size[1], map.size[2], map.size[3]});
    return shapes;
}

// Returns one scale of a batch as channels x images * patches.
Mat joined(const std::vector<std::vector<Mat>>& features, const Mat& images, int scale)
{
    std::vector<Mat> maps;
    for (int i = 0; i < images.cols; i++)
    {
        const Mat& map = features[images.at<int>(i)][scale];
        maps.push_back(map.reshape(1, map.size[1]));
    }
    Mat batch;
    hconcat(maps, batch);
    return batch;
}

// Trains with one batch, and returns its loss.
double step(Trainer& trainer, BankForTrainer& bank, const std::vector<std::vector<Mat>>& features, const Mat& images)
{
    std::vector<Mat> maps;
    std::vector<const float*> pointers;
    for (size_t scale = 0; scale < features[0].size(); scale++)
        maps.push_back(joined(features, images, int(scale)));
    for (const Mat& map : maps)
        pointers.push_back(map.ptr<float>());
    StepFigures figures = {0, 0, 0};
    if (!trainer.step(pointers.data(), NULL, images.cols, bank, figures))
        throw std::runtime_error(std::string(trainer.error()) + " " + bank.error);
    return figures.loss;
}

void train(const FileStorage& given, FileStorage& result)
{
    std::vector<String> files, outputs;
    Mat W, b, order;
    Mat centers;
    given["files"] >> files;
    given["outputs"] >> outputs;
    given["W0"] >> W;
    given["b0"] >> b;
    given["C"] >> centers;
    given["order"] >> order; // batches x images, CV_32S
    const std::vector<std::vector<Mat>> features = featuresOf(files, outputs);
    const std::vector<ScaleShape> shapes = shapesOf(features[0]);
    const std::unique_ptr<Trainer> trainer =
        createTrainer({shapes.data(), int(shapes.size()), W.ptr<float>(), b.ptr<float>(), W.rows, 3, 3, 1e-5, true,
                       true, 0.1, 1e-3, 5e-4, 2, TRAIN_ON_CPU});
    BankForTrainer bank(centers, CFA::create()->getEngine());
    std::vector<double> losses;
    for (int batch = 0; batch < order.rows; batch++)
        losses.push_back(step(*trainer, bank, features, order.row(batch)));
    double radius = 0;
    if (!trainer->read(W.ptr<float>(), b.ptr<float>(), radius))
        throw std::runtime_error(trainer->error());
    result << "W" << W << "b" << b << "r" << radius << "losses" << losses;
}

} // namespace

int main(int argc, char** argv)
{
    if (argc != 3)
    {
        std::cerr << "usage: training_parity INPUT OUTPUT\n";
        return 2;
    }
    try
    {
        const FileStorage given(argv[1], FileStorage::READ);
        FileStorage result(argv[2], FileStorage::WRITE);
        train(given, result);
        return 0;
    }
    catch (const std::exception& error)
    {
        std::cerr << "training_parity: " << error.what() << '\n';
        return 1;
    }
}
