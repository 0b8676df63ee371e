#!/usr/bin/env python3
# This file is part of OpenCV project.
# It is subject to the license terms in the LICENSE file found in the top-level directory
# of this distribution and at http://opencv.org/license.html.
"""Runs anomaly_camera for long, as on a line, and watches its lines and its memory.

line_run.py CATEGORY --programs=FOLDER --model=FILE [--images=10000] [--seconds=3600] [--cuts=3]
  CATEGORY  folder in MVTec layout; all of its images pass in random order, over and over

This script is the network camera: it sends the images as Motion JPEG over HTTP, at an even pace. It cuts the connection
--cuts times, as a camera that restarts; the program runs with --reconnect. Each line is held against
doc/json_lines.schema.json as it comes. Prints the program's resident memory of each 10 seconds, then a summary: memory,
lines, and how long frames took, from before they were sent until their lines came, and in the prediction alone.
"""
import argparse
import http.server
import json
import os
import pathlib
import random
import subprocess
import sys
import tempfile
import threading
import time

import cv2
import jsonschema

PROJECT = pathlib.Path(__file__).resolve().parent.parent
SAVE_LIMIT = 100


def frames_of(category, side):
    """Yields JPEG files of all images, each pass over the category in another order."""
    files = sorted(category.glob('*/*/*'))
    jpegs = [cv2.imencode('.jpg', cv2.resize(cv2.imread(str(file)), (side, side), interpolation=cv2.INTER_AREA),
                          [cv2.IMWRITE_JPEG_QUALITY, 95])[1].tobytes() for file in files]
    order = random.Random(0)
    while True:
        yield from order.sample(jpegs, len(jpegs))


