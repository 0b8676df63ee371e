#!/usr/bin/python3
"""Writes backbones/*.onnx: networks of a few hundred bytes with random weights for tests of backbones that are not embedded.

Needs python3-onnx.
"""
import pathlib

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

FOLDER = pathlib.Path(__file__).resolve().parent / "backbones"


def convolution(name, source, inputs, outputs, kernel, stride, random, scale, **attributes):
    kernel = kernel if isinstance(kernel, tuple) else (kernel, kernel)
    weights = numpy_helper.from_array(scale * random.normal(0, 0.2, (outputs, inputs, *kernel)).astype(np.float32), name + "_w")
    return weights, helper.make_node("Conv", [source, name + "_w"], [name], strides=[stride] * 2, kernel_shape=kernel, **attributes)


def write(file, layers, outputs, extra=(), scale=1, side=None):
    """layers: (name, source, inputs, outputs, kernel, stride[, attributes]); outputs: (name, shape); side: of the input, None: any."""
    random = np.random.RandomState(0)
    made = [convolution(*layer[:6], random, scale, **(layer[6] if len(layer) > 6 else {})) for layer in layers]
    graph = helper.make_graph(
        [node for _, node in made] + list(extra), "backbone",
        [helper.make_tensor_value_info("image", TensorProto.FLOAT, [1, 3, side, side])],
        [helper.make_tensor_value_info(name, TensorProto.FLOAT, shape) for name, shape in outputs],
        [weights for weights, _ in made])
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 9)], ir_version=4, producer_name="")
    FOLDER.mkdir(exist_ok=True)
    onnx.save(model, FOLDER / file)


MAP = [1, None, None, None]
FINE = ("fine", "image", 3, 6, 8, 8)
COARSE = ("coarse", "fine", 6, 5, 2, 2)
write("one_scale.onnx", [FINE], [("fine", MAP)])
write("two_scales.onnx", [FINE, COARSE], [("fine", MAP), ("coarse", MAP)])
write("flat.onnx", [FINE], [("flat", [1, None])], [helper.make_node("Flatten", ["fine"], ["flat"], axis=1)])
# Takes inputs of 64 x 64 pixels only, as networks that flatten a map do.
SHAPE = numpy_helper.from_array(np.array([1, 6, 8, 8], np.int64))
write("fixed_size.onnx", [FINE], [("fixed", MAP)],
      [helper.make_node("Constant", [], ["shape"], value=SHAPE), helper.make_node("Reshape", ["fine", "shape"], ["fixed"])], side=64)
# Convolutions of all kinds, those that have kernels of ours and those that have none. inputs: of the weights, channels / group.
write("all_kinds.onnx", [
    ("same", "image", 3, 8, 3, 2, {"auto_pad": "SAME_UPPER"}),
    ("padded", "same", 8, 10, 3, 1, {"pads": [1, 0, 2, 1]}),
    ("depthwise", "padded", 1, 10, 5, 2, {"pads": [2] * 4, "group": 10}),
    ("grouped", "depthwise", 5, 6, 3, 1, {"pads": [1] * 4, "group": 2}),
    ("dilated", "grouped", 6, 7, 3, 1, {"pads": [2] * 4, "dilations": [2, 2]}),
    ("oblong", "dilated", 7, 9, (1, 3), 1, {"pads": [0, 1, 0, 1]}),
    ("pointwise", "oblong", 9, 5, 1, 1)], [("padded", MAP), ("depthwise", MAP), ("pointwise", MAP)])
# Weights so large that all but a mean gray image overflow: to infinity, and to NaN where infinities cancel.
write("overflow.onnx", [FINE], [("fine", MAP)], scale=1e38)


def operators():
    """A network with each operator that a GPU computes without cv::dnn, in the places that are computed in different ways."""
    random, constants, nodes = np.random.RandomState(1), [], []

    def constant(name, array):
        constants.append(numpy_helper.from_array(np.asarray(array, np.float32), name))
        return name

    def node(kind, inputs, output, **attributes):
        nodes.append(helper.make_node(kind, inputs, [output], **attributes))

    def conv(source, output, inputs, outputs, kernel, stride=1, bias=True, **attributes):
        kernel = kernel if isinstance(kernel, tuple) else (kernel, kernel)
        parts = [source, constant(output + "_w", random.normal(0, 0.3, (outputs, inputs, *kernel)))]
        if bias:
            parts.append(constant(output + "_b", random.normal(0, 0.2, outputs)))
        node("Conv", parts, output, strides=[stride] * 2, kernel_shape=kernel, **attributes)

    def normalize(source, output, channels):
        terms = [constant("%s_%d" % (output, i), random.uniform(0.5, 1.5, channels)) for i in range(4)]
        node("BatchNormalization", [source] + terms, output, epsilon=0.01)

    conv("image", "first", 3, 8, 3, 2, pads=[0, 0, 1, 1])
    node("Relu", ["first"], "first_relu")
    node("MaxPool", ["first_relu"], "pool", kernel_shape=[3, 3], strides=[1, 1], pads=[1] * 4)
    conv("pool", "wide", 8, 12, 1)
    node("Clip", ["wide"], "clipped", min=0.0, max=1.0)
    conv("clipped", "depthwise", 1, 12, 5, pads=[2] * 4, group=12)
    node("Clip", ["depthwise"], "depthwise_clipped", min=-0.5, max=0.75)
    conv("clipped", "pointwise", 12, 12, 1, bias=False)
    node("Add", ["depthwise_clipped", "pointwise"], "sum")
    node("Relu", ["sum"], "sum_relu")
    node("Add", ["sum_relu", "clipped"], "sum_again")
    node("Clip", ["sum_again"], "sum_clipped", min=0.1, max=2.0)
    conv("sum_clipped", "smaller", 1, 12, 3, 2, pads=[0, 0, 1, 1], group=12)
    normalize("smaller", "smaller_normal", 12)
    node("Relu", ["smaller_normal"], "smaller_relu")
    node("MaxPool", ["smaller_relu"], "smaller_pool", kernel_shape=[2, 2], strides=[1, 1], pads=[1, 0, 0, 1])
    conv("smaller_pool", "grouped", 6, 10, 3, pads=[2, 1, 0, 1], group=2)
    normalize("grouped", "grouped_normal", 10)
    node("Identity", ["grouped_normal"], "same")
    node("Relu", ["same"], "same_relu")
    node("Add", ["grouped_normal", "same_relu"], "mixed")
    conv("mixed", "dilated", 10, 7, 3, pads=[2] * 4, dilations=[2, 2])
    node("Relu", ["dilated"], "dilated_relu")
    conv("dilated_relu", "oblong", 7, 7, (1, 3), pads=[0, 1, 0, 1])
    node("Add", ["oblong", "dilated_relu"], "last")
    graph = helper.make_graph(nodes, "operators", [helper.make_tensor_value_info("image", TensorProto.FLOAT, [1, 3, 64, 64])],
                              [helper.make_tensor_value_info(name, TensorProto.FLOAT, MAP) for name in ("clipped", "sum_relu", "last")], constants)
    onnx.save(helper.make_model(graph, opset_imports=[helper.make_opsetid("", 9)], ir_version=4, producer_name=""), FOLDER / "operators.onnx")


operators()
