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

// Contours as a tuple of arrays, points x 1 x 2, as cv2.findContours returns them.
static py::tuple defects(const Array& map, double threshold, double minimumArea)
{
    std::vector<Mat> contours;
    findDefects(map.mat, threshold, contours, minimumArea);
    return toNumpy(contours);
}

static std::vector<DefectRegion> regions(const Array& map, double threshold, double minimumArea,
                                         const cv::Size& imageSize)
{
    std::vector<DefectRegion> found;
    findRegions(map.mat, threshold, found, minimumArea, imageSize);
    return found;
}

static py::tuple boxOf(const DefectRegion& region)
{
    return py::make_tuple(region.box.x, region.box.y, region.box.width, region.box.height);
}

// The contour in the shape that findDefects returns: points x 1 x 2.
static py::array contourOf(const DefectRegion& region)
{
    return toNumpy(Mat(region.contour, true).reshape(2, int(region.contour.size())));
}

static std::string textOf(const DefectRegion& region)
{
    return cv::format("<DefectRegion of %d pixels in %d x %d at (%d, %d), peak %.6g>", region.area, region.box.width,
                      region.box.height, region.box.x, region.box.y, region.peak);
}

static void bindRegion(py::module_& m)
{
    py::class_<DefectRegion>(m, "DefectRegion")
        .def(py::init<>())
        .def_property_readonly("box", &boxOf)
        .def_readonly("area", &DefectRegion::area)
        .def_readonly("peak", &DefectRegion::peak)
        .def_readonly("meanScore", &DefectRegion::meanScore)
        .def_property_readonly(
            "centroid", [](const DefectRegion& self) { return py::make_tuple(self.centroid.x, self.centroid.y); })
        .def_property_readonly("contour", &contourOf)
        .def("__repr__", &textOf);
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
    bindRegion(m);
    m.def("drawHeatMap", &heatMap, "image"_a, "map"_a, py::kw_only(), "lowest"_a = 0., "highest"_a = 0.,
          "opacity"_a = 0.5, py::arg("colormap") = static_cast<int>(cv::COLORMAP_JET), "threshold"_a = -DBL_MAX);
    m.def("findDefects", &defects, "map"_a, "threshold"_a, py::kw_only(), "minimumArea"_a = 0.);
    m.def("findRegions", &regions, "map"_a, "threshold"_a, py::kw_only(), "minimumArea"_a = 0.,
          "imageSize"_a = cv::Size());
    m.def("drawDefects", &outlines, "image"_a, "map"_a, "threshold"_a, py::kw_only(), "minimumArea"_a = 0.,
          "color"_a = Scalar(40, 40, 255), "thickness"_a = 0);
    m.def("drawPanel", &panel, "pictures"_a, "titles"_a, py::kw_only(), "height"_a = 256);
}
