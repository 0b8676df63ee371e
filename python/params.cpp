// This file is part of OpenCV project.
// It is subject to the license terms in the LICENSE file found in the top-level directory
// of this distribution and at http://opencv.org/license.html.
#include "params.hpp"

namespace py = pybind11;

// The error about a value of a wrong type.
static py::type_error unexpected(const std::string& wanted, const py::handle& value)
{
    return py::type_error("expected " + wanted + ", not " + std::string(py::str(py::type::of(value).attr("__name__"))) +
                          " " + std::string(py::repr(value)));
}

// Sets a field with pybind11's own conversion, which also accepts NumPy numbers.
template <typename Value> static void setTo(Value& field, const py::handle& value, const char* wanted)
{
    py::detail::make_caster<Value> caster;
    if (value.is_none() || !caster.load(value, true))
        throw unexpected(wanted, value);
    field = py::detail::cast_op<Value>(caster);
}

void setField(int& field, const py::handle& value)
{
    setTo(field, value, "an integer of 32 bits");
}

void setField(double& field, const py::handle& value)
{
    setTo(field, value, "a number");
}

void setField(bool& field, const py::handle& value)
{
    setTo(field, value, "True or False");
}

void setField(cv::Size& field, const py::handle& value)
{
    setTo(field, value, "two integers, (width, height)");
}

void setField(cv::Scalar& field, const py::handle& value)
{
    const char* const wanted = "three numbers in a sequence, one for each channel";
    if (!py::isinstance<py::sequence>(value) || py::len(value) < 3)
        throw unexpected(wanted, value);
    setTo(field, value, wanted);
}

void setField(cv::String& field, const py::handle& value)
{
    field = fileNameOf(value);
}

void setField(std::vector<cv::String>& field, const py::handle& value)
{
    std::vector<cv::String> texts;
    for (const py::handle& item : iterate(value, "texts"))
    {
        if (!py::isinstance<py::str>(item))
            throw unexpected("texts", item);
        texts.push_back(item.cast<std::string>());
    }
    field = texts;
}
