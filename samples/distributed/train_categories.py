#!/usr/bin/env python3
# This file is part of OpenCV project.
# It is subject to the license terms in the LICENSE file found in the top-level directory
# of this distribution and at http://opencv.org/license.html.
"""Trains a model for each category of a dataset on a Ray cluster, and writes a table of how well each one does.

  train_categories.py DATASET --output=DIR

DATASET has a folder for each category in MVTec AD's layout: train/good, test/good, test/<defect type>, and
ground_truth/<defect type> with masks NAME_mask.png. DIR gets a model for each category, and table.csv. Categories that
have a row without error in the table are left out, so the same command continues a run that was stopped.
"""
import argparse
import csv
import os
import pathlib
import sys
import time

import cv2
import cv_anomaly as anomaly
import ray

from score_folder import EXTENSIONS

METHODS = {method.__name__.lower(): method for method in anomaly.AnomalyDetector.__subclasses__()}
COLUMNS = ("category", "method", "trained", "tested", "unreadable", "image_auroc", "image_f1", "pixel_auroc", "aupro",
           "seconds", "error")


def images(folder, pattern):
    return sorted(file for file in folder.glob(pattern)
                  if file.suffix.lower() in EXTENSIONS and not file.name.startswith("."))


@ray.remote
def train(category, model, method, threads):
    """A Ray task: fits and saves the model of a category. Returns its row of the table."""
    cv2.setNumThreads(threads)  # without it each task would compute on all cores of its machine
    detector = METHODS[method].create()
    files = images(category / "train" / "good", "*")
    start = time.monotonic()
    detector.fitFiles(files)
    seconds = time.monotonic() - start
    detector.save(model)
    return {"trained": len(files), "seconds": round(seconds, 1), **evaluate(detector, category)}


def evaluate(detector, category):
    """The figures that anomaly_evaluate gives, with pixels counted at the resolution of the network's input."""
    detector.setMapSize(anomaly.MAP_INPUT)
    scores, labels, unreadable, pixels = [], [], 0, anomaly.PixelMetrics.create()
    for file in images(category / "test", "*/*"):
        try:
            score, score_map = detector.predictFile(file)
        except anomaly.error:
            unreadable += 1
            continue
        scores.append(score)
        labels.append(file.parent.name != "good")
        mask = read_mask(category / "ground_truth" / file.parent.name / (file.stem + "_mask.png"), detector)
        if not labels[-1] or mask is not None:
            pixels.add(score_map, mask)
    figures = {"image_auroc": anomaly.auroc(scores, labels), "image_f1": anomaly.bestF1(scores, labels)[0]}
    if pixels.regionCount():
        figures.update(pixel_auroc=pixels.auroc(), aupro=pixels.aupro())
    figures = {name: "%.4f" % value for name, value in figures.items()}
    return {"tested": len(scores), "unreadable": unreadable, **figures}


def read_mask(file, detector):
    """The mask as the network's input shows it; None if there is none, or nothing of it is left at that size."""
    if not file.exists():
        return None
    mask = anomaly.readImage(file)
    mask = mask if mask.ndim == 2 else mask.max(axis=2)
    mask = anomaly.maskToInput((mask > 0).astype("uint8"), detector.getDetectorParams())
    return mask if mask.any() else None


def read_table(file):
    """The rows without error, by category and method."""
    if not file.exists():
        return {}
    with open(file, newline="") as stream:
        return {(row["category"], row["method"]): row for row in csv.DictReader(stream) if not row["error"]}


def write_table(file, rows):
    """Renaming makes sure that a run that is stopped never leaves half a table."""
    unfinished = file.with_suffix(".tmp")
    with open(unfinished, "w", newline="") as stream:
        table = csv.DictWriter(stream, COLUMNS)
        table.writeheader()
        table.writerows(rows[key] for key in sorted(rows))
    os.replace(unfinished, file)


def result_of(task):
    try:
        return ray.get(task)
    except ray.exceptions.RayTaskError as error:  # what the task itself raised, such as cv_anomaly.error
        return {"error": str(error.cause).strip()}
    except ray.exceptions.RayError as error:  # such as a machine that went away again and again
        return {"error": str(error).strip()}


def parse_arguments():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("dataset", type=pathlib.Path, help="folder with a folder for each category")
    parser.add_argument("--output", required=True, type=pathlib.Path, help="folder for the models and table.csv")
    parser.add_argument("--method", choices=sorted(METHODS), default="patchcore", help="what to train [patchcore]")
    parser.add_argument("--cpus", type=int, default=1, help="CPUs, and threads, of each task [1]")
    arguments = parser.parse_args()
    if arguments.cpus < 1:
        parser.error("--cpus is at least 1")
    return arguments


def main():
    arguments = parse_arguments()
    categories = sorted(good.parent.parent for good in arguments.dataset.resolve().glob("*/train/good"))
    if not categories:
        sys.exit("train_categories.py: '%s' has no folder of a category with train/good inside" % arguments.dataset)
    output, method = arguments.output.resolve(), arguments.method
    output.mkdir(parents=True, exist_ok=True)
    table = output / "table.csv"
    rows = read_table(table)
    ray.init()
    tasks = {}
    for category in categories:
        if (category.name, method) not in rows:
            model = output / ("%s_%s.yml.gz" % (category.name, method))
            task = train.options(num_cpus=arguments.cpus).remote(category, model, method, arguments.cpus)
            tasks[task] = category.name
    failed = 0
    while tasks:
        task = ray.wait(list(tasks))[0][0]
        row = {"category": tasks.pop(task), "method": method, **result_of(task)}
        rows[row["category"], method] = row
        write_table(table, rows)
        failed += "error" in row
        print("%(category)s: " % row + row.get("error", "done in %s s" % row.get("seconds")), flush=True)
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
