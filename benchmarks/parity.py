#!/usr/bin/python3
"""Compares a prediction of this library with PyTorch's prediction from the same W, b and C.

parity.py EXPORT CATEGORY BIN BACKBONE
  EXPORT    folder with W.npy, b.npy, C.npy, r.npy, map.npy and image.txt (the image's path below CATEGORY), from a PyTorch
            run with the embedded backbone, inputs of 224x224, gammas of 1/4
  CATEGORY  folder that the run was made on
  BIN       folder with anomaly_predict
  BACKBONE  the embedded backbone's ONNX file

Writes a model file from these, predicts the image, and fails when the score map differs by more than 1e-4 of its maximum.
Needs python3-opencv and python3-numpy.
"""
import hashlib
import pathlib
import subprocess
import sys
import tempfile

import cv2
import numpy as np

TOLERANCE = 1e-4
CHANNELS = (144, 240, 672)
SETTINGS = dict(
    swapRB=1, inputMode=0, inputSize=224, resizeSize=256, gammaC=.25, gammaD=.25, K=3, J=3, alpha=.1, radius=1e-5,
    learnRadius=1, epochs=15, batchSize=4, learningRate=1e-3, weightDecay=5e-4, bankMode=0, bankMomentum=.1, adaptation=2,
    descriptorInit=0, scoreMode=0, smoothSigma=4., imageScore=0, topShare=.01, mapSize=0, validationFraction=0.,
    thresholdQuantile=.995, seed=0)


def write_model(file, W, b, C, radius, backbone):
    out = cv2.FileStorage(str(file), cv2.FILE_STORAGE_WRITE)
    out.startWriteStruct("opencv_anomaly", cv2.FILE_NODE_MAP)
    out.write("method", "CFA")
    out.write("version", 1)
    out.startWriteStruct("settings", cv2.FILE_NODE_MAP)
    write_list(out, "outputs", ("c2", "c3", "c4"))
    write_list(out, "inputMean", (127.,) * 4)
    write_list(out, "inputScale", (1 / 128,) * 4)
    for name, value in SETTINGS.items():
        out.write(name, value)
    out.endWriteStruct()
    out.startWriteStruct("backbone", cv2.FILE_NODE_MAP)
    out.write("name", "efficientnet-lite0/1")
    out.write("size", len(backbone))
    out.write("sha256", hashlib.sha256(backbone).hexdigest())
    out.endWriteStruct()
    out.startWriteStruct("models", cv2.FILE_NODE_SEQ)
    out.startWriteStruct("", cv2.FILE_NODE_MAP)
    out.write("input", 0)
    write_list(out, "channels", CHANNELS)
    for name, matrix in (("W", W), ("b", b), ("C", C)):
        out.write(name, matrix)
    out.write("radius", radius)
    out.write("checksum", hashlib.sha256(W.tobytes() + b.tobytes() + C.tobytes()).hexdigest())
    out.endWriteStruct()
    out.endWriteStruct()
    out.startWriteStruct("thresholds", cv2.FILE_NODE_MAP)
    for name, value in (("image", 1.), ("pixel", 1.), ("lowest", 0.), ("highest", 1.)):
        out.write(name, value)
    out.endWriteStruct()
    out.endWriteStruct()
    out.release()


def write_list(out, name, values):
    out.startWriteStruct(name, cv2.FILE_NODE_SEQ)
    for value in values:
        out.write("", value)
    out.endWriteStruct()


def main(export, category, binaries, backbone):
    load = lambda name: np.load(export / f"{name}.npy")
    W, C = (np.ascontiguousarray(load(name), np.float32) for name in "WC")
    b = np.ascontiguousarray(load("b"), np.float32).reshape(-1, 1)
    image = category / (export / "image.txt").read_text().strip()
    expected = load("map").squeeze()
    with tempfile.TemporaryDirectory() as folder:
        model, output = pathlib.Path(folder) / "model.yml", pathlib.Path(folder) / "output"
        write_model(model, W, b, C, float(load("r").squeeze()), backbone.read_bytes())
        # At the size of the input the map is not resized again. predict too uses INTER_AREA for photographs that are larger.
        stretched = pathlib.Path(folder) / "image.png"
        cv2.imwrite(str(stretched), cv2.resize(cv2.imread(str(image)), expected.shape[::-1], interpolation=cv2.INTER_AREA))
        subprocess.run([binaries / "anomaly_predict", f"--model={model}", stretched, f"--output={output}", "--raw"], check=True)
        found = cv2.imread(str(next(output.rglob("*.tiff"))), cv2.IMREAD_UNCHANGED)
    difference = np.abs(found - expected).max() / expected.max()
    print(f"largest difference: {difference:.2e} of the map's maximum {expected.max():.4f}; allowed: {TOLERANCE:g}")
    return int(difference > TOLERANCE)


if __name__ == "__main__":
    if len(sys.argv) != 5:
        print(__doc__)
        sys.exit(0 if sys.argv[1:] == ["--help"] else 2)
    sys.exit(main(*map(pathlib.Path, sys.argv[1:])))
