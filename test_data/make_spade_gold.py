#!/usr/bin/python3
"""Writes gold/spade.yml: retrieved images, image scores and maps of SPADE, from NumPy.

Needs python3-numpy and python3-opencv. Pooled maps are seeded noise stored in the file as float32; the bank is rounded to
half precision; results are computed in float64 with all distances at once, and rounded to float32.
"""
import pathlib

import cv2
import numpy as np

OUTPUT = pathlib.Path(__file__).resolve().parent / "gold" / "spade.yml"
CONTENT = ("sizes: channels, rows, cols of each scale; grid: rows, cols. train_N: pooled maps of scale N, channels x (images * "
           "rows * cols), the first image's positions first; query_N: channels x (rows * cols). masks: images x (rows * cols of the "
           "grid), 0 where an image is not learned from. retrieved: the K nearest images, nearest first; image_score: their mean "
           "distance. scores: of the grid's patches.")
CASES = {  # sizes of the scales, grid, images, K, share of masked patches
    "three_scales": (((5, 12, 12), (7, 6, 6), (4, 3, 3)), (6, 6), 9, 4, 0),
    "odd_sizes": (((3, 13, 11), (6, 7, 6), (9, 4, 3)), (7, 5), 6, 50, 0),
    "one_scale": (((8, 9, 10),), (9, 10), 3, 1, 0),
    "masked": (((4, 6, 8), (5, 3, 4)), (6, 8), 5, 3, 0.8),
}


def area_weights(fine, coarse):
    """coarse x fine: the mean of the cells that each coarse one covers, parts of cells by their share."""
    edges = np.arange(coarse + 1) * fine / coarse
    covered = np.minimum(edges[1:, None], np.arange(fine) + 1) - np.maximum(edges[:-1, None], np.arange(fine))
    return np.clip(covered, 0, None) * coarse / fine


def bilinear_weights(coarse, fine):
    """fine x coarse: half-pixel centers, the outermost cells repeated."""
    at = np.clip((np.arange(fine) + 0.5) * coarse / fine - 0.5, 0, coarse - 1)
    return np.clip(1 - np.abs(at[:, None] - np.arange(coarse)), 0, None)


def no_finer_than(grid, maps):
    """maps: images x channels x rows x cols."""
    rows, cols = maps.shape[2:]
    if rows * cols <= grid[0] * grid[1]:
        return maps
    return area_weights(rows, grid[0]) @ maps @ area_weights(cols, grid[1]).T


def nearest_index(fine, coarse):
    """Where cv2.INTER_NEAREST reads."""
    return np.minimum(np.arange(coarse) * fine // coarse, fine - 1)


def learned_at(masks, grid, shape):
    """Which positions of a scale are learned: images x (rows * cols)."""
    planes = masks.reshape(-1, *grid)
    return planes[:, nearest_index(grid[0], shape[0])][:, :, nearest_index(grid[1], shape[1])].reshape(len(masks), -1) > 0


def flat(maps):
    """images x positions x channels."""
    return maps.reshape(*maps.shape[:2], -1).transpose(0, 2, 1)


def score_scale(train, query, learned, grid):
    bank = flat(train).astype(np.float16).astype(np.float64)[learned]
    distances = np.zeros(query.shape[2:])
    if len(bank):
        differences = flat(query)[0][:, None] - bank[None]
        distances = np.sqrt((differences ** 2).sum(2)).min(1).reshape(query.shape[2:])
    return bilinear_weights(query.shape[2], grid[0]) @ distances @ bilinear_weights(query.shape[3], grid[1]).T


def write_case(out, rng, sizes, grid, images, K, masked):
    train = [np.clip(2 * rng.normal(size=(images, *s)) + 1, 0, 6).astype(np.float32) for s in sizes]
    query = [np.clip(2 * rng.normal(size=(1, *s)) + 1, 0, 6).astype(np.float32) for s in sizes]
    masks = (rng.random((images, grid[0] * grid[1])) >= masked).astype(np.uint8) * 255
    banks = [no_finer_than(grid, t.astype(np.float64)) for t in train]
    seen = [no_finer_than(grid, q.astype(np.float64)) for q in query]
    distances = np.linalg.norm(banks[-1].mean((2, 3)) - seen[-1].mean((2, 3)), axis=1)
    retrieved = np.argsort(distances, kind="stable")[:K]
    scores = sum(score_scale(b[retrieved], s, learned_at(masks, grid, s.shape[2:])[retrieved], grid) for b, s in zip(banks, seen))
    out.write("sizes", np.int32(sizes))
    out.write("grid", np.int32([grid]))
    out.write("K", K)
    for i, (t, q) in enumerate(zip(train, query)):
        out.write(f"train_{i}", np.ascontiguousarray(t.transpose(1, 0, 2, 3).reshape(t.shape[1], -1)))
        out.write(f"query_{i}", np.ascontiguousarray(q[0].reshape(q.shape[1], -1)))
    out.write("masks", masks)
    out.write("retrieved", np.int32([retrieved]))
    out.write("image_score", float(distances[retrieved].mean()))
    out.write("scores", np.ascontiguousarray(scores, np.float32))


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
