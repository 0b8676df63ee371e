// This file is part of OpenCV project.
// It is subject to the license terms in the LICENSE file found in the top-level directory
// of this distribution and at http://opencv.org/license.html.
#include "../precomp.hpp"
#include "winograd_transforms.hpp"
#include "../device/halide_runtime.hpp"

#include "anomaly_winograd_input_2.h"
#include "anomaly_winograd_input_4.h"
#include "anomaly_winograd_output_2.h"
#include "anomaly_winograd_output_4.h"

#include "HalideBuffer.h"

namespace cv { namespace anomaly {

namespace {

typedef Halide::Runtime::Buffer<float> View;

View viewOf(const float* data, int channels, Size size)
{
    const halide_dimension_t shape[] = {
        {0, channels, 1}, {0, size.width, channels}, {0, size.height, size.width * channels}};
    return View(const_cast<float*>(data), 3, shape);
}

View viewOf(const TileRow& row, int side)
{
    const halide_dimension_t shape[] = {
        {0, row.channels, 1}, {0, row.tiles, row.channels}, {0, (side + 2) * (side + 2), row.step}};
    return View(row.data, 3, shape);
}

} // namespace

void transformTiles(const float* map, Size size, Point corner, const TileRow& points, int side)
{
    const auto kernel = side == 4 ? anomaly_winograd_input_4 : anomaly_winograd_input_2;
    runKernel("winograd_input", [&](void* context) {
        return kernel(context, viewOf(map, points.channels, size), corner.x, corner.y, viewOf(points, side));
    });
}

void transformProducts(const TileRow& products, const float* bias, const float* added, const Clip& clip, float* result,
                       Size size, int side)
{
    const auto kernel = side == 4 ? anomaly_winograd_output_4 : anomaly_winograd_output_2;
    runKernel("winograd_output", [&](void* context) {
        return kernel(context, viewOf(products, side), View(const_cast<float*>(bias), products.channels),
                      viewOf(added ? added : result, products.channels, size), added != NULL, clip.lowest, clip.highest,
                      viewOf(result, products.channels, size));
    });
}

}} // namespace cv::anomaly
