#!/usr/bin/env python3
# This file is part of OpenCV project.
# It is subject to the license terms in the LICENSE file found in the top-level directory
# of this distribution and at http://opencv.org/license.html.
"""Runs samples/reproduce.py on two tiny categories: reproduce_test.py <folder of the programs> <root of the project>."""
import csv
import pathlib
import statistics
import subprocess
import sys
import tempfile
import time
import unittest

PROGRAMS = pathlib.Path()
PROJECT = pathlib.Path()
COUNTS = {'train/good': 6, 'test/good': 3, 'test/stain': 2, 'ground_truth/stain': 2}
EXTRA = '--extra=--adaptation=none --input=resized --gamma_c=0.125 --gamma_d=0.125 --threads=1'


def link(texture, category, folder):
    (category / folder).mkdir(parents=True)
    for file in sorted((PROJECT / 'test_data' / 'textures' / texture / folder).glob('*.png'))[:COUNTS[folder]]:
        (category / folder / file.name).symlink_to(file)


def make_root(root):
    for texture, name in (('brick', 'tile'), ('gravel', 'screw')):
        for folder in COUNTS:
            link(texture, root / name, folder)


def command(work, *options):
    return [sys.executable, str(PROJECT / 'samples' / 'reproduce.py'), str(work / 'root'), '--output=%s' % (work / 'out'), '--epochs=1',
            '--programs=%s' % PROGRAMS, '--backbones=wide_resnet50_2=lite0', '--tables=2,4', '--seeds=0,1',
            '--categories=tile,screw,wood', EXTRA] + list(options)


def run(work, *options):
    done = subprocess.run(command(work, *options), stdout=subprocess.PIPE, stderr=subprocess.PIPE, universal_newlines=True, timeout=120)
    assert done.returncode == 0, done.stderr
    return done.stdout


def interrupt_after_first(work):
    process = subprocess.Popen(command(work), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    deadline = time.monotonic() + 60
    while not finished(work) and process.poll() is None and time.monotonic() < deadline:
        time.sleep(0.02)
    process.terminate()
    process.wait()


def finished(work):
    return list((work / 'out' / 'runs').glob('*.json'))


def figures(work, number):
    with open(work / 'out' / ('table%d.csv' % number), newline='') as file:
        return {(r['row'], r['metric'], r['category']): r for r in csv.DictReader(file)}


class Reproduce(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.folder = tempfile.TemporaryDirectory()
        cls.work = pathlib.Path(cls.folder.name)
        make_root(cls.work / 'root')
        cls.planned = run(cls.work, '--dry-run')
        cls.dry_left = (cls.work / 'out').exists()
        interrupt_after_first(cls.work)
        cls.before = len(finished(cls.work))
        cls.output = run(cls.work)

    @classmethod
    def tearDownClass(cls):
        cls.folder.cleanup()

    def test_dry_run_only_prints(self):
        self.assertIn('anomaly_train', self.planned)
        self.assertIn('--method=cfa', self.planned)
        self.assertFalse(self.dry_left)

    def test_continues_where_it_stopped(self):
        self.assertGreater(self.before, 0)
        total = len(finished(self.work))
        self.assertEqual(self.output.count('anomaly_train'), total - self.before)

    def test_finished_runs_are_not_repeated(self):
        self.assertEqual(run(self.work), '')

    def test_difference_and_mean(self):
        table = figures(self.work, 2)
        mean = table['CFA', 'image_auroc', 'all']
        single = [float(table['CFA', 'image_auroc', name]['measured']) for name in ('tile', 'screw')]
        self.assertAlmostEqual(float(mean['measured']), statistics.mean(single))
        self.assertAlmostEqual(float(mean['difference']), float(mean['measured']) - 99.3)
        self.assertEqual((mean['categories'], mean['seeds']), ('2', '2'))

    def test_absent_category(self):
        text = (self.work / 'out' / 'table4.md').read_text()
        self.assertIn('no such category: wood', text)
        self.assertIn('all (2 of 15)', text)
        self.assertIn('not at hand', (self.work / 'out' / 'table2.md').read_text())
        self.assertEqual(figures(self.work, 4)['CFA', 'image_auroc', 'wood']['measured'], '')

    def test_networks_have_their_files_and_descriptors(self):
        planned = run(self.work, '--dry-run', '--tables=7', '--extra=', '--backbone-dir=nets')
        for name, share in (('vgg19_bn', '1'), ('efficientnet_b5', '2'), ('resnet18', '1')):
            of_network = [line for line in planned.splitlines() if '--backbone=nets/%s.onnx' % name in line]
            trained = [line for line in of_network if 'anomaly_train' in line]
            self.assertEqual((len(trained), len(of_network)), (4, 8), planned)
            for line in trained:
                self.assertIn('--gamma_d=%s ' % share, line)

    def test_network_of_a_file(self):
        network = PROJECT / 'test_data' / 'backbones' / 'two_scales.onnx'
        printed = run(self.work, '--tables=6', '--seeds=0', '--categories=tile', '--backbones=wide_resnet50_2=%s' % network,
                      EXTRA + ' --outputs=fine,coarse --gamma_d=1 --mean=0 --scale=1')
        self.assertEqual(printed.count('+'), 3) # train, evaluate, benchmark: the four rows are one, since EXTRA has their shares
        self.assertGreater(float(figures(self.work, 6)['gamma 1', 'throughput', 'all']['measured']), 0)

    def test_other_methods_are_beside(self):
        self.assertEqual(float(figures(self.work, 2)['PatchCore', 'pixel_auroc', 'all']['paper']), 98.2)


if __name__ == '__main__':
    PROGRAMS, PROJECT = (pathlib.Path(argument).resolve() for argument in sys.argv[1:3])
    unittest.main(argv=sys.argv[:1])
