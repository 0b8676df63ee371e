// This file is part of OpenCV project.
// It is subject to the license terms in the LICENSE file found in the top-level directory
// of this distribution and at http://opencv.org/license.html.
#ifndef CV_ANOMALY_PYTHON_NAMES_HPP
#define CV_ANOMALY_PYTHON_NAMES_HPP

#include <pybind11/pybind11.h>

#include <string>
#include <vector>

//! The name of a file as an argument: str, bytes or os.PathLike, converted to the bytes that the system uses.
struct FileName
{
    std::string name;
};

//! Several names, from any iterable. A single name is an error.
struct FileNames
{
    std::vector<std::string> names;
};

//! Converts the name of a file. Throws pybind11::error_already_set if the object is no name.
std::string fileNameOf(const pybind11::handle& object);
//! Converts a name to Python's str.
pybind11::str toPython(const std::string& fileName);
//! Iterates over an object. Throws pybind11::type_error for a single text or name in place of several. wanted: what the
//! error message asks for.
pybind11::iterator iterate(const pybind11::handle& object, const char* wanted);

namespace pybind11 { namespace detail {

template <> struct type_caster<FileName>
{
    PYBIND11_TYPE_CASTER(FileName, const_name("Union[str, bytes, os.PathLike]"));
    bool load(handle source, bool)
    {
        value.name = fileNameOf(source);
        return true;
    }
    static handle cast(const FileName& file, return_value_policy, handle) { return toPython(file.name).release(); }
};

template <> struct type_caster<FileNames>
{
    PYBIND11_TYPE_CASTER(FileNames, const_name("Iterable[Union[str, bytes, os.PathLike]]"));
    bool load(handle source, bool)
    {
        for (iterator item = iterate(source, "file names"); item != iterator::sentinel(); ++item)
            value.names.push_back(fileNameOf(*item));
        return true;
    }
};

}} // namespace pybind11::detail

#endif
