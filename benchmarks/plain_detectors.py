#!/usr/bin/python3
"""Plain implementations of PatchCore, PaDiM and SPADE with NumPy, PyTorch and cv2.dnn, to compare the module's figures with.

plain_detectors.py METHOD CATEGORY [--backbone FILE] [--size 224] [--stride 8] [--sigma 4] [--seed 0]
                   [--features 100] [--regularization 0.01]     padim
                   [--neighbors 50]                             spade
                   [--bank 4000] [--projection 128] [--pool N]  patchcore
  METHOD    patchcore, padim or spade
  CATEGORY  folder in MVTec layout

Images are stretched to SIZE x SIZE. The backbone is an ONNX file with outputs c2, c3, c4 for inputs of mean 127 and scale 1/128,
by default the embedded one. Each map goes through a 3x3 average. Prints one line of JSON with image and pixel AUROC, which the
module's `anomaly_evaluate` gives for a model that was fitted with --validation=0 and --input_size=SIZExSIZE. PaDiM draws the same channels as
the module does with the same seed; SPADE keeps its bank in half precision, as the module; PatchCore's first patch and projection
are others. Needs python3-torch and python3-opencv.
"""
import argparse
import json
import pathlib
import time

import cv2
import numpy as np
import torch
import torch.nn.functional as F

EMBEDDED = pathlib.Path(__file__).resolve().parent.parent / "modules" / "anomaly" / "data" / "efficientnet-lite0.onnx"
OUTPUTS = ["c2", "c3", "c4"]
RANDOM_CHANNELS = 8  # of the module's random_stream.hpp
MASK_64 = (1 << 64) - 1


def draw_channels(count, features, seed):
    """Returns the channels that the module's randomChannels draws: SplitMix64's finalizer seeds cv::RNG, which shuffles."""
    z = ((seed & 0xFFFFFFFF) << 8 | RANDOM_CHANNELS) + 0x9E3779B97F4A7C15 & MASK_64
    z = (z ^ z >> 30) * 0xBF58476D1CE4E5B9 & MASK_64
    z = (z ^ z >> 27) * 0x94D049BB133111EB & MASK_64
    state = z ^ z >> 31 or MASK_64
    order = list(range(features))
    for i in range(features - 1, 0, -1):
        state = (state & 0xFFFFFFFF) * 4164903690 + (state >> 32) & MASK_64
        other = (state & 0xFFFFFFFF) % (i + 1)
        order[i], order[other] = order[other], order[i]
    return sorted(order[:count])


class Backbone:
    def __init__(self, file, size):
        self.net = cv2.dnn.readNetFromONNX(str(file))
        self.size = size

    def maps(self, file):
        """Returns the maps of an image file after the 3x3 average, each 1 x channels x rows x cols."""
        image = cv2.imread(str(file), cv2.IMREAD_COLOR)
        shrinks = min(image.shape[:2]) >= self.size
        image = cv2.resize(image, (self.size, self.size), interpolation=cv2.INTER_AREA if shrinks else cv2.INTER_LINEAR)
        blob = ((image[:, :, ::-1].astype(np.float32) - 127) / 128).transpose(2, 0, 1)[None]
        self.net.setInput(np.ascontiguousarray(blob))
        return [F.avg_pool2d(torch.from_numpy(m), 3, 1, 1) for m in self.net.forward(OUTPUTS)]


def on_grid(m, grid):
    if m.shape[2] > grid:
        return F.adaptive_avg_pool2d(m, grid)
    return F.interpolate(m, (grid, grid), mode="bilinear", align_corners=False)


def phi(maps, grid):
    """Returns the features of all patches as features x patches."""
    return torch.cat([on_grid(m, grid) for m in maps], 1)[0].flatten(1)


class PaDiM:
    def __init__(self, options, grid, images):
        self.grid = grid
        samples = []
        for maps in images:
            if not samples:
                features = sum(m.shape[1] for m in maps)
                self.channels = draw_channels(min(options.features, features), features, options.seed)
            samples.append(phi(maps, grid)[self.channels].T)
        x = torch.stack(samples).double()  # images x patches x features
        self.mean = x.mean(0)
        centered = (x - self.mean).permute(1, 2, 0)
        covariance = centered @ centered.transpose(1, 2) / (len(x) - 1)
        self.inverse = torch.linalg.inv(covariance + options.regularization * torch.eye(x.shape[2], dtype=x.dtype))

    def score(self, maps):
        difference = phi(maps, self.grid)[self.channels].T.double() - self.mean
        squares = torch.einsum("pi,pij,pj->p", difference, self.inverse, difference)
        return None, squares.clamp(min=0).sqrt().view(self.grid, self.grid).float()


