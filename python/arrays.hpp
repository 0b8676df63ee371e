// This file is part of OpenCV project.
// It is subject to the license terms in the LICENSE file found in the top-level directory
// of this distribution and at http://opencv.org/license.html.
#ifndef CV_ANOMALY_PYTHON_ARRAYS_HPP
#define CV_ANOMALY_PYTHON_ARRAYS_HPP

#include <opencv2/core.hpp>
#include <pybind11/numpy.h>
#include <pybind11/stl.h>

#include <vector>

//! A NumPy array, or None, as an argument. The Mat shares the array's memory if that is continuous, else the memory of
//! a copy. `owner` keeps the memory.
struct Array
{
    pybind11::array owner;
    cv::Mat mat;
};

//! Several arrays, from any iterable.
struct Arrays
{
    std::vector<pybind11::array> owners;
    std::vector<cv::Mat> mats;
};

//! Converts an array, or an iterable of arrays. Throws pybind11::type_error for types and shapes that OpenCV cannot
//! take.
Array arrayOf(const pybind11::handle& object);
Arrays arraysOf(const pybind11::handle& object);
//! Converts an array or a list of numbers to CV_32F or CV_64F.
Array scoresOf(const pybind11::handle& object);
//! Converts integers or truth values of any size to CV_8U, nonzero where the value is.
Array labelsOf(const pybind11::handle& object);

//! Makes an array that shares the memory of the Mat: rows x columns, and x channels if there are several.
pybind11::array toNumpy(const cv::Mat& mat);
//! Makes a tuple of arrays, like OpenCV's own bindings.
pybind11::tuple toNumpy(const std::vector<cv::Mat>& mats);

namespace pybind11 { namespace detail {

template <> struct type_caster<Array>
{
    PYBIND11_TYPE_CASTER(Array, const_name("numpy.ndarray"));
    bool load(handle source, bool)
    {
        value = arrayOf(source);
        return true;
    }
};

template <> struct type_caster<Arrays>
{
    PYBIND11_TYPE_CASTER(Arrays, const_name("Iterable[numpy.ndarray]"));
    bool load(handle source, bool)
    {
        value = arraysOf(source);
        return true;
    }
};

//! A size is (width, height), as in cv2.
template <> struct type_caster<cv::Size>
{
    PYBIND11_TYPE_CASTER(cv::Size, const_name("Tuple[int, int]"));
    bool load(handle source, bool convert)
    {
        make_caster<std::vector<int>> sides;
        if (!sides.load(source, convert))
            return false;
        const std::vector<int>& given = cast_op<std::vector<int>&>(sides);
        if (given.size() != 2)
            return false;
        value = cv::Size(given[0], given[1]);
        return true;
    }
    static handle cast(const cv::Size& size, return_value_policy, handle)
    {
        return make_tuple(size.width, size.height).release();
    }
};

//! A scalar is a sequence of one to four numbers. A plain number is refused, since OpenCV would only set the first
//! channel.
template <> struct type_caster<cv::Scalar>
{
    PYBIND11_TYPE_CASTER(cv::Scalar, const_name("Tuple[float, float, float, float]"));
    bool load(handle source, bool convert)
    {
        make_caster<std::vector<double>> numbers;
        if (!numbers.load(source, convert))
            return false;
        const std::vector<double>& channels = cast_op<std::vector<double>&>(numbers);
        if (channels.empty() || channels.size() > 4)
            return false;
        value = cv::Scalar();
        for (size_t i = 0; i < channels.size(); i++)
            value[static_cast<int>(i)] = channels[i];
        return true;
    }
    static handle cast(const cv::Scalar& scalar, return_value_policy, handle)
    {
        return make_tuple(scalar[0], scalar[1], scalar[2], scalar[3]).release();
    }
};

}} // namespace pybind11::detail

#endif
