// This file is part of OpenCV project.
// It is subject to the license terms in the LICENSE file found in the top-level directory
// of this distribution and at http://opencv.org/license.html.
#ifndef CV_ANOMALY_PYTHON_PARAMS_HPP
#define CV_ANOMALY_PYTHON_PARAMS_HPP

#include "module.hpp"
#include "names.hpp"

#include <string>
#include <type_traits>
#include <vector>

// The generated function visitFields(pointer to a struct, visit) calls visit("name", &Struct::name) for each field of
// the struct itself.
#include "params_fields.inc"

//! Sets a field to a Python value. Throws pybind11::type_error that says which type the field has.
void setField(int& field, const pybind11::handle& value);
void setField(double& field, const pybind11::handle& value);
void setField(bool& field, const pybind11::handle& value);
void setField(cv::Size& field, const pybind11::handle& value);
void setField(cv::Scalar& field, const pybind11::handle& value);
void setField(cv::String& field, const pybind11::handle& value);
void setField(std::vector<cv::String>& field, const pybind11::handle& value);

//! Returns a field as a Python value.
template <typename Value> pybind11::object valueOf(const Value& field)
{
    return pybind11::cast(field);
}
inline pybind11::object valueOf(const cv::String& field)
{
    return toPython(field);
}
//! Lists become tuples: a list would be a copy, and whatever is appended to it would be lost.
inline pybind11::object valueOf(const std::vector<cv::String>& field)
{
    return pybind11::tuple(pybind11::cast(field));
}

//! Sets a field. If that fails, the message begins with the field's name.
template <typename Value> void setNamed(Value& field, const std::string& name, const pybind11::handle& value)
{
    try
    {
        setField(field, value);
    }
    catch (const pybind11::type_error& error)
    {
        throw pybind11::type_error(name + ": " + error.what());
    }
    catch (const pybind11::value_error& error)
    {
        throw pybind11::value_error(name + ": " + error.what());
    }
    catch (pybind11::error_already_set& error)
    {
        if (!error.matches(PyExc_TypeError))
            throw;
        throw pybind11::type_error(name + ": " + std::string(pybind11::str(error.value())));
    }
}

//! Visits the fields that all detectors have, then those of a method.
template <typename Params, typename Visit> void visitAllFields(const Visit& visit)
{
    visitFields(static_cast<const cv::anomaly::DetectorParams*>(nullptr), visit);
    if constexpr (!std::is_same<Params, cv::anomaly::DetectorParams>::value)
        visitFields(static_cast<const Params*>(nullptr), visit);
}

//! All fields by name, for pickle and copy.
template <typename Params> pybind11::dict stateOf(const Params& params)
{
    pybind11::dict state;
    visitAllFields<Params>([&](const char* name, auto field) { state[name] = valueOf(params.*field); });
    return state;
}

//! Settings from fields by name. Missing fields keep their defaults.
template <typename Params> Params paramsOf(const pybind11::dict& state)
{
    Params params;
    visitAllFields<Params>([&](const char* name, auto field) {
        if (state.contains(name))
            setNamed(params.*field, name, state[name]);
    });
    return params;
}

/** Binds the class of some settings, with a property for each field.
@tparam Bases DetectorParams for the settings of a method; empty for DetectorParams itself
*/
template <typename Params, typename... Bases>
pybind11::class_<Params, Bases...> bindParams(pybind11::module_& m, const std::string& className)
{
    pybind11::class_<Params, Bases...> params(m, className.c_str());
    params.def(pybind11::init<>()).def(pybind11::pickle(&stateOf<Params>, &paramsOf<Params>));
    visitFields(static_cast<const Params*>(nullptr), [&params](const char* name, auto field) {
        params.def_property(
            name, [field](const Params& self) { return valueOf(self.*field); },
            [field, name](const pybind11::object& self, const pybind11::object& value) {
                const std::string owner = pybind11::str(pybind11::type::of(self).attr("__name__"));
                setNamed(self.cast<Params&>().*field, owner + "." + name, value);
            });
    });
    return params;
}

#endif
