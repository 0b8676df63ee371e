// This file is part of OpenCV project.
// It is subject to the license terms in the LICENSE file found in the top-level directory
// of this distribution and at http://opencv.org/license.html.
#include "arrays.hpp"
#include "names.hpp"

#include <string>

namespace py = pybind11;

// The depth of cv::Mat for the type of a NumPy array.
static int depthOf(const py::array& array)
{
    switch (array.dtype().kind())
    {
    case 'u':
        if (array.itemsize() <= 2)
            return array.itemsize() == 1 ? CV_8U : CV_16U;
        break;
    case 'i':
        if (array.itemsize() == 4)
            return CV_32S;
        break;
    case 'f':
        if (array.itemsize() == 4 || array.itemsize() == 8)
            return array.itemsize() == 4 ? CV_32F : CV_64F;
        break;
    }
    throw py::type_error("an array of " + std::string(py::str(array.dtype())) +
                         " is not supported, expected uint8, uint16, int32, float32 or float64, or bool for masks");
}

// A continuous array in the byte order of this machine. NumPy copies arrays that are not.
static py::array dense(const py::array& array)
{
    const py::array native =
        array.attr("astype")(array.dtype().attr("newbyteorder")("="), py::arg("copy") = false).cast<py::array>();
    return py::array::ensure(native, py::array::c_style);
}

Array arrayOf(const py::handle& object)
{
    if (object.is_none())
        return Array();
    if (!py::isinstance<py::array>(object))
        throw py::type_error("expected a numpy array, not " +
                             std::string(py::str(py::type::of(object).attr("__name__"))));
    py::array array = py::reinterpret_borrow<py::array>(object);
    if (array.dtype().kind() == 'b')
        array = array.attr("astype")("uint8").cast<py::array>() * py::int_(255);
    const int depth = depthOf(array);
    array = dense(array);
    if (array.ndim() < 1 || array.ndim() > 3)
        throw py::type_error("an array of " + std::to_string(array.ndim()) +
                             " dimensions is not supported, expected rows x columns, or rows x columns x channels");
    const int channels = array.ndim() == 3 ? static_cast<int>(array.shape(2)) : 1;
    if (array.size() == 0)
        return Array();
    if (channels > CV_CN_MAX)
        throw py::type_error("an array of " + std::to_string(channels) + " channels is not supported");
    const int rows = static_cast<int>(array.shape(0)),
              columns = array.ndim() > 1 ? static_cast<int>(array.shape(1)) : 1;
    return Array{array, cv::Mat(rows, columns, CV_MAKETYPE(depth, channels), const_cast<void*>(array.data()))};
}

Arrays arraysOf(const py::handle& object)
{
    Arrays arrays;
    if (object.is_none())
        return arrays;
    // A single image would be taken as a sequence of its rows.
    if (py::isinstance<py::array>(object) && py::cast<py::array>(object).ndim() < 4)
        throw py::type_error("expected a list of numpy arrays, not one array: put it into a list");
    for (const py::handle& item : iterate(object, "numpy arrays"))
    {
        const Array array = arrayOf(item);
        arrays.owners.push_back(array.owner);
        arrays.mats.push_back(array.mat);
    }
    return arrays;
}

Array scoresOf(const py::handle& object)
{
    const py::array array = py::array::ensure(object);
    if (!array)
        throw py::error_already_set();
    if (array.dtype().kind() == 'f')
        return arrayOf(array);
    return arrayOf(array.attr("astype")("float64"));
}

Array labelsOf(const py::handle& object)
{
    const py::array array = py::array::ensure(object);
    if (!array)
        throw py::error_already_set();
    if (array.size() && std::string("biu").find(array.dtype().kind()) == std::string::npos)
        throw py::type_error("labels are integers or truth values");
    return arrayOf(array.attr("astype")("bool"));
}

py::array toNumpy(const cv::Mat& mat)
{
    if (mat.empty())
        return py::array(py::dtype::of<float>(), std::vector<py::ssize_t>{0});
    static const char* const types[] = {"u1", "i1", "u2", "i2", "i4", "f4", "f8"};
    // The array shares the memory of this copy of the Mat's header, which is deleted with the array.
    CV_Assert(mat.dims == 2 && mat.depth() <= CV_64F);
    cv::Mat* const owner = new cv::Mat(mat);
    const py::capsule freeing(owner, [](void* p) { delete static_cast<cv::Mat*>(p); });
    const py::ssize_t value = static_cast<py::ssize_t>(mat.elemSize1()),
                      pixel = static_cast<py::ssize_t>(mat.elemSize());
    std::vector<py::ssize_t> shape = {mat.rows, mat.cols}, strides = {static_cast<py::ssize_t>(mat.step[0]), pixel};
    if (mat.channels() > 1)
    {
        shape.push_back(mat.channels());
        strides.push_back(value);
    }
    return py::array(py::dtype(types[mat.depth()]), shape, strides, owner->data, freeing);
}

py::tuple toNumpy(const std::vector<cv::Mat>& mats)
{
    py::tuple arrays(mats.size());
    for (size_t i = 0; i < mats.size(); i++)
        arrays[i] = toNumpy(mats[i]);
    return arrays;
}
