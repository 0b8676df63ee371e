#!/usr/bin/env python3
# This file is part of OpenCV project.
# It is subject to the license terms in the LICENSE file found in the top-level directory
# of this distribution and at http://opencv.org/license.html.
"""Mixes defective test images into the training images of PatchCore, and measures what --contamination of their share mends.

The defective images that are mixed in are drawn evenly from all kinds, and taken out of the test. Measurements are kept in
OUTPUT/*.json and are not repeated, so that an interrupted run can be continued.
"""
import argparse
import json
import pathlib
import random
import tempfile

from methods_table import remembered, run


def defective_of(category):
    return sorted(file for kind in sorted((category / 'test').iterdir()) if kind.name != 'good' for file in kind.iterdir())


def link(folder, files):
    for file in files:
        target = folder / file.parent.name / file.name
        target.parent.mkdir(parents=True, exist_ok=True)
        target.symlink_to(file.resolve())


def mixed(folder, category, share, seed):
    """Lays out train/good and test in `folder`, and returns how many defective images are among those to learn from."""
    good = sorted((category / 'train' / 'good').iterdir())
    defective = defective_of(category)
    chosen = random.Random(seed).sample(defective, round(share / (1 - share) * len(good)))
    (folder / 'train' / 'good').mkdir(parents=True)
    for file in good + chosen:
        (folder / 'train' / 'good' / (file.parent.name + '_' + file.name)).symlink_to(file.resolve())
    link(folder / 'test', sorted((category / 'test' / 'good').iterdir()) + [file for file in defective if file not in chosen])
    return len(chosen)


def measure(options, category, share, contamination):
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        count = mixed(folder / 'set', category, share, options.seed)
        model, found = folder / 'model.yml', folder / 'found.json'
        run(options.programs / 'anomaly_train', folder / 'set', '--model=%s' % model, '--contamination=%g' % contamination)
        run(options.programs / 'anomaly_evaluate', folder / 'set', '--model=%s' % model, '--json=%s' % found)
        return dict(json.loads(found.read_text()), mixed=count)


def field(found):
    defective = found['images'] - found['good_images']
    missed = defective * (1 - found['model_image_recall'])
    return '%.3f, %.0f of %d, %.0f of %d' % (found['image_auroc'], missed, defective, found['model_false_alarms'], found['good_images'])


def main():
    line = argparse.ArgumentParser(description=__doc__)
    line.add_argument('programs', metavar='PROGRAMS', type=pathlib.Path, help='folder of anomaly_train and the others')
    line.add_argument('output', metavar='OUTPUT', type=pathlib.Path, help='folder for what is measured')
    line.add_argument('categories', metavar='CATEGORY', nargs='+', type=pathlib.Path, help='folders in MVTec layout')
    line.add_argument('--shares', default='0.05,0.1', help='of the training images, with commas')
    line.add_argument('--seed', type=int, default=0, help='of the choice of the images that are mixed in')
    options = line.parse_args()
    options.output.mkdir(parents=True, exist_ok=True)
    print('| training images | without | with |')
    print('|---|---|---|')
    for category in options.categories:
        for share in map(float, options.shares.split(',')):
            without, through = (remembered(options.output / ('%s_%g_%g.json' % (category.name, share, contamination)),
                                           lambda: measure(options, category, share, contamination)) for contamination in (0, share))
            print('| %s, %g %% defective (%d) | %s | %s |' % (category.name, 100 * share, without['mixed'], field(without), field(through)),
                  flush=True)


if __name__ == '__main__':
    main()
