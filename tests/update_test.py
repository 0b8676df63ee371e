#!/usr/bin/env python3
# This file is part of OpenCV project.
# It is subject to the license terms in the LICENSE file found in the top-level directory
# of this distribution and at http://opencv.org/license.html.
"""Adds images to models with anomaly_update, and kills it meanwhile: update_test.py <folder of the programs> <project>."""
import hashlib
import json
import pathlib
import random
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import unittest

PROGRAMS = pathlib.Path()
PROJECT = pathlib.Path()
WORK = pathlib.Path()
METHODS = {'patchcore': ['--bank_size=400', '--input_size=128'],
           'cfa': ['--adaptation=none', '--scoring_bank_size=400', '--input_size=128'],
           'padim': ['--features=20', '--input_size=128'],
           'spade': ['--neighbors=5', '--input_size=128']}


def run(program, *arguments):
    return subprocess.run([str(PROGRAMS / program)] + [str(a) for a in arguments], stdout=subprocess.PIPE,
                          stderr=subprocess.PIPE, universal_newlines=True)


def brick(pattern):
    return sorted((PROJECT / 'test_data' / 'textures' / 'brick').glob(pattern))


def folder_of(files, name):
    folder = WORK / name
    folder.mkdir()
    for file in files:
        (folder / file.name).symlink_to(file)
    return folder


def train(images, method, name):
    model = WORK / name
    done = run('anomaly_train', images, '--method=%s' % method, '--model=%s' % model, *METHODS[method])
    assert done.returncode == 0, done.stderr
    return model


def hash_of(file):
    return hashlib.sha256(file.read_bytes()).hexdigest()


def learned(done):
    """Images and updates that the program tells."""
    return tuple(map(int, re.search(r'learned from (\d+) in all, update (\d+)', done.stdout).groups()))


