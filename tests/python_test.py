#!/usr/bin/env python3
# This file is part of OpenCV project.
# It is subject to the license terms in the LICENSE file found in the top-level directory
# of this distribution and at http://opencv.org/license.html.
"""Trains and predicts through cv_anomaly: python_test.py <folder of the package> <root of the project> --pybind11=<version> [--train],
with LibTorch."""
import ast
import os
import pathlib
import re
import subprocess
import sys
import tempfile
import threading
import unittest

import numpy as np

PACKAGES = str(pathlib.Path(sys.argv[1]).resolve())
sys.path.insert(0, PACKAGES)
import cv_anomaly as anomaly

PACKAGE = pathlib.Path(PACKAGES) / 'cv_anomaly'
PROJECT = pathlib.Path(sys.argv[2])
TRAIN = '--train' in sys.argv
PYBIND11 = tuple(int(part) for part in sys.argv[3].split('=')[1].split('.')[:2])
HEADERS = PROJECT / 'modules' / 'anomaly' / 'include' / 'opencv2' / 'anomaly'
STORED = str(PROJECT / 'test_data' / 'models' / 'brick.yml.gz')
BRICK = PROJECT / 'test_data' / 'textures' / 'brick'


def pattern(seed, size=96):
    """A texture of stripes with noise."""
    noise = np.random.default_rng(seed).integers(0, 40, (size, size, 3))
    stripes = (np.arange(size) // 8 % 2 * 150)[:, None, None]
    return (noise + stripes).astype(np.uint8)


def with_spot(image):
    spoilt = image.copy()
    spoilt[40:56, 40:56] = 255
    return spoilt


def quick_params():
    params = anomaly.CFA_Params()
    params.gammaC = params.gammaD = 0.125
    params.epochs = 1
    params.validationFraction = 0.25
    if not TRAIN:
        params.adaptation = anomaly.CFA_ADAPTATION_NONE
    return params


def fitted(**arguments):
    cfa = anomaly.CFA.create(quick_params())
    cfa.fit([pattern(seed) for seed in range(8)], **arguments)
    return cfa


class Names(unittest.TestCase):
    """Headers, module and type stubs have the same names."""

    def setUp(self):
        self.headers = {path.name: path.read_text() for path in HEADERS.glob('*.hpp')}
        self.stub = ast.parse((PACKAGE / '__init__.pyi').read_text())

    def members_of(self, name):
        node = next(node for node in self.stub.body if isinstance(node, ast.ClassDef) and node.name == name)
        return {item.target.id if isinstance(item, ast.AnnAssign) else item.name for item in node.body
                if isinstance(item, (ast.AnnAssign, ast.FunctionDef))}

    def test_everything_that_the_headers_export_is_here(self):
        classes = (anomaly.CFA, anomaly.AnomalyDetector, anomaly.PixelMetrics, anomaly.CFA_Params, anomaly)
        exported = set()
        for text in self.headers.values():
            exported.update(re.findall(r'CV_WRAP_AS\((\w+)\)', text))
            exported.update(re.findall(r'CV_PROP_RW [\w:<>]+ (\w+);', text))
            exported.update(re.findall(r'CV_(?:WRAP|EXPORTS_W) (?:virtual |static )*[\w:]+(?:<\w+>)? (\w+)\(', text))
            exported.update(re.findall(r'class CV_EXPORTS_W (\w+)', text))
        self.assertGreater(len(exported), 80)
        for name in sorted(exported):
            self.assertTrue(any(hasattr(place, name) for place in classes), name)

    def test_every_constant_is_here(self):
        for header, prefix, count in (('cfa.hpp', 'CFA_', 16), ('detector.hpp', '', 5)):
            constants = re.findall(r'^ +([A-Z][A-Z_]+) = (\d+)', self.headers[header], re.M)
            self.assertGreaterEqual(len(constants), count)
            for name, value in constants:
                self.assertEqual(getattr(anomaly, prefix + name), int(value))

    def test_stubs_and_module_have_the_same_names(self):
        listed = set()
        for node in self.stub.body:
            if isinstance(node, ast.AnnAssign):
                listed.add(node.target.id)
            elif isinstance(node, (ast.FunctionDef, ast.ClassDef)):
                listed.add(node.name)
        public = {name for name in vars(anomaly) if not name.startswith('_')} | {'__version__'}
        self.assertEqual(listed, public)
        for name in ('CFA_Params', 'AnomalyDetector', 'PixelMetrics', 'FitProgress'):
            members = {item for item in vars(getattr(anomaly, name)) if not item.startswith('_')}
            self.assertEqual(self.members_of(name) - {'__init__'}, members, name)
        self.assertEqual(self.members_of('CFA') | {'Params'}, {item for item in vars(anomaly.CFA) if not item.startswith('_')})

    def test_classes_name_their_public_module(self):
        self.assertEqual(anomaly.CFA.__module__, 'cv_anomaly')
        self.assertIs(anomaly.CFA.Params, anomaly.CFA_Params)


class Settings(unittest.TestCase):
    def test_fields_keep_what_is_set(self):
        params = anomaly.CFA_Params()
        self.assertEqual((params.K, params.outputs, params.swapRB), (3, ['c2', 'c3', 'c4'], True))
        params.inputMean = (1, 2, 3)
        self.assertEqual(params.inputMean, (1, 2, 3, 0))
        for wrong in (1, (), (1, 2, 3, 4, 5), 'red'):
            with self.assertRaises(TypeError):
                params.inputMean = wrong
        self.assertEqual(anomaly.CFA_Params.paper().gammaC, 1)
        params.seed = 7
        self.assertEqual(anomaly.CFA.create(params).getParams().seed, 7)


class Detectors(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.cfa = fitted()

    def test_defects_score_higher(self):
        good, bad = pattern(100), with_spot(pattern(101))
        score, map = self.cfa.predict(good)
        self.assertEqual((map.shape, map.dtype), (good.shape[:2], np.float32))
        self.assertGreater(self.cfa.predict(bad)[0], score)
        row, column = np.unravel_index(self.cfa.predict(bad)[1].argmax(), map.shape)
        self.assertTrue(30 < row < 66 and 30 < column < 66, (row, column))

    def test_saved_model_predicts_the_same(self):
        image = with_spot(pattern(102))
        with tempfile.TemporaryDirectory() as folder:
            file = os.path.join(folder, 'model.yml.gz')
            self.cfa.save(file)
            for same in (anomaly.CFA.load(file), anomaly.CFA_load(file), anomaly.loadDetector(file)):
                self.assertIsInstance(same, anomaly.CFA)
                score, map = same.predict(image)
                self.assertEqual(score, self.cfa.predict(image)[0])
                np.testing.assert_array_equal(map, self.cfa.predict(image)[1])

    def test_views_of_arrays_are_read_in_their_order(self):
        image = with_spot(pattern(103))
        for view in (image[:, ::-1], image[::2, ::2], image.transpose(1, 0, 2), image[5:, 7:], np.asfortranarray(image),
                     (image[..., 0].astype(np.uint16) * 257).astype('>u2')):
            native = np.ascontiguousarray(view).astype(view.dtype.newbyteorder('='))
            self.assertEqual(self.cfa.predict(view)[0], self.cfa.predict(native)[0])
        self.assertNotEqual(self.cfa.predict(image[:, ::-1])[0], self.cfa.predict(image)[0])

    def test_masks_may_be_truth_values(self):
        image = with_spot(pattern(104))
        mask = np.ones(image.shape[:2], bool)
        mask[30:66, 30:66] = False
        score, map = self.cfa.predict(image, mask=mask)
        self.assertLess(score, self.cfa.predict(image)[0])
        self.assertEqual(map[~mask].max(), 0)
        self.assertEqual(score, self.cfa.predict(image, mask=mask.astype(np.uint8))[0])

    def test_batches(self):
        images = [pattern(105), pattern(106, 64), with_spot(pattern(107))]
        scores, maps = self.cfa.predictBatch(images)
        for image, score, map in zip(images, scores, maps):
            self.assertEqual(map.shape, image.shape[:2])
            self.assertAlmostEqual(score, self.cfa.predict(image)[0], delta=1e-4 * score)
        stack = np.stack([images[0], images[2]])
        np.testing.assert_allclose(self.cfa.predictBatch(stack)[0], scores[[0, 2]], rtol=1e-4)

    def test_calibration(self):
        cfa = fitted()
        images = [pattern(seed) for seed in range(200, 204)]
        images += [with_spot(image) for image in images]
        for labels in ([0] * 4 + [1] * 4, np.arange(8) > 3, np.array([0] * 4 + [256] * 4)):
            cfa.calibrate(images, labels)
            called = [cfa.predict(image)[0] >= cfa.getImageThreshold() for image in images]
            self.assertEqual(called, [False] * 4 + [True] * 4)
        before = cfa.getPixelThreshold()
        spot = np.zeros((96, 96), bool)
        spot[40:56, 40:56] = True
        cfa.calibrate(images, None, [None] * 4 + [spot] * 4)
        self.assertNotEqual(cfa.getPixelThreshold(), before)
        lowest, highest = cfa.getMapRange()
        self.assertLess(lowest, highest)
        self.assertAlmostEqual(cfa.normalizedScore(cfa.getImageThreshold()), 0.5)

    def test_what_else_a_detector_tells(self):
        image = pattern(108)
        score, stages, milliseconds = self.cfa.profile(image)
        self.assertEqual((score, stages), (self.cfa.predict(image)[0], ('preprocess', 'backbone', 'descriptor', 'search', 'map')))
        self.assertEqual(milliseconds.shape, (5,))
        self.assertEqual([map.shape for map in self.cfa.neighbourMaps(image)], [image.shape[:2]] * 3)
        self.assertEqual(self.cfa.getMemoryBank().shape[0], 392)
        view, mask = self.cfa.randomView(image, None, 1)
        self.assertEqual((view.dtype, mask), (np.uint8, None))
        self.assertEqual(self.cfa.randomView(image, image[..., 0], 1)[1].shape, view.shape[:2])
        self.assertEqual(set(np.unique(self.cfa.maskToInput(image[..., 0] > 60))), {0, 255})
        self.assertFalse(self.cfa.empty())
        self.assertTrue(anomaly.CFA.create().empty())

    def test_targets(self):
        targets = anomaly.getAvailableTargets()
        self.assertIn(0, targets)
        detector = anomaly.CFA.create()
        self.assertEqual((detector.getPreferableTarget(), detector.getPreferableBackend()), (0, 3))
        for target in (6, 7):
            if target in targets:
                detector.setPreferableTarget(target)
                self.assertEqual((detector.getPreferableTarget(), detector.getPreferableBackend()), (target, 5))
            else:
                with self.assertRaisesRegex(anomaly.error, 'DNN_TARGET_CUDA.* is not to be had'):
                    detector.setPreferableTarget(target)

    def test_results_outlive_their_detector(self):
        cfa = fitted()
        map = cfa.predict(pattern(109))[1]
        before = map.copy()
        del cfa
        np.testing.assert_array_equal(map, before)

    def test_files(self):
        files = [str(file) for file in sorted((BRICK / 'train' / 'good').glob('*.png'))[:6]]
        params = quick_params()
        params.adaptation = anomaly.CFA_ADAPTATION_NONE
        cfa = anomaly.CFA_create(params)
        cfa.fitFiles(files)
        self.assertFalse(cfa.empty())
        mask = np.zeros((160, 160), bool)
        with self.assertRaisesRegex(anomaly.error, 'masks leave'):
            cfa.fitFiles(files, mask=mask)
        mask[:100] = True
        cfa.fitFiles(files, mask=mask)


class Threads(unittest.TestCase):
    def setUp(self):
        self.cfa = anomaly.CFA.load(STORED)

    def turns_of_another_thread(self, work):
        """How often another thread gets hold of the interpreter meanwhile."""
        turns, over = [0], threading.Event()

        def take_turns():
            while not over.wait(0.001):
                turns[0] += 1
        thread = threading.Thread(target=take_turns)
        thread.start()
        before = turns[0]
        work()
        after = turns[0]
        over.set()
        thread.join()
        return after - before

    def test_predict_lets_other_threads_run(self):
        images = [pattern(seed) for seed in range(24)]
        self.assertGreater(self.turns_of_another_thread(lambda: self.cfa.predictBatch(images)), 10)
        image = pattern(0, 2048)
        self.assertGreater(self.turns_of_another_thread(lambda: self.cfa.predict(image)), 3)

    def test_fit_lets_other_threads_run(self):
        self.assertGreater(self.turns_of_another_thread(fitted), 10)

    def test_predictions_at_the_same_time_are_the_same(self):
        images = [with_spot(pattern(seed)) for seed in range(4)]
        alone = [self.cfa.predict(image)[0] for image in images]
        together = [None] * 4

        def predict(i):
            for _ in range(3):
                together[i] = self.cfa.predict(images[i])[0]
        threads = [threading.Thread(target=predict, args=(i,)) for i in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        self.assertEqual(together, alone)


class ProgressOfFit(unittest.TestCase):
    def test_steps_are_told(self):
        steps = []
        fitted(progress=lambda step: steps.append((step.stage, step.step, step.steps)))
        stages = {stage for stage, _, _ in steps}
        self.assertLessEqual({'features', 'thresholds'} | ({'bank', 'training'} if TRAIN else set()), stages)
        self.assertTrue(all(0 <= step <= count for _, step, count in steps))

    def test_false_cancels(self):
        cfa = anomaly.CFA.create(quick_params())
        with self.assertRaises(anomaly.error):
            cfa.fit([pattern(seed) for seed in range(4)], progress=lambda step: False)
        self.assertTrue(cfa.empty())
        cfa.fit([pattern(seed) for seed in range(4)])
        self.assertFalse(cfa.empty())

    def test_an_exception_passes_through(self):
        def fail(step):
            raise KeyError(step.stage)
        cfa = anomaly.CFA.create(quick_params())
        with self.assertRaises(KeyError):
            cfa.fit([pattern(seed) for seed in range(4)], progress=fail)
        self.assertTrue(cfa.empty())


class Errors(unittest.TestCase):
    def test_errors_of_opencv(self):
        self.assertTrue(issubclass(anomaly.error, RuntimeError))
        with self.assertRaises(anomaly.error) as caught:
            anomaly.CFA.load('no such model.yml')
        self.assertIn('no such model.yml', str(caught.exception))
        self.assertIn('no such model.yml', caught.exception.err)
        self.assertLess(caught.exception.code, 0)
        with self.assertRaises(anomaly.error):
            anomaly.CFA.create().predict(pattern(0))
        params = anomaly.CFA_Params()
        params.gammaC = 2
        with self.assertRaisesRegex(anomaly.error, 'gammaC'):
            anomaly.CFA.create(params)

    def test_arrays_that_can_not_be_taken(self):
        cfa = anomaly.CFA.load(STORED)
        image = pattern(0)
        for wrong in (image.astype(np.int64), image.astype(np.float16), image.astype(complex), image[None], np.float32(1), 'image', [1, 2]):
            with self.assertRaises(TypeError):
                cfa.predict(wrong)
        for wrong in (image, 3, image[..., 0], [[1, 2]]):
            with self.assertRaises(TypeError):
                cfa.predictBatch(wrong)
        for empty in (None, np.zeros((0, 5), np.uint8)):
            with self.assertRaises(anomaly.error):
                cfa.predict(empty)


class Figures(unittest.TestCase):
    def test_metrics_of_scores(self):
        scores, labels = [0.1, 0.4, 0.35, 0.8], [0, 0, 1, 1]
        self.assertAlmostEqual(anomaly.auroc(scores, labels), 0.75)
        self.assertAlmostEqual(anomaly.averagePrecision(np.array(scores, np.float32), np.array(labels, bool)), 0.8333333333333333)
        f1, threshold = anomaly.bestF1(scores, labels)
        self.assertEqual((round(f1, 9), threshold), (0.8, 0.35))
        fpr, tpr, thresholds = anomaly.rocCurve(scores, labels)
        self.assertEqual(fpr.ravel().tolist(), [0, 0, 0.5, 0.5, 1])
        self.assertEqual(tpr.ravel().tolist(), [0, 0.5, 0.5, 1, 1])
        with self.assertRaises(TypeError):
            anomaly.auroc(scores, [0., 0., 1., 1.])
        with self.assertRaises(anomaly.error):
            anomaly.auroc(scores, [0, 0, 0, 0])

    def test_metrics_of_pixels(self):
        pixels = anomaly.PixelMetrics.create()
        mask = np.zeros((8, 8), bool)
        mask[2:4, 2:4] = True
        pixels.add(mask.astype(np.float32), mask)
        pixels.add(np.zeros((8, 8), np.float32))
        self.assertEqual((pixels.count(), pixels.regionCount()), (128, 1))
        self.assertEqual((pixels.auroc(), pixels.averagePrecision(), pixels.aupro(), pixels.bestF1()), (1, 1, 1, (1, 1)))
        self.assertEqual(pixels.rocCurve(maxPoints=3)[0].shape[1:], (1,))
        self.assertLessEqual(len(pixels.rocCurve(maxPoints=3)[0]), 3)
        self.assertEqual(len(pixels.proCurve()), 3)
        self.assertEqual((pixels.countsAt(0.5), pixels.countsAt(0)), ((4, 0), (4, 124)))
        twice = anomaly.PixelMetrics.create()
        twice.merge(pixels)
        twice.merge(pixels)
        self.assertEqual((twice.count(), twice.regionCount(), twice.auroc()), (256, 2, 1))
        pixels.clear()
        self.assertTrue(pixels.empty())

    def test_pictures(self):
        image = pattern(0)
        map = np.zeros((96, 96), np.float32)
        map[40:56, 40:56] = 1
        contours = anomaly.findDefects(map, 0.5)
        self.assertEqual([contour.shape[1:] for contour in contours], [(1, 2)])
        self.assertEqual((contours[0].min(), contours[0].max()), (40, 55))
        heat = anomaly.drawHeatMap(image, map, opacity=1)
        outlined = anomaly.drawDefects(image, map, 0.5, color=(255, 0, 0), thickness=1)
        self.assertGreater(outlined[40, 45, 0], 200)
        self.assertLess(outlined[40, 45, 2], 50)
        np.testing.assert_array_equal(heat[0, 0], image[0, 0])
        self.assertEqual(anomaly.drawPanel([image, heat], ['image', 'heat map'], height=64).dtype, np.uint8)


class NumPy(unittest.TestCase):
    def test_second_version_needs_a_pybind11_that_knows_it(self):
        program = 'import numpy; numpy.__version__ = "2.1.0"; import cv_anomaly'
        done = subprocess.run([sys.executable, '-c', program], env=dict(os.environ, PYTHONPATH=PACKAGES), stderr=subprocess.PIPE, universal_newlines=True)
        if PYBIND11 < (2, 12):
            self.assertIn('ImportError: cv_anomaly was built with pybind11 %d.%d, which can not read arrays of NumPy 2' % PYBIND11, done.stderr)
        else:
            self.assertEqual(done.returncode, 0, done.stderr)


class Readme(unittest.TestCase):
    @unittest.skipUnless(TRAIN, 'its fit needs LibTorch')
    def test_example(self):
        try:
            import cv2
        except ImportError:
            self.skipTest('it reads images with cv2 (Debian: python3-opencv)')
        program = re.search(r'```python\n(.*?)```', (PROJECT / 'README.md').read_text(), re.S).group(1)
        with tempfile.TemporaryDirectory() as folder:
            work = pathlib.Path(folder)
            for kind, count in (('train/good', 12), ('test/hole', 2)):
                (work / kind).mkdir(parents=True)
                for file in sorted((BRICK / kind).glob('*.png'))[:count]:
                    (work / kind / file.name).symlink_to(file)
            done = subprocess.run([sys.executable, '-c', program, 'train/good', 'test/hole'], cwd=folder, env=dict(os.environ, PYTHONPATH=PACKAGES),
                                  stdout=subprocess.PIPE, stderr=subprocess.PIPE, universal_newlines=True)
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertEqual(done.stdout.count('DEFECTIVE'), 2, done.stdout)


if __name__ == '__main__':
    unittest.main(argv=sys.argv[:1])
