#!/usr/bin/env python3
"""Runs the lessons, modules/anomaly/samples/1_... to 5_..., and looks whether what they print makes sense.

lessons_test.py PROGRAMS PROJECT: the folder of the programs, and that of the project.
"""
import json
import pathlib
import re
import subprocess
import sys
import tempfile
import unittest

PROGRAMS = PROJECT = None


def brick(*names):
    return [str(PROJECT / 'test_data' / 'textures' / 'brick' / name) for name in names]


class Lessons(unittest.TestCase):
    def run_lesson(self, name, *arguments):
        """What the program prints; its files lie in a folder of their own."""
        with tempfile.TemporaryDirectory() as folder:
            done = subprocess.run([str(PROGRAMS / ('example_anomaly_' + name)), *arguments], cwd=folder, capture_output=True, text=True)
        self.assertEqual(done.returncode, 0, done.stderr)
        return done.stdout, done.stderr

    def test_1_fit_and_predict(self):
        text, _ = self.run_lesson('1_fit_and_predict', *brick('train/good', 'test/hole'))
        threshold = float(re.search(r'image threshold ([\d.]+)', text)[1])
        scores = [float(score) for score in re.findall(r'score ([\d.]+), DEFECTIVE', text)]
        self.assertEqual(len(scores), 6, text)
        self.assertGreater(min(scores), threshold)

    def test_2_thresholds(self):
        text, _ = self.run_lesson('2_thresholds', *brick('train/good', 'test/good', 'test/hole'))
        ways = re.findall(r'^(.*): threshold ([\d.]+), false alarms (\d+) of (\d+), missed (\d+) of (\d+)$', text, re.M)
        self.assertEqual([way[0] for way in ways], ['after fit', 'from good images', 'from good and defective images', 'set by hand'])
        self.assertEqual({(way[3], way[5]) for way in ways}, {('5', '3')})
        first, good, both, hand = ([float(value) for value in way[1:]] for way in ways)
        self.assertLessEqual(good[1], first[1])
        self.assertEqual(both[3], 0)
        self.assertAlmostEqual(hand[0], 0.9 * both[0], 2)

    def test_3_own_backbone(self):
        network = str(PROJECT / 'modules' / 'anomaly' / 'data' / 'efficientnet-lite0.onnx')
        text, _ = self.run_lesson('3_own_backbone', *brick('train/good', 'test/hole/000.png'), network)
        fitted, loaded = re.findall(r'score ([\d.]+), threshold ([\d.]+);.* backbone [\d.]+ ms', text)
        self.assertEqual(fitted, loaded)
        self.assertGreater(float(fitted[0]), float(fitted[1]))

    def test_4_tiles_and_regions(self):
        text, _ = self.run_lesson('4_tiles_and_regions', *brick('train/good', 'test/hole/000.png'))
        found = {}
        for how, regions in re.findall(r'^(.*): score [\d.]+ of the threshold, regions:(.*)$', text, re.M):
            found[how] = [tuple(map(int, numbers)) for numbers in re.findall(r'(\d+)x(\d+) at \((\d+), (\d+)\)', regions)]
        self.assertEqual(list(found), ['whole image', 'tiles', 'tiles and a region'])
        # The image in the middle of 3 x 3 has the defect, the one at the upper left the stamp.
        side = 160
        in_middle = [(w, h, x, y) for w, h, x, y in found['tiles and a region']
                     if x < 2 * side and x + w > side and y < 2 * side and y + h > side]
        self.assertTrue(in_middle, text)
        self.assertTrue([box for box in found['tiles'] if box[2] < side and box[3] < 60], text)
        self.assertFalse([box for box in found['tiles and a region'] if box[2] < 100 and box[3] < 30], text)

    def test_5_update_and_drift(self):
        text, notes = self.run_lesson('5_update_and_drift', *brick('train/good', 'test/good'))
        lines = [json.loads(line) for line in text.splitlines()]
        self.assertEqual(len(lines), 10 + 10 + 32)
        (first, learned), (second, learned_then) = [tuple(map(int, found)) for found in re.findall(
            r'(\d+) of 10 good images were called defective; the model has learned (\d+) images', notes)]
        self.assertEqual(first, sum(line['verdict'] == 'defective' for line in lines[:10]))
        self.assertLess(second, max(first, 1))
        self.assertEqual((learned, learned_then), (32 + first, 32 + first + second))
        self.assertEqual([line['drift'] for line in lines[20:36]], [[]] * 16)
        self.assertIn('light', lines[-1]['drift'])


if __name__ == '__main__':
    PROGRAMS, PROJECT = (pathlib.Path(folder).resolve() for folder in sys.argv[1:3])
    unittest.main(argv=sys.argv[:1] + sys.argv[3:])
