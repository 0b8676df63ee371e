#!/usr/bin/env python3
# This file is part of OpenCV project.
# It is subject to the license terms in the LICENSE file found in the top-level directory
# of this distribution and at http://opencv.org/license.html.
"""Times a model from its file to the first score, by one or several builds in turns (doc/benchmarks.md).

Each run is a process of its own, which loads the model and scores the image several times: the first time sets up
what later ones find, such as the code that oneDNN has written for the network's layers.
"""
import argparse
import statistics
import subprocess
import sys

LOADS = 6
CHILD = """
import sys, time
package, model, image, threads = sys.argv[1:]
sys.path.insert(0, package)
import cv2, cv_anomaly
cv2.setNumThreads(int(threads))
image = cv2.imread(image)
for _ in range(%d):
    start = time.perf_counter()
    detector = cv_anomaly.loadDetector(model)
    loaded = time.perf_counter()
    score = detector.predict(image)[0]
    print(1e3 * (loaded - start), 1e3 * (time.perf_counter() - start), score)
""" % LOADS


def run(package, model, image, threads):
    """Of one process: for each load its milliseconds, those to the first score, and the score."""
    command = [sys.executable, '-c', CHILD, package, model, image, str(threads)]
    lines = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True).stdout.splitlines()
    return [tuple(map(float, line.split())) for line in lines]


def main():
    line = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    line.add_argument('packages', metavar='PACKAGE', nargs='+',
                      help='folder that cv_anomaly lies in, such as build/release/python')
    line.add_argument('--models', metavar='MODEL', nargs='+', required=True)
    line.add_argument('--image', required=True)
    line.add_argument('--threads', type=int, default=2)
    line.add_argument('--runs', type=int, default=9)
    options = line.parse_args()
    print('| model | build | load, ms | to the first score | in a new process | score |\n|---|---|---|---|---|---|')
    for model in options.models:
        runs = {package: [] for package in options.packages}
        for _ in range(options.runs):
            for package in options.packages:
                runs[package].append(run(package, model, options.image, options.threads))
        for package, processes in runs.items():
            later = [load for process in processes for load in process[1:]]
            print('| %s | %s | %.0f | %.0f | %.0f | %.9g |' % (
                model, package, statistics.median(load[0] for load in later),
                statistics.median(load[1] for load in later),
                statistics.median(process[0][1] for process in processes), later[0][2]), flush=True)


if __name__ == '__main__':
    main()
