#!/usr/bin/env python3
# This file is part of OpenCV project.
# It is subject to the license terms in the LICENSE file found in the top-level directory
# of this distribution and at http://opencv.org/license.html.
"""Tests which files the programs write, and which they must not change: outputs_test.py <folder of the programs> <test_data>."""
import csv
import hashlib
import os
import pathlib
import re
import shutil
import signal
import stat
import struct
import subprocess
import sys
import tempfile
import time
import unittest

try:
    import resource
except ImportError:  # on Windows
    resource = None

import command_line_test as programs
from command_line_test import run, some, train

WORK = pathlib.Path()
MODEL = pathlib.Path()
# A model that is soon made: what it tells does not matter here.
QUICK = ['--method=cfa', '--adaptation=none', '--validation=0', '--gamma_c=0.02', '--gamma_d=0.05']


def run_in(folder, program, *arguments, **options):
    command = [str(programs.PROGRAMS / program)] + [str(a) for a in arguments]
    return subprocess.run(command, cwd=str(folder), stdout=subprocess.PIPE, stderr=subprocess.PIPE, universal_newlines=True, **options)


def rows_of(table):
    with open(str(table), newline='') as stream:
        return list(csv.reader(stream))


def content_of(folder):
    """All files below a folder with what they hold, links as what they lead to."""
    return {str(path.relative_to(folder)): (os.readlink(str(path)) if path.is_symlink() else '', hashlib.sha256(path.read_bytes()).hexdigest())
            for path in folder.rglob('*') if path.is_file()}


def size_of_jpeg(file):
    """Columns and rows, from the header of the frame."""
    data, at = file.read_bytes(), 2
    while not 0xc0 <= data[at + 1] <= 0xc3:
        at += 2 + struct.unpack('>H', data[at + 2:at + 4])[0]
    rows, columns = struct.unpack('>HH', data[at + 5:at + 9])
    return columns, rows


class Case(unittest.TestCase):
    def setUp(self):
        self.folder = pathlib.Path(tempfile.mkdtemp(dir=str(WORK)))

    def check(self, done, code, *words):
        self.assertEqual(done.returncode, code, done.stdout + done.stderr)
        for word in words:
            self.assertIn(str(word), done.stderr)

    def images(self, name, count, pattern='test/good/*.png'):
        """Copies that a fault may replace."""
        folder = self.folder / name
        folder.mkdir(parents=True)
        for file in some(pattern, count):
            shutil.copy(str(file), str(folder / file.name))
        return folder

    def category(self):
        category = self.images('category/train/good', 6, 'train/good/*.png').parent.parent
        self.images('category/test/good', 2)
        self.images('category/test/hole', 2, 'test/hole/*.png')
        self.images('category/ground_truth/hole', 2, 'ground_truth/hole/*.png')
        return category


