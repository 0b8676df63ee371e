#!/usr/bin/python3
"""Writes the patch features of a category's images as raw float32 rows, for search_benchmark.

  patch_features.py CATEGORY OUTPUT [--backbone lite0.onnx] [--size 224] [--images 12]

CATEGORY is a folder in MVTec layout. Writes OUTPUT_train.f32 with all patches of all training images, and OUTPUT_test.f32
with those of some test images, the same number of each kind. The backbone is an ONNX file with outputs c2, c3 and c4. As
for PatchCore's features, each map is averaged over 3x3 values, padding included, then averaged or upsampled to size / 8,
and all maps are joined. Needs python3-numpy and python3-opencv.
"""
import argparse
import pathlib

import cv2
import numpy as np

LITE0 = pathlib.Path(__file__).resolve().parents[1] / "modules/anomaly/data/efficientnet-lite0.onnx"


def features_of(net, file, size):
    grid = size // 8
    image = cv2.imread(str(file), cv2.IMREAD_COLOR)
    area = min(image.shape[:2]) >= size
    image = cv2.resize(image, (size, size), interpolation=cv2.INTER_AREA if area else cv2.INTER_LINEAR)
    net.setInput(cv2.dnn.blobFromImage(image, 1 / 128, mean=(127, 127, 127), swapRB=True))
    columns = []
    for maps in net.forward(["c2", "c3", "c4"]):
        for channel in maps[0]:
            pooled = cv2.blur(channel, (3, 3), borderType=cv2.BORDER_CONSTANT)
            smaller = pooled.shape[0] > grid
            pooled = cv2.resize(pooled, (grid, grid), interpolation=cv2.INTER_AREA if smaller else cv2.INTER_LINEAR)
            columns.append(pooled.ravel())
    return np.stack(columns, 1)


def write_rows(output, net, files, size):
    with open(output, "wb") as out:
        for file in files:
            out.write(features_of(net, file, size).tobytes())


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("category", type=pathlib.Path)
    parser.add_argument("output")
    parser.add_argument("--backbone", default=str(LITE0))
    parser.add_argument("--size", type=int, default=224)
    parser.add_argument("--images", type=int, default=12, help="how many test images")
    args = parser.parse_args()
    net = cv2.dnn.readNetFromONNX(args.backbone)
    kinds = sorted(folder for folder in (args.category / "test").iterdir() if folder.is_dir())
    each = -(-args.images // len(kinds))
    test = [file for kind in kinds for file in sorted(kind.iterdir())[:each]]
    write_rows(args.output + "_train.f32", net, sorted((args.category / "train" / "good").iterdir()), args.size)
    write_rows(args.output + "_test.f32", net, test[:args.images], args.size)


if __name__ == "__main__":
    main()
