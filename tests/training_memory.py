#!/usr/bin/python3
"""Peak memory of a training with 1,000 images of one megapixel at default settings.

training_memory.py BIN [EPOCHS]    BIN: folder with cfa_train; EPOCHS: 1 unless given, since later ones need no more

Makes the images from the tiles in test_data, fails at 4 GiB and more. Needs python3-opencv.
"""
import os
import pathlib
import sys
import tempfile

import cv2
import numpy as np

TILES = sorted((pathlib.Path(__file__).resolve().parents[1] / "test_data/textures/brick/train/good").iterdir())
IMAGES, SIDE, LIMIT_GIB = 1000, 1000, 4


def make_images(folder):
    random = np.random.RandomState(0)
    for i in range(IMAGES):
        tile = cv2.resize(cv2.imread(str(TILES[i % len(TILES)])), (SIDE, SIDE), interpolation=cv2.INTER_CUBIC)
        cv2.imwrite(f"{folder}/{i:04}.jpg", cv2.convertScaleAbs(tile, alpha=random.uniform(.9, 1.1)))


def main(binaries, epochs="1"):
    with tempfile.TemporaryDirectory() as folder:
        make_images(folder)
        command = [binaries + "/cfa_train", folder, f"--model={folder}/model.yml.gz", f"--epochs={epochs}"]
        _, status, usage = os.wait4(os.spawnv(os.P_NOWAIT, command[0], command), 0)
    peak = usage.ru_maxrss / 2 ** 20
    print(f"{IMAGES} images of {SIDE}x{SIDE}, {epochs} epoch(s): peak {peak:.2f} GiB, limit {LIMIT_GIB} GiB")
    return int(status != 0 or peak >= LIMIT_GIB)


if __name__ == "__main__":
    if not 2 <= len(sys.argv) <= 3 or sys.argv[1] == "--help":
        print(__doc__)
        sys.exit(0 if sys.argv[1:] == ["--help"] else 2)
    sys.exit(main(*sys.argv[1:]))
