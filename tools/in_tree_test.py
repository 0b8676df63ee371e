#!/usr/bin/env python3
# This file is part of OpenCV project.
# It is subject to the license terms in the LICENSE file found in the top-level directory
# of this distribution and at http://opencv.org/license.html.
"""Predicts through cv2.anomaly, and trains where asked for: in_tree_test.py <root of the project> [--train]."""
import ast
import os
import pathlib
import re
import sys
import tempfile
import unittest

import cv2
import numpy as np
from cv2 import anomaly

PROJECT = pathlib.Path(sys.argv[1])
TRAIN = '--train' in sys.argv
BRICK = PROJECT / 'test_data' / 'textures' / 'brick'


def files(kind, count):
    found = [str(file) for file in sorted((BRICK / kind).glob('*.png'))[:count]]
    assert len(found) == count, found
    return found


class Names(unittest.TestCase):
    def test_what_cv_anomaly_has_is_here_too(self):
        stub = ast.parse(re.sub(r'@\w+@', '', (PROJECT / 'python' / 'cv_anomaly' / '__init__.pyi.in').read_text()))
        names = {node.name for node in stub.body if isinstance(node, (ast.FunctionDef, ast.ClassDef))} - {'error', 'FitProgress'}
        names = {name for name in names if not name.endswith('_Params')}
        self.assertGreater(len(names), 10)
        self.assertEqual(names - set(dir(anomaly)), set())
        for node in stub.body:
            if isinstance(node, ast.ClassDef) and node.name in names:
                methods = {item.name for item in node.body if isinstance(item, ast.FunctionDef)}
                self.assertEqual(methods - set(dir(getattr(anomaly, node.name))), set(), node.name)

    def test_constants_and_fields(self):
        self.assertEqual((anomaly.INPUT_ENSEMBLE, anomaly.ENGINE_HALIDE, anomaly.MAP_INPUT), (2, 2, 1))
        params = anomaly.CFA.Params()
        self.assertEqual((params.K, tuple(params.outputs), params.swapRB), (3, ('c2', 'c3', 'c4'), True))
        params.inputMean = (1, 2, 3)
        self.assertEqual(params.inputMean[:3], (1, 2, 3))

    def test_all_methods_learn_and_predict(self):
        image = cv2.imread(files('test/hole', 1)[0])
        for method in (anomaly.PatchCore, anomaly.PaDiM, anomaly.SPADE):
            params = method.Params()
            params.inputSize, params.keepAspect, params.inputShape = 160, False, (192, 128)
            detector = method.create(params)
            detector.fitFiles(files('train/good', 6))
            self.assertEqual(detector.getDetectorParams().inputSize, 160)
            self.assertEqual(tuple(detector.getDetectorParams().inputShape), (192, 128))
            with tempfile.TemporaryDirectory() as folder:
                file = os.path.join(folder, 'model.yml.gz')
                detector.save(file)
                same = anomaly.loadDetector(file)
            self.assertEqual(same.getMethod(), method.__name__)
            self.assertEqual(same.predict(image)[0], detector.predict(image)[0])


class Export(unittest.TestCase):
    def test_the_file_names_its_outputs(self):
        cfa = anomaly.CFA.load(str(PROJECT / 'test_data' / 'models' / 'brick.yml.gz'))
        with tempfile.TemporaryDirectory() as folder:
            file = pathlib.Path(folder, 'brick.onnx')
            batch = cfa.exportOnnx(str(file), (96, 64), colors=anomaly.EXPORT_RGB, layout=anomaly.EXPORT_NCHW, batch=2)
            self.assertEqual(batch, 2)
            for name in (b'score', b'normalized_score', b'defective', b'map'):
                self.assertIn(name, file.read_bytes())
            with self.assertRaises(cv2.error):
                cfa.exportOnnx(str(file), (7, 64))

    def test_spade_is_refused(self):
        spade = anomaly.SPADE.create()
        spade.fitFiles(files('train/good', 4))
        with tempfile.TemporaryDirectory() as folder:
            with self.assertRaisesRegex(cv2.error, 'SPADE'):
                spade.exportOnnx(os.path.join(folder, 'spade.onnx'), (96, 64))
            self.assertEqual(os.listdir(folder), [])


class Life(unittest.TestCase):
    """Of a model on the line: it is updated, and images drift."""

    def setUp(self):
        params = anomaly.PaDiM.Params()
        params.inputSize, params.features = 64, 20
        self.detector = anomaly.PaDiM.create(params)
        self.detector.fitFiles(files('train/good', 8))

    def test_update(self):
        self.detector.update([cv2.imread(file) for file in files('train/good', 10)[8:]])
        self.detector.updateFiles(files('train/good', 11)[10:])
        self.assertEqual((self.detector.getLearnedImages(), self.detector.getUpdates()), (11, 2))
        figures, scores = self.detector.getGoodImages()
        self.assertEqual((figures.shape, figures.dtype, scores.shape[1]), ((11, anomaly.DRIFT_SCORE), np.float32, 1))
        with self.assertRaises(cv2.error):  # from before figures of good images were kept
            old = anomaly.loadDetector(str(PROJECT / 'test_data' / 'models' / 'brick.yml.gz'))
            old.updateFiles(files('train/good', 1))

    def test_calibration_from_good_files(self):
        self.detector.setImageThreshold(1234)
        self.detector.calibrateFiles(files('test/good', 5))
        self.assertLess(self.detector.getImageThreshold(), 1234)

    def test_drift(self):
        monitor = anomaly.DriftMonitor.create(self.detector, window=5)
        for file in files('test/good', 5):
            image = cv2.imread(file)
            monitor.add(image, self.detector.predict(image)[0])
        self.assertEqual((monitor.count(), list(monitor.getDrift())), (5, []))
        median, lowest, highest = monitor.getFigure(anomaly.DRIFT_BRIGHTNESS)
        self.assertTrue(lowest < median < highest)
        for _ in range(5):
            monitor.add(np.zeros_like(image), 1e6)
        self.assertIn('light', monitor.getDrift())
        monitor.clear()
        self.assertEqual(monitor.count(), 0)