class Update(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        images = brick('train/good/*.png')
        cls.first, cls.second = folder_of(images[:8], 'first'), folder_of(images[8:12], 'second')
        cls.one = folder_of(images[12:13], 'one')
        cls.model = train(cls.first, 'patchcore', 'model.yml')

    def copy(self, name):
        return pathlib.Path(shutil.copy(str(self.model), str(WORK / name)))

    def test_each_method(self):
        for method in METHODS:
            with self.subTest(method):
                model, new = train(self.first, method, method + '.yml.gz'), WORK / (method + '2.yml.gz')
                before = hash_of(model)
                done = run('anomaly_update', model, self.second, '--output=%s' % new)
                self.assertEqual(done.returncode, 0, done.stderr)
                self.assertEqual((learned(done), hash_of(model)), ((12, 1), before))
                done = run('anomaly_update', new, self.one, '--output=%s' % new)
                self.assertEqual(done.returncode, 0, done.stderr)
                self.assertEqual(learned(done), (13, 2))
                images = brick('test/hole/*.png')[0], brick('test/good/*.png')[0]
                done = run('anomaly_predict', *images, '--model=%s' % new, '--jsonl=-')
                bad, good = map(json.loads, done.stdout.splitlines())
                self.assertGreater(bad['score'], good['score'])
                self.assertEqual(good['drift'], [])

    def test_changes_on_the_way_are_told(self):
        """By anomaly_predict at its end and in its lines."""
        stripes = [90 + 60 * (x // 8 % 2) for _ in range(64) for x in range(64)]

        def write(folder, count, light):
            folder.mkdir()
            for i in range(count):
                gray = bytes(int(light * (value + random.Random(i).randrange(9))) for value in stripes)
                (folder / ('%03d.pgm' % i)).write_bytes(b'P5 64 64 255\n' + gray)
            return folder
        model = train(write(WORK / 'bright', 24, 1), 'padim', 'striped.yml')
        for light, told in ((1, False), (0.8, True)):
            images = write(WORK / ('light%g' % light), 30, light)
            done = run('anomaly_predict', images, '--model=%s' % model, '--jsonl=%s' % (WORK / 'lines'), '--csv=%s' % (WORK / 'table'))
            self.assertEqual(done.returncode, 0, done.stderr)
            self.assertEqual('light has changed' in done.stdout, told, done.stdout)
            self.assertEqual("024.pgm' light" in done.stdout, told, done.stdout)
            lines = [json.loads(line) for line in (WORK / 'lines').read_text().splitlines()]
            self.assertEqual([line['drift'] for line in lines], [[]] * 24 + [['light'] if told else []] * 6)

    def test_verdicts_on_the_added_images_are_told(self):
        """So that a folder of defects is noticed, and that false alarms are seen to be gone."""
        holes = folder_of(brick('test/hole/*.png')[:3], 'holes')
        done = run('anomaly_update', self.model, holes, '--output=%s' % (WORK / 'learned_holes.yml'))
        self.assertEqual(done.returncode, 0, done.stderr)
        before, after = map(int, re.search(r'called (\d) of these images defective, and now calls (\d) so: make sure', done.stdout).groups())
        self.assertEqual(before, 3)
        self.assertLessEqual(after, before)
        done = run('anomaly_update', self.model, self.first, '--output=%s' % (WORK / 'learned_again.yml'))
        self.assertNotIn('make sure', done.stdout)
        done = run('anomaly_update', self.model, self.one, '--output=%s' % (WORK / 'learned_one.yml'))
        self.assertIn(': 1 image added, ', done.stdout)

    def test_images_that_are_given_again_are_learned_again(self):
        """As doc/line.md says: they are counted twice, SPADE's model grows by them, and thresholds do not rise."""
        for method in ('padim', 'spade'):
            model, new = train(self.first, method, method + '_once.yml'), WORK / (method + '_twice.yml')
            done = run('anomaly_update', model, self.first, '--output=%s' % new)
            self.assertEqual(done.returncode, 0, done.stderr)
            self.assertEqual(learned(done), (16, 1))
            self.assertEqual(new.stat().st_size > 1.5 * model.stat().st_size, method == 'spade')
            for after, before in re.findall(r'threshold ([\d.]+) \(was ([\d.]+)\)', done.stdout):
                self.assertLessEqual(float(after), float(before))

    def test_thresholds_only(self):
        """From good images of another day, without that the model learns them."""
        all_patches = train(self.first, 'spade', 'all_patches.yml')
        for old, given, told in ((self.model, self.second, False), (all_patches, self.second, False), (all_patches, self.first, True)):
            with self.subTest((old.name, given.name)):
                new = WORK / 'thresholds.yml'
                done = run('anomaly_update', old, given, '--thresholds_only', '--output=%s' % new)
                self.assertEqual(done.returncode, 0, done.stderr)
                count = len(list(given.iterdir()))
                self.assertIn('%s: thresholds of %d images; image threshold ' % (new, count), done.stdout)
                self.assertEqual('the model must have learned' in done.stderr, told, done.stderr)
                scores = [self.scores(model, given) for model in (old, new)]
                self.assertEqual(scores[0], scores[1])
                threshold = float(re.search(r'image threshold ([\d.]+)', done.stdout).group(1))
                self.assertGreaterEqual(threshold * 1.001, max(scores[0]))
        before = hash_of(self.model)
        missing = run('anomaly_update', self.model, folder_of([], 'none'), '--thresholds_only', '--output=%s' % self.model)
        self.assertEqual((missing.returncode, hash_of(self.model)), (1, before), missing.stderr)

    def scores(self, model, images):
        done = run('anomaly_predict', images, '--model=%s' % model, '--jsonl=-')
        return [json.loads(line)['score'] for line in done.stdout.splitlines()]

    def test_missed_defect(self):
        """Sets the threshold by calibrate, which says whether it can be told from the good images."""
        for name, missed, separates in (('clear', brick('test/hole/*.png')[0], True), ('hidden', brick('train/good/*.png')[0], False)):
            category = WORK / name
            (category / 'test').mkdir(parents=True)
            folder_of(brick('test/good/*.png'), name + '/test/good')
            folder_of([missed], name + '/test/missed')
            done = run('anomaly_evaluate', category, '--model=%s' % self.model, '--calibrate=%s' % (WORK / (name + '.yml')))
            self.assertEqual(done.returncode, 0, done.stderr)
            self.assertIn(name + '.yml: image threshold ', done.stdout)
            self.assertEqual('0 of 1 defective images are missed, and 0 of 10 good ones called defective' in done.stdout, separates)
            self.assertEqual('No threshold separates good images from defective ones' in done.stdout, not separates, done.stdout)
            self.assertEqual(missed.name in done.stdout, not separates, done.stdout)

    def test_refusals(self):
        model = self.copy('kept.yml')
        old = PROJECT / 'test_data' / 'models' / 'brick.yml.gz'
        damaged = folder_of(brick('train/good/*.png')[:2], 'damaged')
        (damaged / 'z.png').write_bytes(b'no image')
        for arguments, code, word in (((model, self.one), 2, '--output'), ((model, self.one, '--output=m.txt'), 2, '.yml'),
                                      ((old, self.one, '--output=%s' % (WORK / 'n.yml')), 1, 'fit it once more'),
                                      ((model, damaged, '--output=%s' % model), 1, 'z.png'),
                                      ((model, WORK / 'none', '--output=%s' % model), 1, 'none'),
                                      ((WORK / 'none.yml', self.one, '--output=%s' % model), 1, 'none.yml')):
            done = run('anomaly_update', *arguments)
            self.assertEqual(done.returncode, code, done.stderr)
            self.assertIn(word, done.stderr)
        self.assertEqual(hash_of(model), hash_of(self.model))
        self.assertFalse((WORK / 'n.yml').exists())

    def test_killed_at_random_moments(self):
        """The file is the old model or the new one."""
        model, new = self.copy('killed.yml'), WORK / 'new.yml'
        start = time.time()
        self.assertEqual(run('anomaly_update', model, self.one, '--output=%s' % new).returncode, 0)
        seconds = time.time() - start
        expected = {hash_of(model): 'old', hash_of(new): 'new'}
        found = {'old': 0, 'new': 0}
        moments = random.Random(5)
        for _ in range(30):
            shutil.copy(str(self.model), str(model))
            process = subprocess.Popen([str(PROGRAMS / 'anomaly_update'), str(model), str(self.one), '--output=%s' % model],
                                       stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
            time.sleep(moments.uniform(0, 1.2 * seconds))
            process.send_signal(signal.SIGKILL)
            process.wait()
            self.assertIn(hash_of(model), expected)
            found[expected[hash_of(model)]] += 1
        print('%d times the old model, %d times the new one; an update takes %.2f s' % (found['old'], found['new'], seconds))
        self.assertGreater(found['old'], 0)

    def test_stopped_by_ctrl_c(self):
        model = self.copy('stopped.yml')
        process = subprocess.Popen([str(PROGRAMS / 'anomaly_update'), str(model), str(self.first), '--output=%s' % model],
                                   stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, universal_newlines=True)
        process.stderr.readline()  # of the progress, once it is under way
        process.send_signal(signal.SIGINT)
        errors = process.communicate()[1]
        if process.returncode:  # else it was done before
            self.assertIn('stopped; no model was written', errors)
            self.assertEqual(hash_of(model), hash_of(self.model))


if __name__ == '__main__':
    PROGRAMS, PROJECT = (pathlib.Path(a).resolve() for a in sys.argv[1:3])
    with tempfile.TemporaryDirectory() as folder:
        WORK = pathlib.Path(folder).resolve()
        unittest.main(argv=sys.argv[:1] + sys.argv[3:], verbosity=2)
