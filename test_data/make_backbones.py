#!/usr/bin/python3
"""Writes backbones/*.onnx: networks of a few hundred bytes with random weights for tests of backbones that are not embedded.

Needs python3-onnx.
"""
import pathlib

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

FOLDER = pathlib.Path(__file__).resolve().parent / "backbones"


def convolution(name, source, inputs, outputs, kernel, stride, random):
    weights = numpy_helper.from_array(random.normal(0, 0.2, (outputs, inputs, kernel, kernel)).astype(np.float32), name + "_w")
    return weights, helper.make_node("Conv", [source, name + "_w"], [name], strides=[stride] * 2, kernel_shape=[kernel] * 2)


def write(file, layers, outputs, extra=()):
    """layers: (name, source, inputs, outputs, kernel, stride); outputs: (name, shape)."""
    random = np.random.RandomState(0)
    made = [convolution(*layer, random) for layer in layers]
    graph = helper.make_graph(
        [node for _, node in made] + list(extra), "backbone",
        [helper.make_tensor_value_info("image", TensorProto.FLOAT, [1, 3, None, None])],
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
