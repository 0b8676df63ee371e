// This file is part of OpenCV project.
// It is subject to the license terms in the LICENSE file found in the top-level directory
// of this distribution and at http://opencv.org/license.html.
#ifndef OPENCV_ANOMALY_ONEDNN_PRIMITIVES_HPP
#define OPENCV_ANOMALY_ONEDNN_PRIMITIVES_HPP

#include "oneapi/dnnl/dnnl.hpp"

#include <unordered_map>

namespace cv { namespace anomaly {

//! What a primitive computes with, by the numbers DNNL_ARG_.
typedef std::unordered_map<int, dnnl::memory> OneDnnArguments;

//! The processor as oneDNN's engine.
inline const dnnl::engine& oneDnnEngine()
{
    static const dnnl::engine processor(dnnl::engine::kind::cpu, 0);
    return processor;
}

//! Describes a primitive, which oneDNN 3 does in one step, and oneDNN 2 in two.
template <typename Primitive, typename... Settings>
typename Primitive::primitive_desc describe(const dnnl::primitive_attr& attributes, const Settings&... settings)
{
#if DNNL_VERSION_MAJOR >= 3
    return typename Primitive::primitive_desc(oneDnnEngine(), settings..., attributes);
#else
    return typename Primitive::primitive_desc(typename Primitive::desc(settings...), attributes, oneDnnEngine());
#endif
}

//! Attributes of a primitive to which the caller lends scratch memory. Memory that oneDNN allocates itself would belong
//! to the thread that makes the primitive.
inline dnnl::primitive_attr withLentMemory()
{
    dnnl::primitive_attr attributes;
    attributes.set_scratchpad_mode(dnnl::scratchpad_mode::user);
    return attributes;
}

//! A copy of values in another format, such as packed weights.
inline dnnl::memory packedAs(const dnnl::memory::desc& format, const dnnl::memory::desc& plain, const float* values)
{
    dnnl::memory from(plain, oneDnnEngine(), const_cast<float*>(values)), to(format, oneDnnEngine());
    dnnl::stream stream(oneDnnEngine());
    dnnl::reorder(from, to).execute(stream, from, to);
    stream.wait();
    return to;
}

}} // namespace cv::anomaly

#endif
