#!/usr/bin/python3
"""Writes gold/metrics.yml: metrics of small score arrays from scikit-learn, and AUPRO of small map stacks from its definition.

Needs python3-sklearn, python3-scipy and python3-opencv. Scores are seeded float32 values; results are float64.
"""
import pathlib

import cv2
import numpy as np
from scipy.ndimage import label
from sklearn.metrics import auc, average_precision_score, f1_score, precision_recall_curve, roc_auc_score

OUTPUT = pathlib.Path(__file__).resolve().parent / "gold" / "metrics.yml"
FPR_LIMIT = 0.3
CONTENT = ("arrays: scores, labels (1 is anomalous); auroc; average_precision (step-wise sum); auc_precision_recall "
           "(trapezoids of the same curve); best_f1 over all thresholds and the highest threshold that reaches it; a score "
           "equal to the threshold counts as anomalous. "
           "stacks: maps and masks hold the images one under the other, each of `rows` rows; aupro: 8-connected regions, "
           "integrated up to a false positive rate of 0.3 and divided by 0.3; regions: their number in all images.")


def score_arrays(rng):
    """name -> scores, labels."""
    def noisy(n, positives, shift, step=0.0):
        labels = rng.permutation(np.arange(n) < positives)
        scores = rng.normal(size=n) + shift * labels
        return (np.round(scores / step) * step if step else scores), labels

    return {
        "five": ([0.1, 0.4, 0.35, 0.8, 0.7], [0, 0, 1, 1, 0]),
        "all_scores_equal": (np.full(8, 0.25), [0, 1, 1, 0, 0, 1, 0, 0]),
        "separated": (np.arange(24) / 8, np.arange(24) >= 17),
        "reversed": (np.arange(10) / 10, np.arange(10) < 4),
        "few_levels": noisy(40, 15, 1.0, step=0.5),
        "two_f1_maxima": ([0.9, 0.8, 0.7, 0.6, 0.5], [1, 0, 0, 1, 0]),     # 2/3 from 0.9 and from 0.6
        "few_positives": noisy(200, 3, 1.5),
        "mostly_positives": noisy(120, 110, 1.0, step=0.25),
        "large": noisy(500, 180, 1.2, step=0.125),
        "small_differences": (1000 + rng.integers(0, 40, 60) * 2.0 ** -13, rng.integers(0, 2, 60)),
    }


def map_stacks(rng):
    """name -> maps, masks: images x rows x cols."""
    def maps_for(masks, shift, step=0.0):
        smooth = np.stack([cv2.GaussianBlur(m, (0, 0), 1.5) for m in rng.normal(size=masks.shape)])
        maps = smooth + shift * np.stack([cv2.blur(m.astype(float), (5, 5)) for m in masks])
        return np.round(maps / step) * step if step else maps

    several = np.zeros((3, 16, 14), np.uint8)       # good image, rectangle and single pixel, a region joined by corners
    several[1, 2:7, 3:10] = several[1, 12, 12] = 1
    several[2, 4:8, 0:3] = several[2, 8:10, 3:5] = several[2, 14:16, 9:14] = 1
    diagonal = np.eye(11, 15, dtype=np.uint8)[None] | np.eye(11, 15, 6, dtype=np.uint8)[None]
    scattered = (rng.random((2, 9, 13)) < 0.15).astype(np.uint8)
    return {
        "several_regions": (maps_for(several, 0.5), several),
        "few_levels": (maps_for(several, 0.3, step=0.25), several),
        "diagonals": (maps_for(diagonal, 0.8), diagonal),
        "scattered": (maps_for(scattered, 0.4, step=0.03125), scattered),
        "first_step_beyond_limit": (np.where(several + rng.integers(0, 2, several.shape), 1.0, 0.5), several),
    }


def best_f1(scores, labels):
    """Best F1 and the highest threshold that reaches it. Equal fractions give equal quotients, so == finds ties."""
    candidates = []
    for threshold in np.unique(scores)[::-1]:
        predicted = scores >= threshold
        f1 = 2 * int(np.sum(predicted & labels)) / int(predicted.sum() + labels.sum())
        assert abs(f1 - f1_score(labels, predicted)) < 1e-12
        candidates.append((f1, float(threshold)))
    return max(candidates)


def regions_of(masks):
    """One boolean stack a region."""
    for i, mask in enumerate(masks):
        numbers, count = label(mask, structure=np.ones((3, 3)))
        for number in range(1, count + 1):
            region = np.zeros(masks.shape, bool)
            region[i] = numbers == number
            yield region


def aupro(maps, masks):
    regions, good = list(regions_of(masks)), masks == 0
    curve = [(0.0, 0.0)]
    for threshold in np.unique(maps)[::-1]:
        predicted = maps >= threshold
        curve.append((predicted[good].mean(), np.mean([predicted[region].mean() for region in regions])))
    area = 0.0
    for (x0, y0), (x1, y1) in zip(curve, curve[1:]):
        if x0 >= FPR_LIMIT:
            break
        if x1 > FPR_LIMIT:
            x1, y1 = FPR_LIMIT, y0 + (y1 - y0) * (FPR_LIMIT - x0) / (x1 - x0)
        area += (x1 - x0) * (y0 + y1) / 2
    return area / FPR_LIMIT, len(regions)


def write_array(out, scores, labels):
    scores, labels = np.float32(scores), np.array(labels, bool)
    precision, recall, _ = precision_recall_curve(labels, scores)
    f1, threshold = best_f1(scores, labels)
    out.write("scores", scores)
    out.write("labels", labels.astype(np.uint8))
    out.write("auroc", float(roc_auc_score(labels, scores)))
    out.write("average_precision", float(average_precision_score(labels, scores)))
    out.write("auc_precision_recall", float(auc(recall, precision)))
    out.write("best_f1", f1)
    out.write("best_f1_threshold", threshold)


def write_stack(out, maps, masks):
    maps = np.float32(maps)
    area, regions = aupro(maps, masks)
    out.write("rows", masks.shape[1])
    out.write("maps", maps.reshape(-1, masks.shape[2]))
    out.write("masks", np.ascontiguousarray(masks.reshape(-1, masks.shape[2]) * 255))
    out.write("regions", regions)
    out.write("aupro", float(area))
    out.write("pixel_auroc", float(roc_auc_score(masks.ravel(), maps.ravel())))


if __name__ == "__main__":
    rng = np.random.default_rng(0)
    out = cv2.FileStorage(str(OUTPUT), cv2.FILE_STORAGE_WRITE)
    out.write("content", CONTENT)
    for group, cases, write in (("arrays", score_arrays(rng), write_array), ("stacks", map_stacks(rng), write_stack)):
        out.startWriteStruct(group, cv2.FILE_NODE_MAP)
        for name, case in cases.items():
            out.startWriteStruct(name, cv2.FILE_NODE_MAP)
            write(out, *case)
            out.endWriteStruct()
        out.endWriteStruct()
    out.release()
