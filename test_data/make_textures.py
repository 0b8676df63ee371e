#!/usr/bin/python3
"""Makes textures/: two categories in MVTec layout, cut from photographs, with defects drawn in and exact masks.

The photographs are brick, gravel and grass of scikit-image, each 512x512, 8-bit gray, CC0 (see README.md). Debian's
python3-skimage has them as files, and so has the PyPI package scikit-image. Needs python3-opencv, python3-numpy and
python3-skimage.

Tiles to train on and tiles to test come from disjoint parts of a photograph. A defect is one or more layers blended over
a tile; the mask is every pixel where a layer's alpha is not 0, so that no pixel outside it differs from the photograph.
"""
import hashlib
import pathlib
import shutil

import cv2
import numpy as np
import skimage.data

HERE = pathlib.Path(__file__).resolve().parent
SHA256 = {
    "brick": "7966caf324f6ba843118d98f7a07746d22f6a343430add0233eca5f6eaaa8fcf",
    "gravel": "c48615b451bf1e606fbd72c0aa9f8cc0f068ab7111ef7d93bb9b0f2586440c12",
    "grass": "b6b6022426b38936c43a4ac09635cd78af074e90f42ffa8227ac8b7452d39f89",
}
SIZE = 160                  # of a tile
TRAIN_COLUMNS = (0, 304)    # of a photograph
TEST_COLUMNS = (304, 512)
TRAIN, TEST_GOOD, A_DEFECT = 32, 10, 6
FAINTEST = 0.1              # alpha below this is made 0: nobody sees it, and the mask should not grow by it
SS = 4                      # supersampling of lines


def photograph(name):
    file = pathlib.Path(skimage.data.__file__).parent / f"{name}.png"
    if hashlib.sha256(file.read_bytes()).hexdigest() != SHA256[name]:
        raise SystemExit(f"{file} is not the photograph that this script was written for")
    return cv2.imread(str(file), cv2.IMREAD_GRAYSCALE).astype(np.float32)


def tiles(photo, columns, count, rng):
    """Tiles spread evenly over the rows, mirrored at random, each with an exposure of its own."""
    rows = np.linspace(0, photo.shape[0] - SIZE, count) + rng.uniform(-8, 8, count)
    for row in rng.permutation(rows):
        top = int(np.clip(row, 0, photo.shape[0] - SIZE))
        left = rng.integers(columns[0], columns[1] - SIZE + 1)
        tile = photo[top:top + SIZE, left:left + SIZE]
        if rng.random() < 0.5:
            tile = tile[:, ::-1]
        yield np.clip(tile * rng.uniform(0.95, 1.05), 0, 255)


# Shapes: alpha in 0..1 over a tile.

def cloud(rng, sigma):
    """Smooth noise, about -1..1."""
    noise = cv2.GaussianBlur(rng.standard_normal((SIZE, SIZE)).astype(np.float32), (0, 0), sigma)
    return np.clip(noise / (2 * noise.std()), -1, 1)


def blob(rng, radius, soft):
    """An irregular outline; alpha falls from 1 to 0 over `soft` pixels."""
    margin = radius * 0.8
    cy, cx = rng.uniform(margin, SIZE - margin, 2)
    y, x = np.mgrid[:SIZE, :SIZE]
    angle, distance = np.arctan2(y - cy, x - cx), np.hypot(y - cy, x - cx)
    outline = np.full_like(angle, radius)
    for k in range(1, 9):
        outline += radius * rng.uniform(0, 0.35 / k) * np.cos(k * angle + rng.uniform(0, 2 * np.pi))
    return np.clip((outline - distance) / soft + 0.5, 0, 1).astype(np.float32)


def curve(rng, length, width):
    """A bent line, thinner towards its ends."""
    middle, direction = rng.uniform(0.3 * SIZE, 0.7 * SIZE, 2), rng.uniform(0, 2 * np.pi)
    along = length / 2 * np.array([np.cos(direction), np.sin(direction)])
    bend = rng.uniform(-0.5, 0.5) * along[::-1] * (1, -1)
    t = np.linspace(0, 1, 400)[:, None]
    points = (1 - t) ** 2 * (middle - along) + 2 * t * (1 - t) * (middle + bend) + t ** 2 * (middle + along)
    canvas = np.zeros((SIZE * SS, SIZE * SS), np.uint8)
    for (x, y), s in zip(points * SS, t[:, 0]):
        radius = width * SS / 2 * (0.35 + 0.65 * np.sin(np.pi * s))
        cv2.circle(canvas, (round(x), round(y)), round(radius), 255, -1, cv2.LINE_AA)
    return cv2.resize(canvas, (SIZE, SIZE), interpolation=cv2.INTER_AREA).astype(np.float32) / 255


