#!/usr/bin/env python3
"""score_changes.py PACKAGE CATEGORY: how much changes of the images move a model's scores.

PACKAGE is the folder that holds the Python package cv_anomaly (build/release/python), CATEGORY a folder in MVTec layout.
Fits PatchCore with its defaults to train/good, sets its threshold with the test images as they are, and then scores changed
test images. Prints a table in Markdown: this is where the one in modules/anomaly/tutorials/wrong_result.markdown is from.
"""
import pathlib
import sys

import cv2
import numpy as np


def jpeg(quality):
    return lambda image: cv2.imdecode(cv2.imencode('.jpg', image, [cv2.IMWRITE_JPEG_QUALITY, quality])[1], cv2.IMREAD_COLOR)


def halved(image):
    small = cv2.resize(image, None, fx=0.5, fy=0.5, interpolation=cv2.INTER_AREA)
    return cv2.resize(small, image.shape[1::-1], interpolation=cv2.INTER_LINEAR)


def noisy(image):
    noise = np.random.default_rng(0).normal(0, 5, image.shape)
    return np.clip(image + noise, 0, 255).astype(np.uint8)


def gray(image):
    return cv2.cvtColor(image, cv2.COLOR_BGR2GRAY)


CHANGES = {
    'none': lambda image: image,
    'JPEG, quality 95': jpeg(95),
    'JPEG, quality 75': jpeg(75),
    'JPEG, quality 50': jpeg(50),
    'red and blue swapped': lambda image: image[..., ::-1].copy(),
    'gray, one channel': gray,
    'gray, three equal channels': lambda image: cv2.cvtColor(gray(image), cv2.COLOR_GRAY2BGR),
    '15 % darker': lambda image: cv2.convertScaleAbs(image, alpha=0.85),
    '40 % darker': lambda image: cv2.convertScaleAbs(image, alpha=0.6),
    'blurred, sigma 1 pixel': lambda image: cv2.GaussianBlur(image, (0, 0), 1),
    'shrunk to half, enlarged again': halved,
    'noise, deviation 5 of 255': noisy,
    'turned by 90 degrees': lambda image: cv2.rotate(image, cv2.ROTATE_90_CLOCKWISE),
}


def main():
    if len(sys.argv) != 3:
        sys.exit(__doc__)
    sys.path.insert(0, sys.argv[1])
    import cv_anomaly as anomaly

    category = pathlib.Path(sys.argv[2])
    detector = anomaly.PatchCore.create()
    detector.fitFiles(sorted((category / 'train' / 'good').iterdir()))
    files = sorted(category.glob('test/*/*'))
    images = [cv2.imread(str(file)) for file in files]  # as 8 bits and three channels
    labels = np.array([file.parent.name != 'good' for file in files], np.int32)
    detector.calibrate(images, labels)
    usual = None
    print('| change | median score of good images | good ones called defective | defective ones missed | image AUROC |')
    print('|---|---|---|---|---|')
    for name, change in CHANGES.items():
        scores = np.array([detector.predict(change(image))[0] for image in images])
        good, defective = scores[labels == 0], scores[labels == 1]
        usual = usual or np.median(good)
        threshold = detector.getImageThreshold()
        print('| %s | %.0f %% | %d of %d | %d of %d | %.3f |' % (
            name, 100 * np.median(good) / usual, (good >= threshold).sum(), len(good), (defective < threshold).sum(), len(defective),
            anomaly.auroc(scores, labels)))


if __name__ == '__main__':
    main()
