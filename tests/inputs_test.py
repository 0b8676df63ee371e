#!/usr/bin/env python3
# This file is part of OpenCV project.
# It is subject to the license terms in the LICENSE file found in the top-level directory
# of this distribution and at http://opencv.org/license.html.
"""Runs the command-line programs on files as users have them: inputs_test.py <folder of the programs> <test_data>."""

import base64
import json
import os
import pathlib
import random
import struct
import subprocess
import sys
import tempfile
import unittest
import zlib

import command_line_test as base

SIDE = 64
HOLE = (20, 24, 22, 18)  # x, y, width, height
# A small input and no training, since what is read is tested here.
QUICK = ('--method=cfa', '--adaptation=none', '--input_size=64')
WORK = pathlib.Path()
MODEL = pathlib.Path()

# A JPEG of the mask of HOLE: its edges are blurred, so that values around them are neither 0 nor 255.
JPEG_MASK = (
    '/9j/4AAQSkZJRgABAQAAAQABAAD/2wBDAA0JCgsKCA0LCgsODg0PEyAVExISEyccHhcgLikxMC4pLSwzOko+MzZGNywtQFdBRkxOUlNSMj5aYV'
    'pQYEpRUk//wAALCABAAEABAREA/8QAGAABAQEBAQAAAAAAAAAAAAAAAAcFBgT/xAAtEAEAAAIHBAsBAAAAAAAAAAAAAQUCAwQHERITBhc2gxUh'
    'IzEyRVWks8PSUf/aAAgBAQAAPwCYAAAAAAAACn3Mec8j7FOEJvJ47mXK+Kg5gBT7mPOeR9inCE3k8dzLlfFQcwA1JLtDNZDrdFWrQ18up2dClm'
    'y44eKEf7Fp7wdq/Vfb1X5N4O1fqvt6r8sKZTC1zW31lut9bq2itwz08sKOOEIQh1QhCHdCDygAAAAA/9k='
)


def run(program, *arguments):
    return base.run(program, *arguments)


def in_hole(x, y):
    return HOLE[0] <= x < HOLE[0] + HOLE[2] and HOLE[1] <= y < HOLE[1] + HOLE[3]


