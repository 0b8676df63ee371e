// This file is part of OpenCV project.
// It is subject to the license terms in the LICENSE file found in the top-level directory
// of this distribution and at http://opencv.org/license.html.
#include "../precomp.hpp"
#include "spade_scorer.hpp"
#include "../device/halide_runtime.hpp"
#include "../kernels/halide_buffers.hpp"
#include "../kernels/panels.hpp"

#include "anomaly_nearest_1.h"

namespace cv { namespace anomaly {

// The dense search of NeighborSearch, without the preparation for many calls, because the rows of an image are searched
// only once. Packing them takes a tenth of the search's time.
void nearestRowsHalide(const Mat& rows, const Mat& phi, Mat& squaredDistances)
{
    CV_CheckEQ(rows.cols, phi.rows, "The bank is of another number of channels");
    const Mat panels = packPanels(rows, panelWidth, -2), norms = packSquaredNorms(rows, panelWidth),
              padded = padColumns(rows, exactLanes);
    Mat indices(1, phi.cols, CV_32S);
    squaredDistances.create(1, phi.cols, CV_32F);
    runKernel("nearest_centers", [&](void* context) {
        return anomaly_nearest_1(context, viewOf<float>(phi),
                                 viewOf<float>(panels, {panelWidth, rows.cols, panels.rows}), viewOf<float>(norms),
                                 viewOf<float>(padded), viewOf<float>(squaredDistances), viewOf<int>(indices));
    });
}

}} // namespace cv::anomaly
