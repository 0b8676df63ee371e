// This file is part of OpenCV project.
// It is subject to the license terms in the LICENSE file found in the top-level directory
// of this distribution and at http://opencv.org/license.html.
#ifndef OPENCV_ANOMALY_PATCHCORE_HPP
#define OPENCV_ANOMALY_PATCHCORE_HPP

#include "opencv2/anomaly/detector.hpp"

namespace cv { namespace anomaly {

//! @addtogroup anomaly
//! @{

/** @brief PatchCore: a memory bank of patches that covers the good images @cite Roth2022patchcore.

The feature maps of a frozen backbone are averaged over 3x3 neighborhoods, brought to one grid and joined to one vector
for each patch. The bank is a greedy coreset of the patches of all good images. The score of a patch is its distance to
the nearest patch of the bank. Nothing is trained, so fit takes seconds and needs no LibTorch. Parts may lie anywhere in
the image, since a patch is compared with those of all places.

Unlike in the paper, patches are compared along the axes of their covariance, and axes with much variance are shortened
(see Params::whitening): what varies among good parts anyway says less about a defect. Params::paper returns the
settings of the paper. PatchCore computes on the processor only.

Stages of FitProgress: "features", "axes", "patches", "coreset", "bank", "thresholds".
*/
class CV_EXPORTS_W PatchCore : public AnomalyDetector
{
public:
    //! Settings of PatchCore in addition to those of all detectors.
    struct CV_EXPORTS_W_SIMPLE Params : public DetectorParams
    {
        CV_WRAP Params();

        //! Distance between neighboring patches in pixels of the network's input. Coarser feature maps are interpolated
        //! to that grid, finer ones are averaged. Half of it makes four times as many patches, which take four times as
        //! long. Range: [1, 256]. Default: 8.
        CV_PROP_RW int patchStride;
        //! Largest number of patches in the memory bank: fewer are faster, more cover rarer good patches. Range: [1,
        //! 1000000]. Default: 4000.
        CV_PROP_RW int bankSize;
        //! Number of patches that the bank is chosen from, drawn evenly from all good images; 0: all patches. A larger
        //! pool covers more of what is rare in good images, and also more of what is wrong with them. Range: 0 or more.
        //! Default: 100000.
        CV_PROP_RW int poolSize;
        //! Dimensions of the random projection in which the patches of the bank are chosen, as in the paper's code; 0:
        //! they are chosen without a projection, which is slower. Range: [0, 4096]. Default: 128.
        CV_PROP_RW int projection;
        //! How far directions in which good patches vary much are shortened before patches are compared: each axis of
        //! the covariance is divided by its standard deviation to this power. What varies among good parts then counts
        //! less. 0: no axis is shortened, as in the paper; 1: distances are Mahalanobis distances. Range: [0, 1].
        //! Default: 0.5.
        CV_PROP_RW double whitening;
        //! Number of axes of the patches' covariance that are kept, those with the greatest variance first: fewer make
        //! a smaller and faster model; 0: all. There are never more axes than a twelfth of the patches that they are
        //! computed from. Range: [0, 4096]. Default: 256.
        CV_PROP_RW int axes;
        //! For parts that lie alike: how many patches across and down a patch of the bank may lie from the patch that
        //! is compared with it. What is good in one place can then be a defect in another, and small windows also take
        //! less time. If the bank has no patch that near, those of the nearest places are taken. 0: all patches of the
        //! bank are compared; -1: fit chooses 3 or 0 by the training images, and getWindow tells which. With tiles only
        //! 0 and -1 are accepted, and -1 means 0. Range: [-1, 512]. Default: 0.
        CV_PROP_RW int window;
        //! 1: the image score is taken from the map, as imageScore says; on MVTec AD this is as good. 2 or more: it is
        //! the score of the most unusual patch, weighted by the K patches of the bank nearest to that patch's own
        //! nearest one (Eq. 6 and 7 of the paper, which takes 9); such a score ignores a mask given to predict. Range:
        //! [1, 64]. Default: 1.
        CV_PROP_RW int K;

        //! Settings of the paper: INPUT_CROPPED, outputs c3, c4, whitening 0, axes 0, K 9, SCORE_MAX; not its bank.
        CV_WRAP static PatchCore::Params paper();
    };

    /** @brief Makes a detector that is ready to fit.
    @throws cv::Exception naming the parameter that is out of range, or the backbone that cannot be read
    */
    CV_WRAP static Ptr<PatchCore> create(const PatchCore::Params& parameters = PatchCore::Params());

    /** @brief Loads a model that save wrote. See loadDetector for the parameters. */
    CV_WRAP static Ptr<PatchCore> load(const String& filename, const String& backboneFile = String());

    //! Settings in use.
    CV_WRAP virtual PatchCore::Params getParams() const = 0;
    //! Window in use: Params::window, or the one that fit chose if that is -1; 0: no window. It is that of the only
    //! model or of the first one of an ensemble.
    CV_WRAP virtual int getWindow() const = 0;
    //! Memory bank, CV_32F: one row for each patch, in the order in which the coreset chose them, and one column for
    //! each axis (for each feature if Params::whitening and Params::axes are both 0). It is that of the only model or
    //! of the first one of an ensemble.
    CV_WRAP virtual Mat getMemoryBank() const = 0;
};

//! @}

}} // namespace cv::anomaly

#endif
