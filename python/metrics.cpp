// This file is part of OpenCV project.
// It is subject to the license terms in the LICENSE file found in the top-level directory
// of this distribution and at http://opencv.org/license.html.
#include "module.hpp"

namespace py = pybind11;
using namespace py::literals;
using namespace cv::anomaly;
using cv::Mat;

// These functions accept scores and labels in any form that NumPy converts to arrays.

static double aurocOf(const py::object& scores, const py::object& labels)
{
    return auroc(scoresOf(scores).mat, labelsOf(labels).mat);
}

static double averagePrecisionOf(const py::object& scores, const py::object& labels)
{
    return averagePrecision(scoresOf(scores).mat, labelsOf(labels).mat);
}

static py::tuple bestF1Of(const py::object& scores, const py::object& labels)
{
    double threshold;
    const double f1 = bestF1(scoresOf(scores).mat, labelsOf(labels).mat, threshold);
    return py::make_tuple(f1, threshold);
}

static py::tuple rocCurveOf(const py::object& scores, const py::object& labels)
{
    Mat fpr, tpr, thresholds;
    rocCurve(scoresOf(scores).mat, labelsOf(labels).mat, fpr, tpr, thresholds);
    return py::make_tuple(toNumpy(fpr), toNumpy(tpr), toNumpy(thresholds));
}

// The functions of PixelMetrics keep the interpreter's lock, because no other thread may use an object while it
// changes.

static std::shared_ptr<PixelMetrics> create()
{
    return PixelMetrics::create();
}

static void add(PixelMetrics& self, const Array& map, const Array& mask, const Array& validity)
{
    self.add(map.mat, optional(mask), optional(validity));
}

static py::tuple bestF1OfPixels(const PixelMetrics& self)
{
    double threshold;
    const double f1 = self.bestF1(threshold);
    return py::make_tuple(f1, threshold);
}

static py::tuple aupimo(const PixelMetrics& self, double lowerFpr, double upperFpr)
{
    Mat perImage;
    const double mean = self.aupimo(perImage, lowerFpr, upperFpr);
    return py::make_tuple(mean, toNumpy(perImage));
}

static py::tuple rocCurveOfPixels(const PixelMetrics& self, int maxPoints)
{
    Mat fpr, tpr, thresholds;
    self.rocCurve(fpr, tpr, thresholds, maxPoints);
    return py::make_tuple(toNumpy(fpr), toNumpy(tpr), toNumpy(thresholds));
}

static py::tuple proCurveOfPixels(const PixelMetrics& self, int maxPoints)
{
    Mat fpr, overlap, thresholds;
    self.proCurve(fpr, overlap, thresholds, maxPoints);
    return py::make_tuple(toNumpy(fpr), toNumpy(overlap), toNumpy(thresholds));
}

static py::tuple countsAt(const PixelMetrics& self, double threshold)
{
    double truePositives, falsePositives;
    self.countsAt(threshold, truePositives, falsePositives);
    return py::make_tuple(truePositives, falsePositives);
}

void bindMetrics(py::module_& m)
{
    m.def("auroc", &aurocOf, "scores"_a, "labels"_a);
    m.def("averagePrecision", &averagePrecisionOf, "scores"_a, "labels"_a);
    m.def("bestF1", &bestF1Of, "scores"_a, "labels"_a);
    m.def("rocCurve", &rocCurveOf, "scores"_a, "labels"_a);

    py::class_<PixelMetrics, std::shared_ptr<PixelMetrics>>(m, "PixelMetrics")
        .def_static("create", &create)
        .def("add", &add, "map"_a, "mask"_a = py::none(), "validity"_a = py::none())
        .def("auroc", &PixelMetrics::auroc)
        .def("averagePrecision", &PixelMetrics::averagePrecision)
        .def("bestF1", &bestF1OfPixels)
        .def("aupro", &PixelMetrics::aupro, "fprLimit"_a = 0.3)
        .def("aupimo", &aupimo, py::kw_only(), "lowerFpr"_a = 1e-5, "upperFpr"_a = 1e-4)
        .def("lowestFpr", &PixelMetrics::lowestFpr)
        .def("rocCurve", &rocCurveOfPixels, py::kw_only(), "maxPoints"_a = 1000)
        .def("proCurve", &proCurveOfPixels, py::kw_only(), "maxPoints"_a = 1000)
        .def(
            "merge", [](PixelMetrics& self, const std::shared_ptr<PixelMetrics>& other) { self.merge(other); },
            "other"_a)
        .def("countsAt", &countsAt, "threshold"_a)
        .def("empty", &PixelMetrics::empty)
        .def("clear", &PixelMetrics::clear)
        .def("count", &PixelMetrics::count)
        .def("regionCount", &PixelMetrics::regionCount);
    m.def("PixelMetrics_create", &create);
}
