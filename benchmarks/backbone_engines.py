#!/usr/bin/env python3
# This file is part of OpenCV project.
# It is subject to the license terms in the LICENSE file found in the top-level directory
# of this distribution and at http://opencv.org/license.html.
"""Times backbones beside ONNX Runtime and OpenVINO, in single precision and in whole numbers of 8 bits.

OpenVINO's 8-bit networks are made by NNCF from the same images. Each engine is a process of its own, and they take
turns. The table has medians of all turns, in ms an image of 224x224. Needs a virtual environment, since NNCF does not
work with Debian's torch:
python3 -m venv engines && engines/bin/pip install nncf openvino onnxruntime onnx opencv-python-headless
engines/bin/python benchmarks/backbone_engines.py build/release/bin FOLDER_OF_IMAGES lite0.onnx ...
"""
import argparse
import json
import pathlib
import statistics
import subprocess
import sys
import tempfile
import time

# EfficientNet-Lite0's, which are those of the other networks but for the order of the channels. They do not change times.
MEAN, SCALE = 127.0, 1 / 128
SIDE = 224


def inputs(folder, count):
    import cv2
    import numpy as np
    files = sorted(pathlib.Path(folder).rglob('*.[jp][pn]g'))[:count]
    if not files:
        raise SystemExit('%s has no .png or .jpg, expected some images to quantize by' % folder)
    images = [cv2.resize(cv2.imread(str(file)), (SIDE, SIDE)) for file in files]
    return [np.ascontiguousarray(((image - MEAN) * SCALE).astype(np.float32).transpose(2, 0, 1)[None]) for image in images]


def onnx_runtime(network, threads):
    import onnxruntime
    options = onnxruntime.SessionOptions()
    options.log_severity_level, options.intra_op_num_threads = 3, threads
    session = onnxruntime.InferenceSession(network, options, providers=['CPUExecutionProvider'])
    name = session.get_inputs()[0].name
    return lambda image: session.run(None, {name: image})


def openvino(network, threads):
    import openvino
    core = openvino.Core()
    model = core.read_model(network)
    if network.endswith('.onnx'):
        model.reshape([1, 3, SIDE, SIDE])
    settings = {'INFERENCE_PRECISION_HINT': 'f32', 'INFERENCE_NUM_THREADS': threads}
    request = core.compile_model(model, 'CPU', settings).create_infer_request()
    return lambda image: request.infer([image])


def time_engine(name, network, folder, threads, runs):
    """Prints the median milliseconds of an image. The first fifth of the runs warms up."""
    run, image = {'onnxruntime': onnx_runtime, 'openvino': openvino}[name](network, threads), inputs(folder, 1)[0]
    times = []
    for _ in range(runs):
        start = time.perf_counter()
        run(image)
        times.append(1e3 * (time.perf_counter() - start))
    print(statistics.median(times[runs // 5:]))


def quantize(network, target, folder):
    import nncf
    import openvino
    model = openvino.Core().read_model(network)
    model.reshape([1, 3, SIDE, SIDE])
    images = inputs(folder, 32)
    openvino.save_model(nncf.quantize(model, nncf.Dataset(images), subset_size=len(images)), target)


def ours(programs, network, precision, threads, runs):
    """Returns the milliseconds of the stage that runs the network, of a model that is made of random images."""
    with tempfile.TemporaryDirectory() as folder:
        file = pathlib.Path(folder) / 'times.json'
        subprocess.run([str(programs / 'anomaly_benchmark'), '--random', '--method=patchcore', '--backbone=' + network,
                        '--precision=' + precision, '--threads=%d' % threads, '--runs=%d' % runs, '--json=%s' % file],
                       check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        return json.loads(file.read_text())['backbone']


def another(*arguments):
    """Returns the milliseconds that this script prints in a process of its own."""
    return float(subprocess.run([sys.executable, __file__, '--time', *map(str, arguments)], check=True,
                                stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True).stdout)


def candidates(options, network, quantized):
    of_engine = [options.images, options.threads, options.runs]
    return {
        'cv::anomaly': lambda: ours(options.programs, network, 'float32', options.threads, options.runs),
        'ONNX Runtime': lambda: another('onnxruntime', network, *of_engine),
        'OpenVINO': lambda: another('openvino', network, *of_engine),
        'cv::anomaly, int8': lambda: ours(options.programs, network, 'int8', options.threads, options.runs),
        'OpenVINO, int8': lambda: another('openvino', quantized, *of_engine),
    }


def main():
    if sys.argv[1:2] == ['--time']:
        name, network, folder, threads, runs = sys.argv[2:]
        return time_engine(name, network, folder, int(threads), int(runs))
    line = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    line.add_argument('programs', metavar='PROGRAMS', type=pathlib.Path, help='folder of anomaly_benchmark')
    line.add_argument('images', metavar='IMAGES', help='folder of images, of which 32 are quantized by')
    line.add_argument('networks', metavar='NETWORK', nargs='+', help='ONNX files with the outputs c2, c3 and c4')
    line.add_argument('--threads', type=int, default=2)
    line.add_argument('--runs', type=int, default=41)
    line.add_argument('--turns', type=int, default=5)
    options = line.parse_args()
    for network in options.networks:
        with tempfile.TemporaryDirectory() as folder:
            quantized = str(pathlib.Path(folder) / 'int8.xml')
            quantize(network, quantized, options.images)
            engines = candidates(options, network, quantized)
            turns = [{name: measure() for name, measure in engines.items()} for _ in range(options.turns)]
        medians = {name: statistics.median(turn[name] for turn in turns) for name in engines}
        print('| %s | %s |' % (pathlib.Path(network).name, ' | '.join('%s %.2f' % each for each in medians.items())), flush=True)
    return 0


if __name__ == '__main__':
    sys.exit(main())
