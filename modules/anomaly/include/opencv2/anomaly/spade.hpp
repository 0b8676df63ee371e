// This file is part of OpenCV project.
// It is subject to the license terms in the LICENSE file found in the top-level directory
// of this distribution and at http://opencv.org/license.html.
#ifndef OPENCV_ANOMALY_SPADE_HPP
#define OPENCV_ANOMALY_SPADE_HPP

#include "opencv2/anomaly/detector.hpp"

namespace cv { namespace anomaly {

//! @addtogroup anomaly
//! @{

/** @brief SPADE: comparison with the most similar good images @cite Cohen2020spade.

The bank holds all patches of all good images. For each image, SPADE first retrieves the K good images whose mean
features of the coarsest map are nearest. The score of a patch is the distance to the nearest patch of those images,
summed over the backbone's maps. Nothing is trained, so fit needs no LibTorch. The model grows with each image, and
predict is slower than with any other method of this module. With the embedded backbone an image takes 0.83 MiB: 9,900
images fill the 8 GiB that a bank may take, and 366 images the largest model file.

The image's score is its mean distance to the K images. It is not taken from the map, so DetectorParams::imageScore has
no effect, and a mask given to predict restricts the map only. With tiles the image's score is that of the most unusual
tile. SPADE computes on the processor only.

Stages of FitProgress: "features", "bank", "thresholds".
*/
class CV_EXPORTS_W SPADE : public AnomalyDetector
{
public:
    //! Settings of SPADE in addition to those of all detectors.
    struct CV_EXPORTS_W_SIMPLE Params : public DetectorParams
    {
        CV_WRAP Params();

        //! Distance between patches in pixels of the network's input: finer maps are averaged to it, coarser ones are
        //! compared as they are, and all are averaged 3x3 first, unlike in the paper. Range: [1, 256]. Default: 8.
        CV_PROP_RW int patchStride;
        //! Number of good images, the most similar ones, that an image is compared with; all of them if there are no
        //! more. Range: [1, 1000]. Default: 50.
        CV_PROP_RW int K;
    };

    /** @brief Makes a detector that is ready to fit.
    @throws cv::Exception naming the parameter that is out of range, or the backbone that cannot be read
    */
    CV_WRAP static Ptr<SPADE> create(const SPADE::Params& parameters = SPADE::Params());

    /** @brief Loads a model that save wrote. See loadDetector for the parameters. */
    CV_WRAP static Ptr<SPADE> load(const String& filename, const String& backboneFile = String());

    //! Settings in use.
    CV_WRAP virtual SPADE::Params getParams() const = 0;
};

//! @}

}} // namespace cv::anomaly

#endif
