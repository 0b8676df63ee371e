#!/usr/bin/env python3
# This file is part of OpenCV project.
# It is subject to the license terms in the LICENSE file found in the top-level directory
# of this distribution and at http://opencv.org/license.html.
"""Serves a model with samples/serving and sends requests with tritonclient: serving_test.py <folder of cv_anomaly> <root>."""
import base64
import importlib.util
import json
import os
import pathlib
import signal
import socket
import struct
import subprocess
import sys
import tempfile
import threading
import time
import unittest
import urllib.error
import urllib.request
import zlib

SKIPPED = 77  # for ctest
PACKAGES = ('mlserver', 'tritonclient.grpc', 'tritonclient.http')
SAMPLES = pathlib.Path(__file__).resolve().parent.parent / 'samples' / 'serving'
DEFAULT_OUTPUTS = ('score', 'normalized_score', 'defective', 'error')
# serve.py with two threads and a detector that does something else before it predicts.
STAND_IN = '''
import os, sys, time
import cv_anomaly
os.cpu_count = lambda: 2
load = cv_anomaly.loadDetector
class StandIn:
    def __init__(self, file):
        self.detector = load(file)
    def __getattr__(self, name):
        return getattr(self.detector, name)
    def predict(self, image):
        %s
        return self.detector.predict(image)
cv_anomaly.loadDetector = StandIn
sys.path.insert(0, %r)
import serve
serve.main()
'''


def free_ports(count):
    sockets = [socket.socket() for _ in range(count)]
    for each in sockets:
        each.bind(('127.0.0.1', 0))
    ports = [each.getsockname()[1] for each in sockets]
    for each in sockets:
        each.close()
    return ports


class Server:
    """A server with one model, 'bricks'. Its log, and all else that it writes, goes to a folder."""

    def __init__(self, folder, package, model, program=(str(SAMPLES / 'serve.py'),)):
        self.http, self.grpc, metrics = free_ports(3)
        file = pathlib.Path(folder) / 'bricks.yml.gz'
        file.symlink_to(pathlib.Path(model).resolve())
        self.start(folder, package, [*program, str(file), '--http_port=%d' % self.http, '--grpc_port=%d' % self.grpc,
                                     '--metrics_port=%d' % metrics])
        self.wait()

    def start(self, folder, package, arguments, **environment):
        self.log = open(str(pathlib.Path(folder) / 'log'), 'w+')
        self.process = subprocess.Popen([sys.executable, *arguments], cwd=str(folder), stdout=self.log,
                                        stderr=subprocess.STDOUT,
                                        env=dict(os.environ, PYTHONPATH=str(package), **environment))

    def wait(self):
        ready, end = 'http://127.0.0.1:%d/v2/models/bricks/ready' % self.http, time.time() + 120
        while time.time() < end and self.process.poll() is None:
            try:
                with urllib.request.urlopen(ready, timeout=10):
                    return
            except OSError:  # also an answer of 4xx, while the model is being loaded
                time.sleep(0.1)
        self.stop()
        raise RuntimeError('the server does not start: ' + self.log_text)

    def stop(self):
        """The exit code, or None where it had to be killed."""
        self.process.send_signal(signal.SIGTERM)
        try:
            return self.process.wait(60)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
            return None
        finally:
            self.log.seek(0)
            self.log_text = self.log.read()
            self.log.close()


class ServerOfFolder(Server):
    """MLServer's own command on a folder with the model-settings.json that is beside serve.py."""

    def __init__(self, folder, package, model):
        self.http, self.grpc, metrics = free_ports(3)
        (folder / 'parts.yml.gz').symlink_to(model)
        text = (SAMPLES / 'model-settings.json').read_text().replace('"name": "parts"', '"name": "bricks"')
        (folder / 'model-settings.json').write_text(text)
        self.start(folder, os.pathsep.join([str(package), str(SAMPLES)]),
                   ['-c', 'from mlserver.cli import main; main()', 'start', str(folder)],
                   MLSERVER_HOST='127.0.0.1', MLSERVER_HTTP_PORT=str(self.http), MLSERVER_GRPC_PORT=str(self.grpc),
                   MLSERVER_METRICS_PORT=str(metrics), MLSERVER_PARALLEL_WORKERS='0')
        self.wait()


