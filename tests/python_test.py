#!/usr/bin/env python3
# This file is part of OpenCV project.
# It is subject to the license terms in the LICENSE file found in the top-level directory
# of this distribution and at http://opencv.org/license.html.
"""Trains and predicts through cv_anomaly: python_test.py <folder of the package> <root of the project> --pybind11=<version> [--train],
with LibTorch."""
import ast
import copy
import os
import pathlib
import pickle
import re
import shutil
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
PROJECT = pathlib.Path(sys.argv[2]).resolve()
TRAIN = '--train' in sys.argv
PYBIND11 = tuple(int(part) for part in sys.argv[3].split('=')[1].split('.')[:2])
HEADERS = PROJECT / 'modules' / 'anomaly' / 'include' / 'opencv2' / 'anomaly'
STORED = str(PROJECT / 'test_data' / 'models' / 'brick.yml.gz')
BRICK = PROJECT / 'test_data' / 'textures' / 'brick'
METHODS = anomaly.CFA, anomaly.PatchCore, anomaly.PaDiM, anomaly.SPADE


def pattern(seed, size=96):
    """A texture of stripes with noise."""
    noise = np.random.default_rng(seed).integers(0, 40, (size, size, 3))
    stripes = (np.arange(size) // 8 % 2 * 150)[:, None, None]
    return (noise + stripes).astype(np.uint8)


def with_spot(image):
    spoilt = image.copy()
    spoilt[40:56, 40:56] = 255
    return spoilt


def quick_params(method=anomaly.CFA):
    params = method.Params()
    params.validationFraction = 0.25
    if method is anomaly.PatchCore:
        params.bankSize = 400
    if method is anomaly.PaDiM:
        params.features = 20
    if method is not anomaly.CFA:
        params.inputSize = 128  # fewer patches take less time
        return params
    params.gammaC = params.gammaD = 0.125
    params.scoringBankSize = 500
    params.epochs = 1
    if not TRAIN:
        params.adaptation = anomaly.CFA_ADAPTATION_NONE
    return params


def fitted(method=anomaly.CFA, **arguments):
    detector = method.create(quick_params(method))
    detector.fit([pattern(seed) for seed in range(8)], **arguments)
    return detector


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
        classes = METHODS + (anomaly.AnomalyDetector, anomaly.PixelMetrics, anomaly.DriftMonitor, anomaly) + tuple(m.Params for m in METHODS)
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
        for header, prefix, count in (('cfa.hpp', 'CFA_', 13), ('detector.hpp', '', 10), ('padim.hpp', 'PaDiM_', 2)):
            constants = re.findall(r'^ +([A-Z][A-Z0-9_]+) = (\d+)', self.headers[header], re.M)
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
        for name in ['AnomalyDetector', 'DetectorParams', 'PixelMetrics', 'FitProgress', 'DefectRegion', 'DriftMonitor'] + [m.__name__ + '_Params' for m in METHODS]:
            members = {item for item in vars(getattr(anomaly, name)) if not item.startswith('_')}
            self.assertEqual(self.members_of(name) - {'__init__'}, members, name)
        for method in METHODS:
            members = {item for item in vars(method) if not item.startswith('_')}
            self.assertEqual(self.members_of(method.__name__) | {'Params'}, members, method.__name__)

    def test_every_method_of_the_headers_is_tested(self):
        named = set()
        for text in self.headers.values():
            named.update(re.findall(r'class CV_EXPORTS_W (\w+) : public AnomalyDetector', text))
        self.assertEqual(named, {method.__name__ for method in METHODS})

    def test_classes_name_their_public_module(self):
        for method in METHODS:
            self.assertEqual(method.__module__, 'cv_anomaly')
            self.assertTrue(issubclass(method, anomaly.AnomalyDetector))
            self.assertIs(method.Params, getattr(anomaly, method.__name__ + '_Params'))
            self.assertTrue(issubclass(method.Params, anomaly.DetectorParams))


def fields_of(params):
    return [name for base in params.__mro__ for name, value in vars(base).items() if isinstance(value, property)]


class Settings(unittest.TestCase):
    def test_fields_keep_what_is_set(self):
        params = anomaly.CFA_Params()
        self.assertEqual((params.K, params.outputs, params.swapRB), (3, ('c2', 'c3', 'c4'), True))
        params.inputMean = (1, 2, 3)
        self.assertEqual(params.inputMean, (1, 2, 3, 0))
        for wrong in (1, (), (1, 2), (1, 2, 3, 4, 5), 'red'):
            with self.assertRaises(TypeError):
                params.inputMean = wrong
        self.assertEqual(anomaly.CFA_Params.paper().gammaC, 1)
        params.seed = 7
        self.assertEqual(anomaly.CFA.create(params).getParams().seed, 7)

    def test_what_is_appended_to_a_copy_is_not_lost(self):
        params = anomaly.CFA_Params()
        with self.assertRaises(AttributeError):
            params.outputs.append('c5')
        for names in (['a', 'b'], ('a', 'b'), iter('ab'), {'a': 1, 'b': 2}, np.array(['a', 'b'])):
            params.outputs = names
            self.assertEqual(params.outputs, ('a', 'b'))
        params.outputs += ('c',)
        self.assertEqual(params.outputs, ('a', 'b', 'c'))

    def test_wrong_types_are_named_with_their_field(self):
        params = anomaly.CFA_Params()
        wrong = {'K': ('3', 3.5, None, 1 << 40, [3]), 'gammaC': ('0.5', None, [1.]), 'swapRB': (None, 'yes', []),
                 'inputMean': (1, 'red', (), None), 'backbone': (5, None, ['lite0']), 'checkpoint': (1.5,),
                 'outputs': ('c2', 5, None, [1], ['c2', None], pathlib.Path('c2'))}
        for name, values in wrong.items():
            before = getattr(params, name)
            for value in values:
                with self.assertRaisesRegex(TypeError, r'^CFA_Params\.%s: ' % name):
                    setattr(params, name, value)
            self.assertEqual(getattr(params, name), before)
        with self.assertRaisesRegex(ValueError, 'CFA_Params.backbone: .* null character'):
            params.backbone = 'a\0b'
        with self.assertRaisesRegex(TypeError, "CFA_Params.K: expected an integer of 32 bits, not str 'three'"):
            params.K = 'three'
        for name, value in (('K', np.int64(5)), ('gammaC', np.float32(0.5)), ('gammaC', 1), ('swapRB', np.bool_(False)),
                            ('swapRB', 1), ('backbone', pathlib.Path('a.onnx'))):
            setattr(params, name, value)
        self.assertEqual((params.K, params.gammaC, params.swapRB, params.backbone), (5, 1.0, True, 'a.onnx'))
        with self.assertRaises(AttributeError):
            params.epoch = 3

    def test_shared_fields_are_fields_of_each(self):
        shared = fields_of(anomaly.DetectorParams)
        self.assertLessEqual({'inputSize', 'tile', 'validationFraction', 'seed'}, set(shared))
        for method in METHODS:
            params = method.Params()
            self.assertLess(set(shared), set(fields_of(method.Params)))
            params.inputSize = 320
            self.assertEqual(params.inputSize, 320)
            self.assertEqual(method.create(params).getParams().inputSize, 320)
            self.assertEqual(method.create(params).getDetectorParams().inputSize, 320)
            with self.assertRaisesRegex(TypeError, '^%s_Params.inputSize: expected an integer' % method.__name__):
                params.inputSize = 'large'
        with self.assertRaisesRegex(TypeError, '^DetectorParams.inputSize: expected an integer'):
            anomaly.DetectorParams().inputSize = 'large'

    def test_shape_of_the_input(self):
        params = anomaly.PaDiM.Params()
        self.assertEqual((params.keepAspect, params.inputShape, params.inputSize), (True, (0, 0), 224))
        params.inputSize, params.features = 64, 10
        padim = anomaly.PaDiM.create(params)
        padim.fit([pattern(seed)[:48] for seed in range(4)])
        self.assertEqual(padim.getParams().inputShape, (96, 48))
        self.assertEqual(anomaly.maskToInput(pattern(1)[:48, :, 0] > 60, padim.getDetectorParams()).shape, (48, 96))
        params.keepAspect, params.inputShape = False, [80, np.int64(64)]
        self.assertEqual(params.inputShape, (80, 64))
        self.assertEqual(anomaly.PaDiM.create(params).getDetectorParams().inputShape, (80, 64))
        for wrong in (80, (80,), (80, 64, 3), (80, 64.5), 'wide', None):
            with self.assertRaisesRegex(TypeError, r'^PaDiM_Params.inputShape: expected two integers, \(width, height\)'):
                params.inputShape = wrong

    def small_patchcore(self, **settings):
        """Fitted, with these settings beside those that make it small."""
        params = anomaly.PatchCore.Params()
        for name, value in dict(settings, inputSize=64, bankSize=50).items():
            setattr(params, name, value)
        patchcore = anomaly.PatchCore.create(params)
        patchcore.fit([pattern(seed) for seed in range(4)])
        return patchcore

    def test_rotations(self):
        self.assertEqual(anomaly.PatchCore.Params().rotations, 0)
        patchcore = self.small_patchcore(rotations=4)
        self.assertEqual((patchcore.getDetectorParams().rotations, patchcore.getRotations()), (4, 4))
        params = anomaly.PaDiM.Params()
        params.rotations = 4
        with self.assertRaisesRegex(anomaly.error, 'rotations is 4'):
            anomaly.PaDiM.create(params)

    def test_window(self):
        self.assertEqual(anomaly.PatchCore.Params().window, 0)
        patchcore = self.small_patchcore(window=2)
        self.assertEqual((patchcore.getWindow(), patchcore.getParams().window), (2, 2))

    def test_copies(self):
        params = anomaly.CFA_Params.paper()
        params.outputs, params.checkpoint, params.inputMean = ['x'], 'c.yml', (1, 2, 3)
        params.inputShape = (320, 160)
        fields = fields_of(anomaly.CFA_Params)
        self.assertLessEqual({'outputs', 'checkpoint', 'K'}, set(fields))
        for same in (copy.copy(params), copy.deepcopy(params), pickle.loads(pickle.dumps(params))):
            self.assertEqual([getattr(same, name) for name in fields], [getattr(params, name) for name in fields])
            same.K = 9
        self.assertEqual(params.K, 3)


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

    def test_updates(self):
        for method in METHODS:
            detector = fitted(method)
            learned = detector.getLearnedImages()
            stages = []
            detector.update([pattern(300), pattern(301)], progress=lambda progress: stages.append(progress.stage))
            detector.updateFiles(sorted((BRICK / 'train' / 'good').glob('*.png'))[:1])
            self.assertEqual((detector.getLearnedImages(), detector.getUpdates()), (learned + 3, 2))
            self.assertEqual((stages[0], stages[-1]), ('features', 'thresholds'))
            figures, scores = detector.getGoodImages()
            self.assertEqual((figures.shape[1], figures.dtype, scores.dtype), (5, np.float32, np.float32))
            self.assertEqual(pickle.loads(pickle.dumps(detector)).getUpdates(), 2)
        with self.assertRaisesRegex(anomaly.error, 'did not keep the number'):
            anomaly.CFA.load(STORED).update([pattern(1)])

    def test_drift(self):
        images = [pattern(seed) for seed in range(6)]
        monitor = anomaly.DriftMonitor.create(self.cfa, window=5)
        for image in images:
            monitor.add(image, self.cfa.predict(image)[0])
        self.assertEqual((monitor.count(), monitor.getDrift()), (5, ()))
        for image in images:
            monitor.add(image // 2, 0)
        self.assertIn('light', monitor.getDrift())
        median, lowest, highest = monitor.getFigure(anomaly.DRIFT_BRIGHTNESS)
        self.assertTrue(median < lowest < highest)
        monitor.clear()
        self.assertEqual(monitor.count(), 0)
        self.assertTrue(np.isnan(monitor.getFigure(anomaly.DRIFT_X)[0]))
        with self.assertRaisesRegex(anomaly.error, 'figure 6'):
            monitor.getFigure(6)
        with self.assertRaisesRegex(anomaly.error, 'Window'):
            anomaly.DriftMonitor_create(self.cfa, 4)

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
        self.assertTrue(np.isnan(cfa.normalizedScore(float('nan'))))

    def test_calibration_from_good_files(self):
        cfa = fitted()
        files = sorted((BRICK / 'test' / 'good').glob('*.png'))[:4]
        steps = []
        cfa.calibrateFiles(files, progress=lambda progress: steps.append((progress.stage, progress.step)))
        self.assertEqual(steps, [('thresholds', step) for step in range(1, 5)])
        other = fitted()
        other.calibrate([anomaly.readImage(file) for file in files], [0] * 4)
        self.assertEqual(cfa.getImageThreshold(), other.getImageThreshold())
        with self.assertRaisesRegex(anomaly.error, 'canceled'):
            cfa.calibrateFiles(files, progress=lambda progress: False)

    def test_what_else_a_detector_tells(self):
        image = pattern(108)
        score, stages, milliseconds = self.cfa.profile(image)
        self.assertEqual((score, stages), (self.cfa.predict(image)[0], ('preprocess', 'backbone', 'descriptor', 'search', 'map')))
        self.assertEqual(milliseconds.shape, (5,))
        self.assertEqual([map.shape for map in self.cfa.neighborMaps(image)], [image.shape[:2]] * 3)
        self.assertEqual(self.cfa.getMemoryBank().shape[0], 500)
        self.assertFalse(self.cfa.empty())
        self.assertTrue(anomaly.CFA.create().empty())

    def test_version_information(self):
        text = anomaly.getVersionInformation()
        self.assertTrue(text.startswith('opencv_anomaly %s\n' % anomaly.__version__), text)

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
                with self.assertRaisesRegex(anomaly.error, 'DNN_TARGET_CUDA.* is not available'):
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
        expected = cfa.predictFile(files[0])[0]
        for names in (tuple(files), (pathlib.Path(file) for file in files), iter(files),
                      [os.fsencode(file) for file in files], np.array(files), dict.fromkeys(files)):
            same = anomaly.CFA_create(params)
            same.fitFiles(names)
            self.assertEqual(same.predictFile(pathlib.Path(files[0]))[0], expected)
        for wrong in (files[0], pathlib.Path(files[0]), os.fsencode(files[0]), 5, None, [5], [None], [files]):
            with self.assertRaises(TypeError):
                cfa.fitFiles(wrong)
        with self.assertRaises(ValueError):
            cfa.fitFiles(['a\0b'])

        def failing():
            yield files[0]
            raise KeyError('of the caller')
        with self.assertRaises(KeyError):
            cfa.fitFiles(failing())
        mask = np.zeros((160, 160), bool)
        with self.assertRaisesRegex(anomaly.error, 'masks leave'):
            cfa.fitFiles(files, mask=mask)
        mask[:100] = True
        cfa.fitFiles(files, mask=mask)

    def test_files_are_read_with_the_depth_that_they_have(self):
        cfa = anomaly.CFA.load(STORED)
        gray16 = PROJECT / 'test_data' / 'images' / 'gray16.png'
        image = anomaly.readImage(gray16)
        self.assertEqual((image.dtype, image.ndim), (np.uint16, 2))
        score, map = cfa.predictFile(gray16)
        self.assertEqual(score, cfa.predict(image)[0])
        np.testing.assert_array_equal(map, cfa.predict(image)[1])
        self.assertNotEqual(score, cfa.predict((image >> 8).astype(np.uint8) + np.uint8(1))[0])
        mask = np.zeros(image.shape, bool)
        mask[:9] = True
        self.assertEqual(cfa.predictFile(str(gray16), mask=mask)[0], cfa.predict(image, mask=mask)[0])
        for call in (anomaly.readImage, cfa.predictFile):
            with self.assertRaisesRegex(anomaly.error, 'no_such.png'):
                call('no_such.png')
            with self.assertRaises(TypeError):
                call(5)

    def test_exported_file(self):
        with tempfile.TemporaryDirectory() as folder:
            file = pathlib.Path(folder) / 'model é.onnx'
            self.cfa.exportOnnx(file, (64, 48), colors=anomaly.EXPORT_RGB, layout=anomaly.EXPORT_NCHW, batch=2)
            other = pathlib.Path(folder) / 'other.onnx'
            self.cfa.exportOnnx(str(other), imageSize=(64, 48))
            self.assertGreater(file.stat().st_size, 1 << 20)
            self.assertIn(b'opencv_anomaly', file.read_bytes()[:64])
            self.assertNotEqual(file.read_bytes(), other.read_bytes())
            with self.assertRaisesRegex(anomaly.error, '7x48'):
                self.cfa.exportOnnx(file, (7, 48))

    def test_models_have_names_of_all_kinds(self):
        with tempfile.TemporaryDirectory() as folder:
            for name in (pathlib.Path(folder) / 'a.yml', os.path.join(folder, 'b.yml'),
                         os.fsencode(os.path.join(folder, 'c.yml')), pathlib.Path(folder) / 'd\xe4\u4e2d.yml'):
                self.cfa.save(name)
                for load in (anomaly.CFA.load, anomaly.CFA_load, anomaly.loadDetector):
                    self.assertEqual(load(name).getImageThreshold(), self.cfa.getImageThreshold())
            for wrong in (5, None, ['a.yml']):
                with self.assertRaises(TypeError):
                    self.cfa.save(wrong)

    def test_images_come_in_any_iterable(self):
        images = [pattern(seed) for seed in range(6)]
        expected = self.cfa.predictBatch(images)[0]
        for some in (tuple(images), iter(images), (image for image in images), dict(enumerate(images)).values()):
            np.testing.assert_array_equal(self.cfa.predictBatch(some)[0], expected)


    def test_protocol_of_papers(self):
        image = pattern(108)
        for params in (self.cfa.getDetectorParams(), self.cfa.getParams(), anomaly.PaDiM_Params()):
            view, mask = anomaly.randomView(image, None, params, 1)
            self.assertEqual((view.dtype, mask), (np.uint8, None))
            self.assertEqual(anomaly.randomView(image, image[..., 0], params, 1)[1].shape, view.shape[:2])
            small = anomaly.maskToInput(image[..., 0] > 60, params)
            self.assertEqual((small.shape, set(np.unique(small))), ((224, 224), {0, 255}))
        self.assertFalse(np.array_equal(view, anomaly.randomView(image, None, params, 2)[0]))


class Methods(unittest.TestCase):
    """What all of them have in common, which is nearly all."""

    def test_each_learns_saves_and_predicts(self):
        good, bad = pattern(100), with_spot(pattern(101))
        for method in METHODS:
            with self.subTest(method.__name__), tempfile.TemporaryDirectory() as folder:
                detector = fitted(method)
                self.assertEqual(detector.getMethod(), method.__name__)
                score, map = detector.predict(bad)
                self.assertGreater(score, detector.predict(good)[0])
                row, column = np.unravel_index(map.argmax(), map.shape)
                self.assertTrue(30 < row < 66 and 30 < column < 66, (row, column))
                file = os.path.join(folder, 'model.yml.gz')
                detector.save(file)
                loads = method.load, getattr(anomaly, method.__name__ + '_load'), anomaly.loadDetector
                for same in [load(file) for load in loads] + [anomaly.loadDetectorFromMemory(detector.saveToMemory())]:
                    self.assertIs(type(same), method)
                    self.assertEqual(same.predict(bad)[0], score)
                    np.testing.assert_array_equal(same.predict(bad)[1], map)

    def test_each_is_copied_and_pickled(self):
        bad = with_spot(pattern(101))
        for method in METHODS:
            with self.subTest(method.__name__):
                params = quick_params(method)
                params.seed, params.cacheMiB = 7, 5
                empty = method.create(params)
                detector = fitted(method)
                detector.setImageThreshold(5)
                for make in (copy.copy, copy.deepcopy, lambda some: pickle.loads(pickle.dumps(some)),
                             lambda some: some.clone()):
                    same = make(empty)
                    self.assertTrue(same.empty())
                    self.assertEqual((same.getParams().seed, same.getParams().cacheMiB), (7, 5))
                    same = make(detector)
                    self.assertIs(type(same), method)
                    self.assertEqual(same.predict(bad)[0], detector.predict(bad)[0])
                    self.assertEqual(same.getImageThreshold(), 5)
                    for name in fields_of(method.Params):
                        # A model names the embedded backbone, and two settings belong to the machine that fits.
                        if name not in ('backbone', 'cacheMiB', 'skipUnreadable'):
                            self.assertEqual(getattr(same.getParams(), name), getattr(detector.getParams(), name), name)

    def test_each_tells_its_progress_and_can_be_cancelled(self):
        for method in METHODS:
            with self.subTest(method.__name__):
                steps = []
                fitted(method, progress=lambda step: steps.append((step.stage, step.step, step.steps, step.figures)))
                self.assertLessEqual({'features', 'thresholds'}, {step[0] for step in steps})
                self.assertTrue(all(0 <= step[1] <= step[2] for step in steps))
                self.assertTrue(all(isinstance(step[3], dict) for step in steps))
                figures = set().union(*(step[3] for step in steps))
                trained = method is anomaly.CFA and TRAIN
                self.assertEqual(figures, {'loss', 'distance', 'radius'} if trained else set())
                detector = method.create(quick_params(method))
                with self.assertRaises(anomaly.error):
                    detector.fit([pattern(seed) for seed in range(4)], progress=lambda step: False)
                self.assertTrue(detector.empty())

    def test_each_refuses_the_models_of_others(self):
        with tempfile.TemporaryDirectory() as folder:
            file = os.path.join(folder, 'model.yml.gz')
            fitted(anomaly.PaDiM).save(file)
            for method in (anomaly.CFA, anomaly.PatchCore, anomaly.SPADE):
                with self.assertRaisesRegex(anomaly.error, 'another method, expected ' + method.__name__):
                    method.load(file)
        for method in METHODS:
            with self.assertRaises(TypeError):
                method.create(anomaly.DetectorParams())
        with self.assertRaises(TypeError):
            anomaly.PaDiM.create(anomaly.SPADE_Params())

    def test_what_only_one_has(self):
        bank = fitted(anomaly.PatchCore).getMemoryBank()
        self.assertEqual((bank.shape, bank.dtype), ((400, 128), np.float32))
        params = anomaly.PaDiM_Params()
        params.reduction = anomaly.PaDiM_FEATURES_PROJECTED
        self.assertEqual(anomaly.PaDiM.create(params).getParams().reduction, 1)
        for method, field, wrong in ((anomaly.PatchCore, 'bankSize', 0), (anomaly.PaDiM, 'regularization', 0),
                                     (anomaly.SPADE, 'K', 0)):
            params = method.Params()
            setattr(params, field, wrong)
            with self.assertRaisesRegex(anomaly.error, field):
                method.create(params)


class Copies(unittest.TestCase):
    """copy, pickle, and the processes of a DataLoader."""

    def same(self, one, two):
        image = with_spot(pattern(120))
        self.assertIs(type(two), anomaly.CFA)
        self.assertEqual(one.predict(image)[0], two.predict(image)[0])
        for ask in ('getImageThreshold', 'getPixelThreshold', 'getMapRange', 'getMapSize', 'getEngine',
                    'getPreferableTarget'):
            self.assertEqual(getattr(one, ask)(), getattr(two, ask)(), ask)

    def test_copies_of_a_fitted_detector(self):
        cfa = anomaly.CFA.load(STORED)
        cfa.setEngine(anomaly.ENGINE_PLAIN)
        cfa.setMapSize(anomaly.MAP_INPUT)
        cfa.setImageThreshold(5)
        for make in (copy.copy, copy.deepcopy, lambda detector: pickle.loads(pickle.dumps(detector)),
                     lambda detector: detector.clone(), lambda detector: copy.deepcopy({'a': [detector]})['a'][0]):
            same = make(cfa)
            self.same(cfa, same)
            same.setImageThreshold(6)
        self.assertEqual(cfa.getImageThreshold(), 5)
        for protocol in range(2, pickle.HIGHEST_PROTOCOL + 1):
            self.same(cfa, pickle.loads(pickle.dumps(cfa, protocol)))

    def test_copies_of_one_that_is_not_fitted(self):
        params = quick_params()
        params.cacheMiB, params.K = 5, 2
        for make in (copy.copy, copy.deepcopy, lambda detector: pickle.loads(pickle.dumps(detector))):
            same = make(anomaly.CFA.create(params))
            self.assertTrue(same.empty())
            self.assertEqual((same.getParams().cacheMiB, same.getParams().K), (5, 2))

    def test_the_backbone_of_its_own_goes_along(self):
        params = quick_params()
        params.adaptation, params.inputSize, params.outputs = anomaly.CFA_ADAPTATION_NONE, 64, ['fine', 'coarse']
        with tempfile.TemporaryDirectory() as folder:
            params.backbone = shutil.copy(str(PROJECT / 'test_data' / 'backbones' / 'two_scales.onnx'), folder)
            cfa = anomaly.CFA.create(params)
            cfa.fit([pattern(seed) for seed in range(6)])
        self.same(cfa, pickle.loads(pickle.dumps(cfa)))
        self.same(cfa, copy.deepcopy(cfa))

    def test_memory(self):
        cfa = anomaly.CFA.load(STORED)
        model = cfa.saveToMemory()
        self.assertIsInstance(model, bytes)
        for form in (model, bytearray(model), memoryview(model), np.frombuffer(model, np.uint8)):
            self.same(cfa, anomaly.loadDetectorFromMemory(form))
        for wrong in (model[:1000], b'', b'no model'):
            with self.assertRaises(anomaly.error):
                anomaly.loadDetectorFromMemory(wrong)
        for wrong in ('text', 5, np.zeros((2, 2)), None):
            with self.assertRaises(TypeError):
                anomaly.loadDetectorFromMemory(wrong)

    def test_workers_that_are_spawned_predict(self):
        program = ('import multiprocessing, sys\n'
                   'import cv_anomaly as anomaly\n'
                   'if __name__ == "__main__":\n'
                   '    cfa = anomaly.CFA.load(sys.argv[1])\n'
                   '    with multiprocessing.get_context("spawn").Pool(2) as pool:\n'
                   '        found = pool.map(cfa.predictFile, sys.argv[2:])\n'
                   '    print([score for score, _ in found] == [cfa.predictFile(file)[0] for file in sys.argv[2:]])\n')
        files = [str(file) for file in sorted((BRICK / 'test' / 'hole').glob('*.png'))[:3]]
        with tempfile.TemporaryDirectory() as folder:
            script = pathlib.Path(folder) / 'workers.py'
            script.write_text(program)
            done = subprocess.run([sys.executable, str(script), STORED] + files,
                                  env=dict(os.environ, PYTHONPATH=PACKAGES), stdout=subprocess.PIPE,
                                  stderr=subprocess.PIPE, universal_newlines=True)
        self.assertEqual((done.returncode, done.stdout), (0, 'True\n'), done.stderr)


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
        try:
            before = turns[0]
            work()
            return turns[0] - before
        finally:  # the thread would go on for ever after an error
            over.set()
            thread.join()

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


class ControlC(unittest.TestCase):
    def test_ends_a_batch(self):
        program = '''if True:
            import os, signal, sys, threading, time
            import numpy, cv_anomaly
            cfa = cv_anomaly.CFA.load(sys.argv[1])
            images = [numpy.zeros((224, 224, 3), numpy.uint8)] * 100000
            pressed = []
            def press():
                pressed.append(time.monotonic())
                os.kill(os.getpid(), signal.SIGINT)
            threading.Timer(0.5, press).start()
            try:
                cfa.predictBatch(images)
            except KeyboardInterrupt:
                print(time.monotonic() - pressed[0])
                print(len(cfa.predictBatch(images[:3])[0]))
        '''
        done = subprocess.run([sys.executable, '-c', program, STORED], env=dict(os.environ, PYTHONPATH=PACKAGES), stdout=subprocess.PIPE,
                              stderr=subprocess.PIPE, universal_newlines=True, timeout=100)
        self.assertEqual(done.returncode, 0, done.stderr)
        seconds, scores = done.stdout.split()
        self.assertLess(float(seconds), 1)
        self.assertEqual(scores, '3')

    def test_place_of_a_model_is_known_before(self):
        with tempfile.TemporaryDirectory() as folder:
            anomaly.checkModelFile(folder + '/model.yml')
            self.assertEqual(os.listdir(folder), [])
            with self.assertRaisesRegex(anomaly.error, 'must end in'):
                anomaly.checkModelFile(folder + '/model.onnx')


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
        with self.assertRaisesRegex(anomaly.error, r'no such \\xff model'):
            anomaly.CFA.load(b'no such \xff model.yml')
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
        self.assertEqual((round(f1, 9), round(threshold, 9)), (0.8, 0.225))
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
        self.assertEqual((pixels.auroc(), pixels.averagePrecision(), pixels.aupro()), (1, 1, 1))
        self.assertEqual(pixels.bestF1(), (1, 0.5))
        self.assertEqual(pixels.rocCurve(maxPoints=3)[0].shape[1:], (1,))
        self.assertLessEqual(len(pixels.rocCurve(maxPoints=3)[0]), 3)
        self.assertEqual(len(pixels.proCurve()), 3)
        self.assertEqual((pixels.countsAt(0.5), pixels.countsAt(0)), ((4, 0), (4, 124)))
        twice = anomaly.PixelMetrics.create()
        twice.merge(pixels)
        twice.merge(pixels)
        self.assertEqual((twice.count(), twice.regionCount(), twice.auroc()), (256, 2, 1))
        self.assertEqual(pixels.lowestFpr(), 1 / 64)
        mean, areas = pixels.aupimo(lowerFpr=0.02, upperFpr=0.1)
        self.assertEqual((mean, areas.shape, areas[0, 0]), (1, (2, 1), 1))
        self.assertTrue(np.isnan(areas[1, 0]))
        with self.assertRaisesRegex(anomaly.error, 'lowerFpr is 1e-05'):
            pixels.aupimo()
        pixels.clear()
        self.assertTrue(pixels.empty())

    def test_pictures(self):
        image = pattern(0)
        map = np.zeros((96, 96), np.float32)
        map[40:56, 40:56] = 1
        contours = anomaly.findDefects(map, 0.5)
        self.assertEqual([contour.shape[1:] for contour in contours], [(1, 2)])
        self.assertEqual((contours[0].min(), contours[0].max()), (40, 55))
        region, = anomaly.findRegions(map, 0.5, imageSize=(192, 96))
        self.assertEqual((region.box, region.area, region.peak, region.meanScore), ((80, 40, 32, 16), 512, 1, region.meanScore))
        self.assertTrue(0.9 < region.meanScore <= 1)
        np.testing.assert_allclose(region.centroid, (95.5, 47.5))
        self.assertEqual((region.contour.dtype, region.contour.shape[1:]), (np.int32, (1, 2)))
        self.assertEqual(anomaly.findRegions(map, 0.5, minimumArea=257), [])
        heat = anomaly.drawHeatMap(image, map, opacity=1)
        outlined = anomaly.drawDefects(image, map, 0.5, color=(255, 0, 0), thickness=1)
        self.assertGreater(outlined[40, 45, 0], 200)
        self.assertLess(outlined[40, 45, 2], 50)
        np.testing.assert_array_equal(heat[0, 0], image[0, 0])
        np.testing.assert_array_equal(anomaly.drawHeatMap(image, map, threshold=2), image)
        self.assertEqual(anomaly.drawPanel([image, heat], ['image', 'heat map'], height=64).dtype, np.uint8)


class NumPy(unittest.TestCase):
    def test_second_version_needs_a_pybind11_that_knows_it(self):
        program = 'import numpy; numpy.__version__ = "2.1.0"; import cv_anomaly'
        done = subprocess.run([sys.executable, '-c', program], env=dict(os.environ, PYTHONPATH=PACKAGES), stderr=subprocess.PIPE, universal_newlines=True)
        if PYBIND11 < (2, 12):
            self.assertIn('ImportError: cv_anomaly was built with pybind11 %d.%d, which cannot read arrays of NumPy 2' % PYBIND11, done.stderr)
        else:
            self.assertEqual(done.returncode, 0, done.stderr)


class OtherPythons(unittest.TestCase):
    def test_a_package_for_another_version_says_so(self):
        with tempfile.TemporaryDirectory() as folder:
            package = pathlib.Path(folder) / 'cv_anomaly'
            package.mkdir()
            shutil.copy(str(PACKAGE / '__init__.py'), str(package))
            (package / '_cv_anomaly.cpython-31.so').write_text('')
            done = subprocess.run([sys.executable, '-c', 'import cv_anomaly'], env=dict(os.environ, PYTHONPATH=folder),
                                  stderr=subprocess.PIPE, universal_newlines=True)
        self.assertIn('ImportError: cv_anomaly is built for another Python: its folder has _cv_anomaly.cpython-31.so, '
                      'and this is Python %d.%d' % sys.version_info[:2], done.stderr)


class Readme(unittest.TestCase):
    @unittest.skipUnless(TRAIN, 'its fit needs LibTorch')
    def test_example(self):
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
