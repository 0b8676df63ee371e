#!/usr/bin/python3
"""Writes models/brick.yml.gz, a model trained with LibTorch, and gold/stored_model.yml, what it predicts.

make_stored_model.py BIN    BIN: folder with anomaly_train and anomaly_predict, of a build with LibTorch
Needs python3-opencv. Small gammas keep the model at 0.4 MB.
"""
import csv
import pathlib
import subprocess
import sys
import tempfile

import cv2

FOLDER = pathlib.Path(__file__).resolve().parent
MODEL = FOLDER / "models" / "brick.yml.gz"
IMAGES = ("good/000.png", "hole/000.png", "scratch/001.png")
STEP = 8    # every so many pixels of a map are kept


def main(binaries):
    MODEL.parent.mkdir(exist_ok=True)
    subprocess.run([binaries / "anomaly_train", FOLDER / "textures/brick", f"--model={MODEL}", "--method=cfa", "--gamma_c=0.03125",
                    "--gamma_d=0.0625", "--epochs=4"], check=True)
    out = cv2.FileStorage(str(FOLDER / "gold/stored_model.yml"), cv2.FILE_STORAGE_WRITE)
    out.startWriteStruct("images", cv2.FILE_NODE_SEQ)
    for image in IMAGES:
        with tempfile.TemporaryDirectory() as folder:
            folder = pathlib.Path(folder)
            subprocess.run([binaries / "anomaly_predict", f"--model={MODEL}", FOLDER / "textures/brick/test" / image,
                            f"--output={folder}", f"--csv={folder}/scores.csv", "--raw"], check=True)
            row = list(csv.DictReader(open(folder / "scores.csv")))[0]
            score_map = cv2.imread(str(next(folder.rglob("*.tiff"))), cv2.IMREAD_UNCHANGED)
        out.startWriteStruct("", cv2.FILE_NODE_MAP)
        out.write("image", image)
        out.write("score", float(row["score"]))
        out.write("step", STEP)
        out.write("map", score_map[::STEP, ::STEP].copy())
        out.endWriteStruct()
    out.endWriteStruct()
    out.release()


main(pathlib.Path(sys.argv[1]).resolve())
