#!/usr/bin/env python3
# This file is part of OpenCV project.
# It is subject to the license terms in the LICENSE file found in the top-level directory
# of this distribution and at http://opencv.org/license.html.
"""Measures how soon DriftMonitor reports that images have changed, and how often it does so for good images.

drift_table.py SETS --packages=FOLDER [--learned=120] [--draws=20]
  SETS  folder of categories in MVTec layout

A detector is fitted to two thirds of the good training images, 120 at most. Streams repeat the last third in random
order: unchanged, made 15 % darker, blurred with sigma 1, or shifted by 5 % of the width; the change begins after 60
unchanged images.
Prints a row for each category: the number of changed images until a report, and what it reports; what is reported after
30 changed images; and what is reported in 300 good images, from the last third and from test/good. With --draws, a row
has in how many of so many draws of the learned images each change was found by its name within 30 images, and in how
many anything was reported in 300 good images of the last third.
"""
import argparse
import pathlib
import random
import sys

import cv2
import numpy as np


def images_of(folder):
    return [cv2.imread(str(file)) for file in sorted(folder.iterdir())]


def darkened(image):
    return (image * 0.85).astype(np.uint8)


def blurred(image):
    return cv2.GaussianBlur(image, (0, 0), 1)


def shifted(image):
    pixels = round(0.05 * image.shape[1])
    return cv2.copyMakeBorder(image, 0, 0, pixels, 0, cv2.BORDER_REPLICATE)[:, :image.shape[1]]


CHANGES = {'15 % darker': darkened, 'blur of sigma 1': blurred, 'shift of 5 %': shifted}
CAUSES = 'light', 'focus', 'position'


class Stream:
    """Yields images in random order, over and over, with the detector's scores."""

    def __init__(self, detector, images, seed):
        self.images = images
        self.scores = [detector.predict(image)[0] for image in images]
        self.random = random.Random(seed)
        self.order = []

    def next(self):
        if not self.order:
            self.order = list(range(len(self.images)))
            self.random.shuffle(self.order)
        i = self.order.pop()
        return self.images[i], self.scores[i]


def alarms(anomaly, detector, stream, count):
    """Returns the number of images until something is reported, and what; or None if nothing is within that many images."""
    monitor = anomaly.DriftMonitor.create(detector)
    for i in range(count):
        monitor.add(*stream.next())
        if monitor.getDrift():
            return '%d: %s' % (i + 1, ', '.join(monitor.getDrift()))
    return 'none'


def until_told(anomaly, detector, good, changed):
    monitor = anomaly.DriftMonitor.create(detector)
    for _ in range(60):
        monitor.add(*good.next())
    told = ''
    for i in range(30):
        monitor.add(*changed.next())
        if monitor.getDrift() and not told:
            told = '%d: %s' % (i + 1, ', '.join(monitor.getDrift()))
    return told + '; ' + ', '.join(monitor.getDrift()) if told else 'not in 30'


def split(images, learned, seed, share=2 / 3):
    """Returns images to learn, from a share of all, and up to 60 of the others for streams.

    Both are drawn at random, since images that follow by name may be one series of photos.
    """
    images = list(images)
    random.Random(seed).shuffle(images)
    end = int(share * len(images))
    return images[:end][:learned], images[end:][:60]


def fitted(anomaly, method, images, side=0):
    params = getattr(anomaly, method).Params()
    params.inputSize = side or params.inputSize
    detector = getattr(anomaly, method).create(params)
    detector.fit(images)
    return detector


def row(anomaly, category, method, most):
    learned, kept = split(images_of(category / 'train' / 'good'), most, 0)
    detector = fitted(anomaly, method, learned)
    cells = [until_told(anomaly, detector, Stream(detector, kept, 1), Stream(detector, [change(i) for i in kept], 2))
             for change in CHANGES.values()]
    tested = split(images_of(category / 'test' / 'good'), 0, 0, share=0)[1]
    cells += [alarms(anomaly, detector, Stream(detector, good, 3), 300) for good in (kept, tested)]
    return '| %s | %d | %s |' % (category.name, len(learned), ' | '.join(cells))


def row_of_draws(anomaly, category, method, most, draws):
    """Counts what is told over draws. The network sees small images, since the score counts for texture only."""
    images = images_of(category / 'train' / 'good')
    found, alarmed = [0] * len(CHANGES), 0
    for seed in range(draws):
        learned, kept = split(images, most, seed)
        detector = fitted(anomaly, method, learned, 64)
        good = Stream(detector, kept, seed)
        for i, change in enumerate(CHANGES.values()):
            changed = Stream(detector, [change(image) for image in kept], seed + draws)
            found[i] += CAUSES[i] in until_told(anomaly, detector, good, changed)
        alarmed += alarms(anomaly, detector, good, 300) != 'none'
    return '| %s | %d | %s | %d |' % (category.name, len(learned), ' | '.join(map(str, found)), alarmed)


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument('sets', type=pathlib.Path)
    parser.add_argument('--packages', required=True, help='folder of the Python package cv_anomaly')
    parser.add_argument('--method', default='PaDiM')
    parser.add_argument('--categories', default='', help='names with commas; all if left out')
    parser.add_argument('--learned', type=int, default=120, help='learn at most so many images')
    parser.add_argument('--draws', type=int, default=0, help='count over so many draws')
    arguments = parser.parse_args()
    sys.path.insert(0, arguments.packages)
    import cv_anomaly
    print('| set | learned | %s | 300 good |' % ' | '.join(CHANGES) + ('\n|' + '---|' * 6 if arguments.draws else
                                                                     ' 300 of test/good |\n|' + '---|' * 7))
    named = set(filter(None, arguments.categories.split(',')))
    for category in sorted(arguments.sets.iterdir()):
        if (category / 'train').is_dir() and (not named or category.name in named):
            options = cv_anomaly, category, arguments.method, arguments.learned
            print(row_of_draws(*options, arguments.draws) if arguments.draws else row(*options), flush=True)


if __name__ == '__main__':
    main()
