#!/usr/bin/env python3
# This file is part of OpenCV project.
# It is subject to the license terms in the LICENSE file found in the top-level directory
# of this distribution and at http://opencv.org/license.html.
"""Compares exported models in ONNX Runtime and OpenVINO with predict, on all test images of categories (doc/deploying.md).

Needs numpy and cv2 for the Python that cv_anomaly is built for, onnxruntime and openvino:
python3 -m venv --system-site-packages parity && parity/bin/pip install 'numpy<2' onnxruntime openvino
"""
import argparse
import pathlib
import sys
import tempfile

import cv2
import numpy as np

OUTPUTS = ('score', 'normalized_score', 'defective', 'map')


def detector_of(anomaly, method, bank_size, epochs):
    """Creates the detector that has this name in the table."""
    if method in ('CFA', 'CFA++'):
        params = anomaly.CFA_Params()
        params.scoringBankSize, params.epochs = bank_size, epochs
        params.inputMode = anomaly.INPUT_ENSEMBLE if method == 'CFA++' else anomaly.INPUT_RESIZED
        return anomaly.CFA.create(params)
    params = getattr(anomaly, method + '_Params')()
    if method == 'PatchCore':
        params.bankSize = bank_size
    return getattr(anomaly, method).create(params)


def onnx_runtime(file):
    import onnxruntime
    options = onnxruntime.SessionOptions()
    options.log_severity_level = 3
    session = onnxruntime.InferenceSession(str(file), options, providers=['CPUExecutionProvider'])
    return lambda images: dict(zip(OUTPUTS, session.run(OUTPUTS, {'image': images})))


def openvino(file):
    from openvino import Core
    # By default OpenVINO computes in bfloat16 on processors that have it.
    model = Core().compile_model(str(file), 'CPU', {'INFERENCE_PRECISION_HINT': 'f32'})

    def run(images):
        results = model(images)
        return {name: results[model.output(name)] for name in OUTPUTS}
    return run


ENGINES = {'ONNX Runtime': onnx_runtime, 'OpenVINO': openvino}


class Differences:
    """The largest differences over some images."""

    def __init__(self):
        self.images = self.verdicts = 0
        self.score = self.normalized = self.map = 0.

    def add(self, detector, image, results):
        score, score_map = detector.predict(image)
        self.images += 1
        self.score = max(self.score, abs(results['score'][0] - score) / score)
        self.normalized = max(self.normalized, abs(results['normalized_score'][0] - detector.normalizedScore(score)))
        self.map = max(self.map, np.abs(results['map'][0] - score_map).max() / score_map.max())
        self.verdicts += bool(results['defective'][0]) != (score >= detector.getImageThreshold())


def by_size(files):
    """Returns the names of 8-bit images, grouped by image size."""
    sizes = {}
    for file in files:
        image = cv2.imread(str(file))
        sizes.setdefault(image.shape[:2], []).append(file)
    return sizes


def compare(detector, files):
    differences = {name: Differences() for name in ENGINES}
    with tempfile.TemporaryDirectory() as folder:
        model = pathlib.Path(folder) / 'model.onnx'
        for (rows, columns), group in by_size(files).items():
            detector.exportOnnx(model, (columns, rows))
            for name, start in ENGINES.items():
                run = start(model)
                for file in group:
                    image = cv2.imread(str(file))
                    differences[name].add(detector, image, run(image[np.newaxis]))
    return differences


def main():
    line = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    line.add_argument('package', metavar='PACKAGE', help='folder that cv_anomaly lies in: build/release/python')
    line.add_argument('categories', metavar='CATEGORY', nargs='+', type=pathlib.Path, help='folders in MVTec layout')
    line.add_argument('--methods', default='PatchCore,PaDiM,CFA,CFA++', help='with commas')
    line.add_argument('--good', type=int, default=60, help='good images to learn from, at most')
    line.add_argument('--bank_size', type=int, default=1000, help='patches of the banks of PatchCore and CFA')
    line.add_argument('--epochs', type=int, default=2, help='of CFA')
    options = line.parse_args()
    sys.path.insert(0, options.package)
    import cv_anomaly
    print('| method | engine | category | images | score | normalized score | map | other verdicts |')
    print('|---|---|---|---|---|---|---|---|', flush=True)
    for method in options.methods.split(','):
        for category in options.categories:
            detector = detector_of(cv_anomaly, method, options.bank_size, options.epochs)
            detector.fitFiles(sorted((category / 'train' / 'good').iterdir())[:options.good])
            files = sorted(file for file in (category / 'test').glob('*/*') if cv2.haveImageReader(str(file)))
            for engine, found in compare(detector, files).items():
                print('| %s | %s | %s | %d | %.1e | %.1e | %.1e | %d |' % (
                    method, engine, category.name, found.images, found.score, found.normalized, found.map,
                    found.verdicts), flush=True)


if __name__ == '__main__':
    main()
