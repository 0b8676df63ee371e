#!/usr/bin/env python3
# This file is part of OpenCV project.
# It is subject to the license terms in the LICENSE file found in the top-level directory
# of this distribution and at http://opencv.org/license.html.
"""Fits to half of the good images of each category and updates with the other half, and compares that with a fit to all.

update_table.py SETS --packages=FOLDER [--methods=PatchCore,PaDiM] [--updates=1] [--every=1]
  SETS  folder of categories in MVTec layout

Prints a row for each category and method: image AUROC of all images, of half of them, and of half with the update; the
thresholds; and seconds.
"""
import argparse
import pathlib
import random
import sys
import time


def images_of(folder, every=1):
    return sorted(str(file) for file in folder.iterdir())[::every]


def tested(category, every):
    """Returns the files and labels of the test images."""
    files, labels = [], []
    for kind in sorted((category / 'test').iterdir()):
        found = images_of(kind, every)
        files += found
        labels += [int(kind.name != 'good')] * len(found)
    return files, labels


def evaluate(anomaly, detector, files, labels):
    """Returns the AUROC, and the share of good test images that score above the threshold."""
    scores = [detector.predictFile(file)[0] for file in files]
    good = [score for score, label in zip(scores, labels) if not label]
    alarms = sum(score >= detector.getImageThreshold() for score in good) / len(good)
    return anomaly.auroc(scores, labels), alarms


def fitted(anomaly, method, files):
    detector = getattr(anomaly, method).create()
    detector.fitFiles(files)
    return detector


def row(anomaly, category, method, updates, every):
    files = images_of(category / 'train' / 'good', every)
    random.Random(0).shuffle(files)
    middle = len(files) // 2
    old, new = sorted(files[:middle]), sorted(files[middle:])
    test = tested(category, every)
    start = time.time()
    detector = fitted(anomaly, method, sorted(files))
    seconds_of_fit = time.time() - start
    of_all = evaluate(anomaly, detector, *test)
    detector = fitted(anomaly, method, old)
    of_half = evaluate(anomaly, detector, *test)
    start = time.time()
    for i in range(updates):
        detector.updateFiles(new[i::updates])
    seconds = time.time() - start
    updated = evaluate(anomaly, detector, *test)
    return '| %s | %s | %d | %.4f | %.4f | %.4f | %+.2f | %.0f | %.0f | %.0f | %.0f | %.0f |' % (
        category.name, method, len(files), of_all[0], of_half[0], updated[0], 100 * (updated[0] - of_all[0]),
        100 * of_all[1], 100 * of_half[1], 100 * updated[1], seconds_of_fit, seconds)


def growth(anomaly, category, method, updates, every):
    """Prints how model size and update time grow when many updates add one image each: means of the first and the last ones."""
    files = images_of(category / 'train' / 'good', every)
    detector = fitted(anomaly, method, files[:40])
    sizes, seconds = [len(detector.saveToMemory())], []
    for i in range(updates):
        start = time.time()
        detector.updateFiles([files[i % len(files)]])
        seconds.append(time.time() - start)
    sizes.append(len(detector.saveToMemory()))
    return '| %s | %s | %d | %.2f | %.2f | %.2f | %.2f |' % (
        category.name, method, updates, sizes[0] / 2**20, sizes[1] / 2**20, sum(seconds[:10]) / 10,
        sum(seconds[-10:]) / 10)


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument('sets', type=pathlib.Path)
    parser.add_argument('--packages', required=True, help='folder of the Python package cv_anomaly')
    parser.add_argument('--methods', default='PatchCore,PaDiM')
    parser.add_argument('--categories', default='', help='names with commas; all if left out')
    parser.add_argument('--updates', type=int, default=1, help='in how many updates the other half is added')
    parser.add_argument('--every', type=int, default=1, help='take every so many images, where all would take too long')
    parser.add_argument('--growth', action='store_true',
                        help='in place of all this: a model of 40 images, and so many updates of one image each')
    arguments = parser.parse_args()
    sys.path.insert(0, arguments.packages)
    import cv_anomaly
    print('| set | method | updates | MiB before | MiB after | s, mean of the first ten | s, of the last ten |\n|' + '---|' * 7
          if arguments.growth else
          '| set | method | images | AUROC of all | of half | updated | points to all | false alarms % of all | of half '
          '| updated | s, fit on all | s, update |\n|' + '---|' * 12)
    named = set(filter(None, arguments.categories.split(',')))
    for category in sorted(arguments.sets.iterdir()):
        if not (category / 'train').is_dir() or (named and category.name not in named):
            continue
        for method in arguments.methods.split(','):
            print((growth if arguments.growth else row)(
                cv_anomaly, category, method, arguments.updates, arguments.every), flush=True)


if __name__ == '__main__':
    main()
