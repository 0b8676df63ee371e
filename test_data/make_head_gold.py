#!/usr/bin/python3
"""Writes gold/head.yml: descriptor, neighbors, scores, maps and training steps of CFA, from PyTorch and scipy.

Needs python3-torch, python3-scipy and python3-opencv. Feature maps and parameters are seeded noise stored in the file as
float32; results are computed from these in float64 and rounded to float32.
"""
import pathlib

import cv2
import numpy as np
import torch
import torch.nn.functional as F
from scipy.ndimage import gaussian_filter

OUTPUT = pathlib.Path(__file__).resolve().parent / "gold" / "head.yml"
K, J, ALPHA, NU, SIGMA = 3, 3, 0.1, 1e-3, 4
LEARNING_RATE, WEIGHT_DECAY = 1e-3, 5e-4
CONTENT = ("maps_N: scale N, channels x (rows * cols), row after row; sizes: channels, rows, cols of each scale. "
           "W: D' x (D + 2), columns are the scales' channels, then row, then column; b: D' x 1; C: centers x D'. "
           "phi: D' x patches. squared_distances, indices: K x patches (K = 3), nearest first. "
           "scores (Eq. 5: softmin share times the first distance), scores_naive (Eq. 4: the first distance): patch grid. "
           "map, image_score: from scores, Gaussian of sigma 4. "
           "training: two images, of N scales each: maps_0 to maps_N-1 the first, then the second; phi has the first "
           "image's patches, then the second's. loss = attraction + repulsion. Suffix _1, _3: after so many AdamW steps.")
CASES = {   # feature map sizes (channels, rows, cols), size of the input, D', centers
    "three_scales": (((6, 12, 12), (10, 6, 6), (4, 3, 3)), (48, 48), 9, 36),
    "odd_sizes": (((5, 13, 11), (7, 7, 6), (9, 4, 3)), (43, 37), 7, 29),
    "one_scale": (((8, 9, 10),), (24, 28), 4, 11),
}
TRAINING_SIZES, TRAINING_LENGTH, TRAINING_CENTERS = ((5, 9, 8), (7, 5, 4), (4, 3, 2)), 6, 20


def rounded(tensor):
    """The float64 value of what the file will hold."""
    return tensor.float().double()


def random_maps(sizes, generator):
    """Noise with the range and the share of zeros of a ReLU6."""
    return [rounded((2 * torch.randn(1, *size, generator=generator) + 1).clamp(0, 6)) for size in sizes]


def random_descriptor(sizes, length, generator):
    inputs = sum(size[0] for size in sizes) + 2
    bound = inputs ** -0.5      # PyTorch's default of a convolution
    return tuple(rounded((2 * torch.rand(length, n, generator=generator) - 1) * bound) for n in (inputs, 1))


def random_bank(phi, count, generator):
    """Centers near descriptors, as a bank has them."""
    near = phi[:, torch.randperm(phi.shape[1], generator=generator)[:count]].T
    return rounded(near + 0.2 * torch.randn(near.shape, generator=generator))


def descriptors(maps, W, b):
    """phi, D' x patches."""
    rows, cols = maps[0].shape[2:]
    pooled = [F.avg_pool2d(m, 3, stride=1, padding=1) for m in maps]
    planes = [F.interpolate(m, size=(rows, cols), mode="bilinear", align_corners=False) for m in pooled]
    planes.append(torch.linspace(-1, 1, rows, dtype=W.dtype).view(1, 1, rows, 1).expand(1, 1, rows, cols))
    planes.append(torch.linspace(-1, 1, cols, dtype=W.dtype).view(1, 1, 1, cols).expand(1, 1, rows, cols))
    return W @ torch.cat(planes, 1)[0].flatten(1) + b


def squared_distances(phi, C):
    """The full matrix, patches x centers."""
    return ((phi ** 2).sum(0)[:, None] + (C ** 2).sum(1)[None] - 2 * phi.T @ C.T).clamp(min=0)


def score_map(scores, size):
    large = F.interpolate(scores[None, None], size=size, mode="bilinear", align_corners=False)[0, 0]
    return gaussian_filter(large.numpy(), SIGMA, mode="reflect", truncate=4.0)


def loss_terms(maps_of_images, W, b, C, r):
    phi = torch.cat([descriptors(maps, W, b) for maps in maps_of_images], 1)
    nearest = squared_distances(phi, C).topk(K + J, dim=1, largest=False).values
    attraction = F.relu(nearest[:, :K] - r ** 2).mean() / NU
    repulsion = F.relu(r ** 2 - nearest[:, K:] - ALPHA).mean() / NU
    return attraction, repulsion