class Inputs(Case):
    """No output replaces what is read, by whatever name."""

    def refuse(self, program, *arguments):
        before = content_of(self.folder)
        done = run_in(self.folder, program, *arguments)
        self.check(done, 2, program + ': --')
        self.assertEqual(content_of(self.folder), before, arguments)
        return done

    def setUp(self):
        super().setUp()
        shutil.copy(str(MODEL), str(self.folder / 'model.yml.gz'))
        self.model = '--model=model.yml.gz'

    def photo(self, name):
        """A PNG by another name: what is read is not told by the extension."""
        (self.folder / name).parent.mkdir(exist_ok=True)
        shutil.copy(str(some('test/good/*.png', 1)[0]), str(self.folder / name))

    def test_pictures(self):
        self.photo('photo.jpg')
        self.photo('photos/a.jpg')
        for given in (['photo.jpg', '--output=.'], ['./photo.jpg', '--output=' + str(self.folder)], [self.folder / 'photo.jpg', '--output=photos/..'],
                      ['photos', '--output=photos'], ['photos', './photos', '--output=.'], ['photos', '--output=./photos/../photos'], ['.', '--output=.']):
            self.refuse('anomaly_predict', self.model, *given)
        self.check(self.refuse('anomaly_predict', self.model, 'photo.jpg', '--output=.'), 2, 'photo.jpg', 'would be lost')

    def test_pictures_through_links(self):
        self.photo('photo.jpg')
        for make, name in ((os.symlink, 'soft'), (os.link, 'hard')):
            (self.folder / name).mkdir()
            make(str(self.folder / 'photo.jpg'), str(self.folder / name / 'photo.jpg'))
            self.refuse('anomaly_predict', self.model, 'photo.jpg', '--output=' + name)
        os.symlink(str(self.folder), str(self.folder / 'here'))
        self.refuse('anomaly_predict', self.model, 'photo.jpg', '--output=here')

    def test_pictures_inside_the_folder_of_images(self):
        """They are not scored by the next run with the same --output, whatever its name looks like."""
        images = self.images('images', 2)
        for output in ('images/out', './images/../images/out/', str(images / 'out')):
            done = run_in(self.folder, 'anomaly_predict', self.model, 'images', '--output=' + output, '--csv=t.csv')
            self.check(done, 0, "lie inside 'images'")
            self.assertEqual([row[0] for row in rows_of(self.folder / 't.csv')[1:]], ['images/000.png', 'images/001.png'])
            self.assertEqual(sorted(content_of(images)), ['000.png', '001.png', 'out/000.jpg', 'out/001.jpg'])
        done = run_in(self.folder, 'anomaly_predict', self.model, 'images', '--output=images_out')
        self.check(done, 0)
        self.assertNotIn('lie inside', done.stderr)

    def test_maps_and_frames(self):
        self.photo('scan.tiff')
        self.refuse('anomaly_predict', self.model, 'scan.tiff', '--output=.', '--raw')
        self.photo('clip/frame_000007.jpg')
        (self.folder / 'clip.mp4').write_text('a video')
        self.refuse('anomaly_predict', self.model, 'clip.mp4', 'clip/frame_000007.jpg', '--output=.')

    def test_tables(self):
        self.photo('photo.png')
        (self.folder / 'list.csv').write_text('image_path\nphoto.png\n')
        os.symlink('list.csv', str(self.folder / 'link.csv'))
        for table in ('list.csv', './list.csv', self.folder / 'list.csv', 'link.csv', 'model.yml.gz', 'photo.png'):
            self.refuse('anomaly_predict', self.model, 'list.csv', '--csv=%s' % table)
            self.refuse('anomaly_predict', self.model, 'list.csv', '--csv=%s' % table, '--resume')

    def test_text_is_not_written_by_the_name_of_a_picture(self):
        self.photo('photo.png')
        self.photo('other.PNG')
        category = self.category()
        for name in ('other.PNG', 'to_come.jpg', 'clip.mp4', 'clip.AVI', 'scan.tiff', 'a.gif', 'other.yml.gz', 'network.onnx'):
            for option in ('csv', 'jsonl'):
                done = self.refuse('anomaly_predict', self.model, 'photo.png', '--%s=%s' % (option, name))
                self.check(done, 2, "--%s: '%s' ends as an image, a video, a model" % (option, name), 'ends in .' + option)
            self.refuse('anomaly_camera', self.model, '--source=photo.png', '--headless', '--jsonl=' + name)
            self.refuse('anomaly_train', category, '--model=new.yml', '--json=' + name)
            self.refuse('anomaly_evaluate', category, self.model, '--json=' + name)
            self.refuse('anomaly_benchmark', self.model, '--json=' + name)
        self.check(self.refuse('anomaly_evaluate', category, self.model, '--json=-'), 2, '--json=-: expected the name of a file')

    def test_one_output_is_not_another(self):
        self.photo('photo.png')
        (self.folder / 'out').mkdir()
        self.refuse('anomaly_predict', self.model, 'photo.png', '--output=out', '--csv=./out/photo.jpg')
        self.refuse('anomaly_predict', self.model, 'photo.png', '--output=to_come', '--csv=./to_come')
        category = self.category()
        done = self.refuse('anomaly_train', category, '--model=new.yml', '--method=cfa', '--checkpoint=./new.yml')
        self.check(done, 2, '--checkpoint', '--model')
        self.refuse('anomaly_train', category, '--model=new.json', '--json=new.json')
        self.refuse('anomaly_evaluate', category, self.model, '--json=a.json', '--calibrate=a.json')
        os.symlink('to_come.json', str(self.folder / 'link.json'))
        self.refuse('anomaly_evaluate', category, self.model, '--json=link.json', '--calibrate=to_come.json')

    def test_figures_and_models(self):
        category = self.category()
        image, mask = 'category/test/good/000.png', next((category / 'ground_truth' / 'hole').iterdir())
        (self.folder / 'report').mkdir()
        os.symlink(str(self.folder / image), str(self.folder / 'report' / 'index.html'))
        for option in ('--json=model.yml.gz', '--json=' + image, '--json=%s' % mask, '--calibrate=model.yml.gz', '--report=report'):
            self.refuse('anomaly_evaluate', 'category', self.model, option)
        shutil.copy(str(MODEL), str(self.folder / 'second.yml.gz'))
        for option in ('--json=second.yml.gz', '--calibrate=./second.yml.gz'):
            self.refuse('anomaly_evaluate', 'category', self.model, '--compare=second.yml.gz', option)
        learned = next((category / 'train' / 'good').iterdir())
        self.refuse('anomaly_train', 'category', '--model=new.yml', '--json=%s' % learned)
        (self.folder / 'list.csv').write_text('image_path\n%s\n' % learned)
        self.refuse('anomaly_train', 'list.csv', '--model=new.yml', '--json=list.csv')
        self.refuse('anomaly_export', 'model.yml.gz', '--size=64x64', '--output=./model.yml.gz')
        self.refuse('anomaly_benchmark', self.model, '--json=model.yml.gz')
        self.refuse('anomaly_benchmark', self.model, '--images=category/test', '--json=' + image)

    def test_what_is_not_read_may_be_written_over(self):
        self.photo('photo.png')
        for _ in range(2):
            self.check(run_in(self.folder, 'anomaly_predict', self.model, 'photo.png', '--output=.', '--csv=t.csv'), 0)
        self.check(run_in(self.folder, 'anomaly_predict', self.model, 'photo.png', '--output=new', '--csv=new/t.csv'), 0)
        self.assertTrue((self.folder / 'photo.jpg').exists())
        self.check(run_in(self.folder, 'anomaly_predict', self.model, 'photo.png', '--csv=/dev/null'), 0)

    def test_files_with_endings_that_others_use_for_trials(self):
        kept = [self.folder / name for name in ('t.csv.tmp', 'f.json.tmp', 'new.yml.tmp', 'c.yml.gz.tmp')]
        for file in kept:
            file.write_text("the user's")
        images = self.images('images', 3)
        train(images, self.folder / 'new.yml', *QUICK, '--json=%s' % (self.folder / 'f.json'), '--checkpoint=%s' % (self.folder / 'c.yml.gz'))
        self.check(run_in(self.folder, 'anomaly_predict', images, self.model, '--csv=t.csv'), 0)
        table = self.folder / 't.csv'
        table.write_bytes(table.read_bytes()[:-20])
        self.check(run_in(self.folder, 'anomaly_predict', images, self.model, '--csv=t.csv', '--resume'), 0)
        self.assertEqual([file.read_text() for file in kept], ["the user's"] * 4)
        self.assertEqual(len(rows_of(table)), 4)


