#!/usr/bin/python3
"""Writes gold/k_means.yml: points, and the inertia that scikit-learn's k-means reaches on them.

Needs python3-sklearn and python3-opencv. The points are seeded float32 values: 40 clusters of unequal width and size, and a
tenth of the points anywhere, asked for 90 centers, so that starts matter.
"""
import pathlib

import cv2
import numpy as np
from sklearn.cluster import KMeans

OUTPUT = pathlib.Path(__file__).resolve().parent / "gold" / "k_means.yml"
POINTS, LENGTH, CLUSTERS, CENTERS, RUNS = 600, 10, 40, 90, 20


def make_points(rng):
    middles = rng.normal(size=(CLUSTERS, LENGTH)) * 3
    widths = rng.uniform(0.2, 1.5, CLUSTERS)
    members = rng.choice(CLUSTERS, POINTS, p=rng.dirichlet(np.full(CLUSTERS, 2)))
    points = middles[members] + rng.normal(size=(POINTS, LENGTH)) * widths[members, None]
    anywhere = rng.random(POINTS) < 0.1
    points[anywhere] = rng.normal(size=(anywhere.sum(), LENGTH)) * 4
    return points.astype(np.float32)


def main():
    points = make_points(np.random.default_rng(5))
    inertias = [KMeans(CENTERS, n_init=1, max_iter=300, random_state=seed).fit(points.astype(float)).inertia_ for seed in range(RUNS)]
    out = cv2.FileStorage(str(OUTPUT), cv2.FILE_STORAGE_WRITE)
    out.writeComment("Written by make_k_means_gold.py. inertia: the mean of runs from different starts, each of one start")
    out.write("points", points)
    out.write("centers", CENTERS)
    out.write("runs", RUNS)
    out.write("inertia", float(np.mean(inertias)))
    out.release()
    print(f"inertia {np.mean(inertias):.2f}, from {min(inertias):.2f} to {max(inertias):.2f}")


if __name__ == "__main__":
    main()
