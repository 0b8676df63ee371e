// This file is part of OpenCV project.
// It is subject to the license terms in the LICENSE file found in the top-level directory
// of this distribution and at http://opencv.org/license.html.
#include "module.hpp"

namespace py = pybind11;
using namespace py::literals;
using namespace cv::anomaly;

// The types are std::shared_ptr, the base of cv::Ptr, because pybind11 supports it as a holder.
static std::shared_ptr<DriftMonitor> create(const std::shared_ptr<AnomalyDetector>& detector, int window)
{
    return DriftMonitor::create(detector, window);
}

static void add(DriftMonitor& self, const Array& image, double score)
{
    const py::gil_scoped_release released;
    self.add(image.mat, score);
}

// Returns a figure as a tuple: median of the last images, lowest and highest value of good images.
static py::tuple figureOf(const DriftMonitor& self, int figure)
{
    double median, lowest, highest;
    self.getFigure(figure, median, lowest, highest);
    return py::make_tuple(median, lowest, highest);
}

void bindDrift(py::module_& m)
{
    py::class_<DriftMonitor, std::shared_ptr<DriftMonitor>>(m, "DriftMonitor")
        .def_static("create", &create, "detector"_a, "window"_a = 25)
        .def("add", &add, "image"_a, "score"_a)
        .def("getDrift", [](const DriftMonitor& self) { return py::tuple(py::cast(self.getDrift())); })
        .def("getFigure", &figureOf, "figure"_a)
        .def("count", &DriftMonitor::count)
        .def("clear", &DriftMonitor::clear);
    m.def("DriftMonitor_create", &create, "detector"_a, "window"_a = 25);
}