class Camera:
    """Sends frames to one client after another, so that a program that connects again goes on with the next frame."""

    def __init__(self, frames, count, seconds, cuts):
        self.frames, self.count, self.interval = frames, count, seconds / count
        self.cut_after = {count * (i + 1) // (cuts + 1) for i in range(cuts)}
        self.sent = []  # times at which frames were sent
        camera = self

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_GET(self):
                self.send_response(200)
                self.send_header('Content-Type', 'multipart/x-mixed-replace;boundary=frame')
                self.end_headers()
                camera.stream(self.wfile)

            def log_message(self, *_):
                pass

        self.server = http.server.HTTPServer(('127.0.0.1', 0), Handler)
        self.address = 'http://127.0.0.1:%d/line.mjpg' % self.server.server_port
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def stream(self, file):
        """Sends frames until the connection is cut or all are sent."""
        while len(self.sent) < self.count:
            jpeg = next(self.frames)
            self.sent.append(time.time())
            try:
                file.write(b'--frame\r\nContent-Type: image/jpeg\r\nContent-Length: %d\r\n\r\n%s\r\n'
                           % (len(jpeg), jpeg))
            except OSError:
                return
            time.sleep(self.interval)
            if len(self.sent) in self.cut_after:
                return


def resident_mib(process):
    """Resident memory, its share that lies in files such as libraries, and the open files."""
    status = pathlib.Path('/proc/%d/status' % process.pid).read_text()
    kib = {line.split(':')[0]: line.split()[1] for line in status.splitlines() if line.startswith(('VmRSS', 'RssFile'))}
    return int(kib['VmRSS']) / 1024, int(kib['RssFile']) / 1024, len(os.listdir('/proc/%d/fd' % process.pid))


class Memory(threading.Thread):
    """Asks for the memory every 10 seconds until the process ends."""

    def __init__(self, process):
        threading.Thread.__init__(self, daemon=True)
        self.process, self.samples, self.start_time = process, [], time.time()
        self.start()

    def run(self):
        while self.process.poll() is None:
            try:
                sample = resident_mib(self.process)
            except (OSError, KeyError):  # it has ended
                return
            self.samples.append(sample)
            print('%6.0f s  %.1f MiB resident, %.1f MiB of it files; %d open files' % (
                (time.time() - self.start_time,) + sample), flush=True)
            time.sleep(10)


def quantiles(values):
    values = sorted(values)
    return ', '.join('%s %.1f' % (name, values[min(len(values) - 1, int(share * len(values)))])
                     for name, share in (('median', 0.5), ('90 %', 0.9), ('99 %', 0.99), ('longest', 1)))


class Lines:
    """Reads lines, holds each against the schema, and keeps what is to be summed up."""

    def __init__(self):
        schema = PROJECT / 'doc' / 'json_lines.schema.json'
        self.validator = jsonschema.Draft7Validator(json.loads(schema.read_text()))
        self.count, self.invalid, self.milliseconds, self.delays = 0, 0, [], []
        self.verdicts, self.drift = {}, {}

    def add(self, text, sent):
        now = time.time()
        self.count += 1
        try:
            line = json.loads(text.decode())
            errors = [error.message for error in self.validator.iter_errors(line)]
        except ValueError as error:
            line, errors = {}, [str(error)]
        if errors or line['frame'] != self.count - 1:
            self.invalid += 1
            return print('line %d: %s' % (self.count, errors or 'frame %d' % line['frame']), flush=True)
        self.milliseconds.append(line['milliseconds'])
        self.delays.append(1000 * (now - sent[min(line['frame'], len(sent) - 1)]))
        self.verdicts[line['verdict']] = self.verdicts.get(line['verdict'], 0) + 1
        for cause in line.get('drift', []):
            self.drift[cause] = self.drift.get(cause, 0) + 1


def print_summary(lines, camera, memory, process, saved):
    passed = time.time() - camera.sent[0]
    mib = [sample[0] for sample in memory.samples]
    settled = mib[6:] or mib  # the first minute has the start: caches fill, and threads begin
    print('%d frames sent in %.0f s, %d lines, %d of them invalid; exit code %d' % (
        len(camera.sent), passed, lines.count, lines.invalid, process.returncode))
    print('verdicts %s; drift %s; %d pictures kept, of %d at most' % (
        lines.verdicts, lines.drift, len(list(saved.iterdir())), SAVE_LIMIT))
    print('MiB resident: %.1f after a minute, median %.1f, highest %.1f, last %.1f; open files %d to %d' % (
        settled[0], sorted(settled)[len(settled) // 2], max(settled), settled[-1],
        min(sample[2] for sample in memory.samples), max(sample[2] for sample in memory.samples)))
    print('ms of prediction: ' + quantiles(lines.milliseconds))
    print('ms from sending to the line: ' + quantiles(lines.delays))


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument('category', type=pathlib.Path)
    parser.add_argument('--programs', type=pathlib.Path, required=True, help='folder of anomaly_camera')
    parser.add_argument('--model', type=pathlib.Path, required=True)
    parser.add_argument('--images', type=int, default=10000)
    parser.add_argument('--seconds', type=float, default=3600)
    parser.add_argument('--cuts', type=int, default=3, help='how often the connection is cut')
    parser.add_argument('--side', type=int, default=512, help='size of the frames, in pixels')
    arguments = parser.parse_args()
    camera = Camera(frames_of(arguments.category, arguments.side), arguments.images, arguments.seconds, arguments.cuts)
    with tempfile.TemporaryDirectory() as folder:
        saved = pathlib.Path(folder)
        process = subprocess.Popen([str(arguments.programs / 'anomaly_camera'), '--model=%s' % arguments.model,
                                    '--source=' + camera.address, '--headless', '--reconnect', '--jsonl=-',
                                    '--save_defective=' + folder, '--save_limit=%d' % SAVE_LIMIT],
                                   stdout=subprocess.PIPE)
        memory, lines = Memory(process), Lines()
        for text in process.stdout:
            lines.add(text, camera.sent)
            if lines.count == arguments.images:
                process.terminate()  # SIGINT is ignored where a shell has started this script in the background
        process.wait()
        print_summary(lines, camera, memory, process, saved)
    return 1 if lines.invalid or lines.count < arguments.images else 0


if __name__ == '__main__':
    sys.exit(main())
