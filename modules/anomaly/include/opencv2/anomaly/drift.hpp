// This file is part of OpenCV project.
// It is subject to the license terms in the LICENSE file found in the top-level directory
// of this distribution and at http://opencv.org/license.html.
#ifndef OPENCV_ANOMALY_DRIFT_HPP
#define OPENCV_ANOMALY_DRIFT_HPP

#include "opencv2/anomaly/detector.hpp"

namespace cv { namespace anomaly {

//! @addtogroup anomaly
//! @{

//! What DriftMonitor follows from image to image.
enum DriftFigure
{
    DRIFT_BRIGHTNESS = 0, //!< mean of the gray values, 0 to 255
    DRIFT_CONTRAST = 1,   //!< standard deviation of the gray values
    //! Share of fine detail: the root of the energy of the Laplacian over that of the gradient, which does not depend
    //! on light; of a large image, of its middle 1024 x 1024 pixels
    DRIFT_SHARPNESS = 2,
    DRIFT_X = 3,    //!< center of the edges, as a share of the image's width
    DRIFT_Y = 4,    //!< the same of its height
    DRIFT_SCORE = 5 //!< what predict returns
};

/** @brief Tells when images are no longer as those that the model knows as good: a lamp that ages, a lens out of focus,
a fixture that moved, another material.

It follows the median of each figure over the last images, `window` of them, and says which have left the range of the
good images. Defects do not matter while fewer than half of the window's images have any.

The range reaches from the 15 % to the 85 % quantile of good images, and at least 10 % of their median to either side
(sharpness: 15 %, position: 1 % of the image's side); with fewer than 20 good images, from their lowest to their
highest. Of the score only the upper end counts. That more than half of 25 images that are as the good ones lie beyond
the 85 % quantile happens once in 60,000 times.

Where parts lie at any place or light always changes, the range is wide, and nothing is said of it.

One object follows one camera. It may be used by one thread at a time.
*/
class CV_EXPORTS_W DriftMonitor
{
public:
    virtual ~DriftMonitor() {}

    /** @brief Makes one that has seen nothing yet.
    @param detector fitted detector, of which it takes what good images show now: after an update make another
    @param window images of which the median is taken, [5, 1000]
    @throws cv::Exception of code Error::StsNotImplemented for a model from a file of before models kept that
    */
    CV_WRAP static Ptr<DriftMonitor> create(const Ptr<AnomalyDetector>& detector, int window = 25);

    /** @brief Adds an image; the oldest one of a full window leaves it.
    @param image the image, as predict takes it
    @param score what predict returned for it; one that is no number counts as high
    */
    CV_WRAP virtual void add(InputArray image, double score) = 0;

    /** @brief What has changed; empty while the window is not full.
    @return any of "light" (brightness or contrast), "focus" (sharpness), "position", or else "texture" where for a
    third of a window the scores alone have been high
    */
    CV_WRAP virtual std::vector<String> getDrift() const = 0;

    /** @brief Where a figure stands.
    @param figure one of cv::anomaly::DriftFigure
    @param median of the images in the window; NaN where there is none
    @param lowest lower end of the range of good images
    @param highest upper end
    */
    CV_WRAP virtual void getFigure(int figure, CV_OUT double& median, CV_OUT double& lowest,
                                   CV_OUT double& highest) const = 0;

    //! Images in the window.
    CV_WRAP virtual int count() const = 0;
    //! Forgets all images, as after the light was repaired.
    CV_WRAP virtual void clear() = 0;
};

//! @}

}} // namespace cv::anomaly

#endif
