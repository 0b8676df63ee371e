#!/usr/bin/env python3
# This file is part of OpenCV project.
# It is subject to the license terms in the LICENSE file found in the top-level directory
# of this distribution and at http://opencv.org/license.html.
"""Measures all methods with their defaults on categories in MVTec layout, and writes doc/results.md's table of them.

Measurements are kept in OUTPUT/*.json and are not repeated, so that an interrupted run can be continued.
"""
import argparse
import json
import pathlib
import statistics
import subprocess
import tempfile

# Name in the table, options of anomaly_train.
METHODS = {
    'CFA': ['--method=cfa'],
    'CFA++': ['--method=cfa', '--input=ensemble'],
    'PatchCore': ['--method=patchcore'],
    'PaDiM': ['--method=padim'],
    'SPADE': ['--method=spade'],
}


def run(program, *arguments):
    subprocess.run([str(program)] + [str(a) for a in arguments], check=True, stdout=subprocess.DEVNULL,
                   stderr=subprocess.DEVNULL)


def remembered(file, measure):
    """Returns the result of `measure`, from the file if it was measured before."""
    if not file.exists():
        file.write_text(json.dumps(measure()))
    return json.loads(file.read_text())


def measure(options, category, method, seed):
    """Returns all figures of one method for one category."""
    with tempfile.TemporaryDirectory() as folder:
        model, fit, found = (pathlib.Path(folder) / name for name in ('model.yml', 'fit.json', 'found.json'))
        run(options.programs / 'anomaly_train', category, '--model=%s' % model, '--json=%s' % fit, '--validation=0',
            '--seed=%d' % seed, '--precision=%s' % options.precision, *METHODS[method])
        run(options.programs / 'anomaly_evaluate', category, '--model=%s' % model, '--json=%s' % found)
        return {'train': json.loads(fit.read_text()), 'test': json.loads(found.read_text()),
                'bytes': model.stat().st_size}


def mean(values, text='%.1f', factor=100):
    """Returns the mean over the seeds, and half their range if there are several."""
    values = [value * factor for value in values if value is not None]
    if not values:
        return '–'
    spread = (max(values) - min(values)) / 2
    return text % statistics.mean(values) + (' ± ' + text % spread if len(values) > 1 else '')


def row(category, method, runs):
    tests = [run['test'] for run in runs]
    return '| %s | %s | %s |' % (category, method, ' | '.join([
        mean([test.get('image_auroc') for test in tests]), mean([test.get('pixel_auroc') for test in tests]),
        mean([test.get('aupro') for test in tests]), mean([test.get('aupimo') for test in tests]),
        mean([test['model_false_alarms'] / test['good_images'] for test in tests]),
        mean([test['model_image_recall'] - test['image_recall'] for test in tests]),
        '%.0f' % statistics.median(run['train']['seconds'] for run in runs),
        '%.1f' % (sum(run['bytes'] for run in runs) / len(runs) / 1e6)]))


def file_name(category, method, seed, precision):
    return '%s_%s_%d%s.json' % (category.name, method, seed, '' if precision == 'float32' else '_' + precision)


def main():
    line = argparse.ArgumentParser(description=__doc__)
    line.add_argument('programs', metavar='PROGRAMS', type=pathlib.Path, help='folder of anomaly_train and the others')
    line.add_argument('output', metavar='OUTPUT', type=pathlib.Path, help='folder for what is measured')
    line.add_argument('categories', metavar='CATEGORY', nargs='+', type=pathlib.Path, help='folders in MVTec layout')
    line.add_argument('--methods', default=','.join(METHODS), help='with commas; default: all')
    line.add_argument('--seeds', default='0,1,2', help='with commas')
    line.add_argument('--precision', choices=['float32', 'int8'], default='float32', help='of the backbone')
    options = line.parse_args()
    options.output.mkdir(parents=True, exist_ok=True)
    print('| category | method | image AUROC | pixel AUROC | AUPRO | AUPIMO | good called defective | recall against best F1 | fit s | model MB |')
    print('|---|---|---|---|---|---|---|---|---|---|')
    for category in options.categories:
        for method in options.methods.split(','):
            runs = [remembered(options.output / file_name(category, method, seed, options.precision),
                               lambda: measure(options, category, method, seed))
                    for seed in map(int, options.seeds.split(','))]
            print(row(category.name, method, runs), flush=True)


if __name__ == '__main__':
    main()
