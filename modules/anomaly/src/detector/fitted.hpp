// This file is part of OpenCV project.
// It is subject to the license terms in the LICENSE file found in the top-level directory
// of this distribution and at http://opencv.org/license.html.
#ifndef OPENCV_ANOMALY_FITTED_HPP
#define OPENCV_ANOMALY_FITTED_HPP

#include "../backbone/backbone.hpp"
#include "../base/batch_wish.hpp"
#include "model_io.hpp"
#include "../input/preprocess.hpp"
#include "../base/stage_clock.hpp"

#include <memory>

namespace cv { namespace anomaly {

//! INPUT_RESIZED or INPUT_CROPPED, in the order of the models of an ensemble.
std::vector<int> inputModes(int inputMode);

InputSettings inputSettings(const CFA::Params& params, int inputMode);

// Images, or tiles, that go through the network of a GPU together at most: one alone leaves most of it idle.
const int gpuBatch = 32;

class Head;

//! All that predict needs, never changed once made: calls that run keep theirs when fit or a setter puts another in its
//! place.
struct Fitted
{
    Fitted(const CfaModel& model, const std::shared_ptr<const Backbone>& backbone, const Device& device);

    //! The map at the resolution of the first head's input: for an ensemble the whole image, averaged where both heads
    //! see it. Maps of tiles are blended. wish: asked before each tile.
    void inputMap(const Mat& image, StageClock* clock, Mat& map, BatchWish* wish = NULL) const;

    //! The same of several images, of which a GPU sees gpuBatch at a time.
    void inputMaps(const std::vector<Mat>& images, std::vector<Mat>& maps, BatchWish* wish) const;

    //! K maps at the resolution of the first head's input: its distances to the nearest center, to the second, and so
    //! on.
    void neighborMaps(const Mat& image, std::vector<Mat>& maps) const;

    //! An input map as predict gives it: itself, or with MAP_IMAGE stretched over the part of the image that it shows,
    //! 0 outside.
    void outputMap(const Mat& inputMap, Size image, OutputArray map) const;

    //! That of the first head.
    InputSettings input() const;

    double imageScore(const Mat& inputMap, const Mat& inputMask) const;

    //! Whether so many images, or tiles, are best scored each by a thread of its own: none waits for another then, a
    //! tenth less time on two cores, but each needs a network of its own.
    bool takesAtOnce(int count) const;

    //! Of images, or tiles of one, that are seen as a whole.
    void wholeMaps(const Mat* images, int count, StageClock* clock, Mat* maps, BatchWish* wish) const;

    const Device device;
    CfaModel model;
    std::shared_ptr<const Backbone> backbone;
    std::vector<std::shared_ptr<const Head>> heads;

private:
    void averageWithCropped(const Mat* images, int count, StageClock* clock, Mat* maps) const;
};

}} // namespace cv::anomaly

#endif
