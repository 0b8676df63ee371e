#!/usr/bin/python3
"""Writes gold/backbone_lite0.yml: values of the embedded backbone's maps, from PyTorch in float64.

The input is a 224x224 image made by integer arithmetic, so that the test can form it without a file. Needs what
modules/anomaly/misc/convert_efficientnet_lite0.py needs.
"""
import pathlib
import sys

import cv2
import numpy as np
import torch

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent / "modules" / "anomaly" / "misc"))
from convert_efficientnet_lite0 import CHANNELS, PyTorchBackbone  # noqa: E402

SIZE = 224
POSITIONS = 320     # a map; half of them where the map is not 0, for ReLU6 makes about half of all values 0
FORMULA = ("8-bit BGR image, 224 rows and columns; channel c (0 blue, 1 green, 2 red) of row y, column x is "
           "((3 + c) * x + (5 - c) * y + x * y / (8 + 4 * c)) mod 256 with integer division. "
           "Input: planes in the order R, G, B; (value - 127) / 128.")
CONTENT = ("Of each map: positions (channel, row, column), the values there, and maximum and mean of the whole map. "
           "Computed by PyTorch in float64, rounded to float32.")


def image():
    y, x = np.mgrid[:SIZE, :SIZE]
    return np.stack([((3 + c) * x + (5 - c) * y + x * y // (8 + 4 * c)) % 256 for c in range(3)], 2).astype(np.uint8)


def sample(values, rng):
    """Corners first, then random positions; the second half among the values above 0."""
    channels, rows, columns = values.shape
    corners = [(0, r, c) for r in (0, rows - 1) for c in (0, columns - 1)]
    anywhere = rng.integers(0, values.shape, (POSITIONS // 2 - len(corners), 3))
    positive = rng.permutation(np.argwhere(values > 0))[:POSITIONS // 2]
    return np.concatenate([corners, anywhere, positive]).astype(np.int32)


if __name__ == "__main__":
    blob = (image()[:, :, ::-1].transpose(2, 0, 1)[None].astype(np.float64) - 127) / 128
    backbone = PyTorchBackbone(SIZE)
    backbone.model.double()
    rng = np.random.default_rng(0)
    out = cv2.FileStorage(str(HERE / "gold" / "backbone_lite0.yml"), cv2.FILE_STORAGE_WRITE)
    out.write("input", FORMULA)
    out.write("content", CONTENT)
    out.write("image_sum", int(image().sum(dtype=np.int64)))        # tells a wrong image from a wrong map
    for name, values in zip(CHANNELS, backbone(blob)):
        positions = sample(values[0], rng)
        out.startWriteStruct(name, cv2.FILE_NODE_MAP)
        out.write("shape", np.int32([values.shape]))
        out.write("maximum", float(values.max()))
        out.write("mean", float(values.mean()))
        out.write("positions", positions)
        out.write("values", values[0][tuple(positions.T)].astype(np.float32))
        out.endWriteStruct()
    out.release()