class StoredModel(unittest.TestCase):
    def setUp(self):
        self.cfa = anomaly.CFA.load(str(PROJECT / 'test_data' / 'models' / 'brick.yml.gz'))

    def test_it_finds_defects(self):
        for file in files('test/hole', 3):
            image = cv2.imread(file)
            score, map = self.cfa.predict(image)
            self.assertEqual((map.shape, map.dtype), (image.shape[:2], np.float32))
            self.assertGreaterEqual(score, self.cfa.getImageThreshold())
            self.assertEqual(self.cfa.predictFile(file)[0], score)
        for file in files('test/good', 3):
            self.assertLess(self.cfa.predict(cv2.imread(file))[0], score)

    def test_results_have_the_forms_of_cv_anomaly(self):
        image = cv2.imread(files('test/hole', 1)[0])
        gray = anomaly.readImage(files('test/hole', 1)[0])  # as the file has it
        np.testing.assert_array_equal(cv2.cvtColor(gray, cv2.COLOR_GRAY2BGR), image)
        self.assertEqual(self.cfa.clone().predict(image)[0], self.cfa.predict(image)[0])
        same = anomaly.loadDetectorFromMemory(self.cfa.saveToMemory())
        self.assertEqual(same.predict(image)[0], self.cfa.predict(image)[0])
        scores, maps = self.cfa.predictBatch([image, image])
        self.assertEqual((len(scores), len(maps)), (2, 2))
        score, map = self.cfa.predict(image, mask=np.ones(image.shape[:2], np.uint8))
        self.assertAlmostEqual(score, scores[0], delta=1e-4 * score)
        self.assertEqual([stage for stage in self.cfa.profile(image)[1]], ['preprocess', 'backbone', 'descriptor', 'search', 'map'])
        self.assertEqual(len(self.cfa.neighborMaps(image)), 3)
        lowest, highest = self.cfa.getMapRange()
        heat = anomaly.drawHeatMap(image, map, lowest=lowest, highest=highest, threshold=self.cfa.getPixelThreshold())
        contours = anomaly.findDefects(map, self.cfa.getPixelThreshold())
        regions = anomaly.findRegions(map, self.cfa.getPixelThreshold())
        np.testing.assert_array_equal(np.reshape(regions[0].contour, (-1, 2)), contours[0].reshape(-1, 2))
        self.assertEqual((len(regions), len(regions[0].box), len(regions[0].centroid)), (len(contours), 4, 2))
        self.assertEqual((heat.shape, contours[0].shape[1:]), (image.shape, (1, 2)))
        self.assertAlmostEqual(anomaly.auroc(np.array([0.1, 0.4, 0.35, 0.8]), np.array([0, 0, 1, 1], np.int32)), 0.75)
        pixels = anomaly.PixelMetrics.create()
        pixels.add(np.eye(8, dtype=np.float32), np.eye(8, dtype=np.uint8))
        pixels.add(np.zeros((8, 8), np.float32))
        mean, areas = pixels.aupimo(lowerFpr=0.02, upperFpr=0.1)
        self.assertEqual((mean, areas.ravel()[0]), (1, 1))

    def test_errors(self):
        with self.assertRaises(cv2.error):
            anomaly.CFA.load('no such model.yml')


class Training(unittest.TestCase):
    def train(self, adaptation):
        params = anomaly.CFA.Params()
        params.epochs = 2
        params.gammaC = params.gammaD = 0.125
        params.adaptation = adaptation
        cfa = anomaly.CFA.create(params)
        cfa.fitFiles(files('train/good', 8))
        return cfa

    @unittest.skipUnless(TRAIN, 'no LibTorch for this OpenCV')
    def test_trained_model_is_the_same_when_loaded(self):
        cfa = self.train(anomaly.CFA_ADAPTATION_FULL)
        image = cv2.imread(files('test/hole', 1)[0])
        with tempfile.TemporaryDirectory() as folder:
            file = os.path.join(folder, 'model.yml.gz')
            cfa.save(file)
            self.assertEqual(anomaly.loadDetector(file).predict(image)[0], cfa.predict(image)[0])

    @unittest.skipIf(TRAIN, 'LibTorch is here')
    def test_without_libtorch_the_error_names_it(self):
        with self.assertRaisesRegex(cv2.error, 'opencv_anomaly_train'):
            self.train(anomaly.CFA_ADAPTATION_FULL)
        self.assertFalse(self.train(anomaly.CFA_ADAPTATION_NONE).empty())


if __name__ == '__main__':
    unittest.main(argv=sys.argv[:1])
