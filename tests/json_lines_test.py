#!/usr/bin/env python3
# This file is part of OpenCV project.
# It is subject to the license terms in the LICENSE file found in the top-level directory
# of this distribution and at http://opencv.org/license.html.
"""Reads the JSON lines of the programs as other programs would: json_lines_test.py <folder of the programs> <project>."""
import json
import os
import pathlib
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
import unittest

PROGRAMS = pathlib.Path()
PROJECT = pathlib.Path()
WORK = pathlib.Path()


def model():
    return PROJECT / 'test_data' / 'models' / 'brick.yml.gz'


def brick(pattern):
    return sorted((PROJECT / 'test_data' / 'textures' / 'brick').glob(pattern))


def command(program, *arguments):
    return [str(PROGRAMS / program), '--model=%s' % model()] + [os.fsdecode(a) for a in arguments]


def run(program, *arguments, **environment):
    return subprocess.run(command(program, *arguments), stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                          env=dict(os.environ, **environment))


def refuse_constant(name):
    raise ValueError('%s is no JSON' % name)


def parse(text):
    """The objects of UTF-8 lines; NaN and what is not ended by a line break are refused."""
    lines = text.decode('utf-8').split('\n')
    assert lines.pop() == '', 'the last line is not whole'
    return [json.loads(line, parse_constant=refuse_constant) for line in lines]


class Case(unittest.TestCase):
    def setUp(self):
        self.folder = pathlib.Path(tempfile.mkdtemp(dir=str(WORK)))

    def valid(self, text):
        objects = parse(text)
        try:
            import jsonschema
        except ImportError:
            print('skipped: the schema, since this Python has no jsonschema (Debian: python3-jsonschema)')
            return objects
        validator = jsonschema.Draft7Validator(json.loads((PROJECT / 'doc' / 'json_lines.schema.json').read_text()))
        for line in objects:
            errors = [error.message for error in validator.iter_errors(line)]
            self.assertEqual(errors, [], line)
        return objects


