// This file is part of OpenCV project.
// It is subject to the license terms in the LICENSE file found in the top-level directory
// of this distribution and at http://opencv.org/license.html.
#ifndef OPENCV_ANOMALY_CFA_PARAMS_HPP
#define OPENCV_ANOMALY_CFA_PARAMS_HPP

#include "opencv2/anomaly/cfa.hpp"

#include <cfloat>
#include <climits>

namespace cv { namespace anomaly {

/** @brief Shows each parameter that a model file holds to `visit`, numbers with their lowest and highest value: the one
list behind range checks, writing and reading. The backbone's name and bytes are a section of their own in the file. */
template <typename Params, typename Visitor> void visitParams(Params& p, Visitor& visit)
{
    const double positive = DBL_MIN, any = DBL_MAX;
    visit("outputs", p.outputs);
    visit("inputMean", p.inputMean);
    visit("inputScale", p.inputScale);
    visit("swapRB", p.swapRB);
    visit("inputMode", p.inputMode, int(CFA::INPUT_RESIZED), int(CFA::INPUT_ENSEMBLE));
    visit("inputSize", p.inputSize, 32, 4096);
    visit("resizeSize", p.resizeSize, 32, 8192);
    visit("gammaC", p.gammaC, positive, 1.);
    visit("gammaD", p.gammaD, positive, 2.);
    visit("K", p.K, 1, 64);
    visit("J", p.J, 1, 64);
    visit("alpha", p.alpha, 0., any);
    visit("radius", p.radius, 0., any);
    visit("learnRadius", p.learnRadius);
    visit("epochs", p.epochs, 0, INT_MAX);
    visit("batchSize", p.batchSize, 1, 4096);
    visit("learningRate", p.learningRate, 0., any);
    visit("weightDecay", p.weightDecay, 0., any);
    visit("bankMode", p.bankMode, int(CFA::BANK_MEAN), int(CFA::BANK_EMA));
    visit("bankMomentum", p.bankMomentum, positive, 1.);
    visit("adaptation", p.adaptation, int(CFA::ADAPTATION_NONE), int(CFA::ADAPTATION_FULL));
    visit("descriptorInit", p.descriptorInit, int(CFA::INIT_UNIFORM), int(CFA::INIT_HE));
    visit("scoreMode", p.scoreMode, int(CFA::SCORE_CERTAINTY), int(CFA::SCORE_NEAREST));
    visit("smoothSigma", p.smoothSigma, 0., 100.);
    visit("imageScore", p.imageScore, int(CFA::SCORE_MAX), int(CFA::SCORE_TOP));
    visit("topShare", p.topShare, positive, 1.);
    visit("mapSize", p.mapSize, int(MAP_IMAGE), int(MAP_INPUT));
    visit("validationFraction", p.validationFraction, 0., 0.5);
    visit("thresholdQuantile", p.thresholdQuantile, 0., 1.);
    visit("seed", p.seed, INT_MIN, INT_MAX);
    // These are not in the first files.
    if (visit.has("augmentation"))
        visit("augmentation", p.augmentation, int(CFA::AUGMENT_NONE), int(CFA::AUGMENT_RD));
    if (visit.has("patience"))
        visit("patience", p.patience, 0, INT_MAX);
    if (visit.has("scoringBank"))
        visit("scoringBank", p.scoringBank, int(CFA::SCORING_BANK_KEPT), int(CFA::SCORING_BANK_PATCHES));
    if (visit.has("significantBits"))
        visit("significantBits", p.significantBits, 8, 16);
    if (visit.has("tile"))
    {
        visit("tile", p.tile, 0, 1 << 16);
        visit("tileOverlap", p.tileOverlap, 0., 0.5);
    }
}

//! Throws StsOutOfRange naming the first parameter that is out of its range.
void checkParams(const CFA::Params& params);

}} // namespace cv::anomaly

#endif
