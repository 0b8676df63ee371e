// This file is part of OpenCV project.
// It is subject to the license terms in the LICENSE file found in the top-level directory
// of this distribution and at http://opencv.org/license.html.
#ifndef OPENCV_ANOMALY_CFA_PARAMS_HPP
#define OPENCV_ANOMALY_CFA_PARAMS_HPP

#include "../detector/params_visitor.hpp"

#include "opencv2/anomaly/cfa.hpp"

namespace cv { namespace anomaly {

//! Passes each setting that only CFA has, and that a model file holds, to the visitor with its range.
void visitCfaParams(CFA::Params& params, ParamsVisitor& visitor);

//! Throws StsOutOfRange if the scoring bank would have fewer patches than the K that scores need.
void checkScoringBankSize(const CFA::Params& params);

}} // namespace cv::anomaly

#endif
