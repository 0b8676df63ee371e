#!/usr/bin/python3
"""Writes gold/coreset.yml: rows, and the greedy coreset that the definition chooses from them.

Needs python3-numpy and python3-opencv. All values are small whole numbers, so that squared distances are exact in float32
whatever the order of sums, and so that many of them are equal: ties go to the lower index.
"""
import pathlib

import cv2
import numpy as np

OUTPUT = pathlib.Path(__file__).resolve().parent / "gold" / "coreset.yml"


def greedy_coreset(rows, count, start=0):
    """Indices in the order of choice; rows at distance 0 of a chosen one are never chosen."""
    rows = rows.astype(np.int64)
    distances = np.full(len(rows), np.iinfo(np.int64).max)
    chosen, farthest = [], start
    while len(chosen) < count and distances[farthest] > 0:
        chosen.append(farthest)
        distances = np.minimum(distances, ((rows - rows[farthest]) ** 2).sum(axis=1))
        farthest = int(distances.argmax())  # the first of equal ones
    return chosen


def make_cases():
    rng = np.random.default_rng(7)
    repeated = rng.integers(-9, 10, (40, 32))[rng.integers(0, 40, 300)]
    clusters = rng.integers(-40, 41, (12, 64))[rng.integers(0, 12, 500)] + rng.integers(-1, 2, (500, 64))
    return [
        ("one row", rng.integers(-9, 10, (1, 5)), 3, 0),
        ("two rows", rng.integers(-9, 10, (2, 1)), 1, 1),
        ("two rows, all of them", rng.integers(-9, 10, (2, 40)), 2, 0),
        ("seven rows of three", rng.integers(-9, 10, (7, 3)), 5, 2),
        ("odd sizes", rng.integers(-9, 10, (513, 129)), 200, 0),
        ("more than there are", rng.integers(-9, 10, (65, 31)), 100, 64),
        ("equal rows", np.full((9, 4), 3), 5, 4),
        ("repeated rows", repeated, 60, 0),
        ("ties", rng.integers(0, 2, (600, 7)), 300, 0),
        ("ties in a line", np.arange(-127, 128).reshape(-1, 1), 255, 0),
        ("clusters", clusters, 300, 3),
    ]


def main():
    out = cv2.FileStorage(str(OUTPUT), cv2.FILE_STORAGE_WRITE | cv2.FILE_STORAGE_BASE64)
    out.writeComment("Written by make_coreset_gold.py: for each case rows, how many to choose from which start, and the choice")
    out.startWriteStruct("cases", cv2.FileNode_SEQ)
    for name, rows, count, start in make_cases():
        chosen = greedy_coreset(rows, count, start)
        out.startWriteStruct("", cv2.FileNode_MAP)
        out.write("name", name)
        out.write("rows", rows.astype(np.int8))
        out.write("count", count)
        out.write("start", start)
        out.write("chosen", np.int32(chosen).reshape(1, -1))
        out.endWriteStruct()
        print(f"{name}: {rows.shape[0]} x {rows.shape[1]}, {len(chosen)} chosen")
    out.endWriteStruct()
    out.release()


if __name__ == "__main__":
    main()
