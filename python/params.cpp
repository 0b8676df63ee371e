// This file is part of OpenCV project.
// It is subject to the license terms in the LICENSE file found in the top-level directory
// of this distribution and at http://opencv.org/license.html.
#include "params.hpp"
#include "names.hpp"

namespace py = pybind11;
using cv::anomaly::CFA;

// What a field of each type takes, for messages.
static const char* wanted(const int&)
{
    return "an integer of 32 bits";
}
static const char* wanted(const double&)
{
    return "a number";
}
static const char* wanted(const bool&)
{
    return "True or False";
}
static const char* wanted(const cv::Scalar&)
{
    return "one to four numbers in a sequence";
}

template <typename Value> static void setField(Value& field, const py::handle& value)
{
    py::detail::make_caster<Value> caster;
    if (value.is_none() || !caster.load(value, true))
        throw py::type_error("expected " + std::string(wanted(field)) + ", not " +
                             std::string(py::str(py::type::of(value).attr("__name__"))) + " " +
                             std::string(py::repr(value)));
    field = py::detail::cast_op<Value>(caster);
}

static void setField(cv::String& field, const py::handle& value)
{
    field = fileNameOf(value);
}

static void setField(std::vector<cv::String>& field, const py::handle& value)
{
    std::vector<cv::String> texts;
    for (const py::handle& item : iterate(value, "texts"))
    {
        if (!py::isinstance<py::str>(item))
            throw py::type_error("expected texts, not " + std::string(py::str(py::type::of(item).attr("__name__"))) +
                                 " " + std::string(py::repr(item)));
        texts.push_back(item.cast<std::string>());
    }
    field = texts;
}

template <typename Value> static py::object valueOf(const Value& field)
{
    return py::cast(field);
}
static py::object valueOf(const cv::String& field)
{
    return toPython(field);
}
// A list would be a copy, and what is appended to it lost.
static py::object valueOf(const std::vector<cv::String>& field)
{
    return py::tuple(py::cast(field));
}

template <typename Value>
static void setNamed(CFA::Params& params, Value CFA::Params::*field, const char* name, const py::handle& value)
{
    const std::string prefix = "CFA_Params." + std::string(name) + ": ";
    try
    {
        setField(params.*field, value);
    }
    catch (const py::type_error& error)
    {
        throw py::type_error(prefix + error.what());
    }
    catch (const py::value_error& error)
    {
        throw py::value_error(prefix + error.what());
    }
    catch (py::error_already_set& error)
    {
        if (!error.matches(PyExc_TypeError))
            throw;
        throw py::type_error(prefix + std::string(py::str(error.value())));
    }
}

template <typename Value>
static void bindField(py::class_<CFA::Params>& params, const char* name, Value CFA::Params::*field)
{
    params.def_property(
        name, [field](const CFA::Params& self) { return valueOf(self.*field); },
        [field, name](CFA::Params& self, const py::object& value) { setNamed(self, field, name, value); });
}

py::dict stateOf(const CFA::Params& params)
{
    py::dict state;
#define ANOMALY_FIELD(name) state[#name] = valueOf(params.name);
#include "params_fields.inc"
#undef ANOMALY_FIELD
    return state;
}

CFA::Params paramsOf(const py::dict& state)
{
    CFA::Params params;
#define ANOMALY_FIELD(name)                                                                                            \
    if (state.contains(#name))                                                                                         \
        setNamed(params, &CFA::Params::name, #name, state[#name]);
#include "params_fields.inc"
#undef ANOMALY_FIELD
    return params;
}

void bindParams(py::module_& m)
{
    py::class_<CFA::Params> params(m, "CFA_Params");
    params.def(py::init<>()).def_static("paper", &CFA::Params::paper).def(py::pickle(&stateOf, &paramsOf));
#define ANOMALY_FIELD(name) bindField(params, #name, &CFA::Params::name);
#include "params_fields.inc"
#undef ANOMALY_FIELD
    m.def("CFA_Params_paper", &CFA::Params::paper);
}
