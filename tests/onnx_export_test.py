#!/usr/bin/env python3
# This file is part of OpenCV project.
# It is subject to the license terms in the LICENSE file found in the top-level directory
# of this distribution and at http://opencv.org/license.html.
"""Compares exported models in ONNX Runtime and OpenVINO with predict: onnx_export_test.py <folder of cv_anomaly> <test_data>."""
import pathlib
import sys
import tempfile
import unittest

SKIPPED = 77  # for ctest
OUTPUTS = ('score', 'normalized_score', 'defective', 'map')
# Of a score or of a map's highest value. The results differ by some 1e-6.
TOLERANCE = 1e-4
# Averaged, interpolated, both along one axis each, with values in the middle of two (640 to 96 pixels), whole blocks, as they are.
SIZES = ((301, 217), (64, 640), (40, 50), (640, 480), (192, 192), (288, 480), (96, 96), (8, 9))


def onnx_runtime(file):
    session = onnxruntime.InferenceSession(str(file), providers=['CPUExecutionProvider'])
    return lambda images: dict(zip(OUTPUTS, session.run(OUTPUTS, {'image': images})))


def in_openvino(file):
    # In single precision: by itself it takes bfloat16 where the processor has that.
    model = openvino.Core().compile_model(str(file), 'CPU', {'INFERENCE_PRECISION_HINT': 'f32'})

    def run(images):
        results = model(images)
        return {name: results[model.output(name)] for name in OUTPUTS}
    return run


