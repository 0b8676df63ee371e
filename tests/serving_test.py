#!/usr/bin/env python3
# This file is part of OpenCV project.
# It is subject to the license terms in the LICENSE file found in the top-level directory
# of this distribution and at http://opencv.org/license.html.
"""Serves a model by samples/serving/serve.py and asks it by tritonclient: serving_test.py <folder of cv_anomaly> <root of the project>."""
import importlib.util
import json
import os
import pathlib
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
import unittest
import urllib.error
import urllib.request

SKIPPED = 77  # for ctest
PACKAGES = ('mlserver', 'tritonclient.grpc', 'tritonclient.http')


def free_ports(count):
    sockets = [socket.socket() for _ in range(count)]
    for each in sockets:
        each.bind(('127.0.0.1', 0))
    ports = [each.getsockname()[1] for each in sockets]
    for each in sockets:
        each.close()
    return ports


class Server:
    """serve.py with one model, 'bricks'."""

    def __init__(self, folder):
        self.http, self.grpc, metrics = free_ports(3)
        model = folder / 'bricks.yml.gz'
        model.symlink_to(MODEL)
        self.log = open(str(folder / 'log'), 'w+')
        self.process = subprocess.Popen([sys.executable, str(ROOT / 'samples' / 'serving' / 'serve.py'), str(model), '--http_port=%d' % self.http,
                                         '--grpc_port=%d' % self.grpc, '--metrics_port=%d' % metrics],
                                        stdout=self.log, stderr=subprocess.STDOUT, env=dict(os.environ, PYTHONPATH=str(PACKAGE)))
        self.wait()

    def wait(self):
        client, end = grpc.InferenceServerClient('127.0.0.1:%d' % self.grpc), time.time() + 120
        while time.time() < end and self.process.poll() is None:
            try:
                if client.is_model_ready('bricks'):
                    return
            except InferenceServerException:
                pass
            time.sleep(0.2)
        self.stop()
        raise RuntimeError('the server does not start: ' + self.text())

    def text(self):
        self.log.seek(0)
        return self.log.read()

    def stop(self):
        """The exit code, or None where it had to be killed."""
        self.process.send_signal(signal.SIGTERM)
        try:
            return self.process.wait(60)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
            return None


