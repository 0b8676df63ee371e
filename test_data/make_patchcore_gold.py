#!/usr/bin/python3
"""Writes gold/patchcore.yml: features on one grid, a greedy coreset of them, distances to it and Eq. 7 of PatchCore, from NumPy.

Needs python3-numpy and python3-opencv. Maps are seeded noise stored in the file as float32; results are computed from these in
float64 and rounded to float32.
"""
import pathlib

import cv2
import numpy as np

OUTPUT = pathlib.Path(__file__).resolve().parent / "gold" / "patchcore.yml"
CONTENT = ("maps: by image and scale, channels x (rows * cols); sizes: channels, rows, cols of each scale. grid: rows, cols. "
           "features: of the images before the last, features x (images * patches). chosen: rows of the bank, image * patches + "
           "patch, in the order of choice. distances: of the last image's patches to the bank, 1 x patches. weighted: its score "
           "by Eq. 7 with K neighbors.")
CASES = {  # sizes of the maps, grid, images to learn from, size of the bank, K
    "finer_same_coarser": ([(3, 12, 8), (5, 6, 4), (7, 3, 2)], (6, 4), 3, 20, 3),
    "odd_sizes": ([(2, 7, 5), (4, 3, 3)], (7, 5), 2, 9, 9),
    "one_scale": ([(6, 4, 4)], (2, 2), 4, 5, 2),
}


def pooled(image):
    """3x3 average, stride 1, zeros around the map counted."""
    padded = np.pad(image, ((0, 0), (1, 1), (1, 1)))
    rows, cols = image.shape[1:]
    return sum(padded[:, y:y + rows, x:x + cols] for y in range(3) for x in range(3)) / 9


def averaged(image, grid):
    """Means of whole cells."""
    channels, rows, cols = image.shape
    return image.reshape(channels, grid[0], rows // grid[0], grid[1], cols // grid[1]).mean((2, 4))


def line(fine, coarse):
    """Weights of a bilinear line with half-pixel centers: fine x coarse."""
    weights = np.zeros((fine, coarse))
    for i in range(fine):
        at = min(max((i + 0.5) * coarse / fine - 0.5, 0), coarse - 1)
        first = min(int(at), coarse - 1)
        weights[i, first] += 1 - (at - first)
        weights[i, min(first + 1, coarse - 1)] += at - first
    return weights


def on_grid(image, grid):
    if image.shape[1] > grid[0]:
        return averaged(image, grid)
    return np.einsum("yr,crx,zx->cyz", line(grid[0], image.shape[1]), image, line(grid[1], image.shape[2]))


def patches_of(maps, grid):
    """Patches x features."""
    return np.concatenate([on_grid(pooled(m.astype(np.float64)), grid) for m in maps]).reshape(-1, grid[0] * grid[1]).T


def greedy(rows, count):
    """k-center: the first row, then each time the one that is farthest from all before; ties to the lower index."""
    chosen, nearest = [0], ((rows - rows[0]) ** 2).sum(1)
    while len(chosen) < count:
        chosen.append(int(nearest.argmax()))
        nearest = np.minimum(nearest, ((rows - rows[chosen[-1]]) ** 2).sum(1))
    return chosen


def weighted_score(patches, bank, neighbors):
    distances = np.linalg.norm(patches[:, None] - bank[None], axis=2)
    unusual = distances.min(1).argmax()
    nearest = distances[unusual].argmin()
    around = np.linalg.norm(bank - bank[nearest], axis=1).argsort(kind="stable")[:neighbors]
    score = distances[unusual, nearest]
    return (1 - np.exp(score) / np.exp(distances[unusual, around]).sum()) * score


def write_case(out, rng, sizes, grid, images, bank_size, neighbors):
    maps = [[rng.normal(size=size).clip(-1, 6).astype(np.float32) for size in sizes] for _ in range(images + 1)]
    learned = np.concatenate([patches_of(m, grid) for m in maps[:-1]])
    chosen = greedy(learned, bank_size)
    bank, patches = learned[chosen], patches_of(maps[-1], grid)
    out.write("sizes", np.array(sizes, np.int32))
    out.write("grid", np.array(grid, np.int32))
    out.write("K", neighbors)
    for image, scales in enumerate(maps):
        for scale, values in enumerate(scales):
            out.write("map_%d_%d" % (image, scale), values.reshape(len(values), -1))
    out.write("features", np.ascontiguousarray(learned.T, np.float32))
    out.write("chosen", np.array(chosen, np.int32))
    out.write("distances", np.linalg.norm(patches[:, None] - bank[None], axis=2).min(1)[None].astype(np.float32))
    out.write("weighted", float(weighted_score(patches, bank, neighbors)))


def main():
    rng = np.random.default_rng(11)
    out = cv2.FileStorage(str(OUTPUT), cv2.FILE_STORAGE_WRITE)
    out.write("content", CONTENT)
    for name, case in CASES.items():
        out.startWriteStruct(name, cv2.FILE_NODE_MAP)
        write_case(out, rng, *case)
        out.endWriteStruct()
    out.release()


if __name__ == "__main__":
    main()
