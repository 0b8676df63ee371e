// This file is part of OpenCV project.
// It is subject to the license terms in the LICENSE file found in the top-level directory
// of this distribution and at http://opencv.org/license.html.
#include "../precomp.hpp"
#include "map_ranges.hpp"
#include "../backbone/int8_network.hpp"
#include "../base/even_sample.hpp"
#include "../input/tiling.hpp"

namespace cv { namespace anomaly {

// Inputs whose ranges are measured, and the memory that they may take together. A pixel takes 12 bytes as input, and
// some 40 in those maps of Lite0 that are needed at the same time.
static const size_t mostInputs = 32, mostBytes = 256 << 20, bytesOfPixel = 52;

// What the backbone sees of an image: all of it, or one of its tiles.
static Mat inputOf(const Mat& image, const InputSettings& input, size_t number)
{
    const TiledImage tiled(image, Mat(), input);
    return preprocess(tiled.image(int(number % tiled.count())), ofTile(input));
}

// The values that the darkest and the brightest pixel can have.
static Vec2f inputRange(const DetectorParams& settings)
{
    Vec2f range(0, 0);
    for (int c = 0; c < 3; c++)
        for (const double value : {0., 255.})
        {
            const float input = float((value - settings.inputMean[c]) * settings.inputScale[c]);
            range = Vec2f(std::min(range[0], input), std::max(range[1], input));
        }
    return range;
}

std::vector<Vec2f> rangesOnImages(const BackboneSource& source, const ImageSource& images,
                                  const std::vector<int>& indices, const DetectorParams& settings, int engine,
                                  const FitReporter& reporter)
{
    const std::vector<int> modes = inputModes(settings.inputMode);
    const size_t fitting = mostBytes / bytesOfPixel / size_t(std::max(inputShapeOf(settings).area(), 1));
    const size_t count = std::max(std::min(mostInputs, fitting) / modes.size(), size_t(1));
    const std::vector<int> sample = evenSample(indices, count);
    std::vector<Mat> inputs;
    for (size_t i = 0; i < sample.size(); i++)
    {
        reporter.report("ranges", int(i), int(sample.size()));
        Mat image;
        if (readImage(images, sample[i], settings.skipUnreadable, image))
            for (const int mode : modes)
                inputs.push_back(inputOf(image, inputSettings(settings, mode), i));
    }
    if (inputs.empty())
        CV_Error_(Error::StsBadArg, ("None of %zu images can be read that the ranges of the backbone's maps are to be "
                                     "measured on",
                                     sample.size()));
    return rangesOfMaps(source, inputs, inputRange(settings), engine);
}

}} // namespace cv::anomaly
