// This file is part of OpenCV project.
// It is subject to the license terms in the LICENSE file found in the top-level directory
// of this distribution and at http://opencv.org/license.html.
#include "module.hpp"

#ifdef WITH_PROGRAMS
#include "anomaly_programs.hpp"

#include <pybind11/stl.h>
#endif

namespace py = pybind11;

// The exception cv_anomaly.error, which has the attributes of cv2.error.
static PyObject* errorType = NULL;

// Converts a message to Python. It may contain bytes that are not valid UTF-8, from the name or the contents of a file.
static py::object textOf(const std::string& text)
{
    const Py_ssize_t size = static_cast<Py_ssize_t>(text.size());
    return py::reinterpret_steal<py::object>(PyUnicode_DecodeUTF8(text.data(), size, "backslashreplace"));
}

// Makes a cv_anomaly.error of a cv::Exception.
static void translate(std::exception_ptr thrown)
{
    try
    {
        std::rethrow_exception(thrown);
    }
    catch (const cv::Exception& e)
    {
        const py::object error = py::reinterpret_borrow<py::object>(errorType)(textOf(e.what()));
        error.attr("code") = int(e.code); // an enumeration in OpenCV 5
        error.attr("err") = textOf(e.err);
        error.attr("msg") = textOf(e.msg);
        error.attr("func") = textOf(e.func);
        error.attr("file") = textOf(e.file);
        error.attr("line") = e.line;
        PyErr_SetObject(errorType, error.ptr());
    }
}

// pybind11 2.12 is the first version that supports the arrays of NumPy 2. Older ones read them as arrays of other
// types, which would give wrong results without any error.
static void checkNumPy()
{
#if PYBIND11_VERSION_HEX < 0x020C0000
    const std::string version = py::str(py::module_::import("numpy").attr("__version__"));
    if (std::stoi(version) >= 2)
        throw py::import_error(
            "cv_anomaly was built with pybind11 " PYBIND11_TOSTRING(PYBIND11_VERSION_MAJOR) "." PYBIND11_TOSTRING(
                PYBIND11_VERSION_MINOR) ", which cannot read arrays of NumPy 2, and this is NumPy " +
            version + ": build it with pybind11 2.12 or newer, or install numpy<2");
#endif
}

#ifdef WITH_PROGRAMS
// Runs a command line program in this process, which does nothing else. The first argument is its name.
static int runWithArguments(std::vector<std::string> arguments)
{
    std::vector<char*> pointers;
    for (std::string& argument : arguments)
        pointers.push_back(&argument[0]);
    pointers.push_back(NULL); // as main's list ends
    const py::gil_scoped_release released;
    return runProgram(int(arguments.size()), pointers.data());
}
#endif

PYBIND11_MODULE(_cv_anomaly, m)
{
    checkNumPy();
#ifdef WITH_PROGRAMS
    m.def("_run_program", &runWithArguments);
#endif
    errorType = PyErr_NewException("cv_anomaly.error", PyExc_RuntimeError, NULL);
    if (!errorType)
        throw py::error_already_set();
    m.attr("error") = py::reinterpret_borrow<py::object>(errorType);
    py::register_exception_translator(&translate);

    bindDetectors(m);
    bindDrift(m);
    bindMetrics(m);
    bindPictures(m);
#define ANOMALY_CONSTANT(name, value) m.attr(#name) = py::int_(static_cast<int>(value));
#include "constants.inc"
#undef ANOMALY_CONSTANT
    m.attr("__version__") = ANOMALY_VERSION;
}
