#!/usr/bin/python3
"""Compares a short training with PyTorch's training from the same W, b and C, with the same images in the same order.

training_parity.py EXPORT CATEGORY BIN
  EXPORT    folder with W0.npy, b0.npy, C.npy, order.npy (epochs x batches x images, into the sorted files of
            train/good) and what came out of it: W.npy, b.npy, r.npy, from a PyTorch run with the embedded backbone and
            inputs of 224x224
  CATEGORY  folder that the run was made on
  BIN       folder with training_parity

Fails when W or b differ by more than 1e-3 of their maximum. Needs python3-opencv and python3-numpy.
"""
import pathlib
import subprocess
import sys
import tempfile

import cv2
import numpy as np

TOLERANCE = 1e-3


def write_start(file, load, images):
    out = cv2.FileStorage(str(file), cv2.FILE_STORAGE_WRITE)
    for name, values in (("files", images), ("outputs", ("c2", "c3", "c4"))):
        out.startWriteStruct(name, cv2.FILE_NODE_SEQ)
        for value in values:
            out.write("", str(value))
        out.endWriteStruct()
    out.write("W0", np.ascontiguousarray(load("W0"), np.float32))
    out.write("b0", np.ascontiguousarray(load("b0"), np.float32).reshape(-1, 1))
    out.write("C", np.ascontiguousarray(load("C"), np.float32))
    order = load("order")
    out.write("order", np.ascontiguousarray(order.reshape(-1, order.shape[-1]), np.int32))
    out.release()


def compare(name, found, expected):
    differences = np.abs(found - expected) / np.abs(expected).max()
    print(f"{name}: largest difference {differences.max():.1e} of the maximum {np.abs(expected).max():.4f}, mean {differences.mean():.1e}, "
          f"{(differences > TOLERANCE).sum()} of {differences.size} above {TOLERANCE:g}")
    return differences.max() <= TOLERANCE


def main(export, category, binaries):
    load = lambda name: np.load(export / f"{name}.npy")
    images = sorted((category / "train" / "good").iterdir())
    with tempfile.TemporaryDirectory() as folder:
        start, result = pathlib.Path(folder) / "start.yml", pathlib.Path(folder) / "result.yml"
        write_start(start, load, images[:int(load("order").max()) + 1])
        subprocess.run([binaries / "training_parity", start, result], check=True)
        found = cv2.FileStorage(str(result), cv2.FILE_STORAGE_READ)
        agree = [compare("W", found.getNode("W").mat(), load("W")), compare("b", found.getNode("b").mat().ravel(), load("b").ravel())]
        print(f"r: {found.getNode('r').real():.6f}, expected {float(load('r').squeeze()):.6f}")
    return int(not all(agree))


if __name__ == "__main__":
    if len(sys.argv) != 4:
        print(__doc__)
        sys.exit(0 if sys.argv[1:] == ["--help"] else 2)
    sys.exit(main(*map(pathlib.Path, sys.argv[1:])))
