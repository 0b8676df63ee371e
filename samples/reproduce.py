#!/usr/bin/env python3
# This file is part of OpenCV project.
# It is subject to the license terms in the LICENSE file found in the top-level directory
# of this distribution and at http://opencv.org/license.html.
"""Runs the settings of the tables in Lee, Lee, Song (2022) on all categories, and writes what comes out beside the published figures."""
import argparse
import csv
import hashlib
import io
import json
import os
import pathlib
import shlex
import signal
import statistics
import subprocess
import sys
import tempfile
from collections import namedtuple

TEXTURES = 'carpet grid leather tile wood'.split()
OBJECTS = 'bottle cable capsule hazelnut metal_nut pill screw toothbrush transistor zipper'.split()
GROUPS = {'textures': TEXTURES, 'objects': OBJECTS, 'all': TEXTURES + OBJECTS}
MEAN, SCALE = '123.675,116.28,103.53', '0.01712475,0.01750700,0.01742919'
FIGURES = pathlib.Path(__file__).resolve().parent / 'paper_figures.csv'
# The method of the paper, and its settings where anomaly_train's defaults are others.
PAPER = ['--method=cfa', '--scoring_bank=kept', '--score=certainty', '--image_score=max', '--init=he', '--validation=0', '--contrast=kept', '--input_size=224x224']
AUROCS = ('image_auroc', 'pixel_auroc')
NOT_AT_HAND = 'not at hand'

Row = namedtuple('Row', 'name backbone settings')
Table = namedtuple('Table', 'title metrics rows')
Run = namedtuple('Run', 'category seed file commands')


def row(name, backbone='wide_resnet50_2', **changes):
    settings = dict(input='cropped', gamma_c='1', gamma_d='1', bank='ema', adaptation='full')
    settings.update(changes)
    return Row(name, backbone, settings)


def plus(name, backbone='wide_resnet50_2', **changes):
    return row(name, backbone, input='ensemble', **changes)


# RD-MVTec AD is no set of files: images are turned and cut at random, to train and to test with.
def shifted():
    return [plus('CFA++ (ResNet18)', 'resnet18', augmentation='rd'), plus('CFA++ (WRN50-2)', augmentation='rd')]


# The full method's figures in this table are those of CFA++.
def adaptations():
    names = {'none': 'no adaptation', 'attraction': 'attraction', 'full': 'attraction and repulsion'}
    networks = {'ResNet18': 'resnet18', 'WRN50-2': 'wide_resnet50_2'}
    return [plus('%s, %s' % (network, names[kind]), networks[network], adaptation=kind) for network in networks for kind in names]


# The paper does not say which input; 98.45 is the mean that the authors' README gives for resized images.
def shares():
    return [row('gamma ' + share, input='resized', gamma_c=share, gamma_d=share) for share in ('1', '0.5', '0.25', '0.125')]


# EfficientNet-B5's descriptors are twice as long as its features, in the authors' code too.
def backbones():
    networks = {'VGG19': ('vgg19_bn', '1'), 'EfficientNet-B5': ('efficientnet_b5', '2'), 'ResNet18': ('resnet18', '1')}
    return [plus(name + ', CFA++', network, gamma_d=share) for name, (network, share) in networks.items()]


TABLES = {
    2: Table('Detection and localization on MVTec AD', AUROCS, [row('CFA'), plus('CFA++')]),
    3: Table('Shifted images: RD-MVTec AD', ('image_auroc', 'aupro'), shifted()),
    4: Table('Each category of MVTec AD', AUROCS, [row('CFA'), row('CFA resized', input='resized'), plus('CFA++')]),
    5: Table('What the descriptor learns', AUROCS, adaptations()),
    6: Table('Smaller banks and descriptors', ('pixel_auroc', 'throughput'), shares()),
    7: Table('Other backbones', AUROCS, backbones()),
}


def listed(convert):
    return lambda text: [convert(part) for part in text.split(',') if part]