def texture(seed, size):
    """A pattern of stripes with noise and gray parts, on which every second one has a spot."""
    random, (columns, rows) = np.random.default_rng(seed), size
    image = random.integers(0, 90, (rows, columns, 3)) + (np.arange(columns) // 8 % 2 * 110)[:, None]
    image[rows // 2:, :columns // 3] = image[rows // 2:, :columns // 3, :1]  # gray
    if seed % 2:
        image[rows // 4:rows // 2, columns // 2:columns // 2 + columns // 4] = 255
    return np.clip(image, 0, 255).astype(np.uint8)


def detector_of(method, **settings):
    params = method.Params()
    params.inputSize, params.resizeSize = 96, 112
    if method is not anomaly.PaDiM:
        setattr(params, 'scoringBankSize' if method is anomaly.CFA else 'bankSize', 200)
    if method is anomaly.CFA:
        params.adaptation = anomaly.CFA_ADAPTATION_NONE
    for name, value in settings.items():
        setattr(params, name, value)
    detector = method.create(params)
    detector.fit([texture(2 * i, (120, 110)) for i in range(8)])
    return detector


class Parity(unittest.TestCase):
    def compare_one(self, detector, image, results, index):
        score, score_map = detector.predict(image)
        self.assertLess(abs(results['score'][index] - score), TOLERANCE * score)
        self.assertLess(abs(results['normalized_score'][index] - detector.normalizedScore(score)), TOLERANCE)
        self.assertEqual(bool(results['defective'][index]), score >= detector.getImageThreshold())
        self.assertEqual(results['map'][index].shape, score_map.shape)
        self.assertLess(np.abs(results['map'][index] - score_map).max(), TOLERANCE * score_map.max())

    def compare(self, detector, images, prepare=lambda images: images, **options):
        """In both engines one by one, and as a batch."""
        rows, columns = images[0].shape[:2]
        with tempfile.TemporaryDirectory() as folder:
            file = pathlib.Path(folder) / 'model.onnx'
            detector.exportOnnx(file, (columns, rows), **options)
            onnx.checker.check_model(onnx.load(str(file)), full_check=True)
            for start in (onnx_runtime, in_openvino):
                run = start(file)
                if options.get('batch', 0) != len(images):
                    for image in images:
                        self.compare_one(detector, image, run(prepare(image[np.newaxis])), 0)
                if options.get('batch', 0) != 1:
                    results = run(prepare(np.stack(images)))
                    for i, image in enumerate(images):
                        self.compare_one(detector, image, results, i)

    def check(self, method, sizes=SIZES, **settings):
        detector = detector_of(method, **settings)
        for size in sizes:
            with self.subTest(size=size, **settings):
                self.compare(detector, [texture(seed, size) for seed in (100, 101, 102)])

    def test_patchcore(self):
        self.check(anomaly.PatchCore)

    def test_patchcore_of_the_paper(self):
        self.check(anomaly.PatchCore, SIZES[:2], K=9, whitening=0., axes=0, imageScore=anomaly.SCORE_MAX)

    def test_patchcore_with_a_window(self):
        self.check(anomaly.PatchCore, SIZES[:2], window=2, K=3)

    def test_patchcore_on_other_grids(self):
        for stride in (3, 5, 12):  # finer and coarser than the maps, and no multiple of them
            self.check(anomaly.PatchCore, SIZES[:1], patchStride=stride, inputShape=(100, 124), keepAspect=False)

    def test_padim(self):
        self.check(anomaly.PaDiM)

    def test_padim_projected(self):
        self.check(anomaly.PaDiM, SIZES[:2], reduction=anomaly.PaDiM_FEATURES_PROJECTED, features=30, smoothSigma=0.)

    def test_cfa(self):
        self.check(anomaly.CFA)

    def test_cfa_by_several_neighbors(self):
        self.check(anomaly.CFA, SIZES[:2], scoreMode=anomaly.CFA_SCORE_CERTAINTY, scoringBank=anomaly.CFA_SCORING_BANK_PATCHES)

    def test_cropped_and_ensembles(self):
        for method in (anomaly.CFA, anomaly.PatchCore, anomaly.PaDiM):
            for mode in (anomaly.INPUT_CROPPED, anomaly.INPUT_ENSEMBLE):
                self.check(method, SIZES[:1], inputMode=mode)

    def test_ensemble_with_scores_of_its_own(self):
        self.check(anomaly.PatchCore, SIZES[:1], inputMode=anomaly.INPUT_ENSEMBLE, K=5)

    def test_tile(self):
        detector = detector_of(anomaly.PaDiM, tile=64)
        for size in ((64, 64), (50, 64)):
            self.compare(detector, [texture(101, size)])

    def test_map_of_the_network(self):
        detector = detector_of(anomaly.PaDiM)
        detector.setMapSize(anomaly.MAP_INPUT)
        self.compare(detector, [texture(101, SIZES[0])])

    def test_matched_contrast(self):
        for mode in (anomaly.INPUT_RESIZED, anomaly.INPUT_CROPPED):
            detector = detector_of(anomaly.PaDiM, chooseContrast=False, matchContrast=True, inputMode=mode)
            for size in (SIZES[0], SIZES[2]):
                images = [texture(seed, size) // divisor + offset for seed, divisor, offset in
                          ((100, 1, 0), (101, 2, 0), (102, 3, 100), (104, 255, 9), (105, 16, 0))]
                self.compare(detector, images)
            self.compare(detector, [texture(101, SIZES[0])], lambda images: np.ascontiguousarray(images.transpose(0, 3, 1, 2)),
                         layout=anomaly.EXPORT_NCHW)

    def test_colors_layouts_and_batches(self):
        detector = detector_of(anomaly.PaDiM)
        images = [texture(seed, SIZES[0]) for seed in (100, 101)]
        self.compare(detector, images, lambda images: np.ascontiguousarray(images[..., ::-1]), colors=anomaly.EXPORT_RGB)
        for batch in (0, 1, 2):
            self.compare(detector, images, lambda images: np.ascontiguousarray(images.transpose(0, 3, 1, 2)),
                         layout=anomaly.EXPORT_NCHW, batch=batch)
        self.compare(detector, images[:1], lambda images: np.ascontiguousarray(images[..., ::-1].transpose(0, 3, 1, 2)),
                     layout=anomaly.EXPORT_NCHW, colors=anomaly.EXPORT_RGB)

    def test_networks_of_all_kinds(self):
        for file, outputs in (('operators', ('clipped', 'sum_relu', 'last')), ('all_kinds', ('padded', 'depthwise', 'pointwise')),
                              ('fixed_size', ('fixed',)), ('two_scales', ('coarse',))):
            with self.subTest(file):
                detector = detector_of(anomaly.PaDiM, backbone=str(TEST_DATA / 'backbones' / (file + '.onnx')), outputs=outputs,
                                       features=2, inputSize=64, keepAspect=False, swapRB=False, inputMean=(10., 20., 30., 0.),
                                       inputScale=(.01, .02, .03, 0.))
                self.compare(detector, [texture(101, SIZES[0])], batch=1)

    def test_photographs_of_bricks(self):
        images = [anomaly.readImage(file) for file in sorted((TEST_DATA / 'textures' / 'brick' / 'test').glob('*/00[0-2].png'))]
        self.compare(anomaly.loadDetector(str(TEST_DATA / 'models' / 'brick.yml.gz')), images,
                     lambda images: np.repeat(images[..., np.newaxis], 3, axis=-1))  # they are gray


if __name__ == '__main__':
    try:
        import numpy as np
        import onnx
        import onnxruntime
        import openvino
    except ImportError as missing:
        print("skipped: comparing exported models needs numpy, onnx, onnxruntime and openvino of Python (%s: %s). In a virtual environment: "
              "python3 -m venv --system-site-packages engines && engines/bin/pip install 'numpy<2' onnx onnxruntime openvino, "
              "then cmake -DANOMALY_ONNX_PYTHON=engines/bin/python" % (sys.executable, missing))
        sys.exit(SKIPPED)
    sys.path.insert(0, sys.argv[1])
    import cv_anomaly as anomaly
    TEST_DATA = pathlib.Path(sys.argv[2]).resolve()
    unittest.main(argv=sys.argv[:1] + sys.argv[3:], verbosity=2)