def moved(alpha, by, blur):
    """The shadow of a shape, light coming from the upper left."""
    shift = np.float32([[1, 0, by], [0, 1, by]])
    return cv2.GaussianBlur(cv2.warpAffine(alpha, shift, (SIZE, SIZE)), (0, 0), blur)


# Defects: (layer, alpha) pairs, to be blended in this order.

def scratch(tile, rng, _):
    line = curve(rng, rng.uniform(45, 110), rng.uniform(1.5, 3))
    grain = rng.uniform(0.4, 0.8) * (1 + 0.25 * cloud(rng, 1.5))
    return [(tile * 0.6, 0.8 * grain * moved(line, 1, 0.7)), (185 + 25 * cloud(rng, 2), line * grain)]


def wire(tile, rng, _):
    line = curve(rng, rng.uniform(80, 130), rng.uniform(2.5, 4))
    return [(tile * 0.3, 0.8 * moved(line, 2, 1.2)), (70 + 20 * cloud(rng, 3), line),
            (np.full_like(tile, 190), 0.7 * cv2.erode(line, np.ones((2, 2))))]


def hole(tile, rng, _):
    """A gouge: a hollow lit from the upper left, with broken-out grain on its floor."""
    shape = blob(rng, rng.uniform(5, 11), 1.5)
    depth = cv2.GaussianBlur(shape, (0, 0), 2) * (1 + 0.25 * cloud(rng, 2))
    slope = np.gradient(depth)
    light = -(slope[0] + slope[1])
    return [(np.clip(95 - 35 * depth + 200 * light + 12 * cloud(rng, 0.8), 5, 235), shape)]


def stain(tile, rng, _):
    """Something spilt: darker, the texture showing through, with a darker margin as where it dried."""
    radius = rng.uniform(18, 32)
    shape = blob(rng, radius, 0.35 * radius)
    margin = 4 * shape * (1 - shape)
    return [(tile * 0.35 + 8, shape * (rng.uniform(0.4, 0.65) + 0.1 * cloud(rng, 8)) + 0.15 * margin)]


def foreign(tile, rng, other):
    """A piece of another material, with its shadow."""
    shape = blob(rng, rng.uniform(9, 22), 1.5)
    top, left = rng.integers(0, np.array(other.shape) - SIZE, 2)
    piece = other[top:top + SIZE, left:left + SIZE]
    return [(tile * 0.35, 0.9 * moved(shape, 3, 1.5)), (piece, shape)]


def damage(tile, layers):
    mask = np.zeros(tile.shape, bool)
    for layer, alpha in layers:
        alpha = np.where(alpha < FAINTEST, 0, alpha)
        tile = tile * (1 - alpha) + layer * alpha
        mask |= alpha > 0
    return tile, mask


def write(file, image):
    file.parent.mkdir(parents=True, exist_ok=True)
    compression = [cv2.IMWRITE_PNG_COMPRESSION, 9]
    if not cv2.imwrite(str(file), np.clip(np.rint(image), 0, 255).astype(np.uint8), compression):
        raise SystemExit(f"cannot write {file}")


def make_category(name, other, defects, seed):
    folder = HERE / "textures" / name
    shutil.rmtree(folder, ignore_errors=True)
    photo, material, rng = photograph(name), photograph(other), np.random.default_rng(seed)
    for i, tile in enumerate(tiles(photo, TRAIN_COLUMNS, TRAIN, rng)):
        write(folder / "train" / "good" / f"{i:03}.png", tile)
    for i, tile in enumerate(tiles(photo, TEST_COLUMNS, TEST_GOOD, rng)):
        write(folder / "test" / "good" / f"{i:03}.png", tile)
    for defect in defects:
        for i, tile in enumerate(tiles(photo, TEST_COLUMNS, A_DEFECT, rng)):
            image, mask = damage(tile, defect(tile, rng, material))
            write(folder / "test" / defect.__name__ / f"{i:03}.png", image)
            write(folder / "ground_truth" / defect.__name__ / f"{i:03}_mask.png", 255 * mask)


def main():
    make_category("brick", "gravel", [foreign, hole, scratch, stain], seed=1)
    make_category("gravel", "grass", [foreign, stain, wire], seed=2)


if __name__ == "__main__":
    main()
