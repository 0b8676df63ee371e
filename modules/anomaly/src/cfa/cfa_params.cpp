// This file is part of OpenCV project.
// It is subject to the license terms in the LICENSE file found in the top-level directory
// of this distribution and at http://opencv.org/license.html.
#include "../precomp.hpp"
#include "cfa_params.hpp"

namespace cv { namespace anomaly {

// A smaller tile would be stretched into an image that takes the more memory, and shows nothing more.
static const int smallestTile = 32;

static const char* const defaultOutputs[] = {"c2", "c3", "c4"};

CFA::Params::Params()
    : embedBackbone(false),
      outputs(defaultOutputs, defaultOutputs + 3),
      inputMean(Scalar::all(127)),
      inputScale(Scalar::all(1. / 128)),
      swapRB(true),
      significantBits(16),
      inputMode(INPUT_RESIZED),
      inputSize(224),
      resizeSize(256),
      tile(0),
      tileOverlap(0.125),
      gammaC(0.25),
      gammaD(0.25),
      K(3),
      J(3),
      alpha(0.1),
      radius(1e-5),
      learnRadius(true),
      epochs(15),
      batchSize(4),
      learningRate(1e-3),
      weightDecay(5e-4),
      bankMode(BANK_MEAN),
      scoringBank(SCORING_BANK_PATCHES),
      bankMomentum(0.01),
      adaptation(ADAPTATION_FULL),
      descriptorInit(INIT_UNIFORM),
      augmentation(AUGMENT_NONE),
      patience(0),
      scoreMode(SCORE_NEAREST),
      smoothSigma(4),
      imageScore(SCORE_MAX),
      topShare(0.01),
      mapSize(MAP_IMAGE),
      validationFraction(0.1),
      thresholdQuantile(0.995),
      seed(0),
      skipUnreadable(false),
      cacheMiB(2048)
{}

CFA::Params CFA::Params::paper()
{
    Params params;
    params.inputMode = INPUT_CROPPED;
    params.gammaC = params.gammaD = 1;
    params.bankMode = BANK_EMA;
    params.scoringBank = SCORING_BANK_KEPT;
    params.scoreMode = SCORE_CERTAINTY;
    params.epochs = 30;
    params.descriptorInit = INIT_HE;
    return params;
}

namespace {

struct RangeCheck
{
    bool has(const char*) const { return true; }
    void operator()(const char* name, double value, double low, double high) const
    {
        if (!(value >= low && value <= high))
            CV_Error_(Error::StsOutOfRange, ("Parameter %s is %g, expected %g to %g", name, value, low, high));
    }
    void operator()(const char* name, const Scalar& value) const
    {
        if (!checkRange(Mat(value), true, NULL, -1e6, 1e6)) // beyond it a network overflows
            CV_Error_(Error::StsOutOfRange, ("Parameter %s holds NaN or a number out of -1e6 to 1e6", name));
    }
    void operator()(const char* name, const std::vector<String>& value) const
    {
        if (value.empty())
            CV_Error_(Error::StsOutOfRange,
                      ("Parameter %s is empty, expected the name of at least one output of the backbone", name));
    }
    void operator()(const char*, bool) const {}
};

} // namespace

void checkParams(const CFA::Params& params)
{
    const RangeCheck check;
    visitParams(params, check);
    if (params.inputMode != CFA::INPUT_RESIZED && params.resizeSize < params.inputSize)
        CV_Error_(Error::StsOutOfRange, ("Parameter resizeSize is %d, expected at least inputSize %d to cut from",
                                         params.resizeSize, params.inputSize));
    if (params.tile > 0 && params.tile < smallestTile)
        CV_Error_(Error::StsOutOfRange,
                  ("Parameter tile is %d, expected 0 (the image as a whole) or at least %d pixels", params.tile,
                   smallestTile));
    if (params.tile > 0 && params.inputMode != CFA::INPUT_RESIZED)
        CV_Error_(Error::StsOutOfRange,
                  ("Parameter tile is %d with inputMode %d, expected INPUT_RESIZED: tiles are seen to their edges",
                   params.tile, params.inputMode));
    if (params.cacheMiB < 0)
        CV_Error_(Error::StsOutOfRange, ("Parameter cacheMiB is %d, expected 0 or more", params.cacheMiB));
}

}} // namespace cv::anomaly