def named_file(text):
    name, equals, file = text.partition('=')
    if not equals:
        raise argparse.ArgumentTypeError('expected NAME=FILE, not ' + text)
    return name, file


def table_number(text):
    if text not in map(str, TABLES):
        raise argparse.ArgumentTypeError('there are tables %s, not %s' % (', '.join(map(str, TABLES)), text))
    return int(text)


def read_command_line():
    line = argparse.ArgumentParser(description=__doc__)
    line.add_argument('root', metavar='ROOT', type=pathlib.Path, help='folder of categories in MVTec layout')
    line.add_argument('--output', type=pathlib.Path, default=pathlib.Path('reproduction'), help='folder of runs and tables')
    line.add_argument('--programs', type=pathlib.Path, default=pathlib.Path('build/release/bin'), help='folder of anomaly_train and the others')
    line.add_argument('--seeds', type=listed(int), default=[0, 1, 2])
    line.add_argument('--categories', type=listed(str), default=GROUPS['all'])
    line.add_argument('--tables', type=listed(table_number), default=list(TABLES), help='of 2 to 7')
    line.add_argument('--backbone-dir', type=pathlib.Path, default=pathlib.Path('backbones'), help='folder of NAME.onnx')
    line.add_argument('--backbones', type=listed(named_file), default=[], metavar='NAME=FILE,...', help='ONNX files, or NAME=lite0')
    line.add_argument('--epochs', type=int, default=30)
    line.add_argument('--extra', type=shlex.split, default=[], help='further options of anomaly_train, as one argument: --extra="--batch=8"')
    line.add_argument('--dry-run', action='store_true', help='print the commands of runs that are not finished')
    return line.parse_args()


def backbone_options(name, options):
    file = dict(options.backbones).get(name, str(options.backbone_dir / (name + '.onnx')))
    if file == 'lite0':
        return ['--backbone=lite0']
    return ['--backbone=' + file, '--mean=' + MEAN, '--scale=' + SCALE]


def option_name(option):
    return option.partition('=')[0]


def train_options(line, seed, options):
    own = ['--%s=%s' % pair for pair in line.settings.items()] + PAPER + ['--epochs=%d' % options.epochs]
    network = backbone_options(line.backbone, options)
    extra = {option_name(option): option for option in options.extra}  # the last of each, since programs refuse two
    kept = [option for option in network[1:] + own + ['--seed=%d' % seed] if option_name(option) not in extra]
    return network[:1] + kept + list(extra.values())


def identity(path):
    """A file that is replaced under its name is another input."""
    status = os.stat(path)
    return [str(path), status.st_size, status.st_mtime_ns]


def backbone_identity(arguments):
    file = arguments[0].partition('=')[2]
    return identity(file) if os.path.exists(file) else [file]


# No table in it: tables share their runs.
def run_name(category, seed, line, arguments, throughput, options):
    facts = json.dumps([arguments, backbone_identity(arguments), throughput, str(options.root.resolve())])
    used = dict(argument.partition('=')[::2] for argument in arguments)
    network = pathlib.Path(used['--backbone']).stem
    readable = '-'.join([category, 'seed%d' % seed, network] + [used['--' + name] for name in line.settings])
    return readable + '-' + hashlib.sha256(facts.encode()).hexdigest()[:10]


# The model file lies elsewhere than its backbone.
def model_options(arguments, base):
    return ['--model=%s.yml.gz' % base] + [option for option in arguments[:1] if option != '--backbone=lite0']


def program_commands(category, arguments, base, throughput, options):
    programs, folder = options.programs, str(options.root / category)
    views = ['--transform=rd'] + [option for option in arguments if option_name(option) == '--seed'] if '--augmentation=rd' in arguments else []
    commands = [[str(programs / 'anomaly_train'), folder, '--model=%s.yml.gz' % base] + arguments,
                [str(programs / 'anomaly_evaluate'), folder, '--json=%s.evaluate' % base] + model_options(arguments, base) + views]
    if throughput:
        commands.append([str(programs / 'anomaly_benchmark'), '--images=' + str(options.root / category / 'test'), '--json=%s.benchmark' % base]
                        + model_options(arguments, base))
    return commands


