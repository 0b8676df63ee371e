// This file is part of OpenCV project.
// It is subject to the license terms in the LICENSE file found in the top-level directory
// of this distribution and at http://opencv.org/license.html.
#include "../precomp.hpp"
#include "cfa_params.hpp"

namespace cv { namespace anomaly {

CFA::Params::Params()
    : gammaC(0.25),
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
      scoringBank(SCORING_BANK_CORESET),
      scoringBankSize(4000),
      bankMomentum(0.01),
      adaptation(ADAPTATION_FULL),
      descriptorInit(INIT_UNIFORM),
      augmentation(AUGMENT_NONE),
      patience(0),
      scoreMode(SCORE_NEAREST)
{
    imageScore = SCORE_TOP;
    topShare = 0.01;
}

CFA::Params CFA::Params::paper()
{
    Params params;
    params.inputMode = INPUT_CROPPED;
    params.keepAspect = false;
    params.chooseContrast = false;
    params.gammaC = params.gammaD = 1;
    params.bankMode = BANK_EMA;
    params.scoringBank = SCORING_BANK_KEPT;
    params.scoreMode = SCORE_CERTAINTY;
    params.imageScore = SCORE_MAX;
    params.epochs = 30;
    params.descriptorInit = INIT_HE;
    return params;
}

void visitCfaParams(CFA::Params& p, ParamsVisitor& v)
{
    const double positive = DBL_MIN, any = DBL_MAX;
    v.visit("gammaC", p.gammaC, positive, 1.);
    v.visit("gammaD", p.gammaD, positive, 2.);
    v.visit("K", p.K, 1, 64);
    v.visit("J", p.J, 1, 64);
    v.visit("alpha", p.alpha, 0., any);
    v.visit("radius", p.radius, 0., any);
    v.visit("learnRadius", p.learnRadius);
    v.visit("epochs", p.epochs, 0, INT_MAX);
    v.visit("batchSize", p.batchSize, 1, 4096);
    v.visit("learningRate", p.learningRate, 0., any);
    v.visit("weightDecay", p.weightDecay, 0., any);
    v.visit("bankMode", p.bankMode, int(CFA::BANK_MEAN), int(CFA::BANK_EMA));
    v.visit("bankMomentum", p.bankMomentum, positive, 1.);
    v.visit("adaptation", p.adaptation, int(CFA::ADAPTATION_NONE), int(CFA::ADAPTATION_FULL));
    v.visit("descriptorInit", p.descriptorInit, int(CFA::INIT_UNIFORM), int(CFA::INIT_HE));
    v.visit("scoreMode", p.scoreMode, int(CFA::SCORE_CERTAINTY), int(CFA::SCORE_NEAREST));
    // The first model files lack the following settings. Their scoring bank is the one that the descriptor adapted to.
    if (v.has("augmentation"))
        v.visit("augmentation", p.augmentation, int(CFA::AUGMENT_NONE), int(CFA::AUGMENT_RD));
    if (v.has("patience"))
        v.visit("patience", p.patience, 0, INT_MAX);
    if (v.has("scoringBank"))
        v.visit("scoringBank", p.scoringBank, int(CFA::SCORING_BANK_KEPT), int(CFA::SCORING_BANK_CORESET));
    else
        p.scoringBank = CFA::SCORING_BANK_KEPT;
    if (v.has("scoringBankSize")) // files that lack it have no bank of this size
        v.visit("scoringBankSize", p.scoringBankSize, 1, 1000000);
}

void checkScoringBankSize(const CFA::Params& params)
{
    if (params.scoringBank == CFA::SCORING_BANK_CORESET && params.scoringBankSize < params.K)
        CV_Error_(Error::StsOutOfRange, ("Parameter scoringBankSize is %d, expected at least K = %d patches",
                                         params.scoringBankSize, params.K));
}

}} // namespace cv::anomaly
