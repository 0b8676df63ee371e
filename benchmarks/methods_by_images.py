#!/usr/bin/env python3
# This file is part of OpenCV project.
# It is subject to the license terms in the LICENSE file found in the top-level directory
# of this distribution and at http://opencv.org/license.html.
"""Measures size and times of the models of all methods for growing numbers of good images, as Table 1 of the CFA paper (Lee et al. 2022)
does."""
import argparse
import json
import pathlib
import subprocess
import tempfile

METHODS = ('cfa', 'patchcore', 'padim', 'spade')


def run(program, *arguments):
    subprocess.run([str(program)] + [str(argument) for argument in arguments], check=True, stdout=subprocess.DEVNULL,
                   stderr=subprocess.DEVNULL)


def measure(programs, images, test, method, options):
    """Returns the bytes of the model, the seconds of fit without and with the network, and the milliseconds of a prediction."""
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        (folder / 'images').mkdir()
        for image in images:
            (folder / 'images' / image.name).symlink_to(image.resolve())
        model, fit, times = folder / 'model.yml', folder / 'fit.json', folder / 'times.json'
        run(programs / 'anomaly_train', folder / 'images', '--model=%s' % model, '--method=' + method, '--validation=0',
            '--json=%s' % fit, *options)
        run(programs / 'anomaly_benchmark', '--model=%s' % model, '--images=%s' % test, '--json=%s' % times)
        fit, times = json.loads(fit.read_text()), json.loads(times.read_text())
    features = fit['seconds_features'] + fit.get('seconds_thresholds', 0)
    return times['bytes'], fit['seconds'] - features, fit['seconds'], times['whole']


def main():
    line = argparse.ArgumentParser(description=__doc__)
    line.add_argument('programs', metavar='PROGRAMS', type=pathlib.Path, help='folder of anomaly_train and the others')
    line.add_argument('category', metavar='CATEGORY', type=pathlib.Path, help='folder in MVTec layout')
    line.add_argument('--images', default='50,100,200,320', help='numbers of good images, with commas')
    line.add_argument('--methods', default=','.join(METHODS), help='with commas')
    line.add_argument('--options', default='', help='further options of anomaly_train, as one argument; each must be one of all methods')
    options = line.parse_args()
    images = sorted((options.category / 'train' / 'good').iterdir())
    print('| method | images | model, MB | modeling, s | whole fit, s | prediction, ms |')
    print('|---|---|---|---|---|---|')
    for method in options.methods.split(','):
        for count in map(int, options.images.split(',')):
            if count > len(images):
                raise SystemExit('%s has %d good images only, not %d' % (options.category, len(images), count))
            size, modeling, fit, prediction = measure(options.programs, images[:count], options.category / 'test', method,
                                                      options.options.split())
            print('| %s | %d | %.1f | %.1f | %.1f | %.1f |' % (method, count, size / 1e6, modeling, fit, prediction), flush=True)


if __name__ == '__main__':
    main()
