#!/usr/bin/env python3
# This file is part of OpenCV project.
# It is subject to the license terms in the LICENSE file found in the top-level directory
# of this distribution and at http://opencv.org/license.html.
"""Measures one method with several networks and input sizes on categories in MVTec layout: accuracy against time and bytes.

network_table.py PROGRAMS OUTPUT CATEGORY... --networks=lite0,FILE.onnx --sizes=224,288 [--options='--method=cfa']

Networks other than the embedded one are EfficientNet-Lite, of the same input values. Measurements are kept in OUTPUT/*.json and
are not repeated, so that an interrupted run can be continued. Times are of a prediction of the last category's test images.
"""
import argparse
import json
import pathlib
import statistics
import tempfile

from methods_table import remembered, run

LITE_INPUT = ('--mean=127', '--scale=0.0078125')
EMBEDDED = pathlib.Path(__file__).resolve().parents[1] / 'modules/anomaly/data/efficientnet-lite0.onnx'


def network_options(network):
    return [] if network == 'lite0' else ['--backbone=%s' % network, *LITE_INPUT]


def measure(options, category, network, size):
    """Returns the figures of anomaly_evaluate, and the milliseconds of a prediction and of its backbone."""
    with tempfile.TemporaryDirectory() as folder:
        model, found, times = (pathlib.Path(folder) / name for name in ('model.yml', 'found.json', 'times.json'))
        at = [] if network == 'lite0' else ['--backbone=%s' % network]
        run(options.programs / 'anomaly_train', category, '--model=%s' % model, '--input_size=%s' % size,
            *network_options(network), *options.options.split())
        run(options.programs / 'anomaly_evaluate', category, '--model=%s' % model, '--json=%s' % found, *at)
        run(options.programs / 'anomaly_benchmark', '--model=%s' % model, '--images=%s' % (category / 'test'), '--json=%s' % times, *at)
        times = json.loads(times.read_text())
        return dict(json.loads(found.read_text()), whole=times['whole'], backbone=times['backbone'])


def bytes_of(network):
    return (EMBEDDED if network == 'lite0' else pathlib.Path(network)).stat().st_size


def percent(values):
    values = [100 * value for value in values if value is not None]
    return '%.1f' % statistics.mean(values) if values else ''


def row(options, network, size):
    runs = [remembered(options.output / ('%s_%s_%s.json' % (category.name, pathlib.Path(network).stem, size)),
                       lambda: measure(options, category, network, size)) for category in options.categories]
    images = [run['image_auroc'] for run in runs]
    return '| %s, %s | %s | %s | %s, %s | %.1f, %.1f | %.1f |' % (
        pathlib.Path(network).stem, size, ' | '.join(percent([image]) for image in images), percent(images),
        percent([run.get('pixel_auroc') for run in runs]), percent([run.get('aupro') for run in runs]),
        runs[-1]['whole'], runs[-1]['backbone'], bytes_of(network) / 1e6)


def main():
    line = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    line.add_argument('programs', metavar='PROGRAMS', type=pathlib.Path, help='folder of anomaly_train and the others')
    line.add_argument('output', metavar='OUTPUT', type=pathlib.Path, help='folder for what is measured')
    line.add_argument('categories', metavar='CATEGORY', nargs='+', type=pathlib.Path, help='folders in MVTec layout')
    line.add_argument('--networks', default='lite0', help='lite0 and ONNX files, with commas')
    line.add_argument('--sizes', default='224', help='of anomaly_train --input_size, with commas')
    line.add_argument('--options', default='', help='further options of anomaly_train, as one argument')
    options = line.parse_args()
    options.output.mkdir(parents=True, exist_ok=True)
    names = ' | '.join(category.name for category in options.categories)
    print('| network, input | %s | mean | pixel AUROC, AUPRO | ms: whole, backbone | MB |' % names)
    print('|---' * (len(options.categories) + 5) + '|')
    for network in options.networks.split(','):
        for size in options.sizes.split(','):
            print(row(options, network, size), flush=True)


if __name__ == '__main__':
    main()
