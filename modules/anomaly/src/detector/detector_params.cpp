// This file is part of OpenCV project.
// It is subject to the license terms in the LICENSE file found in the top-level directory
// of this distribution and at http://opencv.org/license.html.
#include "../precomp.hpp"
#include "detector_params.hpp"
#include "../input/preprocess.hpp"
#include "../input/turned_image.hpp"

namespace cv { namespace anomaly {

// A smaller tile would be stretched to more pixels than it has, which takes memory and shows nothing more.
static const int smallestTile = 32;

static const char* const defaultOutputs[] = {"c2", "c3", "c4"};

DetectorParams::DetectorParams()
    : embedBackbone(false),
      outputs(defaultOutputs, defaultOutputs + 3),
      precision(PRECISION_FLOAT32),
      inputMean(Scalar::all(127)),
      inputScale(Scalar::all(1. / 128)),
      swapRB(true),
      significantBits(16),
      chooseContrast(true),
      matchContrast(false),
      inputMode(INPUT_RESIZED),
      inputSize(224),
      keepAspect(true),
      resizeSize(256),
      tile(0),
      tileOverlap(0.125),
      rotations(0),
      smoothSigma(4),
      imageScore(SCORE_TOP),
      topShare(0.003),
      mapSize(MAP_IMAGE),
      validationFraction(0),
      thresholdQuantile(0.97),
      defectArea(50),
      contamination(0),
      seed(0),
      skipUnreadable(false),
      cacheMiB(2048)
{}

void visitDetectorParams(DetectorParams& p, ParamsVisitor& v)
{
    v.visit("outputs", p.outputs);
    v.visit("inputMean", p.inputMean);
    v.visit("inputScale", p.inputScale);
    v.visit("swapRB", p.swapRB);
    v.visit("inputMode", p.inputMode, int(INPUT_RESIZED), int(INPUT_ENSEMBLE));
    v.visit("inputSize", p.inputSize, smallestInputSide, largestInputSide);
    v.visit("resizeSize", p.resizeSize, smallestInputSide, largestStretchedSide);
    v.visit("smoothSigma", p.smoothSigma, 0., 100.);
    v.visit("imageScore", p.imageScore, int(SCORE_MAX), int(SCORE_TOP));
    v.visit("topShare", p.topShare, 1e-9, 1.);
    v.visit("mapSize", p.mapSize, int(MAP_IMAGE), int(MAP_INPUT));
    v.visit("validationFraction", p.validationFraction, 0., 0.5);
    v.visit("thresholdQuantile", p.thresholdQuantile, 0., 1.);
    v.visit("seed", p.seed, INT_MIN, INT_MAX);
    // Model files of earlier versions lack the following settings. They get the values that keep the scores of such
    // files.
    if (v.has("significantBits"))
        v.visit("significantBits", p.significantBits, 8, 16);
    if (v.has("tile"))
    {
        v.visit("tile", p.tile, 0, 1 << 16);
        v.visit("tileOverlap", p.tileOverlap, 0., 0.5);
    }
    if (v.has("defectArea"))
        v.visit("defectArea", p.defectArea, 0, 1 << 24);
    else
        p.defectArea = 0; // at that time every pixel above the threshold counted
    if (v.has("contamination"))
        v.visit("contamination", p.contamination, 0., 0.5);
    if (v.has("keepAspect"))
    {
        v.visit("keepAspect", p.keepAspect);
        v.visit("inputShape", p.inputShape, smallestInputSide, largestInputSide);
    }
    else
    {
        p.keepAspect = false;
        p.inputShape = Size(p.inputSize, p.inputSize);
    }
    if (v.has("chooseContrast"))
    {
        v.visit("chooseContrast", p.chooseContrast);
        v.visit("matchContrast", p.matchContrast);
    }
    else
        p.chooseContrast = p.matchContrast = false;
    if (v.has("rotations"))
        v.visit("rotations", p.rotations, 0, mostRotations);
    else
        p.rotations = 1;
    if (v.has("precision"))
        v.visit("precision", p.precision, int(PRECISION_FLOAT32), int(PRECISION_INT8));
    else
        p.precision = PRECISION_FLOAT32;
}

// Tiles are squares that are all stretched to the input's size, so most other ways to shape the input exclude them.
static void checkTile(const DetectorParams& params)
{
    const Size shape = inputShapeOf(params);
    if (params.tile < smallestTile)
        CV_Error_(Error::StsOutOfRange,
                  ("Parameter tile is %d, expected 0 (the image as a whole) or at least %d pixels", params.tile,
                   smallestTile));
    if (params.inputMode != INPUT_RESIZED)
        CV_Error_(Error::StsOutOfRange,
                  ("Parameter tile is %d with inputMode %d, expected INPUT_RESIZED: tiles are seen to their edges",
                   params.tile, params.inputMode));
    if (params.matchContrast)
        CV_Error_(Error::StsOutOfRange,
                  ("Parameter matchContrast is true with tile %d, expected false: a tile that shows nothing but a "
                   "plain surface has no contrast to match",
                   params.tile));
    if (shape.width != shape.height)
        CV_Error_(Error::StsOutOfRange,
                  ("Parameter inputShape is %dx%d with tile %d, expected a square or an empty Size: tiles are squares",
                   shape.width, shape.height, params.tile));
}

void checkDetectorParams(const DetectorParams& params)
{
    if (params.inputMode != INPUT_RESIZED && params.resizeSize < params.inputSize)
        CV_Error_(Error::StsOutOfRange, ("Parameter resizeSize is %d, expected at least inputSize %d to cut from",
                                         params.resizeSize, params.inputSize));
    const Size stretched = stretchedShapeOf(params);
    if (std::max(stretched.width, stretched.height) > largestStretchedSide)
        CV_Error_(Error::StsOutOfRange,
                  ("Parameter resizeSize is %d, which stretches images to %dx%d to cut from, expected sides of at most "
                   "%d pixels: lower resizeSize, or raise inputSize",
                   params.resizeSize, stretched.width, stretched.height, largestStretchedSide));
    for (int c = 0; c < 3; c++)
        if (params.inputScale[c] == 0)
            CV_Error_(Error::StsOutOfRange,
                      ("Parameter inputScale is 0 for channel %d, with which all images look alike", c));
    if (params.tile > 0)
        checkTile(params);
    if (params.cacheMiB < 0)
        CV_Error_(Error::StsOutOfRange, ("Parameter cacheMiB is %d, expected 0 or more", params.cacheMiB));
}

void RangeCheck::visit(const char* name, int& value, int lowest, int highest)
{
    double number = value;
    visit(name, number, lowest, highest);
}

void RangeCheck::visit(const char* name, double& value, double lowest, double highest)
{
    if (!(value >= lowest && value <= highest))
        CV_Error_(Error::StsOutOfRange, ("Parameter %s is %g, expected %g to %g", name, value, lowest, highest));
}

void RangeCheck::visit(const char* name, Size& value, int lowest, int highest)
{
    if (value != Size() && !sidesAreWithin(value, lowest, highest))
        CV_Error_(Error::StsOutOfRange, ("Parameter %s is %dx%d, expected sides of %d to %d, or an empty Size", name,
                                         value.width, value.height, lowest, highest));
}

void RangeCheck::visit(const char* name, Scalar& value)
{
    if (!checkRange(Mat(value), true, NULL, -1e6, 1e6)) // with larger numbers a network overflows
        CV_Error_(Error::StsOutOfRange, ("Parameter %s holds NaN or a number out of -1e6 to 1e6", name));
}

void RangeCheck::visit(const char* name, std::vector<String>& value)
{
    if (value.empty())
        CV_Error_(Error::StsOutOfRange,
                  ("Parameter %s is empty, expected the name of at least one output of the backbone", name));
}

}} // namespace cv::anomaly