class Predict(Case):
    def test_standard_output_has_the_lines_only(self):
        images = brick('test/hole/*.png')[:2] + brick('test/good/*.png')[:2]
        done = run('anomaly_predict', *images, '--jsonl=-', '--csv=%s' % (self.folder / 't.csv'), OPENCV_LOG_LEVEL='DEBUG')
        self.assertEqual(done.returncode, 0, done.stderr)
        lines = self.valid(done.stdout)
        self.assertEqual([line['file'] for line in lines], [str(image) for image in images])
        rows = (self.folder / 't.csv').read_text().splitlines()[1:]
        for line, row in zip(lines, rows):
            self.assertEqual('%s,%.9g,%.9g,%s,%s' % (line['file'], line['score'], line['normalized_score'], line['verdict'], line['model']), row)
        self.assertEqual(lines[0]['verdict'], 'defective')
        self.assertGreater(len(lines[0]['regions']), 0)
        self.assertIn(b'defective', done.stderr)  # the summary

    def test_standard_output_has_the_table_only(self):
        images, table = brick('test/hole/*.png')[:2] + brick('test/good/*.png')[:2], self.folder / 't.csv'
        self.assertEqual(run('anomaly_predict', *images, '--csv=%s' % table).returncode, 0)
        done = subprocess.run(command('anomaly_predict', *images, '--csv=-', '--jsonl=lines'), cwd=str(self.folder), stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertEqual(done.stdout, table.read_bytes())
        self.assertIn(b'defective', done.stderr)  # the summary
        self.assertEqual(sorted(os.listdir(str(self.folder))), ['lines', 't.csv'])
        for other, said in (('--jsonl=-', b'both write to standard output'), ('--resume', b'--resume needs a table that can be read again')):
            done = run('anomaly_predict', *images, '--csv=-', other)
            self.assertEqual((done.returncode, done.stdout), (2, b''))
            self.assertIn(said, done.stderr)

    def test_regions_are_those_of_the_map(self):
        """Those that lie above the threshold in the map of --raw."""
        try:
            import cv2
            import numpy as np
        except ImportError:
            self.skipTest('this Python has no cv2 (Debian: python3-opencv)')
        image = brick('test/hole/*.png')[0]
        done = run('anomaly_predict', image, '--jsonl=-', '--output=%s' % self.folder, '--raw', '--min_area=0')
        line, = self.valid(done.stdout)
        map = cv2.imread(str(next(self.folder.glob('*.tiff'))), cv2.IMREAD_UNCHANGED)
        peaks = [region['peak'] for region in line['regions']]
        self.assertAlmostEqual(peaks[0], float(map.max()), 5)
        self.assertEqual(peaks, sorted(peaks, reverse=True))
        region = line['regions'][0]
        x, y, width, height = region['box']
        mask = np.zeros(map.shape, np.uint8)
        cv2.drawContours(mask, [np.array(region['contour'], np.int32)], -1, 1, cv2.FILLED)
        self.assertEqual((cv2.boundingRect(mask), int(mask.sum()) >= region['area']), ((x, y, width, height), True))
        self.assertTrue(x <= region['centroid'][0] < x + width and y <= region['centroid'][1] < y + height)
        wide = self.valid(run('anomaly_predict', image, '--jsonl=-', '--min_area=1e9').stdout)
        self.assertEqual(wide[0]['regions'], [])

    def test_odd_names_and_unreadable_files(self):
        names = [b'quote".png', b'back\\slash.png', b'new\nline.png', b'tab\t\x01\x7f.png', 'Gr\u00fc\u00dfe \u96ea \U0001f600.png'.encode(), b'-.png', b"it's.png", b'\xff\xfe.png',
                 b'cut\xe2\x82.png', b'surrogate\xed\xa0\x80.png', b'long\xc0\xaf.png', b'comma,.png']
        images = os.fsencode(str(self.folder / 'images'))
        os.mkdir(images)
        for name in names:
            shutil.copy(str(brick('test/good/*.png')[0]), os.path.join(images, name))
        with open(os.path.join(images, b'"damaged"\n.png'), 'wb') as file:
            file.write(b'no image')
        done = run('anomaly_predict', self.folder / 'images', '--jsonl=-')
        self.assertEqual(done.returncode, 1)
        lines = self.valid(done.stdout)
        found = {line['file'][len(str(self.folder / 'images')) + 1:]: line for line in lines}
        self.assertEqual(len(found), len(names) + 1)
        for name in names:
            try:
                text = name.decode()
            except UnicodeDecodeError:
                continue
            self.assertIn(text, found)
        self.assertIn('cut\ufffd\ufffd.png', found)
        self.assertIn('surrogate\ufffd\ufffd\ufffd.png', found)
        self.assertEqual(found['"damaged"\n.png']['verdict'], 'unreadable')
        self.assertNotIn('score', found['"damaged"\n.png'])

    def test_other_locales(self):
        """With a comma in numbers, where the system can make such a locale."""
        made = subprocess.run(['localedef', '-i', 'de_DE', '-f', 'UTF-8', str(self.folder / 'de_DE.UTF-8')], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        if not (self.folder / 'de_DE.UTF-8').exists():
            self.skipTest('localedef has no German locale (Debian: locales): %d' % made.returncode)
        image = brick('test/hole/*.png')[0]
        one, other = (self.valid(run('anomaly_predict', image, '--jsonl=-', LOCPATH=str(self.folder), LC_ALL=name).stdout) for name in ('C', 'de_DE.UTF-8'))
        for line in one + other:
            del line['time'], line['milliseconds']
        self.assertEqual(one, other)

    def test_file_is_resumed_at_whole_lines(self):
        images, lines, table = brick('test/hole/*.png')[:3], self.folder / 'l.jsonl', self.folder / 't.csv'
        options = ('--jsonl=%s' % lines, '--csv=%s' % table, '--resume')
        self.assertEqual(run('anomaly_predict', *images[:2], *options).returncode, 0)
        with open(str(lines), 'a') as file:
            file.write('{"file":"cut o')
        self.assertEqual(run('anomaly_predict', *images, *options).returncode, 0)
        self.assertEqual([line['file'] for line in self.valid(lines.read_bytes())], [str(image) for image in images])
        self.assertEqual(run('anomaly_predict', images[0], '--jsonl=%s' % lines).returncode, 0)
        self.assertEqual(len(self.valid(lines.read_bytes())), 1)

    def test_refused_places(self):
        image = brick('test/good/*.png')[0]
        kept = self.folder / 'a.png'
        shutil.copy(str(image), str(kept))
        self.assertEqual(run('anomaly_predict', kept, '--jsonl=%s' % kept).returncode, 2)
        self.assertEqual(kept.read_bytes(), image.read_bytes())
        self.assertEqual(run('anomaly_predict', image, '--jsonl=%s' % (self.folder / 'none' / 'l.jsonl')).returncode, 1)
        if os.path.exists('/dev/full'):
            done = run('anomaly_predict', image, '--jsonl=/dev/full')
            self.assertEqual(done.returncode, 1)
            self.assertIn(b'cannot be written', done.stderr)

    def test_each_line_comes_at_once(self):
        images = brick('test/hole/*.png')[:2]
        pipe = self.folder / 'pipe.png'
        os.mkfifo(str(pipe))
        with subprocess.Popen(command('anomaly_predict', images[0], pipe, '--jsonl=-'), stdout=subprocess.PIPE, stderr=subprocess.DEVNULL) as process:
            first = process.stdout.readline()  # while the second image is waited for
            self.assertEqual(json.loads(first.decode())['file'], str(images[0]))
            process.kill()


    @unittest.skipIf(os.name == 'nt', 'Windows has no SIGPIPE')
    def test_reader_that_ends_ends_the_program(self):
        """By the signal, or where that is ignored, as services are often started, with a message."""
        for restored in (True, False):
            with subprocess.Popen(command('anomaly_predict', *brick('test/*/*.png'), '--jsonl=-'), stdout=subprocess.PIPE,
                                  stderr=subprocess.PIPE, restore_signals=restored) as process:
                process.stdout.readline()
                process.stdout.close()
                errors = process.stderr.read()
                self.assertEqual(process.wait(timeout=120), -signal.SIGPIPE if restored else 1)
                self.assertEqual(b'standard output cannot be written' in errors.replace(b"'", b''), not restored, errors)


class Camera(Case):
    """A numbered series of images stands for a camera."""

    def setUp(self):
        Case.setUp(self)
        for i, image in enumerate(brick('test/good/*.png')[:2] + brick('test/hole/*.png')[:1]):
            shutil.copy(str(image), str(self.folder / ('%03d.png' % i)))
        self.source = '--source=%s' % (self.folder / '%03d.png')

    def test_lines_without_a_display(self):
        environment = {name: '' for name in ('DISPLAY', 'WAYLAND_DISPLAY')}
        done = run('anomaly_camera', self.source, '--headless', '--jsonl=-', **environment)
        if b'lacks its videoio' in done.stderr:
            self.skipTest('this OpenCV has no videoio')
        self.assertEqual(done.returncode, 1)
        self.assertIn(b'has ended', done.stderr)
        lines = self.valid(done.stdout)
        self.assertEqual([line['frame'] for line in lines], [0, 1, 2])
        self.assertEqual([line.get('frames_per_second', 0) > 0 for line in lines], [False, True, True])
        self.assertRegex(done.stderr.decode(), r'3 frames, \d defective, [\d.]+ frames/s')
        self.assertEqual(lines[2]['verdict'], 'defective')
        image = self.valid(run('anomaly_predict', self.folder / '002.png', '--jsonl=-').stdout)[0]
        self.assertEqual((lines[2]['score'], lines[2]['regions']), (image['score'], image['regions']))

    def test_addresses_without_password(self):
        done = run('anomaly_camera', '--source=rtsp://user:p@ss@127.0.0.1:9/stream', '--headless', '--jsonl=-', OPENCV_FFMPEG_CAPTURE_OPTIONS='timeout;1000000')
        self.assertNotEqual(done.returncode, 0)
        self.assertEqual(done.stdout, b'')
        self.assertNotIn(b'p@ss', [line for line in done.stderr.splitlines() if b'anomaly_camera:' in line][-1])

    def test_pipelines_of_gstreamer(self):
        missing = 'GStreamer lacks videotestsrc, videoconvert or appsink (Debian: gstreamer1.0-plugins-base)'
        pipeline = 'videotestsrc num-buffers=4 ! video/x-raw,width=320,height=240 ! videoconvert ! appsink'
        try:
            done = subprocess.run(command('anomaly_camera', '--source=' + pipeline, '--headless', '--jsonl=-'), timeout=60,
                                  stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        except subprocess.TimeoutExpired:  # OpenCV 4.6 waits without end for elements that are not there
            self.skipTest(missing)
        if b'lacks its videoio' in done.stderr or b'an OpenCV with GStreamer' in done.stderr:
            self.skipTest('this OpenCV has no videoio, or one without GStreamer')
        if b'cannot be opened' in done.stderr:
            self.skipTest(missing)
        self.assertIn(b'has ended', done.stderr)
        self.assertEqual([line['frame'] for line in self.valid(done.stdout)], [0, 1, 2, 3])

    def test_passwords_in_pipelines(self):
        for secret in ('location=rtsp://user:s3cret@127.0.0.1:9/stream', 'user-pw=s3cret', 'user-pw="s3cret s3cret"', 'proxy-pw=s3cret',
                       'password=s3cret'):
            done = run('anomaly_camera', '--source=fakesrc %s ! fakesink' % secret, '--headless', '--jsonl=-')
            self.assertEqual(done.returncode, 1)
            said = [line for line in done.stderr.splitlines() if b'anomaly_camera:' in line][-1]
            self.assertNotIn(b's3cret', said)
            self.assertIn(b'! fakesink', said)

    def test_source_that_comes_later_and_again(self):
        away = self.folder / 'away'
        away.mkdir()
        # A camera library that OpenCV asks at each attempt keeps a byte of each, and is unloaded before it can be named.
        environment = dict(os.environ, ASAN_OPTIONS=os.environ.get('ASAN_OPTIONS', '') + ':detect_leaks=0')
        with subprocess.Popen(command('anomaly_camera', '--source=%s' % (away / '%03d.png'), '--headless', '--jsonl=-', '--reconnect'),
                              stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=environment) as process:
            errors = []
            while not errors or b'trying again' not in errors[-1]:
                errors.append(process.stderr.readline())
                if b'lacks its videoio' in errors[-1] or not errors[-1]:
                    self.skipTest('this OpenCV has no videoio')
            time.sleep(2.5)  # in which it is tried twice, without more messages
            for image in self.folder.glob('*.png'):
                shutil.copy(str(image), str(away))
            text = b''.join(process.stdout.readline() for _ in range(5))
            process.send_signal(signal.SIGINT)
            process.stdout.read()
            rest = process.stderr.read()
            self.assertEqual(process.wait(), 0, rest.decode())
        self.assertEqual([line['frame'] for line in self.valid(text)], list(range(5)))
        self.assertEqual(rest.count(b'rror'), 0, rest)
        self.assertIn(b'has ended, opening it again', rest)

    def test_headless_says_where_results_go(self):
        self.assertEqual(run('anomaly_camera', self.source, '--headless').returncode, 2)


class Mosquitto(Case):
    def setUp(self):
        Case.setUp(self)
        folders = os.pathsep.join([os.environ.get('PATH', ''), '/usr/sbin'])
        self.programs = {name: shutil.which(name, path=folders) for name in ('mosquitto', 'mosquitto_pub', 'mosquitto_sub')}
        missing = [name for name, path in self.programs.items() if not path]
        if missing:
            self.skipTest('%s not found (Debian: mosquitto, mosquitto-clients)' % ', '.join(missing))
        with socket.socket() as free:
            free.bind(('127.0.0.1', 0))
            self.port = free.getsockname()[1]

    def start(self, program, *arguments, **options):
        process = subprocess.Popen([self.programs[program], '-p', str(self.port)] + list(arguments), stderr=subprocess.DEVNULL, **options)
        self.addCleanup(process.wait)
        self.addCleanup(process.kill)
        return process

    def wait_for_broker(self):
        for _ in range(100):
            with socket.socket() as probe:
                if probe.connect_ex(('127.0.0.1', self.port)) == 0:
                    return
            time.sleep(0.1)
        self.fail('the broker does not listen')

    def test_lines_are_messages(self):
        images = brick('test/hole/*.png')[:3]
        self.start('mosquitto', stdout=subprocess.DEVNULL)
        self.wait_for_broker()
        heard = self.start('mosquitto_sub', '-t', 'line1/#', '-C', str(len(images)), '-W', '60', stdout=subprocess.PIPE)
        time.sleep(1)  # until it has subscribed
        publisher = self.start('mosquitto_pub', '-t', 'line1/anomalies', '-q', '1', '-l', stdin=subprocess.PIPE)
        done = subprocess.run(command('anomaly_predict', *images, '--jsonl=-'), stdout=publisher.stdin, stderr=subprocess.PIPE)
        publisher.stdin.close()
        self.assertEqual(done.returncode, 0, done.stderr)
        lines = self.valid(heard.communicate(timeout=60)[0])
        self.assertEqual([line['file'] for line in lines], [str(image) for image in images])


if __name__ == '__main__':
    PROGRAMS, PROJECT = (pathlib.Path(a).resolve() for a in sys.argv[1:3])
    with tempfile.TemporaryDirectory() as folder:
        WORK = pathlib.Path(folder).resolve()
        unittest.main(argv=sys.argv[:1] + sys.argv[3:], verbosity=2)
