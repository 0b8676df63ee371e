// This file is part of OpenCV project.
// It is subject to the license terms in the LICENSE file found in the top-level directory
// of this distribution and at http://opencv.org/license.html.
#ifndef OPENCV_ANOMALY_DRIFT_HPP
#define OPENCV_ANOMALY_DRIFT_HPP

#include "opencv2/anomaly/detector.hpp"

namespace cv { namespace anomaly {

//! @addtogroup anomaly
//! @{

//! Figures of an image that DriftMonitor follows from image to image.
enum DriftFigure
{
    DRIFT_BRIGHTNESS = 0, //!< mean of the gray values, 0 to 255
    DRIFT_CONTRAST = 1,   //!< standard deviation of the gray values
    //! Share of fine detail: the root of the ratio of the Laplacian's energy to the gradient's, which does not depend
    //! on light. For an image larger than 1024 x 1024 pixels it is taken of the middle 1024 x 1024.
    DRIFT_SHARPNESS = 2,
    DRIFT_X = 3,    //!< center of gravity of the edges, as a share of the image's width
    DRIFT_Y = 4,    //!< center of gravity of the edges, as a share of the image's height
    DRIFT_SCORE = 5 //!< the score that AnomalyDetector::predict returns
};

/** @brief Tells when images no longer look like the good images that the model learned: because of an aging lamp, a
lens out of focus, a moved fixture, or another material.

It follows the median of each figure over the last `window` images, and names the figures whose median has left the
range of the good images. Defects have no effect while fewer than half of the images in the window have any.

The range of a figure reaches from the 15 % to the 85 % quantile of the good images, and at least 10 % of their median
to either side (15 % for sharpness, 1 % of the image's side for the position). It is wider if the model learned few good
images, or if the window is short, because what they show is then uncertain: so wide that the median of a window of good
images lies beyond one end only once in 3000 times, if the figure is normally distributed. With two or three good images
that is so wide that hardly anything is reported. For the score only the upper end counts.

If parts lie anywhere in the image, or if the light always changes, the range is wide, and changes within it are not
reported.

One object follows one camera. Only one thread at a time may use it.
*/
class CV_EXPORTS_W DriftMonitor
{
public:
    virtual ~DriftMonitor() {}

    /** @brief Makes a monitor that has not seen any image yet.
    @param detector fitted detector. The monitor copies the figures of its good images, so make a new monitor after an
    update of the detector
    @param window number of images over which medians are taken, [5, 1000]
    @throws cv::Exception of code Error::StsNotImplemented if the model was saved before model files kept these figures
    */
    CV_WRAP static Ptr<DriftMonitor> create(const Ptr<AnomalyDetector>& detector, int window = 25);

    /** @brief Adds an image. If the window is full, the oldest image leaves it.
    @param image the image that was given to AnomalyDetector::predict
    @param score the score that predict returned for it; NaN counts as a high score
    */
    CV_WRAP virtual void add(InputArray image, double score) = 0;

    /** @brief Names what has changed. The list is empty while the window is not full.
    @return any of "light" (brightness or contrast), "focus" (sharpness) and "position"; or only "texture", if none of
    these has changed but the median score has been high for a third of a window
    */
    CV_WRAP virtual std::vector<String> getDrift() const = 0;

    /** @brief Returns the median of a figure in the window and the range of the good images.
    @param figure one of cv::anomaly::DriftFigure
    @param median median over the images in the window; NaN if there is none
    @param lowest lower end of the range of the good images
    @param highest upper end of that range
    */
    CV_WRAP virtual void getFigure(int figure, CV_OUT double& median, CV_OUT double& lowest,
                                   CV_OUT double& highest) const = 0;

    //! Number of images in the window.
    CV_WRAP virtual int count() const = 0;
    //! Removes all images from the window, for instance after the light was repaired.
    CV_WRAP virtual void clear() = 0;
};

//! @}

}} // namespace cv::anomaly

#endif
