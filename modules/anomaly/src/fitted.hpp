// This file is part of OpenCV project.
// It is subject to the license terms in the LICENSE file found in the top-level directory
// of this distribution and at http://opencv.org/license.html.
#ifndef OPENCV_ANOMALY_FITTED_HPP
#define OPENCV_ANOMALY_FITTED_HPP

#include "backbone.hpp"
#include "model_io.hpp"
#include "preprocess.hpp"
#include "stage_clock.hpp"

#include <memory>

namespace cv {
namespace anomaly {

//! INPUT_RESIZED or INPUT_CROPPED, in the order of the models of an ensemble.
std::vector<int> inputModes(int inputMode);

InputSettings inputSettings(const CFA::Params& params, int inputMode);

class Head;

//! All that predict needs, never changed once made: calls that run keep theirs when fit or a setter puts another in its place.
struct Fitted
{
    Fitted(const CfaModel& model, const std::shared_ptr<const Backbone>& backbone, int engine);

    //! The map at the resolution of the first head's input: for an ensemble the whole image, averaged where both heads see it. Maps of tiles are blended.
    void inputMap(const Mat& image, StageClock* clock, Mat& map) const;

    //! K maps at the resolution of the first head's input: its distances to the nearest centre, to the second, and so on.
    void neighbourMaps(const Mat& image, std::vector<Mat>& maps) const;

    //! The input map stretched over the part of the image that it shows, 0 outside. map: of the image's size.
    void imageMap(const Mat& inputMap, Mat& map) const;

    //! That of the first head.
    InputSettings input() const;

    double imageScore(const Mat& inputMap, const Mat& inputMask) const;

    //! Whether so many images, or tiles, are best scored each by a thread of its own: none waits for another then, a tenth less time on two
    //! cores, but each needs a network of its own.
    bool takesAtOnce(int count) const;

    //! Of an image, or a tile of one, that is seen as a whole.
    void wholeMap(const Mat& image, StageClock* clock, Mat& map) const;

    CfaModel model;
    std::shared_ptr<const Backbone> backbone;
    std::vector<std::shared_ptr<const Head> > heads;
};

}} // namespace cv::anomaly

#endif