def make_run(number, line, category, seed, options):
    throughput = 'throughput' in TABLES[number].metrics
    arguments = train_options(line, seed, options)
    base = options.output / 'runs' / run_name(category, seed, line, arguments, throughput, options)
    return Run(category, seed, pathlib.Path('%s.json' % base), program_commands(category, arguments, base, throughput, options))


def here(options):
    return [name for name in options.categories if (options.root / name / 'train' / 'good').is_dir()]


def runs_of(number, line, options):
    return [make_run(number, line, category, seed, options) for category in here(options) for seed in options.seeds]


def call(command):
    print('+ ' + shlex.join(command), flush=True)
    done = subprocess.run(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, universal_newlines=True)
    if done.returncode:
        raise SystemExit('%s failed (%d):\n%s' % (pathlib.Path(command[0]).name, done.returncode, done.stderr))


def take(file):
    with open(file) as text:
        return json.load(text)


def write_whole(file, text):
    """Under its name a file is either whole or absent, however the program ends."""
    with tempfile.TemporaryDirectory(dir=file.parent) as folder:
        beside = pathlib.Path(folder) / file.name
        with open(beside, 'w', newline='') as stream:
            stream.write(text)
        beside.replace(file)


def collected(run):
    base = str(run.file)[:-len('.json')]
    figures = dict(take(base + '.evaluate'), commands=[shlex.join(command) for command in run.commands])
    if len(run.commands) == 3:
        figures['benchmark'] = take(base + '.benchmark')
    return figures


def clean(run):
    base = str(run.file)[:-len('.json')]
    for ending in ('.yml.gz', '.evaluate', '.benchmark'):
        if os.path.exists(base + ending):
            os.remove(base + ending)


def execute(run):
    for command in run.commands:
        call(command)
    write_whole(run.file, json.dumps(collected(run), indent=1) + '\n')
    clean(run)


def has_backbone(line, options):
    file = backbone_options(line.backbone, options)[0].partition('=')[2]
    return file == 'lite0' or os.path.exists(file)


def do_run(run, options):
    if run.file.exists():
        return
    if options.dry_run:
        print('\n'.join(map(shlex.join, run.commands)))
    else:
        execute(run)


def do_row(number, line, options):
    if not has_backbone(line, options) and not options.dry_run:
        print('table %d, %s: left out, no ONNX file of %s' % (number, line.name, line.backbone), file=sys.stderr)
        return
    for run in runs_of(number, line, options):
        do_run(run, options)


def measure(metric, run):
    """In the paper's units: percent, and images a second."""
    figures = take(run.file)
    if metric == 'throughput':
        return 1000 / figures['benchmark']['whole']
    value = figures.get(metric)
    return None if value is None else 100 * value


def read_paper():
    with open(FIGURES, newline='') as file:
        return {(int(r['table']), r['row'], r['category'], r['metric']): float(r['value']) for r in csv.DictReader(file)}


def values(number, line, metric, options):
    """Of each category, its figures by seed."""
    found = {}
    for run in runs_of(number, line, options):
        value = measure(metric, run) if run.file.exists() else None
        if value is not None:
            found.setdefault(run.category, {})[run.seed] = value
    return found


def group_seeds(found, names):
    """A seed's mean counts only where the seed has every category of the group."""
    inside = [found[name] for name in names if name in found]
    common = set.intersection(*map(set, inside)) if inside else set()
    return [statistics.mean(figures[seed] for figures in inside) for seed in sorted(common)]


def entry(number, line, metric, category, measured, count, paper):
    published = paper.get((number, line, category, metric))
    mean = statistics.mean(measured) if measured else None
    return dict(table=number, row=line, metric=metric, category=category, categories=count, seeds=len(measured), measured=mean,
                deviation=statistics.stdev(measured) if len(measured) > 1 else None, paper=published,
                difference=mean - published if mean is not None and published is not None else None)


