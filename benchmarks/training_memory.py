#!/usr/bin/python3
"""Measures the peak memory of a training.

training_memory.py BIN [--images=N] [--side=PIXELS] [--limit=GIB] [OPTION OF anomaly_train ...]
  BIN      folder with anomaly_train
  --images, --side, --limit   1000 images of 1000x1000 pixels in under 4 GiB unless given
  Options of anomaly_train are passed on. The default is CFA with one epoch, because later epochs need no more memory.

Makes the images from the tiles in test_data, and fails if the limit is reached. Needs python3-opencv.
"""
import argparse
import os
import pathlib
import sys
import tempfile

import cv2
import numpy as np

TILES = sorted((pathlib.Path(__file__).resolve().parents[1] / "test_data/textures/brick/train/good").iterdir())


def make_images(folder, count, side):
    random = np.random.RandomState(0)
    for i in range(count):
        tile = cv2.resize(cv2.imread(str(TILES[i % len(TILES)])), (side, side), interpolation=cv2.INTER_CUBIC)
        cv2.imwrite(f"{folder}/{i:04}.jpg", cv2.convertScaleAbs(tile, alpha=random.uniform(.9, 1.1)))


def main():
    line = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    line.add_argument("bin")
    line.add_argument("--images", type=int, default=1000)
    line.add_argument("--side", type=int, default=1000)
    line.add_argument("--limit", type=float, default=4)
    own, options = line.parse_known_args()
    with tempfile.TemporaryDirectory() as folder:
        make_images(folder, own.images, own.side)
        options = options or ["--method=cfa", "--epochs=1"]
        command = [own.bin + "/anomaly_train", folder, f"--model={folder}/model.yml.gz", *options]
        _, status, usage = os.wait4(os.spawnv(os.P_NOWAIT, command[0], command), 0)
    peak = usage.ru_maxrss / 2 ** 20
    print(f"{own.images} images of {own.side}x{own.side} {' '.join(options)}: peak {peak:.2f} GiB, limit {own.limit:g} GiB")
    return int(status != 0 or peak >= own.limit)


if __name__ == "__main__":
    sys.exit(main())
