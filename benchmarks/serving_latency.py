#!/usr/bin/env python3
# This file is part of OpenCV project.
# It is subject to the license terms in the LICENSE file found in the top-level directory
# of this distribution and at http://opencv.org/license.html.
"""Measures the latency of samples/serving/serve.py over gRPC on one machine, and prints a Markdown table. It starts the
server and lets 1, 4 and 16 clients send images, each client its next image after the answer to the last one.

serving_latency.py build/release/python parts.yml.gz photos/*.png

A request counts as lost if it gets no answer, or a score that differs from that of a direct predict. Images are sent as
files (BYTES) and as arrays (UINT8), which MLServer unpacks number by number. Needs mlserver and tritonclient[grpc], like
tests/serving_test.py.
"""
import argparse
import collections
import pathlib
import sys
import tempfile
import threading
import time

import numpy as np
import tritonclient.grpc as grpc

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / 'tests'))
from serving_test import Server  # noqa: E402

# image: the array for predict; file: the bytes of the file; score: the expected answer.
Case = collections.namedtuple('Case', 'image file score')
Sent = collections.namedtuple('Sent', 'seconds answered')


def cases_of(package, model, files):
    sys.path.insert(0, str(package))
    import cv_anomaly
    detector = cv_anomaly.loadDetector(str(model))
    images = [cv_anomaly.readImage(str(file)) for file in files]
    return detector, [Case(image, file.read_bytes(), np.float32(detector.predict(image)[0]))
                      for image, file in zip(images, files)]


def tensor_of(case, form):
    values = np.array([case.file], object) if form == 'file' else case.image[None]
    tensor = grpc.InferInput('image', values.shape, 'BYTES' if form == 'file' else str(values.dtype).upper())
    return tensor.set_data_from_numpy(values)


def request(client, case, form):
    begin = time.perf_counter()
    try:
        wanted = [grpc.InferRequestedOutput('score')]
        score = client.infer('bricks', [tensor_of(case, form)], outputs=wanted).as_numpy('score')[0]
    except grpc.InferenceServerException as fault:
        print('no answer: %s' % fault, file=sys.stderr)
        score = None
    return Sent(time.perf_counter() - begin, score == case.score)


def ask(server, cases, form, clients, count):
    """Sends `count` requests in total, from several clients at the same time."""
    sent = []

    def run(number):
        client = grpc.InferenceServerClient('127.0.0.1:%d' % server.grpc)
        for turn in range(number, count, clients):
            sent.append(request(client, cases[turn % len(cases)], form))
    threads = [threading.Thread(target=run, args=(number,)) for number in range(clients)]
    for each in threads:
        each.start()
    for each in threads:
        each.join()
    return sent


def predict(detector, cases, count):
    sent = []
    for turn in range(count):
        case, begin = cases[turn % len(cases)], time.perf_counter()
        score = np.float32(detector.predict(case.image)[0])
        sent.append(Sent(time.perf_counter() - begin, score == case.score))
    return sent


def print_row(title, clients, count, measure):
    begin = time.perf_counter()
    sent = measure()
    seconds = time.perf_counter() - begin
    p50, p99 = np.percentile([1e3 * each.seconds for each in sent], (50, 99))
    lost = count - sum(each.answered for each in sent)
    print('| %s | %s | %d | %.0f | %.0f | %.1f | %d |' % (title, clients, count, p50, p99, len(sent) / seconds, lost),
          flush=True)


def command_line():
    line = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    line.add_argument('package', metavar='PACKAGE', type=pathlib.Path, help='folder that has cv_anomaly')
    line.add_argument('model', metavar='MODEL', type=pathlib.Path, help='file that anomaly_train wrote')
    line.add_argument('files', metavar='IMAGE', nargs='+', type=pathlib.Path)
    line.add_argument('--clients', default='1,4,16', help='numbers of clients, with commas')
    line.add_argument('--requests', type=int, default=200, help='in each row (default 200)')
    return line


def main():
    options = command_line().parse_args()
    package, count = options.package.resolve(), options.requests
    detector, cases = cases_of(package, options.model, options.files)
    print('| images sent as | clients | requests | p50, ms | p99, ms | images a second | lost |')
    print('|---|---|---|---|---|---|---|')
    print_row('predict, no server', '', count, lambda: predict(detector, cases, count))
    with tempfile.TemporaryDirectory() as folder:
        server = Server(folder, package, options.model)
        try:
            for form in ('file', 'array'):
                ask(server, cases, form, 1, 5)  # The first requests allocate memory and are not measured.
                for clients in map(int, options.clients.split(',')):
                    print_row(form, clients, count, lambda: ask(server, cases, form, clients, count))
        finally:
            server.stop()


if __name__ == '__main__':
    main()
