#!/usr/bin/env python3
# This file is part of OpenCV project.
# It is subject to the license terms in the LICENSE file found in the top-level directory
# of this distribution and at http://opencv.org/license.html.
"""Times predict, and the same model exported to ONNX Runtime and OpenVINO, in turn (doc/deploying.md).

All candidates take the same 8-bit images and give score and map. In the int8 file, ONNX Runtime has quantized the
network's convolutions by channel, with ranges from the first images. The rest of that file is in single precision. Needs
the packages of onnx_parity.py, and onnx:
python3 -m venv --system-site-packages speed && speed/bin/pip install -U 'numpy<2' onnx onnxruntime openvino
"""
import argparse
import pathlib
import statistics
import sys
import tempfile
import time

import cv2
import numpy as np


def onnx_runtime(file, threads):
    import onnxruntime
    options = onnxruntime.SessionOptions()
    options.log_severity_level, options.intra_op_num_threads = 3, threads
    session = onnxruntime.InferenceSession(str(file), options, providers=['CPUExecutionProvider'])
    return lambda images: session.run(['score', 'map'], {'image': images})[0]


def openvino(file, threads):
    from openvino import Core
    settings = {'INFERENCE_PRECISION_HINT': 'f32', 'INFERENCE_NUM_THREADS': threads}
    request = Core().compile_model(str(file), 'CPU', settings).create_infer_request()

    def run(images):
        request.infer([images])
        return request.get_tensor('score').data.copy()
    return run


def library(file, threads):
    import cv_anomaly
    detector = cv_anomaly.loadDetector(str(file))
    cv2.setNumThreads(threads)  # This also holds for cv_anomaly, which uses the same OpenCV.

    def run(images):
        if len(images) == 1:
            return np.float32([detector.predict(images[0])[0]])
        return np.float32(detector.predictBatch(list(images))[0])
    return run


class Reader:
    """Supplies the images from which ONNX Runtime determines the ranges for quantization."""

    def __init__(self, images):
        self.images = iter(images)

    def get_next(self):
        image = next(self.images, None)
        return None if image is None else {'image': image[np.newaxis]}


def quantize(file, target, images):
    from onnxruntime.quantization import CalibrationDataReader, QuantFormat, quantize_static
    CalibrationDataReader.register(Reader)
    quantize_static(str(file), str(target), Reader(images), quant_format=QuantFormat.QDQ, per_channel=True,
                    op_types_to_quantize=['Conv'])


def milliseconds(call):
    start = time.perf_counter()
    call()
    return 1e3 * (time.perf_counter() - start)


def load_times(candidates, image, threads):
    """Times loading the file and predicting the first image."""
    for name, file, start in candidates:
        times = [milliseconds(lambda: start(file, threads)(image[np.newaxis])) for _ in range(5)]
        print('| %s | %.2f | %.0f |' % (name, file.stat().st_size / 1e6, statistics.median(times)), flush=True)


def in_turns(candidates, images, batch, runs, threads):
    """Returns the median milliseconds per image of each candidate, and its scores of the first batches."""
    engines = [(name, start(file, threads)) for name, file, start in candidates]
    batches = [np.stack(images[i:i + batch]) for i in range(0, len(images) - batch + 1, batch)]
    times, scores = {name: [] for name, _ in engines}, {}
    for name, engine in engines:
        scores[name] = np.concatenate([engine(b) for b in batches])
    for i in range(runs):
        for name, engine in engines:
            # Each engine runs ten times in a row, because threads that wait by spinning slow down the engine that comes next.
            turn = [milliseconds(lambda: engine(batches[j % len(batches)])) for j in range(10 * i, 10 * i + 10)]
            times[name] += turn[3:]
    return {name: statistics.median(t) / batch for name, t in times.items()}, scores


def exported(package, model, size, folder, images):
    import cv_anomaly
    file, quantized = folder / 'model.onnx', folder / 'int8.onnx'
    cv_anomaly.loadDetector(str(model)).exportOnnx(str(file), size)
    quantize(file, quantized, images)
    return [('cv::anomaly', model, library), ('ONNX Runtime', file, onnx_runtime), ('OpenVINO', file, openvino),
            ('ONNX Runtime, int8', quantized, onnx_runtime), ('OpenVINO, int8', quantized, openvino)]


def main():
    line = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    line.add_argument('package', metavar='PACKAGE', help='folder that cv_anomaly lies in: build/release/python')
    line.add_argument('model', metavar='MODEL', type=pathlib.Path)
    line.add_argument('images', metavar='IMAGE', nargs='+', help='all of one size')
    line.add_argument('--threads', type=int, default=2)
    line.add_argument('--runs', type=int, default=6, help='turns of ten calls for each engine')
    options = line.parse_args()
    sys.path.insert(0, options.package)
    images = [cv2.imread(file) for file in options.images]
    size = images[0].shape[1::-1]
    images = [image for image in images if image.shape == images[0].shape]
    with tempfile.TemporaryDirectory() as folder:
        candidates = exported(options.package, options.model, size, pathlib.Path(folder), images[:16])
        print('%d images of %dx%d, %d threads\n\n| | MB | load to first score, ms |\n|---|---|---|' % (
            len(images), *size, options.threads))
        load_times(candidates, images[0], options.threads)
        for batch in (1, 8):
            times, scores = in_turns(candidates, images, batch, options.runs, options.threads)
            print('\n| batch %d | ms an image | times of cv::anomaly | score off by at most |\n|---|---|---|---|' % batch)
            for name, ms in times.items():
                off = np.abs(scores[name] / scores['cv::anomaly'] - 1).max()
                print('| %s | %.1f | %.2f | %.1e |' % (name, ms, ms / times['cv::anomaly'], off), flush=True)


if __name__ == '__main__':
    main()