def photographs(count):
    """Files of gray images of bricks, good and defective."""
    files = sorted((ROOT / 'test_data' / 'textures' / 'brick' / 'test').glob('*/*.png'))
    return files[::max(1, len(files) // count)][:count]


def png_of(image, announced=None):
    """A gray image of 8 or 16 bits as a PNG file, which says that it is as large as `announced`."""
    def chunk(kind, data):
        return struct.pack('>I', len(data)) + kind + data + struct.pack('>I', zlib.crc32(kind + data))
    rows, columns = announced or image.shape
    lines = b''.join(b'\0' + line.astype('>u%d' % image.itemsize).tobytes() for line in image)
    header = struct.pack('>IIBBBBB', columns, rows, 8 * image.itemsize, 0, 0, 0, 0)
    return (b'\x89PNG\r\n\x1a\n' + chunk(b'IHDR', header) + chunk(b'IDAT', zlib.compress(lines)) +
            chunk(b'IEND', b''))


def tensor_of(protocol, images):
    """images: an array; or a list of files' contents, which JSON has as base64."""
    if isinstance(images, list):
        if protocol is http:
            images = [base64.b64encode(each) for each in images]
        images = np.array([*images, None], object)[:-1]
    types = {'O': 'BYTES', 'u': 'UINT%d' % (8 * images.itemsize)}
    tensor = protocol.InferInput('image', images.shape, types[images.dtype.kind])
    if protocol is http:  # MLServer takes JSON only
        tensor.set_data_from_numpy(images, binary_data=False)
    else:
        tensor.set_data_from_numpy(images)
    return tensor


def ask(protocol, client, images, outputs=None):
    """All outputs that were sent, by name."""
    plain = {'binary_data': False} if protocol is http else {}
    wanted = outputs and [protocol.InferRequestedOutput(name, **plain) for name in outputs]
    result = client.infer('bricks', [tensor_of(protocol, images)], outputs=wanted)
    answer = result.get_response()
    names = [each['name'] for each in answer['outputs']] if protocol is http else [o.name for o in answer.outputs]
    return {name: result.as_numpy(name) for name in names}


def client_of(server, protocol):
    if protocol is grpc:
        return grpc.InferenceServerClient('127.0.0.1:%d' % server.grpc)
    return http.InferenceServerClient('127.0.0.1:%d' % server.http, network_timeout=600.)


def status_of(server, tensor):
    """The status and the text of an answer over HTTP."""
    request = urllib.request.Request('http://127.0.0.1:%d/v2/models/bricks/infer' % server.http,
                                     json.dumps({'inputs': [tensor]}).encode(), {'Content-Type': 'application/json'})
    try:
        with urllib.request.urlopen(request, timeout=60) as response:
            return response.status, response.read().decode()
    except urllib.error.HTTPError as refused:
        with refused:
            return refused.code, refused.read().decode()


class Served(unittest.TestCase):
    """With one server for all tests of a class."""

    @classmethod
    def start(cls, folder):
        return Server(folder, PACKAGE, MODEL)

    @classmethod
    def setUpClass(cls):
        cls.folder = tempfile.TemporaryDirectory()
        cls.addClassCleanup(cls.folder.cleanup)
        cls.server = cls.start(pathlib.Path(cls.folder.name))
        cls.addClassCleanup(cls.server.stop)
        cls.detector = anomaly.loadDetector(MODEL)
        cls.files = photographs(6)
        cls.images = [np.repeat(anomaly.readImage(file)[..., None], 3, axis=-1) for file in cls.files]

    def client(self, protocol):
        return client_of(self.server, protocol)

    def check(self, results, images):
        """Results are to the bit those of a direct predict."""
        self.assertEqual({name: len(values) for name, values in results.items()},
                         {name: len(images) for name in results})
        for i, image in enumerate(images):
            score, score_map = self.detector.predict(image)
            self.assertEqual(results['score'][i], np.float32(score))
            self.assertEqual(results['normalized_score'][i], np.float32(self.detector.normalizedScore(score)))
            self.assertEqual(bool(results['defective'][i]), score >= self.detector.getImageThreshold())
            if 'map' in results:
                np.testing.assert_array_equal(results['map'][i], score_map)

    def refusal(self, protocol, images, outputs=None):
        with self.assertRaises(InferenceServerException) as raised:
            ask(protocol, self.client(protocol), images, outputs)
        self.assertEqual(raised.exception.status(), {grpc: 'StatusCode.INVALID_ARGUMENT', http: '400'}[protocol])
        return raised.exception.message()


class Arrays(Served):
    def test_answers_are_those_of_predict(self):
        for protocol in (grpc, http):
            for image in self.images[:2]:
                results = ask(protocol, self.client(protocol), image[None], (*DEFAULT_OUTPUTS, 'map'))
                self.check(results, [image])

    def test_only_what_is_named_is_sent(self):
        for protocol in (grpc, http):
            client, image = self.client(protocol), self.images[0][None]
            self.assertEqual(tuple(ask(protocol, client, image)), DEFAULT_OUTPUTS)
            self.assertEqual(list(ask(protocol, client, image, ('score',))), ['score'])

    def test_batches(self):
        self.check(ask(grpc, self.client(grpc), np.stack(self.images), (*DEFAULT_OUTPUTS, 'map')), self.images)

    def test_forms_of_images(self):
        client, image = self.client(grpc), self.images[0]
        alpha = np.concatenate([image, image[..., :1]], axis=-1)
        gray = np.ascontiguousarray(image[..., 0])
        for sent, images in ((image, [image]), (alpha, [alpha]), (alpha[None], [alpha]), (gray[None], [gray]),
                             (gray[None, ..., None], [gray]), (gray[None].astype(np.uint16) * 257 - 3, None)):
            self.check(ask(grpc, client, sent), images or list(sent))

    def test_an_image_of_more_than_the_4_mb_that_grpc_takes_by_default(self):
        image = np.tile(self.images[0], (8, 8, 1))[:1201, :1203]
        self.assertGreater(image.nbytes, 4 << 20)
        self.check(ask(grpc, self.client(grpc), image[None], (*DEFAULT_OUTPUTS, 'map')), [image])
        with self.assertRaises(InferenceServerException) as raised:
            ask(grpc, self.client(grpc), np.zeros((1, 4000, 6000, 3), np.uint8))
        self.assertEqual(raised.exception.status(), 'StatusCode.RESOURCE_EXHAUSTED')

    def test_what_the_model_takes_is_told(self):
        told = self.client(grpc).get_model_metadata('bricks', as_json=True)
        self.assertEqual([each['name'] for each in told['inputs'] + told['outputs']],
                         ['image', *DEFAULT_OUTPUTS, 'map'])

    def test_bad_input_is_the_client_s_fault(self):
        for images in (np.zeros((1, 7, 64, 3), np.uint8), np.zeros((2, 7, 64), np.uint8),
                       np.zeros((1, 64, 64, 2), np.uint8), np.zeros((5,), np.uint8), np.zeros((64, 64), np.uint8)):
            for protocol in (grpc, http):
                self.assertIn('expected', self.refusal(protocol, images))
        self.assertIn('there is no output', self.refusal(grpc, self.images[0], ('sense',)))
        self.check(ask(grpc, self.client(grpc), self.images[0]), self.images[:1])

    def test_bad_json_is_the_client_s_fault(self):
        good = [5] * 64
        for data, shape, code in ((good, [1, 8, 8], 200), ([[5] * 8] * 8, [1, 8, 8], 200),
                                  ([300] + good[1:], [1, 8, 8], 400), ([-1] * 64, [1, 8, 8], 400),
                                  ([1.5] * 64, [1, 8, 8], 400), (['5'] * 64, [1, 8, 8], 400),
                                  ([None] * 64, [1, 8, 8], 400), ([], [1, 8, 8], 400), (5, [1, 8, 8], 400),
                                  ('5', [1, 8, 8], 400), ([[5] * 8, 5], [1, 8, 8], 400), (good[1:], [1, 8, 8], 400),
                                  (good, [8, 8], 400), (good, [], 400), (good, [1, -8, -8], 400),
                                  (good, [0, 8, 8], 400), (good, [1, 8, 10 ** 12], 400)):
            tensor = {'name': 'image', 'shape': shape, 'datatype': 'UINT8', 'data': data}
            self.assertEqual(status_of(self.server, tensor)[0], code, (data, shape))

    def test_clients_at_the_same_time(self):
        """Each gets the answers to its own images, also between requests of others that are refused."""
        faults, answers = [], []

        def run(number):
            client = self.client(grpc)
            for turn in range(10):
                image = self.images[(number + turn) % len(self.images)]
                try:
                    self.check(ask(grpc, client, image[None]), [image])
                    answers.append(number)
                    if number % 2:
                        self.refusal(grpc, np.zeros((1, 7, 7, 3), np.uint8))
                except BaseException as fault:
                    faults.append(fault)
        in_threads(run, 8)
        self.assertEqual(faults, [])
        self.assertEqual(sorted(answers), sorted(list(range(8)) * 10))


class Files(Served):
    def test_answers_are_those_of_predict_file(self):
        jpeg = ROOT / 'doc' / 'images' / 'washers.jpg'
        for protocol in (grpc, http):
            results = ask(protocol, self.client(protocol), [file.read_bytes() for file in (*self.files[:2], jpeg)])
            self.check(results, [anomaly.readImage(file) for file in (*self.files[:2], jpeg)])

    def test_all_16_bits_are_kept(self):
        image = np.random.default_rng(7).integers(0, 1 << 16, (64, 80), np.uint16)
        for protocol in (grpc, http):
            self.check(ask(protocol, self.client(protocol), [png_of(image)], (*DEFAULT_OUTPUTS, 'map')), [image])
        narrow = (image >> 8).astype(np.uint8)
        self.assertNotEqual(self.detector.predict(image)[0], self.detector.predict(narrow)[0])

    def test_a_bad_image_costs_no_other_its_answer(self):
        small = np.zeros((7, 9), np.uint8)
        bad = [b'no image', b'', png_of(small), png_of(small, announced=(30000, 30000))]
        good = [file.read_bytes() for file in self.files[:2]]
        for protocol in (grpc, http):
            results = ask(protocol, self.client(protocol), [good[0], *bad, good[1]], (*DEFAULT_OUTPUTS, 'map'))
            ends = {name: values[[0, -1]] for name, values in results.items()}
            self.check(ends, [anomaly.readImage(file) for file in self.files[:2]])
            self.check_bad(results, slice(1, -1))

    def check_bad(self, results, which):
        for name in ('score', 'normalized_score', 'map'):
            self.assertTrue(np.isnan(results[name][which].astype(float)).all(), name)
        self.assertTrue(results['defective'][which].all())
        texts = [text if isinstance(text, str) else text.decode() for text in results['error']]
        self.assertEqual((texts[0], texts[-1]), ('', ''))
        for text, expected in zip(texts[which], ('cannot be read', 'cannot be read', '9x7, expected', 'larger')):
            self.assertIn(expected, text)
            self.assertNotIn('/tmp', text)

    def test_a_request_without_an_image_that_can_be_scored_is_refused(self):
        for protocol in (grpc, http):
            self.assertIn('cannot be read', self.refusal(protocol, [b'no image', b'neither']))
        for data, shape, text in ((['%%%'], [1], 'base64'), (['ü'], [1], 'base64'), ([5], [1], 'expected'),
                                  ([], [0], 'expected'), (['aaaa'], [2], 'expected'), ('aaaa', [1], 'expected')):
            tensor = {'name': 'image', 'shape': shape, 'datatype': 'BYTES', 'data': data}
            status, answer = status_of(self.server, tensor)
            self.assertEqual(status, 400, data)
            self.assertIn(text, answer)

    def test_maps_of_different_sizes_are_refused(self):
        sizes = [png_of(np.full(size, 90, np.uint8)) for size in ((40, 50), (50, 40))]
        self.assertIn('one size', self.refusal(grpc, sizes, ('map',)))
        self.assertEqual(len(ask(grpc, self.client(grpc), sizes)['score']), 2)


class ByFolder(Served):
    """The same runtime, but started by MLServer's own command and model-settings.json."""

    @classmethod
    def start(cls, folder):
        return ServerOfFolder(folder, PACKAGE, MODEL)

    def test_answers(self):
        self.check(ask(grpc, self.client(grpc), self.images[0], (*DEFAULT_OUTPUTS, 'map')), self.images[:1])
        files = [self.files[0].read_bytes(), b'no image']
        for protocol in (grpc, http):
            results = ask(protocol, self.client(protocol), files)
            self.check({name: values[:1] for name, values in results.items()}, [anomaly.readImage(self.files[0])])
            self.assertTrue(results['defective'][1])
            self.refusal(protocol, files[1:])


class ServersFault(Served):
    """Errors that are not the image's fault are answered with 500, even if only one image of a request meets them."""

    @classmethod
    def start(cls, folder):
        act = "error = cv_anomaly.error('full'); error.err, error.code = 'no more memory', -4; raise error"
        return Server(folder, PACKAGE, MODEL, ('-c', STAND_IN % (act, str(SAMPLES))))

    def test_out_of_memory(self):
        with self.assertRaises(InferenceServerException) as raised:
            ask(grpc, self.client(grpc), [b'no image', self.files[0].read_bytes()])
        self.assertEqual(raised.exception.status(), 'StatusCode.INTERNAL')
        tensor = {'name': 'image', 'shape': [1, 8, 8], 'datatype': 'UINT8', 'data': [5] * 64}
        status, text = status_of(self.server, tensor)
        self.assertEqual(status, 500)
        self.assertIn('no more memory', text)


def in_threads(run, count):
    threads = started(run, count)
    for each in threads:
        each.join()


def started(run, count):
    threads = [threading.Thread(target=run, args=(number,)) for number in range(count)]
    for each in threads:
        each.start()
    return threads


class Starting(unittest.TestCase):
    def test_a_model_that_cannot_be_loaded_is_an_exit_code(self):
        with tempfile.TemporaryDirectory() as folder:
            model = pathlib.Path(folder) / 'no_model.yml'
            model.write_text('no model')
            ports = ['--%s_port=%d' % each for each in zip(('http', 'grpc', 'metrics'), free_ports(3))]
            ended = subprocess.run([sys.executable, str(SAMPLES / 'serve.py'), str(model), *ports], timeout=120,
                                   env=dict(os.environ, PYTHONPATH=str(PACKAGE)), stdout=subprocess.PIPE,
                                   stderr=subprocess.STDOUT)
        self.assertEqual(ended.returncode, 1)
        self.assertIn(b'no_model.yml', ended.stdout)


class Stopping(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = pathlib.Path(folder.name)
        self.image = anomaly.readImage(photographs(1)[0])
        self.score = np.float32(anomaly.loadDetector(MODEL).predict(self.image)[0])

    def stop(self, server, threads):
        code = server.stop()
        for each in threads:
            each.join()
        self.assertEqual(code, 0, server.log_text)

    def test_requests_under_way_are_answered(self):
        """Eight of three seconds each share two threads, so that the last ones need more than the five seconds that
        MLServer itself gives them."""
        server = Server(self.folder, PACKAGE, MODEL, ('-c', STAND_IN % ('time.sleep(3)', str(SAMPLES))))
        count, scores, faults = 8, [], []

        def run(number):
            protocol = (grpc, http)[number % 2]
            try:
                scores.append(ask(protocol, client_of(server, protocol), self.image[None])['score'][0])
            except BaseException as fault:
                faults.append(fault)
        threads = started(run, count)
        time.sleep(2.5)
        self.assertEqual((scores, faults), ([], []))  # so all of them were sent before the signal
        self.stop(server, threads)
        self.assertEqual((scores, faults), ([self.score] * count, []))

    def test_a_server_under_load_ends(self):
        """All that it still answers is right, and each client is refused once, by the status that says why."""
        server, scores, refused = Server(self.folder, PACKAGE, MODEL), [], []

        def run(_):
            client = client_of(server, grpc)
            while True:
                try:
                    scores.append(ask(grpc, client, self.image[None])['score'][0])
                except InferenceServerException as end:
                    refused.append(end.status())
                    return
        threads = started(run, 8)
        while len(scores) < 16:
            time.sleep(0.05)
        self.stop(server, threads)
        self.assertEqual(refused, ['StatusCode.UNAVAILABLE'] * 8)
        self.assertEqual(set(scores), {self.score})


if __name__ == '__main__':
    try:
        import numpy as np
        import tritonclient.grpc as grpc
        import tritonclient.http as http
        from tritonclient.utils import InferenceServerException
        # Not imported: both packages bring the protocol's messages, and one process takes them but once.
        if importlib.util.find_spec('mlserver') is None:
            raise ImportError('no module named mlserver')
    except ImportError as missing:
        print("skipped: serving models needs %s of Python (%s: %s). In a virtual environment: "
              "python3 -m venv --system-site-packages server && "
              "server/bin/pip install 'numpy<2' mlserver 'tritonclient[grpc,http]', then "
              "cmake -DANOMALY_SERVING_PYTHON=server/bin/python" % (', '.join(PACKAGES), sys.executable, missing))
        sys.exit(SKIPPED)
    PACKAGE, ROOT = (pathlib.Path(argument).resolve() for argument in sys.argv[1:3])
    sys.path.insert(0, str(PACKAGE))
    import cv_anomaly as anomaly
    MODEL = ROOT / 'test_data' / 'models' / 'brick.yml.gz'
    unittest.main(argv=sys.argv[:1] + sys.argv[3:], verbosity=2)
