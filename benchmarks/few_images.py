#!/usr/bin/env python3
# This file is part of OpenCV project.
# It is subject to the license terms in the LICENSE file found in the top-level directory
# of this distribution and at http://opencv.org/license.html.
"""Measures how many good images a detector needs: means over several random choices of N images from train/good.

Measurements are kept in OUTPUT/*.json and are not repeated, so that an interrupted run can be continued.
"""
import argparse
import json
import pathlib
import random
import statistics
import tempfile

from methods_table import remembered, run


def draw(category, count, seed):
    files = sorted((category / 'train' / 'good').iterdir())
    return sorted(random.Random(seed).sample(files, count))


def measure(options, category, count, seed):
    """Returns the figures of anomaly_evaluate for a model of `count` images."""
    with tempfile.TemporaryDirectory() as folder:
        images, model, found = (pathlib.Path(folder) / name for name in ('good', 'model.yml', 'found.json'))
        images.mkdir()
        for file in draw(category, count, seed):
            (images / file.name).symlink_to(file.resolve())
        run(options.programs / 'anomaly_train', images, '--model=%s' % model, *options.options.split())
        run(options.programs / 'anomaly_evaluate', category, '--model=%s' % model, '--json=%s' % found)
        return json.loads(found.read_text())


def field(figures):
    """Returns the mean and range of the image AUROC, and results of the model's own threshold, in percent."""
    auroc = [100 * each['image_auroc'] for each in figures]
    alarms = statistics.mean(100 * each['model_false_alarms'] / each['good_images'] for each in figures)
    found = statistics.mean(100 * each['model_image_recall'] for each in figures)
    return '%.1f (%.1f to %.1f), %.0f, %.0f' % (statistics.mean(auroc), min(auroc), max(auroc), alarms, found)


def main():
    line = argparse.ArgumentParser(description=__doc__)
    line.add_argument('programs', metavar='PROGRAMS', type=pathlib.Path, help='folder of anomaly_train and the others')
    line.add_argument('output', metavar='OUTPUT', type=pathlib.Path, help='folder for what was measured')
    line.add_argument('categories', metavar='CATEGORY', nargs='+', type=pathlib.Path)
    line.add_argument('--counts', default='5,10,20', help='numbers of good images, with commas')
    line.add_argument('--draws', type=int, default=3)
    line.add_argument('--options', default='', help='options of anomaly_train, as one argument')
    options = line.parse_args()
    options.output.mkdir(parents=True, exist_ok=True)
    counts = [int(count) for count in options.counts.split(',')]
    print('Image AUROC (lowest to highest draw), good images called defective, defective ones found, in percent.\n')
    print('| category | ' + ' | '.join('%d images' % count for count in counts) + ' |')
    print('|---' * (len(counts) + 1) + '|')
    for category in options.categories:
        fields = [field([remembered(options.output / ('%s_%d_%d.json' % (category.name, count, seed)),
                                    lambda: measure(options, category, count, seed))
                         for seed in range(options.draws)])
                  for count in counts]
        print('| %s | %s |' % (category.name, ' | '.join(fields)), flush=True)


if __name__ == '__main__':
    main()
