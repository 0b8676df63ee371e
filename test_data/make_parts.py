#!/usr/bin/python3
"""Makes parts/washer/: a category in MVTec layout of round parts that lie at any angle, with defects drawn in and exact masks.

Each image is another part: a ring cut at any angle from any place of scikit-image's photograph gravel, with a chamfer lit
from the upper left, on a plain table. Good parts to learn from and to test with are drawn alike, as photographs of one
production are; textures/ has its tests from places that no image to learn from shows. Needs what make_textures.py needs.
"""
import shutil

import cv2
import numpy as np

from make_textures import A_DEFECT, HERE, SIZE, TEST_GOOD, TRAIN, blob, cloud, curve, damage, moved, photograph, write

OUTER, INNER = 60, 22       # radii of the ring in pixels
CHAMFER = 5                 # width of the slope at its edges in pixels
TABLE = 60                  # gray value
GRAIN = 0.45                # size of the photograph's stones in the part
CONTRAST = 0.4              # of the photograph's in the part


def ring(center):
    """Alpha of the ring, and the distance of each pixel to its nearest edge, positive on the ring."""
    y, x = np.mgrid[:SIZE, :SIZE].astype(np.float32)
    radius = np.hypot(y - center[0], x - center[1])
    distance = np.minimum(OUTER - radius, radius - INNER)
    return np.clip(distance + 0.5, 0, 1), distance


def surface(photo, rng):
    """A piece of the photograph from any place and at any angle, smaller and in less contrast: cast stone, not loose."""
    turn = cv2.getRotationMatrix2D(tuple(rng.uniform(0, photo.shape[0], 2)), rng.uniform(0, 360), GRAIN)
    turn[:, 2] += SIZE / 2 - turn @ (photo.shape[1] / 2, photo.shape[0] / 2, 1)
    piece = cv2.warpAffine(cv2.GaussianBlur(photo, (0, 0), 0.3 / GRAIN), turn, (SIZE, SIZE), borderMode=cv2.BORDER_REFLECT)
    return 150 + CONTRAST * (piece - photo.mean())


def parts(photo, rng):
    """Images of good parts without end, and the alpha of the part in each."""
    while True:
        alpha, distance = ring(SIZE / 2 - 0.5 + rng.uniform(-4, 4, 2))
        height = np.clip(distance / CHAMFER, 0, 1)
        slope = np.gradient(cv2.GaussianBlur(height, (0, 0), 1))
        part = surface(photo, rng) * (1 - 1.2 * (slope[0] + slope[1]))
        table = TABLE * (1 - 0.4 * moved(alpha, 4, 3)) + 2 * cloud(rng, 12)
        image = (part * alpha + table * (1 - alpha)) * rng.uniform(0.95, 1.05) + rng.normal(0, 1.5, alpha.shape)
        yield np.clip(image, 0, 255), alpha


def at_radius(shape, alpha, radius, rng):
    """What of the shape lies on the part when its middle is moved to this radius, at any angle."""
    rows, columns = np.nonzero(shape > 0.5)
    angle = rng.uniform(0, 2 * np.pi)
    by = SIZE / 2 + radius * np.array([np.cos(angle), np.sin(angle)]) - (columns.mean(), rows.mean())
    return cv2.warpAffine(shape, np.float32([[1, 0, by[0]], [0, 1, by[1]]]), (SIZE, SIZE)) * alpha


def on_ring(shape, alpha, rng):
    return at_radius(shape, alpha, rng.uniform(INNER + 8, OUTER - 8), rng)


# Defects: (layer, alpha) pairs, to be blended in this order.

def chip(part, alpha, rng):
    """A piece broken off the rim, its rough face lit from the upper left."""
    shape = at_radius(blob(rng, rng.uniform(9, 15), 1.5), alpha, OUTER - 2, rng)
    slope = np.gradient(cv2.GaussianBlur(shape, (0, 0), 2))
    return [(np.clip(80 + 160 * (slope[0] + slope[1]) + 12 * cloud(rng, 1), 20, 160), shape)]


def crack(part, alpha, rng):
    line = on_ring(curve(rng, rng.uniform(35, 60), rng.uniform(2, 3)), alpha, rng)
    return [(part * 0.25, 0.9 * line), (part * 1.25, 0.5 * moved(line, 1, 0.6) * (1 - line) * alpha)]


def hole(part, alpha, rng):
    """A cavity where a grain fell out or air was cast in."""
    shape = on_ring(blob(rng, rng.uniform(4, 8), 1.5), alpha, rng)
    depth = cv2.GaussianBlur(shape, (0, 0), 2)
    slope = np.gradient(depth)
    return [(np.clip(90 - 40 * depth - 200 * (slope[0] + slope[1]) + 8 * cloud(rng, 0.8), 5, 235), shape)]


def stain(part, alpha, rng):
    """Something spilt: darker, the surface showing through, with a darker margin as where it dried."""
    radius = rng.uniform(12, 20)
    shape = on_ring(blob(rng, radius, 0.35 * radius), alpha, rng)
    margin = 4 * shape * (1 - shape)
    return [(part * 0.35 + 8, shape * (rng.uniform(0.45, 0.65) + 0.1 * cloud(rng, 8)) + 0.15 * margin)]


def main():
    folder, photo, rng = HERE / "parts" / "washer", photograph("gravel"), np.random.default_rng(3)
    shutil.rmtree(folder, ignore_errors=True)
    good = parts(photo, rng)
    for name, count in (("train", TRAIN), ("test", TEST_GOOD)):
        for i in range(count):
            write(folder / name / "good" / f"{i:03}.png", next(good)[0])
    for defect in (chip, crack, hole, stain):
        for i in range(A_DEFECT):
            part, alpha = next(good)
            image, mask = damage(part, defect(part, alpha, rng))
            write(folder / "test" / defect.__name__ / f"{i:03}.png", image)
            write(folder / "ground_truth" / defect.__name__ / f"{i:03}_mask.png", 255 * mask)


if __name__ == "__main__":
    main()
