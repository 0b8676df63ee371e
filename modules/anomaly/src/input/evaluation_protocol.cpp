// This file is part of OpenCV project.
// It is subject to the license terms in the LICENSE file found in the top-level directory
// of this distribution and at http://opencv.org/license.html.
#include "../precomp.hpp"
#include "preprocess.hpp"
#include "random_view.hpp"

namespace cv { namespace anomaly {

void maskToInput(InputArray mask, const DetectorParams& params, OutputArray inputMask)
{
    CV_CheckTypeEQ(mask.type(), CV_8UC1, "A mask must have one byte per pixel");
    maskAtInput(mask.getMat(), inputSettings(params, inputModes(params.inputMode)[0])).copyTo(inputMask);
}

void randomView(InputArray image, InputArray mask, const DetectorParams& params, int seed, OutputArray view,
                OutputArray viewMask)
{
    const Mat source = image.getMat(), sourceMask = mask.getMat();
    checkImage(source, "The image", params.significantBits);
    checkMask(sourceMask, source.size());
    if (params.tile > 0)
        CV_Error(Error::StsNotImplemented, "A view has the size of the network's input, but a model with tiles does "
                                           "not see images at one size: predict the image itself");
    const RandomView chosen = drawView(params, 0, seed);
    // predict with INPUT_CROPPED cuts the center out of the view itself, so the view keeps the border around it.
    const Size size = params.inputMode == INPUT_RESIZED ? inputShapeOf(params) : stretchedShapeOf(params);
    chosen.of(source, size).copyTo(view);
    if (viewMask.needed())
        chosen.ofMask(sourceMask, size).copyTo(viewMask);
}

}} // namespace cv::anomaly