class SPADE:
    def __init__(self, options, grid, images):
        self.grid, self.neighbors = grid, options.neighbors
        self.bank, self.summaries = [], []
        for maps in images:
            self.bank.append([m[0].flatten(1).T.half() for m in self.scales(maps)])
            self.summaries.append(maps[-1].mean((2, 3))[0])
        self.summaries = torch.stack(self.summaries)

    def scales(self, maps):
        return [on_grid(m, self.grid) if m.shape[2] > self.grid else m for m in maps]

    def score(self, maps):
        distances = (self.summaries - maps[-1].mean((2, 3))).norm(dim=1)
        nearest = distances.topk(min(self.neighbors, len(distances)), largest=False)
        total = 0
        for scale, m in enumerate(self.scales(maps)):
            patches = m[0].flatten(1).T
            least = [torch.cdist(patches, self.bank[i][scale].float()).min(1).values for i in nearest.indices]
            plane = torch.stack(least).min(0).values.view(1, 1, *m.shape[2:])
            total = total + on_grid(plane, self.grid)[0, 0]
        return float(nearest.values.mean()), total


class PatchCore:
    def __init__(self, options, grid, images):
        self.grid = grid
        pool = torch.cat([phi(maps, grid).T for maps in images])
        generator = torch.Generator().manual_seed(options.seed)
        if options.pool < len(pool):
            pool = pool[torch.randperm(len(pool), generator=generator)[:options.pool]]
        low = pool @ torch.randn(pool.shape[1], options.projection, generator=generator) / options.projection ** 0.5
        chosen = [0]
        distance = ((low - low[0]) ** 2).sum(1)
        while len(chosen) < min(options.bank, len(pool)):
            chosen.append(int(distance.argmax()))
            distance = torch.minimum(distance, ((low - low[chosen[-1]]) ** 2).sum(1))
        self.bank = pool[chosen]

    def score(self, maps):
        return None, torch.cdist(phi(maps, self.grid).T, self.bank).min(1).values.view(self.grid, self.grid)


METHODS = {"padim": PaDiM, "spade": SPADE, "patchcore": PatchCore}


def smooth_map(scores, size, sigma):
    large = F.interpolate(scores[None, None], (size, size), mode="bilinear", align_corners=False)[0, 0].numpy()
    kernel = cv2.getGaussianKernel(2 * int(4 * sigma + 0.5) + 1, sigma)
    return cv2.sepFilter2D(large, cv2.CV_32F, kernel, kernel, borderType=cv2.BORDER_REFLECT)


def auroc(labels, scores):
    """Returns the probability that a defective sample scores above a good one, where ties count half."""
    labels, scores = np.ravel(labels), np.ravel(scores)
    _, place, counts = np.unique(scores, return_inverse=True, return_counts=True)
    ranks = (np.cumsum(counts) - (counts - 1) / 2)[place]
    bad = int(labels.sum())
    return round(float((ranks[labels].sum() - bad * (bad + 1) / 2) / (bad * (len(labels) - bad))), 4)


def mask_of(file, category, size):
    mask = category / "ground_truth" / file.parent.name / f"{file.stem}_mask.png"
    if not mask.exists():
        return np.zeros((size, size), bool)
    return cv2.resize(cv2.imread(str(mask), 0), (size, size), interpolation=cv2.INTER_NEAREST) > 0


def evaluate(detector, backbone, category, size, sigma):
    labels, scores, maps, masks = [], [], [], []
    for file in sorted((category / "test").glob("*/*")):
        own, patches = detector.score(backbone.maps(file))
        maps.append(smooth_map(patches, size, sigma))
        scores.append(float(maps[-1].max()) if own is None else own)
        labels.append(file.parent.name != "good")
        masks.append(mask_of(file, category, size))
    pixels = auroc(np.stack(masks), np.stack(maps)) if np.any(masks) else None
    return {"image_auroc": auroc(np.array(labels), np.array(scores)), "pixel_auroc": pixels}


def parse_options():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("method", choices=METHODS)
    parser.add_argument("category", type=pathlib.Path)
    parser.add_argument("--backbone", default=EMBEDDED)
    for name, default in (("size", 224), ("stride", 8), ("seed", 0), ("features", 100), ("neighbors", 50), ("bank", 4000),
                          ("projection", 128), ("pool", 1 << 31)):
        parser.add_argument(f"--{name}", type=int, default=default)
    for name, default in (("sigma", 4.0), ("regularization", 0.01)):
        parser.add_argument(f"--{name}", type=float, default=default)
    return parser.parse_args()


def main():
    options = parse_options()
    start = time.time()
    backbone = Backbone(options.backbone, options.size)
    files = sorted((options.category / "train" / "good").iterdir())
    detector = METHODS[options.method](options, options.size // options.stride, map(backbone.maps, files))
    fitted = time.time()
    figures = evaluate(detector, backbone, options.category, options.size, options.sigma)
    print(json.dumps({"method": options.method, "category": options.category.name, "images": len(files), **figures,
                      "fit_seconds": round(fitted - start, 1), "test_seconds": round(time.time() - fitted, 1)}))


if __name__ == "__main__":
    main()
