#!/usr/bin/env python3
"""Writes gold/aupimo.yml: AUPIMO of small map stacks from anomalib, for each image and in the mean.

Needs anomalib (the stored file is of version 2.7.0) and OpenCV's Python module, all of which `pip install
anomalib` brings. anomalib takes thresholds from a regular grid, and starts and ends at the grid's false positive rates nearest to
the bounds. Scores here are multiples of 1/1024 and the grid is twice as fine, so that it parts all of them, and the bounds are
rates that occur: there the grid gives what all distinct scores as thresholds give.
"""
import importlib.metadata
import pathlib

import cv2
import numpy as np
import torch
from anomalib.metrics.pimo.functional import aupimo_scores

OUTPUT = pathlib.Path(__file__).resolve().parent / "gold" / "aupimo.yml"
STEP = 1 / 1024
CONTENT = ("maps and masks hold the images one under the other, each of `rows` rows; bounds: false positive rates; per_image: AUPIMO of "
           "each image, -1 where it is good (anomalib: NaN); mean: of the others. From anomalib " +
           importlib.metadata.version("anomalib") + ".")


def quantized(maps, step=STEP):
    return np.float32(np.round(maps / step) * step)


def noisy(rng, masks, shift, step=STEP):
    """Smooth noise that rises on defects."""
    maps = np.stack([cv2.GaussianBlur(noise, (0, 0), 1.2) for noise in rng.normal(size=masks.shape)])
    return quantized(maps + shift * np.stack([cv2.blur(mask.astype(float), (3, 3)) for mask in masks]), step)


def with_rectangles(count, rows, cols, rectangles):
    """Masks of so many images; rectangles: image -> (top, left, height, width)."""
    masks = np.zeros((count, rows, cols), np.uint8)
    for image, (top, left, height, width) in rectangles:
        masks[image, top:top + height, left:left + width] = 1
    return masks


def stacks(rng):
    """name -> maps, masks, bounds that are wanted."""
    wide = with_rectangles(6, 12, 31, [(1, (2, 3, 5, 7)), (3, (0, 0, 4, 4)), (3, (8, 20, 3, 9)), (4, (5, 10, 6, 6))])
    tiny = with_rectangles(5, 20, 16, [(0, (3, 3, 1, 1)), (1, (0, 15, 1, 1)), (1, (19, 0, 1, 1)), (2, (10, 8, 1, 2))])
    full = with_rectangles(4, 9, 14, [(0, (0, 0, 9, 14)), (2, (1, 1, 3, 3))])
    one_good = with_rectangles(4, 25, 18, [(0, (2, 2, 6, 6)), (1, (12, 3, 4, 9)), (3, (20, 10, 5, 5))])
    constant = noisy(rng, wide, 0.5)
    constant[0] = 0.25      # a good image
    constant[4] = 0.5       # a defective one
    return {
        "wide": (noisy(rng, wide, 1.0), wide, (0.002, 0.05)),
        "high_bounds": (noisy(rng, wide, 0.5), wide, (0.1, 1.0)),
        "ties": (noisy(rng, wide, 0.7, step=0.125), wide, (0.01, 0.3)),
        "two_levels": (np.where(rng.random(wide.shape) < 0.05 + 0.6 * wide, 1.0, 0.5).astype(np.float32), wide, (0.05, 1.0)),
        "tiny_defects": (noisy(rng, tiny, 5.0), tiny, (0.002, 0.1)),
        "all_of_an_image": (noisy(rng, full, 0.5), full, (0.01, 0.5)),
        "one_good_image": (noisy(rng, one_good, 0.8), one_good, (1 / 450, 0.1)),
        "constant_maps": (constant, wide, (0.005, 0.5)),
        "found": (quantized(noisy(rng, wide, 0) + 50.0 * wide), wide, (0.002, 0.02)),
        "missed": (quantized(noisy(rng, wide, 0) - 50.0 * wide), wide, (0.002, 0.02)),
    }


def rate_nearest(maps, masks, wanted):
    """The false positive rate nearest to a wanted one, of those that occur: mean over the good images."""
    good = maps[~masks.any(axis=(1, 2))]
    rates = [(good >= threshold).mean(axis=(1, 2)).mean() for threshold in np.unique(good)]
    return float(min(rates, key=lambda rate: abs(rate - wanted)))


def write_stack(out, maps, masks, wanted):
    bounds = tuple(rate_nearest(maps, masks, rate) for rate in wanted)
    good = maps[~masks.any(axis=(1, 2))]
    levels = int(round((good.max() - good.min()) / STEP))
    result = aupimo_scores(torch.tensor(maps), torch.tensor(masks).bool(), num_thresholds=2 * levels + 1, fpr_bounds=bounds, force=True)
    areas = result[4].numpy()
    out.write("rows", masks.shape[1])
    out.write("maps", maps.reshape(-1, masks.shape[2]))
    out.write("masks", np.ascontiguousarray(masks.reshape(-1, masks.shape[2]) * 255))
    out.write("bounds", np.array(bounds).reshape(-1, 1))
    out.write("per_image", np.nan_to_num(areas, nan=-1.0).reshape(-1, 1))
    out.write("mean", float(np.nanmean(areas)))


if __name__ == "__main__":
    out = cv2.FileStorage(str(OUTPUT), cv2.FILE_STORAGE_WRITE)
    out.write("content", CONTENT)
    out.startWriteStruct("stacks", cv2.FILE_NODE_MAP)
    for name, case in stacks(np.random.default_rng(0)).items():
        out.startWriteStruct(name, cv2.FILE_NODE_MAP)
        write_stack(out, *case)
        out.endWriteStruct()
    out.endWriteStruct()
    out.release()