def write(out, name, value):
    """Scalars as int or double; matrices as float32 or int32."""
    if isinstance(value, int):
        return out.write(name, value)
    if isinstance(value, torch.Tensor):
        value = value.detach().numpy()
    if np.ndim(value) == 0 or np.shape(value) == (1,):
        out.write(name, float(np.squeeze(value)))
    else:
        out.write(name, np.ascontiguousarray(value, np.int32 if value.dtype.kind == "i" else np.float32))


def write_inputs(out, sizes, maps, W, b, C):
    write(out, "sizes", np.int32(sizes))
    for i, m in enumerate(maps):
        write(out, f"maps_{i}", m[0].flatten(1))
    for name, value in (("W", W), ("b", b), ("C", C)):
        write(out, name, value)


def write_inference(out, sizes, input_size, length, centers, generator):
    maps = random_maps(sizes, generator)
    W, b = random_descriptor(sizes, length, generator)
    phi = descriptors(maps, W, b)
    C = random_bank(phi, centers, generator)
    nearest, indices = squared_distances(phi, C).topk(K + 1, dim=1, largest=False)
    # Neighbors this close could change places in float32, whose distances are right to some 1e-6.
    assert (nearest[:, 1:] - nearest[:, :-1]).min() > 1e-5
    distances = nearest[:, :K].sqrt()
    grid = sizes[0][1:]
    scores = (F.softmin(distances, dim=1)[:, 0] * distances[:, 0]).view(grid)
    map_ = score_map(scores, input_size)
    write_inputs(out, sizes, maps, W, b, C)
    write(out, "phi", phi)
    write(out, "squared_distances", nearest[:, :K].T)
    write(out, "indices", indices[:, :K].T)
    write(out, "scores", scores)
    write(out, "scores_naive", distances[:, 0].view(grid))
    write(out, "map", map_)
    write(out, "image_score", map_.max())


def train(images, W, b, C, r, dtype, steps):
    """Loss terms and gradients of the first step, and (W, b, r) after each step."""
    images = [[m.to(dtype) for m in maps] for maps in images]
    parameters = [v.to(dtype).clone().requires_grad_() for v in (W, b, r)]
    optimizer = torch.optim.AdamW(parameters, lr=LEARNING_RATE, weight_decay=WEIGHT_DECAY, amsgrad=True)
    states = []
    for step in range(steps):
        terms = loss_terms(images, *parameters[:2], C.to(dtype), parameters[2])
        optimizer.zero_grad()
        sum(terms).backward()
        if step == 0:
            first = [t.detach() for t in terms], [p.grad.clone() for p in parameters]
        optimizer.step()
        states.append([p.detach().clone() for p in parameters])
    return (*first, states)


def write_training(out, generator):
    sizes = TRAINING_SIZES
    images = [random_maps(sizes, generator) for _ in range(2)]
    W, b = random_descriptor(sizes, TRAINING_LENGTH, generator)
    phi = torch.cat([descriptors(maps, W, b) for maps in images], 1)
    C = random_bank(phi, TRAINING_CENTERS, generator)
    nearest = squared_distances(phi, C).topk(K + J, dim=1, largest=False).values
    r = rounded(nearest.quantile(0.75).sqrt()).view(1)      # both terms have patches that count
    (attraction, repulsion), gradients, states = train(images, W, b, C, r, torch.double, 3)
    # A distance next to r^2 or a change of neighbors would make the next steps a matter of rounding, as it is with some seeds.
    single = train(images, W, b, C, r, torch.float, 3)
    for want, got in zip(gradients + states[2], single[1] + single[2][2]):
        assert (want - got).abs().max() < 1e-6 * want.abs().max()

    write_inputs(out, sizes, images[0] + images[1], W, b, C)
    for name, value in (("r", r), ("K", K), ("J", J), ("alpha", ALPHA), ("nu", NU), ("learning_rate", LEARNING_RATE),
                        ("weight_decay", WEIGHT_DECAY), ("phi", phi), ("loss", attraction + repulsion),
                        ("attraction", attraction), ("repulsion", repulsion)):
        write(out, name, value)
    for name, value in zip(("dW", "db", "dr"), gradients):
        write(out, name, value)
    for step in (1, 3):
        for name, value in zip("Wbr", states[step - 1]):
            write(out, f"{name}_{step}", value)
    print(f"training: attraction {attraction:.3f}, repulsion {repulsion:.3f}, r {r.item():.4f} -> {states[2][2].item():.4f}")


if __name__ == "__main__":
    generator = torch.Generator().manual_seed(4)
    out = cv2.FileStorage(str(OUTPUT), cv2.FILE_STORAGE_WRITE)
    out.write("content", CONTENT)
    for name, case in CASES.items():
        out.startWriteStruct(name, cv2.FILE_NODE_MAP)
        write_inference(out, *case, generator)
        out.endWriteStruct()
    out.startWriteStruct("training", cv2.FILE_NODE_MAP)
    write_training(out, generator)
    out.endWriteStruct()
    out.release()