def row_entries(number, line, metric, options, paper):
    found = values(number, line, metric, options)
    single = [entry(number, line.name, metric, name, list(found.get(name, {}).values()), int(name in found), paper)
              for name in options.categories]
    groups = [entry(number, line.name, metric, group, group_seeds(found, names), sum(name in found for name in names), paper)
              for group, names in known_groups(options).items()]
    return single + groups


def known_groups(options):
    """Categories outside MVTec AD count in the mean over all."""
    others = [name for name in options.categories if name not in GROUPS['all']]
    return dict(GROUPS, all=GROUPS['all'] + others)


def published_only(number, metric, options, paper):
    """Rows of other methods, which nothing here runs."""
    own = {line.name for line in TABLES[number].rows}
    names = dict.fromkeys(key[1] for key in paper if key[0] == number and key[3] == metric and key[1] not in own)
    places = options.categories + list(GROUPS)
    return [entry(number, name, metric, place, [], 0, paper) for name in names for place in places
            if (number, name, place, metric) in paper]


def table_entries(number, options, paper):
    entries = []
    for metric in TABLES[number].metrics:
        for line in TABLES[number].rows:
            entries += row_entries(number, line, metric, options, paper)
        entries += published_only(number, metric, options, paper)
    return entries


def measured_text(item):
    if item['measured'] is None:
        return '-'
    spread = '' if item['deviation'] is None else ' ± %.2f' % item['deviation']
    return '%.2f%s' % (item['measured'], spread)


def place_text(item):
    whole = len(GROUPS.get(item['category'], []))
    return '%s (%d of %d)' % (item['category'], item['categories'], whole) if whole and item['seeds'] else item['category']


def markdown_line(item):
    paper = NOT_AT_HAND if item['paper'] is None else '%.4g' % item['paper']
    difference = '' if item['difference'] is None else '%+.2f' % item['difference']
    return '| %s | %s | %s | %s | %s | %s | %d |' % (item['row'], item['metric'], place_text(item), measured_text(item), paper, difference, item['seeds'])


def notes(number, options):
    absent = [name for name in options.categories if name not in here(options)]
    lines = ['Left out, since ROOT has no such category: %s. Means are over the others.' % ', '.join(absent)] if absent else []
    if options.extra:
        lines.append('Every row with %s.' % shlex.join(options.extra))
    lost = [line.name for line in TABLES[number].rows if not has_backbone(line, options)]
    return lines + (['Not run, for want of the ONNX file: %s.' % ', '.join(lost)] if lost else [])


def markdown(number, entries, options):
    head = ['# Table %d. %s' % (number, TABLES[number].title), '', 'AUROC and AUPRO in percent, throughput in images a second; %d epochs.' % options.epochs]
    columns = ['', '| row | metric | category | measured | paper | difference | seeds |', '|---|---|---|---|---|---|---|']
    return '\n'.join(head + notes(number, options) + columns + [markdown_line(item) for item in entries]) + '\n'


def csv_text(entries):
    text = io.StringIO()
    writer = csv.DictWriter(text, entries[0])
    writer.writeheader()
    writer.writerows(entries)
    return text.getvalue()


def write_table(number, options, paper):
    entries = table_entries(number, options, paper)
    write_whole(options.output / ('table%d.md' % number), markdown(number, entries, options))
    write_whole(options.output / ('table%d.csv' % number), csv_text(entries))


def main():
    # An exception, so that the program that runs at the moment ends too.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))
    options = read_command_line()
    if not here(options):
        raise SystemExit('%s: none of the categories is there, as <category>/train/good' % options.root)
    if not options.dry_run:
        (options.output / 'runs').mkdir(parents=True, exist_ok=True)
    paper = read_paper()
    for number in options.tables:
        for line in TABLES[number].rows:
            do_row(number, line, options)
        if not options.dry_run:
            write_table(number, options, paper)


if __name__ == '__main__':
    main()