def photographs(count):
    """Gray ones of bricks, good and defective."""
    files = sorted((ROOT / 'test_data' / 'textures' / 'brick' / 'test').glob('*/*.png'))
    return [np.repeat(anomaly.readImage(file)[..., None], 3, axis=-1) for file in files[::max(1, len(files) // count)][:count]]


def ask(protocol, client, images, outputs=('score', 'normalized_score', 'defective', 'map')):
    tensor = protocol.InferInput('image', images.shape, 'UINT8')
    if protocol is http:  # MLServer takes numbers as JSON only
        tensor.set_data_from_numpy(images, binary_data=False)
        wanted = [http.InferRequestedOutput(name, binary_data=False) for name in outputs]
    else:
        tensor.set_data_from_numpy(images)
        wanted = [grpc.InferRequestedOutput(name) for name in outputs]
    result = client.infer('bricks', [tensor], outputs=wanted)
    return {name: result.as_numpy(name) for name in outputs}


class Serving(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.folder = tempfile.TemporaryDirectory()
        cls.server = Server(pathlib.Path(cls.folder.name))
        cls.detector = anomaly.loadDetector(MODEL)
        cls.images = photographs(6)
        cls.expected = [cls.detector.predict(image) for image in cls.images]

    @classmethod
    def tearDownClass(cls):
        cls.server.stop()
        cls.server.log.close()
        cls.folder.cleanup()

    def client(self, protocol):
        if protocol is grpc:
            return grpc.InferenceServerClient('127.0.0.1:%d' % self.server.grpc)
        return http.InferenceServerClient('127.0.0.1:%d' % self.server.http, network_timeout=600.)

    def check(self, results, indices):
        for name in ('score', 'normalized_score', 'defective'):
            self.assertEqual(results[name].shape, (len(indices),))
        for i, index in enumerate(indices):
            score, score_map = self.expected[index]
            self.assertAlmostEqual(results['score'][i], score, delta=1e-5 * score)
            self.assertEqual(bool(results['defective'][i]), score >= self.detector.getImageThreshold())
            np.testing.assert_allclose(results['map'][i], score_map, atol=1e-5 * score_map.max())

    def test_answers_are_those_of_predict(self):
        for protocol in (grpc, http):
            client = self.client(protocol)
            for index, image in enumerate(self.images[:2]):
                self.check(ask(protocol, client, image[None]), [index])
        self.assertEqual(list(ask(grpc, self.client(grpc), self.images[0][None], ('score',))), ['score'])
        gray = ask(grpc, self.client(grpc), np.ascontiguousarray(self.images[0][None, ..., 0]))
        self.check(gray, [0])

    def test_batches(self):
        self.check(ask(grpc, self.client(grpc), np.stack(self.images)), range(len(self.images)))

    def test_what_the_model_takes_is_told(self):
        told = self.client(grpc).get_model_metadata('bricks', as_json=True)
        self.assertEqual([each['name'] for each in told['inputs'] + told['outputs']], ['image', 'score', 'normalized_score', 'defective', 'map'])

    def test_bad_input_is_the_client_s_fault(self):
        for images in (np.zeros((1, 7, 64, 3), np.uint8), np.zeros((1, 64, 64, 4), np.uint8), np.zeros((5,), np.uint8)):
            for protocol, code in ((grpc, 'INVALID_ARGUMENT'), (http, '4')):
                with self.assertRaises(InferenceServerException) as raised:
                    ask(protocol, self.client(protocol), images)
                self.assertIn(code, raised.exception.status())
        with self.assertRaisesRegex(InferenceServerException, 'there is no output'):
            ask(grpc, self.client(grpc), self.images[0][None], ('sense',))
        self.check(ask(grpc, self.client(grpc), self.images[0][None]), [0])

    def test_bad_json_is_the_client_s_fault(self):
        good = [5] * 64
        for data, shape, code in ((good, [1, 8, 8], 200), ([[5] * 8] * 8, [1, 8, 8], 200), ([300] + good[1:], [1, 8, 8], 400), ([-1] * 64, [1, 8, 8], 400),
                                  ([1.5] * 64, [1, 8, 8], 400), (['5'] * 64, [1, 8, 8], 400), ([None] * 64, [1, 8, 8], 400), ([], [1, 8, 8], 400),
                                  (good[1:], [1, 8, 8], 400), (good, [8, 8], 400), (good, [1, -8, -8], 400), (good, [0, 8, 8], 400),
                                  (good, [1, 8, 10 ** 12], 400)):
            tensor = {'name': 'image', 'shape': shape, 'datatype': 'UINT8', 'data': data}
            request = urllib.request.Request('http://127.0.0.1:%d/v2/models/bricks/infer' % self.server.http, json.dumps({'inputs': [tensor]}).encode(),
                                             {'Content-Type': 'application/json'})
            try:
                with urllib.request.urlopen(request, timeout=60) as response:
                    status = response.status
            except urllib.error.HTTPError as refused:
                status = refused.code
                refused.close()
            self.assertEqual(status, code, (data[:2], shape))

    def test_clients_at_the_same_time(self):
        """Each gets the answers to its own images, also between requests of others that are refused."""
        faults, answers = [], []

        def run(number):
            client = self.client(grpc)
            for turn in range(10):
                index = (number + turn) % len(self.images)
                try:
                    self.check(ask(grpc, client, self.images[index][None]), [index])
                    answers.append(index)
                    if number % 2:
                        with self.assertRaises(InferenceServerException):
                            ask(grpc, client, np.zeros((1, 7, 7, 3), np.uint8))
                except Exception as fault:
                    faults.append(fault)
        clients = [threading.Thread(target=run, args=(number,)) for number in range(8)]
        for each in clients:
            each.start()
        for each in clients:
            each.join()
        self.assertEqual(faults, [])
        self.assertEqual(len(answers), 80)


class Stopping(unittest.TestCase):
    def test_a_server_under_load_ends(self):
        """Whatever it still answers is right, and it ends by itself."""
        image = photographs(1)[0]
        score = anomaly.loadDetector(MODEL).predict(image)[0]
        with tempfile.TemporaryDirectory() as folder:
            server, scores, refused = Server(pathlib.Path(folder)), [], []

            def run():
                client = grpc.InferenceServerClient('127.0.0.1:%d' % server.grpc)
                for _ in range(1000):
                    try:
                        scores.append(ask(grpc, client, image[None])['score'][0])
                    except InferenceServerException as end:
                        refused.append(end)
                        return
            clients = [threading.Thread(target=run) for _ in range(8)]
            for each in clients:
                each.start()
            while len(scores) < 16:
                time.sleep(0.05)
            self.assertEqual(server.stop(), 0, server.text())
            for each in clients:
                each.join()
            server.log.close()
        self.assertEqual(len(refused), 8)
        for each in scores:
            self.assertAlmostEqual(each, score, delta=1e-5 * score)


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
        print("skipped: serving models needs %s of Python (%s: %s). In a virtual environment: python3 -m venv --system-site-packages server && "
              "server/bin/pip install 'numpy<2' mlserver 'tritonclient[grpc,http]', then cmake -DANOMALY_SERVING_PYTHON=server/bin/python"
              % (', '.join(PACKAGES), sys.executable, missing))
        sys.exit(SKIPPED)
    PACKAGE, ROOT = (pathlib.Path(argument).resolve() for argument in sys.argv[1:3])
    sys.path.insert(0, str(PACKAGE))
    import cv_anomaly as anomaly
    MODEL = ROOT / 'test_data' / 'models' / 'brick.yml.gz'
    unittest.main(argv=sys.argv[:1] + sys.argv[3:], verbosity=2)
