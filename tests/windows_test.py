#!/usr/bin/env python3
# This file is part of OpenCV project.
# It is subject to the license terms in the LICENSE file found in the top-level directory
# of this distribution and at http://opencv.org/license.html.
"""What is different in Windows: names, ends of lines and devices, as the programs meet them.

windows_test.py <folder of the programs> <test_data> [<program that runs them, such as wine>]
"""
import csv
import io
import json
import pathlib
import shutil
import subprocess
import sys
import tempfile
import unittest

PROGRAMS = pathlib.Path()
TEST_DATA = pathlib.Path()
RUNNER = []
WORK = pathlib.Path()


def run(program, *arguments):
    command = RUNNER + [str(PROGRAMS / (program + '.exe'))] + [str(a) for a in arguments]
    return subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, cwd=str(WORK))


def copy_images(folder, kind='train/good', count=6):
    folder.mkdir(parents=True)
    for image in sorted((TEST_DATA / 'parts' / 'washer' / kind).glob('*.png'))[:count]:
        shutil.copy(str(image), str(folder))
    return folder


def with_backslashes(path):
    return str(path).replace('/', '\\')


def rows_of(table):
    return list(csv.DictReader(io.StringIO(table.decode('utf-8'), newline='')))


class Case(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.folder = pathlib.Path(tempfile.mkdtemp(dir=str(WORK)))
        cls.images = copy_images(cls.folder / 'images')
        cls.model = cls.folder / 'model.yml'
        done = run('anomaly_train', cls.images, '--model=%s' % cls.model, '--bank_size=100', '--input_size=64', '--rotations=1')
        assert done.returncode == 0, done.stderr

    def succeed(self, program, *arguments):
        done = run(program, *arguments)
        self.assertEqual(done.returncode, 0, done.stderr.decode('utf-8'))
        return done.stdout

    def refuse(self, words, program, *arguments):
        done = run(program, *arguments)
        self.assertEqual(done.returncode, 2, done.stderr)
        self.assertIn(words, done.stderr.decode('utf-8'))


class Names(Case):
    def test_umlauts_blanks_and_other_scripts(self):
        place = self.folder / 'Gro\u00dfe Pr\u00fcfung \u6f22\u5b57'
        images = copy_images(place / 'gute Teile')
        model, table, pictures = place / 'Modell f\u00fcr Scheiben.yml.gz', place / 'Werte \u00e4.csv', place / 'Bilder \u00f6'
        (images / '000.png').rename(images / 'wei\u00dfe 1.png')
        self.succeed('anomaly_train', images, '--model=%s' % model, '--bank_size=100', '--input_size=64', '--rotations=1')
        lines = self.succeed('anomaly_predict', images, '--model=%s' % model, '--csv=%s' % table, '--output=%s' % pictures, '--jsonl=-')
        self.assertIn('/Gro\u00dfe Pr\u00fcfung \u6f22\u5b57/gute Teile/wei\u00dfe 1.png', table.read_bytes().decode('utf-8'))
        self.assertEqual(sorted(p.name for p in pictures.iterdir())[-1], 'wei\u00dfe 1.jpg')
        self.assertEqual(len([json.loads(line) for line in lines.decode('utf-8').splitlines()]), 6)
        self.assertEqual([p.name for p in place.iterdir() if p.name.startswith('.')], [])

    def test_backslashes_and_slashes(self):
        output = self.folder / 'made' / 'of' / 'several'
        self.succeed('anomaly_predict', with_backslashes(self.images), '--model=%s' % with_backslashes(self.model),
                     '--output=%s' % (str(self.folder) + '/made\\of/several'), '--csv=%s' % with_backslashes(self.folder / 'made' / 'table.csv'))
        self.assertEqual(len(list(output.iterdir())), 6)
        self.assertTrue((self.folder / 'made' / 'table.csv').exists())

    def test_names_in_another_case_are_the_same_file(self):
        listed = self.folder / 'List.csv'
        listed.write_bytes(b'image_path\nimages/000.png\n')
        self.refuse('one of the files that are read', 'anomaly_predict', listed, '--model=%s' % self.model, '--csv=%s' % (self.folder / 'LIST.CSV'))
        self.refuse('is also what', 'anomaly_predict', self.images, '--model=%s' % self.model,
                    '--csv=%s' % (self.folder / 'both.txt'), '--jsonl=%s' % (self.folder / 'BOTH.txt'))
        self.assertEqual(listed.read_bytes(), b'image_path\nimages/000.png\n')

    def test_pictures_among_the_images_are_no_images(self):
        images = copy_images(self.folder / 'mixed')
        for _ in range(2):
            table = self.succeed('anomaly_predict', with_backslashes(images), '--model=%s' % self.model,
                                 '--output=%s' % (images / 'pictures'), '--csv=-')
            self.assertEqual(len(rows_of(table)), 6)

    def test_a_folder_or_a_name_that_cannot_be(self):
        (self.folder / 'folder.yml').mkdir()
        for name, words in (('folder.yml', 'is a folder'), ('none/model.yml', 'cannot be written'), ('what?.yml', 'cannot be written')):
            done = run('anomaly_train', self.images, '--model=%s' % (self.folder / name), '--bank_size=100', '--input_size=64')
            self.assertIn(done.returncode, (1, 2))
            self.assertIn(words, done.stderr.decode('utf-8'))


class Lines(Case):
    def test_lists_of_spreadsheets(self):
        listed = self.folder / 'list.csv'
        listed.write_bytes(b'\xef\xbb\xbfimage_path;note\r\nimages\\000.png;a\r\nimages\\001.png;b\r\n')
        table = self.succeed('anomaly_predict', listed, '--model=%s' % self.model, '--csv=-')
        self.assertEqual(len(rows_of(table)), 2)

    def test_models_with_either_end_of_lines(self):
        text = self.model.read_bytes().replace(b'\r\n', b'\n')
        scores = []
        for end in (b'\n', b'\r\n'):
            self.model.write_bytes(text.replace(b'\n', end))
            scores.append([row['score'] for row in rows_of(self.succeed('anomaly_predict', self.images, '--model=%s' % self.model, '--csv=-'))])
        self.assertEqual(len(scores[0]), 6)
        self.assertEqual(*scores)

    def test_a_table_goes_on_where_it_was_cut_off(self):
        table = self.folder / 'table.csv'
        command = ['anomaly_predict', self.images, '--model=%s' % self.model, '--csv=%s' % table]
        self.succeed(*command)
        whole = table.read_bytes()
        lines = whole.splitlines(True)
        table.write_bytes(b''.join(lines[:3]) + lines[3][:15])
        self.succeed(*command, '--resume')
        self.assertEqual(table.read_bytes(), whole)


class Devices(Case):
    def test_what_is_written_to_nul_is_lost(self):
        self.succeed('anomaly_predict', self.images, '--model=%s' % self.model, '--csv=NUL', '--jsonl=NUL')
        self.assertEqual([p.name for p in WORK.iterdir() if p.is_file()], [])

    def test_an_update_replaces_its_model(self):
        copy = self.folder / 'copy.yml'
        shutil.copy(str(self.model), str(copy))
        self.succeed('anomaly_update', copy, copy_images(self.folder / 'new', 'test/good', 3), '--output=%s' % copy)
        self.assertNotEqual(copy.read_bytes(), self.model.read_bytes())
        self.succeed('anomaly_predict', self.images, '--model=%s' % copy, '--csv=-')


if __name__ == '__main__':
    PROGRAMS, TEST_DATA, RUNNER = pathlib.Path(sys.argv[1]).resolve(), pathlib.Path(sys.argv[2]).resolve(), sys.argv[3:]
    with tempfile.TemporaryDirectory() as folder:
        WORK = pathlib.Path(folder).resolve()
        unittest.main(argv=sys.argv[:1], verbosity=2)
