// This file is part of OpenCV project.
// It is subject to the license terms in the LICENSE file found in the top-level directory
// of this distribution and at http://opencv.org/license.html.
#include "module.hpp"

namespace py = pybind11;
using namespace py::literals;
using namespace cv::anomaly;
using cv::Mat;
using cv::Scalar;

static py::array heatMap(const Array& image, const Array& map, double lowest, double highest, double opacity,
                         int colormap, double threshold)
{
    Mat picture;
    drawHeatMap(image.mat, map.mat, picture, lowest, highest, opacity, colormap, threshold);
    return toNumpy(picture);
}

static py::tuple defects(const Array& map, double threshold, double minimumArea)
{
    std::vector<Mat> contours;
    findDefects(map.mat, threshold, contours, minimumArea);
    return toNumpy(contours);
}

static py::array outlines(const Array& image, const Array& map, double threshold, double minimumArea,
                          const Scalar& color, int thickness)
{
    Mat picture;
    drawDefects(image.mat, map.mat, picture, threshold, minimumArea, color, thickness);
    return toNumpy(picture);
}

static py::array panel(const Arrays& pictures, const std::vector<cv::String>& titles, int height)
{
    Mat picture;
    drawPanel(pictures.mats, titles, picture, height);
    return toNumpy(picture);
}

void bindPictures(py::module_& m)
{
    m.def("drawHeatMap", &heatMap, "image"_a, "map"_a, py::kw_only(), "lowest"_a = 0., "highest"_a = 0.,
          "opacity"_a = 0.5, py::arg("colormap") = static_cast<int>(cv::COLORMAP_JET), "threshold"_a = -DBL_MAX);
    m.def("findDefects", &defects, "map"_a, "threshold"_a, py::kw_only(), "minimumArea"_a = 0.);
    m.def("drawDefects", &outlines, "image"_a, "map"_a, "threshold"_a, py::kw_only(), "minimumArea"_a = 0.,
          "color"_a = Scalar(40, 40, 255), "thickness"_a = 0);
    m.def("drawPanel", &panel, "pictures"_a, "titles"_a, py::kw_only(), "height"_a = 256);
}
