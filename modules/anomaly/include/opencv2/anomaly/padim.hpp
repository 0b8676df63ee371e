// This file is part of OpenCV project.
// It is subject to the license terms in the LICENSE file found in the top-level directory
// of this distribution and at http://opencv.org/license.html.
#ifndef OPENCV_ANOMALY_PADIM_HPP
#define OPENCV_ANOMALY_PADIM_HPP

#include "opencv2/anomaly/detector.hpp"

namespace cv { namespace anomaly {

//! @addtogroup anomaly
//! @{

/** @brief PaDiM: a Gaussian distribution of the features at each position @cite Defard2021padim.

At each position of the patch grid, PaDiM learns the mean and the covariance of a few of the backbone's features over
the good images. The score of a patch is its Mahalanobis distance to the Gaussian at its position. Nothing is trained,
so fit needs no LibTorch. PaDiM is for parts that lie alike in all images, since what is normal at one place counts at
that place only.

A position at which masks leave fewer than two training images has no Gaussian and scores 0. PaDiM computes on the
processor only.

Stages of FitProgress: "features", "gaussians", "thresholds".
*/
class CV_EXPORTS_W PaDiM : public AnomalyDetector
{
public:
    //! How the features of a patch are reduced to Params::features numbers.
    enum Reduction
    {
        FEATURES_DRAWN = 0,    //!< randomly drawn channels, as in the paper
        FEATURES_PROJECTED = 1 //!< a random orthogonal projection of all channels
    };

    //! Settings of PaDiM in addition to those of all detectors.
    struct CV_EXPORTS_W_SIMPLE Params : public DetectorParams
    {
        CV_WRAP Params();

        //! Distance between neighboring patches in pixels of the network's input. Feature maps are averaged 3x3, which
        //! the paper does not do; then coarser ones are interpolated to that grid, and finer ones averaged. The model
        //! grows with the number of patches. Range: [1, 256]. Default: 8.
        CV_PROP_RW int patchStride;
        //! Number of features of a patch that are kept, at most as many as there are. The model holds features x
        //! (features + 3) / 2 numbers for each patch, so that twice as many make it four times as large; a model file
        //! can hold up to 448 at 28 x 28 patches. The paper takes 100 with ResNet18 and 550 with Wide ResNet50-2.
        //! Range: [1, 4096]. Default: 100.
        CV_PROP_RW int features;
        //! How the features that are kept are found, one of Reduction. Default: FEATURES_DRAWN.
        CV_PROP_RW int reduction;
        //! Value added to the variance of each feature, so that fewer images than features are enough. Range: (0, 1e6].
        //! Default: 0.01.
        CV_PROP_RW double regularization;
    };

    /** @brief Makes a detector that is ready to fit.
    @throws cv::Exception naming the parameter that is out of range, or the backbone that cannot be read
    */
    CV_WRAP static Ptr<PaDiM> create(const PaDiM::Params& parameters = PaDiM::Params());

    /** @brief Loads a model that save wrote. See loadDetector for the parameters. */
    CV_WRAP static Ptr<PaDiM> load(const String& filename, const String& backboneFile = String());

    //! Settings in use.
    CV_WRAP virtual PaDiM::Params getParams() const = 0;
};

//! @}

}} // namespace cv::anomaly

#endif