def write_part(file, seed, defective=False):
    """A photograph of a part, as a PGM whatever its name says: OpenCV reads by content."""
    noise = random.Random(seed)
    pixels = bytes(
        230 if defective and in_hole(x, y) else 80 + 3 * (x // 8 % 2) + noise.randrange(12)
        for y in range(SIDE)
        for x in range(SIDE)
    )
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_bytes(b'P5 %d %d 255\n' % (SIDE, SIDE) + pixels)


def chunk(name, content):
    return struct.pack('>I', len(content)) + name + content + struct.pack('>I', zlib.crc32(name + content))


def write_png(file, color_type, depth, pixel, palette=None, side=SIDE):
    """A PNG whose pixel at (x, y) has the bytes pixel(x, y)."""
    rows = b''.join(b'\0' + b''.join(bytes(pixel(x, y)) for x in range(side)) for y in range(side))
    header = struct.pack('>IIBBBBB', side, side, depth, color_type, 0, 0, 0)
    body = (
        chunk(b'IHDR', header)
        + (chunk(b'PLTE', bytes(palette)) if palette else b'')
        + chunk(b'IDAT', zlib.compress(rows))
    )
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_bytes(b'\x89PNG\r\n\x1a\n' + body + chunk(b'IEND', b''))


GRAY, COLOR, PALETTE, GRAY_ALPHA, COLOR_ALPHA = 0, 2, 3, 4, 6


def write_mask(file, value=255):
    write_png(file, GRAY, 8, lambda x, y: [value * in_hole(x, y)])


def make_category(
    name, good='test/good', bad='test/hole', train='train/good', masks='ground_truth/hole', ending='_mask', count=3
):
    category = WORK / name
    for i in range(count):
        write_part(category / train / ('%03d.png' % i), i)
        write_part(category / good / ('%03d.png' % i), 100 + i)
        write_part(category / bad / ('%03d.png' % i), 200 + i, True)
        if masks:
            write_mask(category / masks / ('%03d%s.png' % (i, ending)))
    return category


class Test(unittest.TestCase):
    def evaluate(self, category, *options, code=0):
        """The figures, and all that was printed."""
        figures = WORK / 'figures.json'
        figures.unlink() if figures.exists() else None
        done = run('anomaly_evaluate', category, '--model=%s' % MODEL, '--json=%s' % figures, *options)
        self.assertEqual(done.returncode, code, done.stdout + done.stderr)
        values = json.loads(figures.read_text()) if figures.exists() else {}
        values.pop('seconds_per_image', None)
        return values, done.stdout + done.stderr

    def train(self, category, *options, code=0):
        """What was printed, and how many images were learned."""
        figures = WORK / 'training.json'
        figures.unlink() if figures.exists() else None
        done = run(
            'anomaly_train',
            category,
            '--model=%s' % (WORK / 'trained.yml'),
            '--json=%s' % figures,
            *QUICK,
            '--validation=0',
            *options
        )
        self.assertEqual(done.returncode, code, done.stdout + done.stderr)
        images = json.loads(figures.read_text())['images'] if figures.exists() else 0
        return done.stdout + done.stderr, images


class DamagedImages(Test):
    def test_an_image_that_can_not_be_scored_costs_itself_only(self):
        category = make_category('damaged')
        damaged = category / 'test' / 'hole' / '001.png'
        mask = category / 'ground_truth' / 'hole' / '001_mask.png'
        kept, kept_mask = damaged.read_bytes(), mask.read_bytes()
        damaged.unlink()
        mask.unlink()
        expected = self.evaluate(category)[0]
        damaged.write_bytes(kept[:60])
        mask.write_bytes(kept_mask)
        figures, said = self.evaluate(category, code=1)
        self.assertEqual(figures, expected)
        ours = [line for line in said.splitlines() if line.startswith('anomaly_evaluate: ')]  # OpenCV has a word of its own
        self.assertEqual([line.count('hole/001.png') for line in ours], [1], said)
        self.assertIn('1 image could not be scored', said)

    def test_figures_need_images_of_both_kinds(self):
        category = make_category('damaged_all')
        for image in (category / 'test' / 'hole').iterdir():
            image.write_bytes(b'P5 64 64 255')
        said = self.evaluate(category, code=1)[1]
        self.assertIn('of the defective images none could be scored', said)
        self.assertIn('hole/000.png', said)


class Masks(Test):
    @classmethod
    def setUpClass(cls):
        cls.category = make_category('masks')
        cls.masks = cls.category / 'ground_truth' / 'hole'

    def setUp(self):
        for i in range(3):
            write_mask(self.masks / ('%03d_mask.png' % i))

    def test_all_encodings_of_a_mask_mean_the_same(self):
        expected = self.evaluate(self.category)[0]
        self.assertGreater(expected['pixel_f1'], 0.5)
        red, label = (0, 0, 255), (0, 0, 0, 128, 0, 0)
        ways = {
            'zero and one': (GRAY, 8, lambda x, y: [in_hole(x, y)]),
            'one in 16 bits': (GRAY, 16, lambda x, y: [0, in_hole(x, y)]),
            '256 in 16 bits': (GRAY, 16, lambda x, y: [in_hole(x, y), 0]),
            'color': (COLOR, 8, lambda x, y: [c * in_hole(x, y) for c in red]),
            'dark color': (COLOR, 8, lambda x, y: [0, 0, in_hole(x, y)]),
            'color in 16 bits': (COLOR, 16, lambda x, y: [0, 0, 0, 0, 0, in_hole(x, y)]),
            'palette': (PALETTE, 8, lambda x, y: [in_hole(x, y)], label),
            'opaque alpha': (GRAY_ALPHA, 8, lambda x, y: [255 * in_hole(x, y), 255]),
            'white, transparent outside': (COLOR_ALPHA, 8, lambda x, y: [255, 255, 255, 255 * in_hole(x, y)]),
        }
        for name, way in ways.items():
            for i in range(3):
                write_png(self.masks / ('%03d_mask.png' % i), *way)
            self.assertEqual(self.evaluate(self.category)[0], expected, name)
        for i, way in enumerate(list(ways.values())[:3]):
            write_png(self.masks / ('%03d_mask.png' % i), *way)
        self.assertEqual(self.evaluate(self.category)[0], expected, 'mixed')
        report = WORK / 'masks_report'
        self.evaluate(self.category, '--report=%s' % report)
        self.assertIn('ground truth', (report / 'index.html').read_text(encoding='utf-8'))

    def test_lossy_masks_are_taken_by_a_threshold_that_is_said(self):
        expected, said = self.evaluate(self.category)
        self.assertNotIn('over 127', said)  # a figure may have these digits
        (self.masks / '000_mask.png').write_bytes(base64.b64decode(JPEG_MASK))  # whatever its name says
        found, said = self.evaluate(self.category)
        self.assertIn('over 127', said)
        self.assertIn('000_mask.png', said)
        for figure in ('pixel_auroc', 'pixel_f1'):
            self.assertAlmostEqual(found[figure], expected[figure], delta=0.01)

    def test_a_defective_image_without_marked_pixels_is_named(self):
        expected = self.evaluate(self.category)[0]
        self.assertNotIn('left out', self.evaluate(self.category)[1])
        (self.masks / '001_mask.png').unlink()
        write_mask(self.masks / '001_mask.png', 0)
        found, said = self.evaluate(self.category)
        self.assertIn('hole/001.png', said)
        self.assertIn('1 defective image', said)
        self.assertEqual(found['images'], expected['images'])
        self.assertEqual(found['image_auroc'], expected['image_auroc'])
        # With its pixels counted as good ones, the hole would be so many false alarms.
        self.assertAlmostEqual(found['pixel_f1'], expected['pixel_f1'], delta=0.05)

    def test_a_mask_that_can_not_be_read_is_named(self):
        mask = self.masks / '000_mask.png'
        mask.write_text('no image')
        self.assertIn("the mask '%s'" % mask, self.evaluate(self.category, code=1)[1])
        write_png(mask, GRAY, 8, lambda x, y: [255], side=SIDE // 2)
        self.assertIn('32x32', self.evaluate(self.category, code=1)[1])


class Lists(Test):
    @classmethod
    def setUpClass(cls):
        make_category('lists')
        cls.list = WORK / 'lists' / 'list.csv'

    def write(self, text, encoding='utf-8'):
        self.list.write_bytes(text.encode(encoding))
        return self.list

    def rows(self, good='good', bad='hole', delimiter=',', slash='/'):
        """All images, without a split."""
        rows = [
            ('test/%s/%03d.png' % (kind, i), label, 'ground_truth/hole/%03d_mask.png' % i if kind == 'hole' else '')
            for kind, label in (('good', good), ('hole', bad))
            for i in range(3)
        ]
        return ''.join(delimiter.join(row).replace('/', slash) + '\n' for row in rows)

    def check(self, text, encoding='utf-8'):
        done = run('list_dataset', self.write(text, encoding))
        self.assertEqual(done.returncode, 0, done.stderr)
        rows = [line.replace(str(WORK / 'lists') + '/', '').split('\t') for line in done.stdout.splitlines()]
        good = ['test/good/%03d.png' % i for i in range(3)]
        self.assertEqual(rows[:6], [[kind, file] for kind in ('learn', 'good') for file in good], text)
        self.assertEqual(
            [row[1:] for row in rows[6:]],
            [['test/hole/%03d.png' % i, 'ground_truth/hole/%03d_mask.png' % i] for i in range(3)],
            text,
        )

    def test_a_list_gives_the_figures_of_its_folder(self):
        self.write('\ufeffImage_Path ; LABEL;Mask Path\r\n' + self.rows('OK', 'NG', ';', '\\').replace('\n', '\r\n'))
        self.assertEqual(self.train(self.list)[1], 3)
        self.assertEqual(self.evaluate(self.list)[0], self.evaluate(WORK / 'lists')[0])

    def test_heads_delimiters_encodings_and_labels(self):
        head = 'image_path,label,mask_path\n'
        self.check(head + self.rows())
        for other in (
            ' image_path, label , mask_path\n',
            'Image_Path,LABEL,Mask Path\n',
            '"image_path","label","mask_path"\n',
            'image,label,mask\n',
        ):
            self.check(other + self.rows())
        for good, bad in (
            ('Good', 'x'),
            (' normal ', 'x'),
            ('OK', 'NG'),
            ('0.0', '1.0'),
            ('False', 'True'),
            ('0', '1'),
            ('pass', 'fail'),
        ):
            self.check(head + self.rows(good, bad))
        for good, bad in (('0', '1'), ('0.0', '1.0'), ('False', 'True')):
            self.check(head.replace('label', 'label_index') + self.rows(good, bad))
        for delimiter in ';\t|':
            self.check(head.replace(',', delimiter) + self.rows(delimiter=delimiter))
        self.check(('sep=;\n' + head + self.rows()).replace(',', ';'))
        for encoding in ('utf-8-sig', 'utf-16', 'utf-16-le', 'utf-16-be'):
            self.check(head.replace(',', '\t') + self.rows(delimiter='\t'), encoding)
        self.check(head + self.rows(slash='\\'))
        self.check((head + self.rows() + ',,\n\n').replace('\n', '\r\n'))
        self.check((head + self.rows()).replace('\n', '\r'))

    def test_backslashes_name_pictures_in_folders(self):
        self.write('image_path\ntest\\good\\000.png\n')
        done = run('anomaly_predict', self.list, '--model=%s' % MODEL, '--output=%s' % (WORK / 'slashed'))
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertTrue((WORK / 'slashed/test/good/000.jpg').exists())

    def test_a_list_in_a_folder_of_its_own(self):
        (WORK / 'lists' / 'splits').mkdir()
        listed = WORK / 'lists' / 'splits' / 'images.csv'
        listed.write_text('image_path,label\n' + ''.join('test/good/%03d.png,good\n' % i for i in range(3)))
        self.assertEqual(self.train(listed)[1], 3)

    def test_splits_and_labels_are_counted(self):
        self.write(
            'image_path,label,split\n'
            + ''.join('train/good/%03d.png,good,Train\n' % i for i in range(3))
            + 'test/hole/000.png,hole,train\ntest/good/000.png,good,test\ntest/good/001.png,good,val\n'
        )
        said, learned = self.train(self.list)
        self.assertEqual(learned, 3)
        for part in ("3 good, 1 'hole'", "1 'test', 1 'val'"):
            self.assertIn(part, said)

    def test_no_defective_image_is_learned_for_want_of_a_label(self):
        for text, word in (
            ('image_path,lable\n' + self.rows().replace(',\n', '\n').replace(',ground', ' ground'), "'lable'"),
            ('image_path,class,mask_path\n' + self.rows(), "'class'"),
            ('image_path,name\ntest/hole/000.png,hole\n', "'name'"),
            (
                'image_path,mask_path\n'
                + ''.join('test/hole/%03d.png,ground_truth/hole/%03d_mask.png\n' % (i, i) for i in range(3)),
                '000_mask.png',
            ),
            (
                'image_path,label\n' + self.rows('gut', 'hole').replace(',\n', '\n').replace(',ground', ' ground'),
                "'gut'",
            ),
            ('image_path,label,label_index\ntest/good/000.png,good,1\n', 'label_index'),
            ('image_path,label_index\ntest/good/000.png,0\ntest/hole/000.png,2\n', "label_index '2' for 'test/hole/000.png', expected 0"),
            ('image_path,label,label_index\ntest/hole/000.png,hole,-1\n', "label_index '-1'"),
            ('image_path,label,Label\ntest/good/000.png,good,good\n', "two columns 'label'"),
            ('test/good/000.png,good\n', "'image_path' in its first row, which names 'test/good/000.png'"),
        ):
            said, learned = self.train(self.write(text), code=1)
            self.assertIn(word, said)
        self.write('image_path,mask_path\n' + ''.join('train/good/%03d.png,\n' % i for i in range(3)))
        self.assertEqual(self.train(self.list)[1], 3)
        good = [(i, '000' if i == 1 else '') for i in range(3)]
        rows = ['train/good/%03d.png,good,%s' % (i, 'ground_truth/hole/%s_mask.png' % mask if mask else '') for i, mask in good]
        said = self.train(self.write('image_path,label,mask_path\n' + '\n'.join(rows)))[0]
        self.assertIn("1 image is listed as good, but the mask marks a defect", said)
        self.assertIn('good/001.png', said)
        self.write('image_path,label,camera\n' + ''.join('train/good/%03d.png,good,left\n' % i for i in range(3)))
        said, learned = self.train(self.list)
        self.assertEqual(learned, 3)
        self.assertIn("'camera'", said)

    def test_what_is_no_text_is_named(self):
        self.list.write_bytes('image_path,label\n'.encode('utf-32'))
        self.assertIn('UTF-8', self.train(self.list, code=1)[0])


class Layouts(Test):
    def check(self, category, name, figures=None):
        learned = self.train(category)[1]
        self.assertEqual(learned, 3)
        found, said = self.evaluate(category)
        self.assertEqual(found, figures or self.expected, said)
        self.assertIn(name, said)

    def setUp(self):
        self.expected = self.evaluate(make_category('mvtec'))[0]
        self.assertGreater(self.expected['pixel_f1'], 0.5)

    def test_images_beside_the_folder_of_good_ones_are_not_learned(self):
        own = make_category('beside', good='good', bad='bad', train='good', masks='ground_truth/bad')
        (own / 'stray.png').write_bytes((own / 'bad/000.png').read_bytes())
        said, images = self.train(own)
        self.assertEqual(images, 3)
        self.assertIn("left out: 1 image that lies beside 'good': 'stray.png'", said.replace(str(own) + '/', ''))

    def test_layouts_of_public_data_sets(self):
        self.check(make_category('plain_names', ending=''), 'MVTec AD')
        self.check(
            make_category('upper', good='Test/OK', train='Train/OK', bad='Test/NG', masks='Ground_Truth/ng'), '3 NG'
        )
        self.check(
            make_category(
                'mvtec_ad_2', good='test_public/good', bad='test_public/bad', masks='test_public/ground_truth/bad'
            ),
            'MVTec AD 2',
        )
        self.check(
            make_category(
                '3d',
                good='test/good/rgb',
                bad='test/hole/rgb',
                train='train/good/rgb',
                masks='test/hole/gt',
                ending='',
            ),
            'MVTec 3D-AD',
        )
        self.check(
            make_category(
                'btad', good='test/ok', bad='test/ko', train='train/ok', masks='ground_truth/ko', ending=''
            ),
            'BTAD',
        )
        self.check(make_category('visa_1cls', bad='test/bad', masks='ground_truth/bad', ending=''), '3 bad')
        own = make_category('own_masks', masks='test/hole/gt')
        self.check(own, '3 hole')
        self.assertNotIn('left out', self.evaluate(own)[1])
        self.check(
            make_category(
                'visa_raw',
                good='Data/Images/Normal',
                bad='Data/Images/Anomaly',
                train='Data/Images/Normal',
                masks='Data/Masks/Anomaly',
                ending='',
            ),
            'VisA',
        )

    def test_loco_has_a_folder_of_masks_for_each_image(self):
        category = make_category('loco', bad='test/logical_anomalies', masks=None)
        for i in range(3):
            masks = category / 'ground_truth' / 'logical_anomalies' / ('%03d' % i)
            for half in (0, 1):
                write_png(
                    masks / ('%03d.png' % half), GRAY, 8, lambda x, y: [254 * (in_hole(x, y) and (x < 30) == half)]
                )
        self.check(category, 'MVTec LOCO AD')

    def test_kolektor_has_masks_beside_the_images(self):
        category = WORK / 'kolektor'
        for split, defective in (('train', (False, False, False, True)), ('test', (False,) * 3 + (True,) * 3)):
            for i, bad in enumerate(defective):
                file = category / split / ('%d.png' % (10000 + i))
                write_part(file, i if split == 'train' else 100 + i if not bad else 200 + i - 3, bad)
                write_mask(file.with_name(file.stem + '_GT.png'), 255 * bad)
        self.check(category, 'KolektorSDD2')
        self.assertIn('1 left out', self.train(category)[0])

    def test_visa_is_read_by_its_list(self):
        root = WORK / 'visa'
        category = make_category(
            'visa/candle',
            good='Data/Images/Normal',
            bad='Data/Images/Anomaly',
            train='Data/Images/Normal',
            masks='Data/Masks/Anomaly',
            ending='',
        )
        for i in range(3):
            write_part(category / 'Data/Images/Normal' / ('1%02d.png' % i), i)
        rows = ['object,split,label,image,mask']
        for i in range(3):
            rows.append('candle,train,normal,candle/Data/Images/Normal/1%02d.png,' % i)
            rows.append('candle,test,normal,candle/Data/Images/Normal/%03d.png,' % i)
            rows.append(
                'candle,test,anomaly,candle/Data/Images/Anomaly/%03d.png,candle/Data/Masks/Anomaly/%03d.png' % (i, i)
            )
            rows.append('capsules,train,normal,capsules/Data/Images/Normal/%03d.png,' % i)
        (root / 'split_csv').mkdir()
        (root / 'split_csv' / '1cls.csv').write_text('\n'.join(rows))
        self.check(category, '1cls.csv')
        self.assertIn("'candle' and 'capsules'", self.train(root / 'split_csv' / '1cls.csv', code=1)[0])

    def test_masks_that_are_not_used_are_named(self):
        category = make_category('unused_masks')
        truth = category / 'ground_truth'
        for i in range(3):
            write_mask(truth / 'good' / ('%03d_mask.png' % i), 0)
        expected, said = self.evaluate(category)
        self.assertNotIn('left out', said)
        write_mask(truth / 'hole' / '777_mask.png')
        write_mask(truth / 'crack' / '000_mask.png')
        write_mask(truth / 'loose.png')
        for i in (0, 2):
            write_mask(truth / 'good' / ('%03d_mask.png' % i))
        figures, said = self.evaluate(category)
        self.assertEqual(figures, expected)
        self.assertIn("left out: 3 masks that belong to no image: '%s', '%s' and '%s'" % (truth / 'loose.png', truth / 'crack' / '000_mask.png', truth / 'hole' / '777_mask.png'), said)
        self.assertIn("left out: 2 masks that mark a defect, in a folder of good images: '%s' and" % (truth / 'good' / '000_mask.png'), said)
        self.assertIn('good/002_mask.png', said)

    def test_what_is_left_out_is_named(self):
        category = make_category('left_out')
        (category / 'train' / 'good' / 'clip.mp4').write_bytes(b'no image')
        (category / 'test' / 'hole' / 'b.gif').write_bytes(b'GIF89a')
        write_part(category / 'test' / 'hole' / 'more' / 'deep.png', 7, True)
        write_part(category / 'test' / 'loose.png', 7, True)
        self.assertIn('clip.mp4', self.train(category)[0])
        said = self.evaluate(category)[1]
        for name in ('b.gif', 'more/deep.png', 'loose.png'):
            self.assertIn(name, said)
        (category / 'train' / 'good' / '000.png').rename(category / 'train' / 'good' / '000.JFIF')
        self.assertEqual(self.train(category)[1], 3)


class Regions(Test):
    """--mask."""

    @classmethod
    def setUpClass(cls):
        cls.category = make_category('regions')
        cls.beside, cls.around, cls.black, cls.small = (
            WORK / ('%s.png' % name) for name in ('beside', 'around', 'black', 'small')
        )
        write_png(cls.beside, GRAY, 8, lambda x, y: [x < 12])
        write_png(cls.around, GRAY, 8, lambda x, y: [x >= 12])
        write_png(cls.black, GRAY, 8, lambda x, y: [0])
        write_png(cls.small, GRAY, 8, lambda x, y: [1], side=SIDE // 2)

    def scores(self, *options):
        table = WORK / 'regions.csv'
        done = run(
            'anomaly_predict',
            self.category / 'test',
            '--model=%s' % MODEL,
            '--csv=%s' % table,
            '--output=%s' % (WORK / 'regions_overlays'),
            *options
        )
        self.assertEqual(done.returncode, 0, done.stderr)
        return [float(row.split(',')[1]) for row in table.read_text().splitlines()[1:]]

    def test_defects_outside_of_it_are_not_looked_for(self):
        whole, beside, around = (
            self.scores(),
            self.scores('--mask=%s' % self.beside),
            self.scores('--mask=%s' % self.around),
        )
        # The top share of fewer pixels is a little higher.
        for score, of_whole in zip(around[3:], whole[3:]):
            self.assertAlmostEqual(score, of_whole, delta=0.01 * of_whole)
        self.assertLess(max(beside[3:]), 0.7 * min(whole[3:]))

    def test_evaluation_counts_what_is_inside(self):
        whole = self.evaluate(self.category)[0]
        around = self.evaluate(self.category, '--mask=%s' % self.around, '--report=%s' % (WORK / 'regions_report'))[0]
        self.assertEqual(around['image_auroc'], whole['image_auroc'])
        self.assertGreater(around['pixel_f1'], 0.5)
        self.assertLess(around['pixel_auroc'], whole['pixel_auroc'])  # without the easy pixels
        beside, said = self.evaluate(self.category, '--mask=%s' % self.beside)
        self.assertNotIn('pixel_f1', beside)
        self.assertIn('3 defective images are left out', said)
        self.evaluate(self.category, '--mask=%s' % self.around, '--transform=rd')

    def test_training_learns_inside_only(self):
        bad = self.category / 'test' / 'hole'
        model = WORK / 'beside.yml'
        for name, options in (('all', []), ('beside', ['--mask=%s' % self.beside])):
            done = run(
                'anomaly_train',
                bad,
                '--model=%s' % (WORK / (name + '.yml')),
                *QUICK,
                '--validation=0',
                *options
            )
            self.assertEqual(done.returncode, 0, done.stderr)
        scores = []
        for name in ('all', 'beside'):
            done = run(
                'anomaly_predict', bad, '--model=%s' % (WORK / (name + '.yml')), '--csv=%s' % (WORK / 'inside.csv')
            )
            scores.append(float((WORK / 'inside.csv').read_text().splitlines()[1].split(',')[1]))
        self.assertGreater(scores[1], 2 * scores[0])

    def test_masks_that_can_not_be_used_are_named(self):
        said = self.train(self.category, '--mask=%s' % self.black, code=1)[0]
        self.assertIn("black.png' is all black", said)
        said = self.train(self.category, '--mask=%s' % self.small, code=1)[0]
        for part in ('000.png', '32x32', '64x64'):
            self.assertIn(part, said)
        said = self.evaluate(self.category, '--mask=%s' % self.small, code=1)[1]
        self.assertIn('000.png', said)
        self.assertIn('nothing.png', self.train(self.category, '--mask=nothing.png', code=1)[0])
        done = run(
            'anomaly_predict',
            self.category / 'test',
            '--model=%s' % MODEL,
            '--csv=%s' % (WORK / 'small.csv'),
            '--mask=%s' % self.small,
        )
        self.assertEqual(done.returncode, 1)
        self.assertIn('000.png', done.stderr)


class Bits(Test):
    """--bits."""

    def test_images_of_few_bits_are_read_and_drawn_as_those_of_8(self):
        pictures, scores = [], []
        for bits in (8, 12):
            category, model, output, table = (
                WORK / ('bits_%d%s' % (bits, part)) for part in ('', '.yml', '_overlays', '.csv')
            )
            for i in range(3):
                values = random.Random(i)
                shades = [[60 + values.randrange(40) for _ in range(SIDE)] for _ in range(SIDE)]
                factor = (2**bits - 1) / 255
                write_png(
                    category / ('%d.png' % i),
                    GRAY,
                    8 if bits == 8 else 16,
                    lambda x, y: round(shades[y][x] * factor).to_bytes(1 if bits == 8 else 2, 'big'),
                )
            self.assertEqual(
                run(
                    'anomaly_train',
                    category,
                    '--model=%s' % model,
                    *QUICK,
                    '--validation=0',
                    '--bits=%d' % bits,
                ).returncode,
                0,
            )
            done = run('anomaly_predict', category, '--model=%s' % model, '--output=%s' % output, '--csv=%s' % table)
            self.assertEqual(done.returncode, 0, done.stderr)
            pictures.append((output / '0.jpg').read_bytes())
            scores.append([row.split(',')[1] for row in table.read_text().splitlines()[1:]])
        self.assertEqual(*pictures)
        self.assertEqual(*scores)
        said = run(
            'anomaly_train', WORK / 'bits_12', '--model=%s' % model, *QUICK, '--validation=0', '--bits=10'
        ).stderr
        self.assertIn('significantBits is 10', said)
        for bits, told in ((16, True), (12, False)):
            said = run(
                'anomaly_train', WORK / 'bits_12', '--model=%s' % model, *QUICK, '--validation=0', '--bits=%d' % bits
            ).stderr
            self.assertEqual(
                said.count('if the camera gives 12 bits, set significantBits to 12'), int(told), said
            )
        for bits in (7, 17):
            self.assertEqual(
                run('anomaly_train', WORK / 'bits_12', '--model=%s' % model, '--bits=%d' % bits).returncode, 2
            )


def write_tiff(file, pages, gray=90):
    """Gray pages, one after the other."""
    content, pixels = b'II*\0\x08\0\0\0', bytes(gray + x % 5 for x in range(SIDE)) * SIDE
    for page in range(pages):
        start = len(content)
        tags = (
            (256, SIDE),
            (257, SIDE),
            (258, 8),
            (259, 1),
            (262, 1),
            (273, start + 2 + 12 * 9 + 4),
            (277, 1),
            (278, SIDE),
            (279, len(pixels)),
        )
        following = start + 2 + 12 * 9 + 4 + len(pixels) if page + 1 < pages else 0
        content += struct.pack('<H', len(tags)) + b''.join(
            struct.pack('<HHII', tag, 4, 1, value) for tag, value in tags
        )
        content += struct.pack('<I', following) + pixels
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_bytes(content)


class Shapes(Test):
    """Photographs of 120 x 60 pixels, all of one part, with a defect at the right."""

    WIDTH, HEIGHT = 120, 60
    DEFECT = (90, 10, 20, 20)  # x, y, width, height

    def is_defect(self, x, y):
        left, top, width, height = self.DEFECT
        return left <= x < left + width and top <= y < top + height

    def write(self, file, pixel):
        """A PGM, whatever its name says."""
        file.parent.mkdir(parents=True, exist_ok=True)
        pixels = bytes(pixel(x, y) for y in range(self.HEIGHT) for x in range(self.WIDTH))
        file.write_bytes(b'P5 %d %d 255\n' % (self.WIDTH, self.HEIGHT) + pixels)

    def write_part(self, file, seed, defective=False):
        noise = random.Random(seed)
        self.write(file, lambda x, y: 230 if defective and self.is_defect(x, y) else 80 + 3 * (x // 8 % 2) + noise.randrange(12))

    def category(self):
        category = WORK / 'wide'
        for i in range(4):
            self.write_part(category / 'train' / 'good' / ('%03d.png' % i), i)
            self.write_part(category / 'test' / 'good' / ('%03d.png' % i), 100 + i)
            self.write_part(category / 'test' / 'hole' / ('%03d.png' % i), 200 + i, True)
            self.write(category / 'ground_truth' / 'hole' / ('%03d_mask.png' % i), lambda x, y: 255 * self.is_defect(x, y))
        return category

    def test_the_input_has_the_shape_of_the_photographs(self):
        category, model, figures = self.category(), WORK / 'wide.yml', WORK / 'wide.json'
        for option, shape in (('--input_size=64', '96x48'), ('--input_size=64x64', '64x64'), ('--input_size=48x80', '48x80')):
            done = run('anomaly_train', category, '--method=padim', '--model=%s' % model, '--json=%s' % figures, '--validation=0', option)
            self.assertEqual(done.returncode, 0, done.stderr)
            self.assertIn(', input %s, ' % shape, done.stdout)
            self.assertEqual(json.loads(figures.read_text())['input_shape'], shape)
            done = run('anomaly_evaluate', category, '--model=%s' % model, '--json=%s' % figures)
            self.assertEqual(done.returncode, 0, done.stderr)
            found = json.loads(figures.read_text())
            self.assertEqual(found['image_auroc'], 1)
            self.assertGreater(found['pixel_auroc'], 0.95, option)


class LeftOut(Test):
    def predict(self, *inputs, code=0, **options):
        table = WORK / 'left_out.csv'
        done = run('anomaly_predict', *inputs, '--model=%s' % MODEL, '--csv=%s' % table)
        self.assertEqual(done.returncode, code, done.stdout + done.stderr)
        return table.read_text().splitlines()[1:], done.stderr

    def test_further_pages_of_a_tiff(self):
        folder = WORK / 'pages'
        for i, pages in enumerate((1, 3, 1)):
            write_tiff(folder / ('%d.tif' % i), pages, 90 + i)
        rows, said = self.predict(folder)
        self.assertEqual(len(rows), 3)
        self.assertIn('2 further pages of 1 image', said)
        self.assertIn('1.tif', said)
        self.assertIn('2 further pages', self.train(folder)[0])
        (folder / '1.tif').unlink()
        self.assertNotIn('further', self.predict(folder)[1])

    def test_files_that_are_no_images(self):
        folder = WORK / 'others'
        write_part(folder / 'a' / '0.jfif', 1)
        for name in ('clip.mp4', 'a/b.gif'):
            (folder / name).write_bytes(b'GIF89a')
        rows, said = self.predict(folder)
        self.assertEqual(len(rows), 1)
        for name in ('2 files', 'clip.mp4', 'b.gif'):
            self.assertIn(name, said)

    @unittest.skipUnless(hasattr(os, 'mkfifo'), 'named pipes are POSIX')
    def test_pipes_in_a_folder_are_not_waited_for(self):
        folder = WORK / 'pipes'
        for i in range(3):
            write_part(folder / ('%d.png' % i), i)
        write_part(WORK / 'elsewhere' / 'linked.png', 3)
        (folder / 'linked.png').symlink_to(WORK / 'elsewhere' / 'linked.png')
        os.mkfifo(str(folder / 'pipe.png'))
        (folder / 'to_pipe.png').symlink_to(folder / 'pipe.png')
        rows, said = self.predict(folder)
        self.assertEqual(len(rows), 4)
        for part in ('2 pipes, sockets or devices', "pipe.png'", "to_pipe.png'"):
            self.assertIn(part, said)
        said, learned = self.train(folder)
        self.assertEqual(learned, 4)
        self.assertIn('2 pipes, sockets or devices', said)

    def test_an_image_that_is_larger_than_opencv_reads(self):
        folder = WORK / 'large'
        write_part(folder / '0.png', 1)
        write_part(folder / '2.png', 2)
        header = struct.pack('>IIBBBBB', 40000, 40000, 8, GRAY, 0, 0, 0)
        (folder / '1.png').write_bytes(
            b'\x89PNG\r\n\x1a\n' + chunk(b'IHDR', header) + chunk(b'IDAT', zlib.compress(b'')) + chunk(b'IEND', b'')
        )
        rows, said = self.predict(folder, code=1)
        self.assertEqual([row.split(',')[3] == 'unreadable' for row in rows], [False, True, False])
        for part in ('1.png', 'OPENCV_IO_MAX_IMAGE_PIXELS'):
            self.assertIn(part, said)
            self.assertIn(part, self.train(folder, code=1)[0])
        said, learned = self.train(folder, '--skip_unreadable')
        self.assertEqual(learned, 2)
        self.assertIn("left out: 1 image that cannot be read: '%s'" % (folder / '1.png'), said)
        self.assertIn('2 of 3 images in ', said)
        (folder / '1.png').write_text('no image')
        self.assertIn('--skip_unreadable', self.train(folder, code=1)[0])

    @unittest.skipUnless(hasattr(os, 'fork'), 'permissions are POSIX')
    def test_what_may_not_be_read_has_the_systems_reason(self):
        folder = WORK / 'forbidden'
        for name in ('a/0.png', 'b/0.png', 'c/0.png', 'c/1.png'):
            write_part(folder / name, 1)
        (folder / 'b').chmod(0)
        (folder / 'c' / '0.png').chmod(0)
        WORK.chmod(0o755)
        table = WORK / 'shared' / 'forbidden.csv'
        table.parent.mkdir()
        table.parent.chmod(0o777)
        command = [str(base.PROGRAMS / 'anomaly_predict'), str(folder), '--model=%s' % MODEL, '--csv=%s' % table]
        # root may read everything
        user = dict(preexec_fn=lambda: (os.setgid(65534), os.setuid(65534))) if os.getuid() == 0 else {}
        done = subprocess.run(
            command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, universal_newlines=True, **user
        )
        (folder / 'b').chmod(0o755)
        self.assertEqual(done.returncode, 1, done.stderr)
        self.assertEqual(
            [row.split(',')[3] == 'unreadable' for row in table.read_text().splitlines()[1:]], [False, True, False]
        )
        for part in ("forbidden/b: Permission denied", "c/0.png' cannot be read: Permission denied"):
            self.assertIn(part, done.stderr)


def riff(name, content):
    return name + struct.pack('<I', len(content)) + content + b'\0' * (len(content) % 2)


def write_avi(file, frames):
    """A video of JPEGs, 25 a second."""
    main = struct.pack('<14I', 40000, 0, 0, 16, len(frames), 0, 1, 0, SIDE, SIDE, 0, 0, 0, 0)
    stream = b'vidsMJPG' + struct.pack('<10I4H', 0, 0, 0, 1, 25, 0, len(frames), 0, 0xFFFFFFFF, 0, 0, 0, SIDE, SIDE)
    image = struct.pack('<IiiHH4sIiiII', 40, SIDE, SIDE, 1, 24, b'MJPG', 3 * SIDE * SIDE, 0, 0, 0, 0)
    streams = riff(b'LIST', b'strl' + riff(b'strh', stream) + riff(b'strf', image))
    movie, index = b'movi', b''
    for frame in frames:
        index += b'00dc' + struct.pack('<III', 16, len(movie), len(frame))
        movie += riff(b'00dc', frame)
    file.write_bytes(
        riff(
            b'RIFF',
            b'AVI '
            + riff(b'LIST', b'hdrl' + riff(b'avih', main) + streams)
            + riff(b'LIST', movie)
            + riff(b'idx1', index),
        )
    )


class Videos(Test):
    @classmethod
    def setUpClass(cls):
        write_part(WORK / 'frame.png', 1)
        done = run('anomaly_predict', WORK / 'frame.png', '--model=%s' % MODEL, '--output=%s' % (WORK / 'frames'))
        assert done.returncode == 0, done.stderr
        cls.frame = (WORK / 'frames' / 'frame.jpg').read_bytes()
        cls.broken = (
            random.Random(3).randbytes(len(cls.frame))
            if hasattr(random.Random, 'randbytes')
            else b'x' * len(cls.frame)
        )

    def skip_unless_read(self, done):
        if 'no videoio module' in done.stderr:
            self.skipTest('this OpenCV reads no videos')
        if 'index was not found' in done.stderr:
            self.skipTest('without FFmpeg OpenCV opens no AVI file whose index is cut off')

    def predict(self, name, frames, code, cut=None):
        """The numbers of the frames that have a row, and all that was printed."""
        video, table = WORK / name, WORK / (name + '.csv')
        write_avi(video, frames)
        if cut:
            video.write_bytes(video.read_bytes()[:cut])
        done = run('anomaly_predict', video, '--model=%s' % MODEL, '--csv=%s' % table)
        self.skip_unless_read(done)
        self.assertEqual(done.returncode, code, done.stdout + done.stderr)
        return [int(row.split('#')[1][:6]) for row in table.read_text().splitlines()[1:]], done.stdout + done.stderr

    def test_whole_videos_pass(self):
        self.assertEqual(self.predict('whole.avi', [self.frame] * 6, 0)[0], list(range(6)))

    def test_damaged_frames_are_passed_over_and_counted(self):
        rows, said = self.predict('damaged.avi', [self.frame] * 3 + [self.broken] * 2 + [self.frame] * 4, 1)
        self.assertEqual(rows, [0, 1, 2, 5, 6, 7, 8])
        self.assertIn("damaged.avi': 2 of 9 frames", said)
        self.assertIn('2 unreadable', said)
        rows, said = self.predict('first.avi', [self.broken] + [self.frame] * 3, 1)
        self.assertEqual(len(rows), 3)
        rows, said = self.predict('last.avi', [self.frame] * 3 + [self.broken], 1)
        self.assertIn("1 of 4 frames", said)

    def watch(self, name, frames, code, *options, cut=None):
        """The numbers of the frames that anomaly_camera judged, and all that it printed on standard error."""
        video = WORK / name
        write_avi(video, frames)
        if cut:
            video.write_bytes(video.read_bytes()[:cut])
        done = run('anomaly_camera', '--source=%s' % video, '--model=%s' % MODEL, '--headless', '--jsonl=-', *options)
        self.skip_unless_read(done)
        self.assertEqual(done.returncode, code, done.stdout + done.stderr)
        return [json.loads(line)['frame'] for line in done.stdout.splitlines()], done.stderr

    def test_a_video_in_place_of_a_camera(self):
        frames, said = self.watch('watched.avi', [self.frame] * 6, 0)
        self.assertEqual(frames, list(range(6)))
        self.assertIn('6 frames, ', said)
        for word in ('has ended', 'were read'):
            self.assertNotIn(word, said)
        frames, said = self.watch('watched_damaged.avi', [self.frame] * 3 + [self.broken] * 2 + [self.frame] * 4, 1)
        self.assertEqual(frames, [0, 1, 2, 5, 6, 7, 8])
        self.assertIn("watched_damaged.avi' 7 of 9 frames were read", said)
        (WORK / 'no_video.avi').write_bytes(b'no video')
        done = run('anomaly_camera', '--source=%s' % (WORK / 'no_video.avi'), '--model=%s' % MODEL, '--headless', '--jsonl=-')
        self.assertEqual(done.returncode, 1)
        self.assertIn("no_video.avi' cannot be opened", done.stderr)
        frames, said = self.watch('watched_cut.avi', [self.frame] * 8, 1, cut=4 * len(self.frame))
        self.assertLess(len(frames), 5)
        self.assertIn("%d of 8 frames were read" % len(frames), said)

    def test_a_video_that_was_cut_off(self):
        rows, said = self.predict('cut.avi', [self.frame] * 8, 1, cut=4 * len(self.frame))
        self.assertLess(len(rows), 5)
        self.assertIn('of 8 frames', said)


if __name__ == '__main__':
    base.PROGRAMS, base.TEST_DATA = (pathlib.Path(a).resolve() for a in sys.argv[1:3])
    with tempfile.TemporaryDirectory() as folder:
        WORK = base.WORK = pathlib.Path(folder)
        MODEL = WORK / 'model.yml.gz'
        make_category('learned')
        done = run('anomaly_train', WORK / 'learned', '--model=%s' % MODEL, *QUICK, '--validation=0')
        assert done.returncode == 0, done.stderr
        unittest.main(argv=sys.argv[:1] + sys.argv[3:], verbosity=2)
