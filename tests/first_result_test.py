#!/usr/bin/env python3
# This file is part of OpenCV project.
# It is subject to the license terms in the LICENSE file found in the top-level directory
# of this distribution and at http://opencv.org/license.html.
"""What a newcomer sees first, by the steps of samples/quickstart.sh: first_result_test.py <folder of the programs> <project>.

Nothing on a good part is outlined, and each defect is: the outlines of the parts of test_data/parts, learned with the defaults.
"""
import json
import pathlib
import subprocess
import sys
import tempfile
import unittest

PROGRAMS = pathlib.Path()
PARTS = pathlib.Path()


def run(program, *arguments):
    return subprocess.run([str(PROGRAMS / program)] + [str(a) for a in arguments], check=True, stdout=subprocess.PIPE,
                          stderr=subprocess.PIPE).stdout


class FirstResult(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.folder = tempfile.TemporaryDirectory()
        model, figures = (pathlib.Path(cls.folder.name) / name for name in ('model.yml.gz', 'figures.json'))
        run('anomaly_train', PARTS, '--model=%s' % model)
        run('anomaly_evaluate', PARTS, '--model=%s' % model, '--json=%s' % figures)
        cls.figures = json.loads(figures.read_text())
        lines = run('anomaly_predict', PARTS / 'test', '--model=%s' % model, '--jsonl=-').decode().splitlines()
        cls.results = {pathlib.Path(line['file']): line for line in map(json.loads, lines)}

    @classmethod
    def tearDownClass(cls):
        cls.folder.cleanup()

    def test_ranks_every_defective_part_behind_the_good_ones(self):
        self.assertEqual(self.figures['image_auroc'], 1)
        self.assertGreater(self.figures['pixel_auroc'], 0.98)

    def test_outlines_no_good_part(self):
        good = [result for file, result in self.results.items() if file.parent.name == 'good']
        self.assertEqual(len(good), 10)
        for result in good:
            self.assertEqual((result['verdict'], result['regions']), ('good', []), result['file'])

    def test_outlines_each_defective_part(self):
        defective = [result for file, result in self.results.items() if file.parent.name != 'good']
        self.assertEqual(len(defective), 24)
        for result in defective:
            self.assertEqual(result['verdict'], 'defective', result['file'])
            self.assertGreater(len(result['regions']), 0, result['file'])


if __name__ == '__main__':
    PROGRAMS, PARTS = pathlib.Path(sys.argv[1]).resolve(), pathlib.Path(sys.argv[2]).resolve() / 'test_data' / 'parts' / 'washer'
    unittest.main(argv=sys.argv[:1], verbosity=2)
