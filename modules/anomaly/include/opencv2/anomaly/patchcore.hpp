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

The feature maps of a frozen backbone are averaged over 3x3 neighborhoods, brought to one grid and joined, and the bank
is a
greedy coreset of what good images have there. A patch's score is its distance to the nearest patch of the bank. Nothing
is
trained, so fit takes seconds and needs no LibTorch. It bears parts that lie anyhow, since a patch may be anywhere.

Unlike the paper's, patches are compared along the axes of their covariance, of which those with much variance are
shortened (see Params::whitening): what varies among good parts anyway says less about a defect. Params::paper() has the
settings of the paper.

Stages of FitProgress: "features", "axes", "patches", "coreset", "bank", "thresholds".
*/
class CV_EXPORTS_W PatchCore : public AnomalyDetector
{
public:
    //! The settings of PatchCore beside those that all detectors have.
    struct CV_EXPORTS_W_SIMPLE Params : public DetectorParams
    {
        CV_WRAP Params();

        //! Pixels of the input from one patch to the next: coarser maps are interpolated, finer ones averaged. Half of
        //! it makes four times as many patches, which cost four times as much; [1, 256]; default 8
        CV_PROP_RW int patchStride;
        //! Patches that the bank keeps at most, [1, 1000000]; default 4000
        CV_PROP_RW int bankSize;
        //! Patches that the bank is chosen from, drawn evenly from all good images; 0: all there are. A bank that is
        //! chosen from more covers more of what is rare in good images, and also of what is wrong with them; default
        //! 100000
        CV_PROP_RW int poolSize;
        //! Dimensions of the random projection in which the coreset is chosen (128 in the paper's code), 0: chosen
        //! without one; [0, 4096]; default 128
        CV_PROP_RW int projection;
        //! How far directions in which good patches vary much are shortened before patches are compared: each axis of
        //! their covariance is divided by its standard deviation to this power. 0: none are, as in the paper; 1:
        //! distances are Mahalanobis distances; [0, 1]; default 0.5
        CV_PROP_RW double whitening;
        //! Axes of the covariance that are kept, those with the greatest variance: fewer make a smaller and faster
        //! model; 0: all; [0, 4096]; default 256. There are no more than a twelfth of the patches that they are found
        //! from
        CV_PROP_RW int axes;
        //! How far from a patch's own place, in patches across and down, those of the bank come from with which it is
        //! compared, for parts that lie alike: what is good at one place may be a defect at another. Small windows also
        //! take less time. Where the bank has no patch so near, the nearest places that have some are taken. 0: all of
        //! the bank is compared; -1: fit chooses between a window of 3 and none, by the training images
        //! (see getWindow). With tiles 0 or -1 only, which is 0 then; [-1, 512]; default 0
        CV_PROP_RW int window;
        //! 1: the image's score is that of the map (see imageScore), which on MVTec AD is not worse. More: it is that
        //! of the most unusual patch, weighted with the K patches of the bank that are nearest to its nearest one (Eq.
        //! 6 and 7 of the paper, which has 9); it then takes no notice of a mask given to predict. [1, 64]; default 1
        CV_PROP_RW int K;

        //! The paper's: whitening 0, axes 0, K 9, and the image's score from the map's maximum.
        CV_WRAP static PatchCore::Params paper();
    };

    /** @brief Makes a detector that is ready to fit.
    @throws cv::Exception naming the parameter that is out of range, or the backbone that cannot be read
    */
    CV_WRAP static Ptr<PatchCore> create(const PatchCore::Params& parameters = PatchCore::Params());

    /** @brief Loads a model that save wrote. See loadDetector for the parameters. */
    CV_WRAP static Ptr<PatchCore> load(const String& filename, const String& backboneFile = String());

    //! The settings in use.
    CV_WRAP virtual PatchCore::Params getParams() const = 0;
    //! The window in use: Params::window, or what fit chose for -1; 0: none. Of the only model, or the first of an
    //! ensemble.
    CV_WRAP virtual int getWindow() const = 0;
    //! The memory bank, patches x axes (or features, where the axes are not found), CV_32F, in the order of choice: of
    //! the only model, or the first of an ensemble.
    CV_WRAP virtual Mat getMemoryBank() const = 0;
};

//! @}

}} // namespace cv::anomaly

#endif
