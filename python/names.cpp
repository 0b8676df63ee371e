// This file is part of OpenCV project.
// It is subject to the license terms in the LICENSE file found in the top-level directory
// of this distribution and at http://opencv.org/license.html.
#include "names.hpp"

namespace py = pybind11;

std::string fileNameOf(const py::handle& object)
{
    const std::string name = py::module_::import("os").attr("fsencode")(object).cast<py::bytes>();
    if (name.find('\0') != std::string::npos)
        throw py::value_error("a file's name holds a null character");
    return name;
}

py::str toPython(const std::string& fileName)
{
    return py::module_::import("os").attr("fsdecode")(py::bytes(fileName));
}

py::iterator iterate(const py::handle& object, const char* wanted)
{
    const bool isName =
        py::isinstance<py::str>(object) || py::isinstance<py::bytes>(object) || py::hasattr(object, "__fspath__");
    if (isName || !py::hasattr(object, "__iter__"))
        throw py::type_error("expected a list or another iterable of " + std::string(wanted) + ", not " +
                             std::string(py::str(py::type::of(object).attr("__name__"))) +
                             (isName ? ": put it into a list" : ""));
    return py::iter(object);
}