class Rows(Case):
    """An image that fails costs its own row or picture, never the others'."""

    def predict(self, *options):
        images = self.folder / 'images'
        return run('anomaly_predict', images, '--model=%s' % MODEL, '--output=%s' % (self.folder / 'out'), '--csv=%s' % (self.folder / 't.csv'), *options)

    def verdicts(self):
        return [row[3] for row in rows_of(self.folder / 't.csv')[1:]]

    def test_image_that_is_too_long_for_a_jpeg(self):
        images = self.images('images', 2)
        (images / '000_long.pgm').write_bytes(b'P5 32 70000 255\n' + bytes(range(128, 160)) * 70000)
        self.check(self.predict('--raw'), 0)
        self.assertEqual(sorted(file.name for file in (self.folder / 'out').iterdir()),
                         ['000.jpg', '000.tiff', '000_long.png', '000_long.tiff', '001.jpg', '001.tiff'])
        self.assertNotIn('unreadable', self.verdicts())
        self.assertEqual(struct.unpack('>I', (self.folder / 'out' / '000_long.png').read_bytes()[20:24])[0] // 1000, 70)

    def test_each_image_that_fails_is_named(self):
        images = self.images('images', 1)
        (images / 'empty.png').write_bytes(b'')
        (images / 'huge.pgm').write_bytes(b'P5 40000 40000 255\n')
        (images / 'small.pgm').write_bytes(b'P5 7 7 255\n' + bytes(49))
        (images / 'gone.png').symlink_to('nowhere.png')
        self.check(self.predict(), 1, *['%s\'' % name for name in ('empty.png', 'huge.pgm', 'small.pgm', 'gone.png')])
        self.assertEqual(self.verdicts().count('unreadable'), 4)
        self.assertTrue((self.folder / 'out' / '000.jpg').exists())

    def test_report_on_a_long_image(self):
        category = self.category()
        (category / 'test' / 'line').mkdir()  # a type by itself, of which the report shows a picture
        (category / 'test' / 'line' / 'long.pgm').write_bytes(b'P5 32 70000 255\n' + bytes(range(128, 160)) * 70000)
        shutil.rmtree(str(category / 'ground_truth'))
        report = self.folder / 'report'
        done = run('anomaly_evaluate', category, '--model=%s' % MODEL, '--report=%s' % report, '--json=%s' % (report / 'figures.json'))
        self.check(done, 0)
        self.assertIn('line/long.pgm', (report / 'index.html').read_text(encoding='utf-8'))

    def test_picture_that_can_not_be_written(self):
        self.images('images', 3)
        out = self.folder / 'out'
        (out / '001.jpg').mkdir(parents=True)
        done = self.predict()
        self.check(done, 1, '001.jpg')
        self.assertIn('1 could not be written', done.stdout)
        self.assertEqual(len(self.verdicts()), 3)
        self.assertNotIn('unreadable', self.verdicts())
        self.assertTrue((out / '000.jpg').exists() and (out / '002.jpg').exists())

    @unittest.skipUnless(sys.platform == 'linux', 'needs /dev/full')
    def test_full_device(self):
        images = self.images('images', 2)
        (self.folder / 'out').mkdir()
        (self.folder / 'out' / '000.jpg').symlink_to('/dev/full')
        self.check(self.predict(), 1, '000.jpg', 'No space left')
        self.assertEqual(len(self.verdicts()), 2)
        self.assertTrue((self.folder / 'out' / '001.jpg').exists())
        model = '--model=%s' % MODEL
        self.check(run('anomaly_predict', images, model, '--csv=/dev/full'), 1, '/dev/full')
        self.check(run('anomaly_benchmark', model, '--runs=1', '--json=/dev/full'), 1, '/dev/full')
        for command in (['anomaly_predict', images, model, '--csv=t.csv'], ['anomaly_train', '--help'], ['anomaly_benchmark', model, '--runs=1']):
            with open('/dev/full', 'w') as full:
                done = subprocess.run([str(programs.PROGRAMS / command[0])] + [str(a) for a in command[1:]], cwd=str(self.folder), stdout=full,
                                      stderr=subprocess.PIPE, universal_newlines=True)
            self.assertEqual(done.returncode, 1, command)
            self.assertIn('standard output', done.stderr)

    def test_folder_that_can_not_be_made_is_found_out_first(self):
        images = self.images('images', 1)
        (self.folder / 'file').write_text('')
        done = run('anomaly_predict', images, '--model=%s' % MODEL, '--output=%s' % (self.folder / 'file' / 'out'))
        self.check(done, 1, 'file/out')
        self.assertNotIn('images ', done.stderr)

    def test_caption_hides_nothing(self):
        images = self.images('images', 1)
        (images / 'small.pgm').write_bytes(b'P5 40 30 255\n' + bytes(40) * 30)
        self.check(self.predict(), 0)
        header = (images / '000.png').read_bytes()[16:24]
        columns, rows = size_of_jpeg(self.folder / 'out' / '000.jpg')
        self.assertEqual(columns, struct.unpack('>II', header)[0])
        self.assertGreater(rows, struct.unpack('>II', header)[1])
        columns, rows = size_of_jpeg(self.folder / 'out' / 'small.jpg')
        self.assertGreater(columns, 40)
        self.assertGreater(rows, 30)


class Models(Case):
    """Where a model may be saved is known before the training."""

    def train(self, model, *options):
        return run_in(self.folder, 'anomaly_train', self.folder / 'good', '--model=%s' % model, *QUICK, *options)

    def setUp(self):
        super().setUp()
        self.images('good', 3, 'train/good/*.png')

    def test_names(self):
        for name in ('MODEL.YML', 'Model.Yaml.GZ', 'a?b.yml', 'x' * 250 + '.yml', 'c?d/model.json'):
            (self.folder / name).parent.mkdir(exist_ok=True)
            self.check(self.train(name), 0)
            self.assertGreater((self.folder / name).stat().st_size, 1000)
            self.check(run_in(self.folder, 'anomaly_predict', 'good', '--model=%s' % name, '--csv=t.csv'), 0)
        self.assertEqual([file for file in os.listdir(str(self.folder)) if file.startswith('.')], [])

    def test_places_that_can_not_be_written_are_found_out_first(self):
        (self.folder / 'folder.yml').mkdir()
        os.symlink('loop.yml', str(self.folder / 'loop.yml'))
        for model in ('folder.yml', 'loop.yml', 'none/model.yml', 'good/000.png/model.yml', '/proc/model.yml', '/dev/null/model.yml'):
            done = self.train(model)
            self.check(done, 1, model)
            self.assertNotIn('features', done.stderr)

    def test_links_modes_and_owners_stay(self):
        (self.folder / 'store').mkdir()
        os.symlink('store/first.yml', str(self.folder / 'link.yml'))
        self.check(self.train('link.yml'), 0)
        first = self.folder / 'store' / 'first.yml'
        first.chmod(0o640)
        if os.geteuid() == 0:
            os.chown(str(first), 1234, 4321)
        before = first.stat()
        first.write_text('old')
        self.check(self.train('link.yml'), 0)
        after = first.stat()
        self.assertTrue((self.folder / 'link.yml').is_symlink())
        self.assertGreater(after.st_size, 1000)
        self.assertEqual((stat.S_IMODE(after.st_mode), after.st_uid, after.st_gid), (0o640, before.st_uid, before.st_gid))

    def test_model_is_kept_when_saving_fails(self):
        lost = self.folder / 'lost'
        lost.mkdir()
        command = [str(programs.PROGRAMS / 'anomaly_train'), str(self.folder / 'good'), '--model=lost/model.yml.gz', '--method=cfa', '--adaptation=none', '--validation=0']
        with subprocess.Popen(command, cwd=str(self.folder), stderr=subprocess.PIPE, universal_newlines=True) as process:
            process.stderr.readline()  # of the features
            shutil.rmtree(str(lost))
            errors = process.communicate()[1]
        self.assertEqual(process.returncode, 1, errors)
        kept = re.search("kept as '(.*)'", errors).group(1)
        self.check(run_in(self.folder, 'anomaly_predict', 'good', '--model=%s' % kept, '--csv=t.csv'), 0)


@unittest.skipIf(os.name == 'nt', 'descriptors are POSIX')
class Streams(Case):
    def closed(self, streams, program, *arguments):
        """Started without some of stdin, stdout and stderr."""
        command = 'exec "$@" ' + ' '.join('%d>&-' % stream for stream in streams)
        return run_in(self.folder, '/bin/sh', '-c', command, 'sh', programs.PROGRAMS / program, *arguments).returncode

    def test_messages_never_land_in_files(self):
        images = self.images('good', 3, 'train/good/*.png')
        (images / 'cut.png').write_text('no image')
        for streams in ((0,), (1,), (2,), (1, 2), (0, 1, 2)):
            self.assertEqual(self.closed(streams, 'anomaly_train', images, '--model=m.yml', '--json=m.json', *QUICK, '--cache_mb=0', '--skip_unreadable'), 0,
                             streams)
            self.assertEqual(self.closed(streams, 'anomaly_predict', images, '--model=m.yml', '--csv=t.csv', '--output=out'), 1)
            self.assertEqual([len(row) for row in rows_of(self.folder / 't.csv')], [5] * 5)
            self.assertTrue((self.folder / 'm.json').read_text().startswith('{'))
            self.assertTrue((self.folder / 'm.yml').read_text().startswith('%YAML'))
            self.assertTrue((self.folder / 'out' / '000.jpg').read_bytes().startswith(b'\xff\xd8'))
        for option in ('--csv=-', '--jsonl=-'):
            self.assertEqual(self.closed((1,), 'anomaly_predict', images / '000.png', '--model=m.yml', option), 1, option)
            self.assertEqual(self.closed((0,), 'anomaly_predict', images / '000.png', '--model=m.yml', option), 0, option)


class Resume(Case):
    def setUp(self):
        super().setUp()
        self.images('images', 3)
        shutil.copy(str(MODEL), str(self.folder / 'model.yml.gz'))

    def predict(self, images, *options, folder=None, model='model.yml.gz'):
        return run_in(folder or self.folder, 'anomaly_predict', images, '--model=%s' % (self.folder / model), *options)

    def test_rows_name_the_model(self):
        self.check(self.predict('images', '--csv=t.csv'), 0)
        digest = hashlib.sha256((self.folder / 'model.yml.gz').read_bytes()).hexdigest()
        self.assertEqual({row[4] for row in rows_of(self.folder / 't.csv')[1:]}, {digest[:16]})

    def test_rows_of_another_model_are_refused(self):
        table, digest = self.folder / 't.csv', hashlib.sha256((self.folder / 'model.yml.gz').read_bytes()).hexdigest()
        self.check(train(self.folder / 'images', self.folder / 'other.yml', *QUICK), 0)
        self.check(self.predict('images', '--csv=t.csv', model='other.yml'), 0)
        rows = rows_of(table)
        before = table.read_bytes()
        self.check(self.predict('images', '--csv=t.csv', '--resume'), 1, 't.csv', rows[1][4], "but --model is '%s': use" % digest[:16], 'another table')
        self.assertEqual(table.read_bytes(), before)
        table.write_text(''.join(','.join(row[:4]) + '\n' for row in rows))
        before = table.read_bytes()
        self.check(self.predict('images', '--csv=t.csv', '--resume'), 1, 't.csv')
        self.assertEqual(table.read_bytes(), before)

    def test_table_of_a_run_that_ended_at_once(self):
        table = self.folder / 't.csv'
        for begun in ('', 'file,sco'):
            table.write_text(begun)
            self.check(self.predict('images', '--csv=t.csv', '--resume'), 0)
            self.assertEqual([row[0] for row in rows_of(table)], ['file'] + ['images/%03d.png' % i for i in range(3)])
        table.write_text('file,score,normalized score,verdict\n')
        self.check(self.predict('images', '--csv=t.csv', '--resume'), 1, "'model'")

    def test_paths_in_another_spelling(self):
        (self.folder / 'linked').symlink_to('images')
        self.check(self.predict('images', '--csv=t.csv'), 0)
        before = (self.folder / 't.csv').read_bytes()
        self.check(self.predict('images', './images', 'images/001.png', '--csv=once.csv', '--resume'), 0)
        self.assertEqual(len(rows_of(self.folder / 'once.csv')), 4)
        for spelling in ('./images', 'images/', 'images//', str(self.folder / 'images'), 'images/../images', 'linked', 'images/000.png'):
            self.check(self.predict(spelling, '--csv=t.csv', '--resume'), 0)
            self.assertEqual((self.folder / 't.csv').read_bytes(), before, spelling)
        self.check(self.predict('.', '--csv=../t.csv', '--resume', folder=self.folder / 'images'), 0)
        self.assertEqual((self.folder / 't.csv').read_bytes(), before)

    def test_same_names_in_other_folders_are_other_images(self):
        (self.folder / 'again').mkdir()
        for name in ('000.png', '001.png'):
            (self.folder / 'again' / name).symlink_to(self.folder / 'images' / name)
        self.check(self.predict('images', '--csv=t.csv'), 0)
        self.check(self.predict('again', '--csv=t.csv', '--resume'), 0)
        self.assertEqual(len(rows_of(self.folder / 't.csv')), 6)


@unittest.skipIf(os.name == 'nt', 'signals are POSIX')
class Signals(Case):
    def setUp(self):
        super().setUp()
        self.good = self.images('good', 12, 'train/good/*.png')

    def start(self, program, *arguments, **options):
        command = [str(programs.PROGRAMS / program)] + [str(a) for a in arguments]
        return subprocess.Popen(command, cwd=str(self.folder), stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, universal_newlines=True, **options)

    def test_training_ends_as_by_control_c(self):
        before = content_of(self.folder)
        for number in (signal.SIGTERM, signal.SIGHUP):
            with self.start('anomaly_train', 'good', '--model=m.yml', '--method=cfa', '--adaptation=none', '--validation=0', '--cache_mb=0') as process:
                process.stderr.readline()
                process.send_signal(number)
                errors = process.communicate()[1]
            self.assertEqual(process.returncode, 1, errors)
            self.assertIn('stopped; no model was written', errors)
            self.assertEqual(content_of(self.folder), before)

    def test_what_is_ignored_stays_ignored(self):
        for number in (signal.SIGINT, signal.SIGHUP):
            with self.start('anomaly_train', 'good', '--model=m.yml', '--method=cfa', '--adaptation=none', '--validation=0',
                            preexec_fn=lambda: signal.signal(number, signal.SIG_IGN)) as process:
                process.stderr.readline()
                process.send_signal(number)
                errors = process.communicate()[1]
            self.assertEqual(process.returncode, 0, errors)

    def test_prediction_ends_between_images(self):
        many = self.folder / 'many'
        many.mkdir()
        for i in range(400):
            (many / ('%03d.png' % i)).symlink_to(self.good / '000.png')
        with self.start('anomaly_predict', 'many', '--model=%s' % MODEL, '--csv=t.csv', '--output=out') as process:
            while not (self.folder / 't.csv').exists() or len(rows_of(self.folder / 't.csv')) < 4:
                time.sleep(0.01)
            process.send_signal(signal.SIGTERM)
            errors = process.communicate()[1]
        self.assertEqual(process.returncode, 1, errors)
        self.assertIn('--resume goes on', errors)
        rows = rows_of(self.folder / 't.csv')
        self.assertTrue(4 <= len(rows) < 400)
        self.assertEqual({len(row) for row in rows}, {5})
        self.assertEqual(len(list((self.folder / 'out').iterdir())), len(rows) - 1)


class Names(Case):
    def test_a_list_gives_the_same_pictures_however_it_is_named(self):
        self.images('images/deep', 2)
        (self.folder / 'list.csv').write_text('image_path\nimages/deep/000.png\n./images/x/../deep/001.png\n%s\n' % (self.folder / 'images/deep/000.png'))
        (self.folder / 'images' / 'x').mkdir()
        found = []
        for number, name in enumerate(('list.csv', './list.csv', self.folder / 'list.csv', 'images/../list.csv')):
            self.check(run_in(self.folder, 'anomaly_predict', name, '--model=%s' % MODEL, '--output=%d' % number), 0)
            out = self.folder / str(number)
            found.append(sorted(str(file.relative_to(out)) for file in out.rglob('*.jpg')))
        self.assertEqual(found, [['000.jpg', 'images/deep/000.jpg', 'images/deep/001.jpg']] * 4)

    def test_two_dashes_end_the_options(self):
        images = self.images('images', 1)
        (images / '000.png').rename(self.folder / '-name.png')
        model = '--model=%s' % MODEL
        self.check(run_in(self.folder, 'anomaly_predict', model, '--output=out', '--', '-name.png'), 0)
        self.assertTrue((self.folder / 'out' / '-name.jpg').exists())
        self.check(run_in(self.folder, 'anomaly_predict', model, '--output=out', '-name.png'), 2, '-name.png', ' --')
        self.check(run_in(self.folder, 'anomaly_predict', model, '--output=out', '--', '--help'), 1, "'--help'")
        self.check(run_in(self.folder, 'anomaly_predict', model, '--output=out', '--'), 2, 'is missing')


class Camera(Case):
    """A numbered series of images stands for a camera."""

    def start(self, *options, **others):
        images = self.folder / 'frames'
        if not images.exists():
            self.images('frames', 3)
        environment = dict(os.environ, DISPLAY=os.environ.get('DISPLAY', ':99'), QT_QPA_PLATFORM='offscreen')
        command = [str(programs.PROGRAMS / 'anomaly_camera'), '--model=%s' % MODEL, '--source=%s' % (images / '%03d.png')] + list(options)
        others.setdefault('stdout', subprocess.DEVNULL)
        return subprocess.Popen(command, stderr=subprocess.PIPE, universal_newlines=True, env=environment, **others)

    def test_end_of_the_stream(self):
        with self.start() as process:
            errors = process.communicate()[1]
        if process.returncode == 2:
            self.skipTest('no display, not even one in memory: ' + errors)
        self.assertEqual(process.returncode, 1, errors)
        self.assertIn('has ended', errors)
        with self.start('--reconnect') as process:
            for _ in range(3):
                line = process.stderr.readline()
                while line and 'has ended' not in line:
                    line = process.stderr.readline()
                self.assertIn('opening it again', line)
            process.kill()

    def record(self, *options, side=300, **others):
        """Six frames of noise, which is defective; those of 900 x 900 pixels are 0.7 MB as JPEG."""
        source = self.folder / 'noise'
        source.mkdir()
        for i in range(6):
            (source / ('%03d.pgm' % i)).write_bytes(b'P5 %d %d 255\n' % (side, side) + os.urandom(side * side))
        done = run_in(self.folder, 'anomaly_camera', '--model=%s' % MODEL, '--source=noise/%03d.pgm', '--headless', '--save_defective=kept', *options, **others)
        if 'lacks its videoio' in done.stderr:
            self.skipTest('this OpenCV has no videoio')
        self.check(done, 1, 'has ended')
        self.assertIn('6 frames, 6 defective', done.stdout)
        return done

    def kept(self):
        return sorted(file.name for file in (self.folder / 'kept').iterdir())

    def test_defective_frames_are_kept(self):
        done = self.record()
        for i, name in enumerate(self.kept()):
            self.assertRegex(name, r'^\d{8}T\d{6}\.\d{3}Z_%06d_\d+\.\d{3}\.jpg$' % i)
        self.assertEqual(size_of_jpeg(self.folder / 'kept' / self.kept()[0]), (300, 300))
        self.assertIn("6 pictures kept in 'kept'", done.stdout)

    def test_good_frames_are_not_kept(self):
        images = self.images('frames', 3)
        lines = self.folder / 'lines'
        done = run_in(self.folder, 'anomaly_camera', '--model=%s' % MODEL, '--source=%s' % (images / '%03d.png'), '--headless',
                      '--jsonl=lines', '--save_defective=kept')
        self.check(done, 1, 'has ended')
        defective = sum('"verdict":"defective"' in line for line in lines.read_text().splitlines())
        self.assertLess(defective, 3)
        self.assertEqual(len(self.kept()), defective)

    def test_number_of_kept_frames_is_bounded(self):
        (self.folder / 'kept').mkdir()
        of_others = ['00000000T000000.000Z_000000_1.000.jpg', 'notes.txt']
        for name in of_others:
            (self.folder / 'kept' / name).write_text("the user's")
        done = self.record('--save_limit=2')
        self.assertEqual([name.split('_')[1] for name in self.kept() if name not in of_others], ['000004', '000005'])
        self.assertEqual([(self.folder / 'kept' / name).read_text() for name in of_others], ["the user's"] * 2)
        self.assertIn('2 pictures kept', done.stdout)

    def test_bytes_of_kept_frames_are_bounded(self):
        self.record('--save_mb=1', side=900)
        self.assertEqual([name.split('_')[1] for name in self.kept()], ['000005'])
        self.assertLess((self.folder / 'kept' / self.kept()[0]).stat().st_size, 1e6)

    def test_frame_of_more_bytes_than_are_kept(self):
        done = self.record('--save_mb=1', side=1300)
        self.assertEqual(self.kept(), [])
        self.assertEqual(done.stderr.count('the limit is 1000000'), 1)

    @unittest.skipIf(resource is None, 'needs limits of Unix')
    def test_frames_that_can_not_be_written_do_not_end_the_watch(self):
        def limit():
            signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
            resource.setrlimit(resource.RLIMIT_FSIZE, (20000, 20000))
        done = self.record(preexec_fn=limit)
        self.assertEqual(self.kept(), [])
        self.assertEqual(done.stderr.count('the watch goes on'), 1)
        self.assertIn('_000000_', done.stderr)

    @unittest.skipIf(sys.platform == 'win32', 'needs signals of Unix')
    def test_ctrl_c_ends_a_watch(self):
        frames, image = self.folder / 'frames', some('test/good/*.png', 1)[0]
        frames.mkdir()
        for i in range(1000):  # more than are judged before the signal comes
            (frames / ('%03d.png' % i)).symlink_to(image)
        with self.start('--headless', '--jsonl=-', stdout=subprocess.PIPE) as process:
            self.assertIn('"verdict"', process.stdout.readline())
            process.send_signal(signal.SIGINT)
            errors = process.communicate()[1]
        self.assertEqual(process.returncode, 0, errors)
        self.assertRegex(errors, r'\d+ frames?, \d+ defective')


if __name__ == '__main__':
    programs.PROGRAMS, programs.TEST_DATA = (pathlib.Path(a).resolve() for a in sys.argv[1:3])
    MODEL = programs.TEST_DATA / 'models' / 'brick.yml.gz'
    with tempfile.TemporaryDirectory() as folder:
        WORK = programs.WORK = pathlib.Path(folder).resolve()
        unittest.main(argv=sys.argv[:1] + sys.argv[3:], verbosity=2)
