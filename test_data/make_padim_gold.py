#!/usr/bin/python3
"""Writes gold/padim.yml: Gaussians of positions and Mahalanobis distances to them, from NumPy.

Needs python3-numpy and python3-opencv. Features are seeded noise stored in the file as float32; results are computed from
these in float64 with numpy.cov, numpy.linalg.cholesky and numpy.linalg.inv, and rounded to float32.
"""
import pathlib

import cv2
import numpy as np

OUTPUT = pathlib.Path(__file__).resolve().parent / "gold" / "padim.yml"
REGULARIZATION = 0.01
CONTENT = ("train: features x (images * positions), the first image's positions first; mask: images x positions, 0 where an image "
           "is not learned from. mean: features x positions. whitening: positions x entries of the lower triangle of the inverse "
           "of the Cholesky factor of covariance + 0.01 I, row by row; zeros where fewer than two images were learned from. "
           "query: features x positions. distances: 1 x positions.")
CASES = {  # positions, features, images, offset of all features, share of masked patches
    "fewer_images_than_features": (21, 13, 6, 0, 0),
    "more_images_than_features": (17, 7, 40, 0, 0),
    "far_from_zero": (16, 5, 33, 1e3, 0),
    "masked": (35, 9, 8, 0, 0.6),
    "one_feature": (1, 1, 2, 0, 0),
}


def make_features(rng, positions, features, images, offset):
    """Correlated features with the range and the share of zeros of a ReLU6 above the offset: images x features x positions."""
    mixing = rng.normal(size=(positions, features, features)) / np.sqrt(features)
    values = np.einsum("pij,njp->nip", mixing, rng.normal(size=(images, features, positions)))
    return (np.clip(2 * values + 1, 0, 6) + offset).astype(np.float32)


def gaussian(samples):
    """Mean and whitening matrix of samples, images x features."""
    covariance = np.atleast_2d(np.cov(samples, rowvar=False)) + REGULARIZATION * np.eye(samples.shape[1])
    return samples.mean(0), np.linalg.inv(np.linalg.cholesky(covariance))


def write_case(out, rng, positions, features, images, offset, masked):
    train = make_features(rng, positions, features, images, offset)
    query = make_features(rng, positions, features, 1, offset)[0]
    mask = (rng.random((images, positions)) >= masked).astype(np.uint8) * 255
    mean, distances = np.zeros((features, positions)), np.zeros((1, positions))
    whitening = np.zeros((positions, features * (features + 1) // 2))
    for p in range(positions):
        samples = train[mask[:, p] > 0, :, p].astype(np.float64)
        if len(samples) == 1:
            mean[:, p] = samples[0]
        if len(samples) >= 2:
            mean[:, p], inverse = gaussian(samples)
            whitening[p] = inverse[np.tril_indices(features)]
            distances[0, p] = np.linalg.norm(inverse @ (query[:, p] - mean[:, p]))
    out.write("train", np.ascontiguousarray(train.transpose(1, 0, 2).reshape(features, -1)))
    out.write("mask", mask)
    for name, value in (("mean", mean), ("whitening", whitening), ("query", query), ("distances", distances)):
        out.write(name, np.ascontiguousarray(value, np.float32))


def main():
    rng = np.random.default_rng(7)
    out = cv2.FileStorage(str(OUTPUT), cv2.FILE_STORAGE_WRITE)
    out.write("content", CONTENT)
    for name, case in CASES.items():
        out.startWriteStruct(name, cv2.FILE_NODE_MAP)
        write_case(out, rng, *case)
        out.endWriteStruct()
    out.release()


if __name__ == "__main__":
    main()
