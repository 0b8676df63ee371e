#!/usr/bin/env python3
# This file is part of OpenCV project.
# It is subject to the license terms in the LICENSE file found in the top-level directory
# of this distribution and at http://opencv.org/license.html.
"""Runs the command line programs as a user would: command_line_test.py <folder of the programs> <test_data>."""
import csv
import json
import math
import os
import pathlib
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import unittest

OPTIONS = {
    'anomaly_train': 'model method backbone input tile rotations bits contrast scoring_bank_size gamma_c gamma_d epochs batch seed validation quantile contamination defect_area mask json outputs mean scale input_size '
                 'resize_size tile_overlap embed_backbone adaptation init augmentation patience bank bank_momentum scoring_bank score learning_rate skip_unreadable cache_mb checkpoint '
                 'image_score top_share bank_size pool_size patch_stride window projection precision whitening axes neighbors features reduction regularization device threads help version',
    'anomaly_evaluate': 'model mask backbone json report compare calibrate image_threshold pixel_threshold transform seed device threads help version',
    'anomaly_predict': 'model mask backbone output csv jsonl resume min_area raw device threads help version',
    'anomaly_update': 'output thresholds_only mask backbone device threads help version',
    'anomaly_export': 'output size colors layout map batch backbone for name storage help version',
    'anomaly_camera': 'model mask backbone source reconnect headless jsonl save_defective save_limit save_mb device threads help version',
    'anomaly_benchmark': 'model random method backbone precision scoring_bank_size gamma_c gamma_d bank_size patch_stride window neighbors features outputs mean scale input_size images batch callers runs engine train device threads json help version',
}
# Of each method: options that make a small model in little time.
METHODS = {'patchcore': ['--bank_size=400', '--input_size=128'],
           'cfa': ['--adaptation=none', '--gamma_c=0.1', '--scoring_bank_size=100', '--gamma_d=0.1', '--input_size=128'], 'padim': ['--features=20', '--input_size=128'],
           'spade': ['--neighbors=5', '--input_size=128']}
PROGRAMS = pathlib.Path()
TEST_DATA = pathlib.Path()
WORK = pathlib.Path()


def run(program, *arguments, **environment):
    command = [str(PROGRAMS / program)] + [str(a) for a in arguments]
    return subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, universal_newlines=True,
                          errors='replace', env=dict(os.environ, **environment))  # OpenCV quotes bytes of damaged files


def link(files, folder):
    folder.mkdir(parents=True, exist_ok=True)
    for file in files:
        (folder / file.name).symlink_to(file)


def some(pattern, count):
    return sorted((TEST_DATA / 'textures' / 'brick').glob(pattern))[:count]


def make_category(name, masks=True):
    """A small category of links."""
    category = WORK / name
    link(some('train/good/*.png', 12), category / 'train' / 'good')
    link(some('test/good/*.png', 4), category / 'test' / 'good')
    for kind in ('hole', 'stain'):
        link(some('test/%s/*.png' % kind, 3), category / 'test' / kind)
        if masks:
            link(some('ground_truth/%s/*.png' % kind, 3), category / 'ground_truth' / kind)
    return category


def train(category, model, *options):
    """Without LibTorch a model that adapts nothing is enough for the programs that only predict."""
    done = run('anomaly_train', category, '--model=%s' % model, '--method=cfa', '--epochs=1', *options)
    if done.returncode and 'opencv_anomaly_train' in done.stderr:
        print('skipped: training, since this build has none (%s)' % done.stderr.strip())
        done = run('anomaly_train', category, '--model=%s' % model, '--method=cfa', '--epochs=1', '--adaptation=none', *options)
    return done


class Usage(unittest.TestCase):
    def check(self, done, code, *words):
        self.assertEqual(done.returncode, code, done.stderr)
        for word in words:
            self.assertIn(str(word), done.stderr)

    def test_help_names_all_options(self):
        for program, options in OPTIONS.items():
            done = run(program, '--help')
            self.check(done, 0)
            self.assertIn('Usage: ' + program, done.stdout)
            self.assertEqual(sorted(set(re.findall(r'^  --(\w+)', done.stdout, re.M))), sorted(options.split()), program)

    def test_version_tells_what_the_build_consists_of(self):
        texts = {run(program, '--version').stdout for program in OPTIONS}
        self.assertEqual(len(texts), 1)
        self.assertRegex(texts.pop(), r'opencv_anomaly \d+\.\d+\.\d+\nOpenCV: +\d+\.\d+\.\d+.*\n'
                         r'kernels: .*\nbackbone: .*\ntraining: .*\ntargets: +CPU.*\nprocessor: .*\n$')

    def test_unknown_option_is_refused(self):
        for program in OPTIONS:
            self.check(run(program, '--epochz=3'), 2, program + ': ', '--epochz')
            self.check(run(program, '-x'), 2, '-x')

    def test_missing_arguments_are_named(self):
        self.check(run('anomaly_train', '--model=m.yml'), 2, '<images>')
        self.check(run('anomaly_train', WORK), 2, '--model')
        self.check(run('anomaly_evaluate', '--model=m.yml'), 2, '<category>')
        self.check(run('anomaly_predict', '--model=m.yml', '--output=o'), 2, '<image|folder|video|csv>')
        self.check(run('anomaly_predict', 'a.png', '--model=m.yml'), 2, '--output', '--csv')
        self.check(run('anomaly_predict', 'a.png', '--model=m.yml', '--output=o', '--resume'), 2, '--resume', '--csv')
        self.check(run('anomaly_predict', 'a.png', '--model=m.yml', '--csv=t.csv', '--raw'), 2, '--raw', '--output')
        self.check(run('anomaly_export', '--output=m.onnx', '--size=64x64'), 2, '<model>')
        self.check(run('anomaly_export', 'm.yml', '--size=64x64'), 2, '--output')
        self.check(run('anomaly_export', 'm.yml', '--output=m.onnx'), 2, '--size')
        self.check(run('anomaly_export', 'm.yml', '--output=o', '--size=64x64', '--for=kserve'), 2, '--storage')
        self.check(run('anomaly_camera'), 2, '--model')
        self.check(run('anomaly_benchmark'), 2, '--random')

    def test_help_goes_from_what_is_common_to_what_is_rare(self):
        text = run('anomaly_train', '--help').stdout
        headings = re.findall(r'^(\S.*):$', text, re.M)
        self.assertEqual(headings, ['Options, with their defaults'] + ['Options of --method=%s' % name for name in METHODS] +
                         ['For an ONNX backbone', 'For experiments, options of --method=cfa', 'For this machine', 'Examples'])
        sections = dict(zip(headings, re.split(r'^\S.*:$', text, flags=re.M)[1:]))
        for heading, option in (('Options, with their defaults', 'validation'), ('Options of --method=cfa', 'scoring_bank_size'),
                                ('Options of --method=patchcore', 'bank_size'), ('Options of --method=padim', 'reduction'),
                                ('Options of --method=spade', 'patch_stride'), ('For an ONNX backbone', 'input_size'),
                                ('For experiments, options of --method=cfa', 'adaptation'), ('For this machine', 'device')):
            self.assertIn('  --%s=' % option, sections[heading])
        self.assertIn('[1]', re.search(r'--neighbors(?:.|\n)*?(?=\n  --)', sections['Options of --method=patchcore']).group())
        self.assertIn('[50]', re.search(r'--neighbors(?:.|\n)*', sections['Options of --method=spade']).group())

    def test_options_of_another_method_are_refused_by_name(self):
        for option, owners, method in (('--gamma_c=1', 'cfa', 'patchcore'), ('--epochs=1', 'cfa', 'padim'),
                                       ('--checkpoint=c.yml', 'cfa', 'spade'), ('--features=9', 'padim', 'cfa'),
                                       ('--bank_size=9', 'patchcore', 'spade'), ('--neighbors=9', 'patchcore, spade', 'padim'),
                                       ('--patch_stride=9', 'patchcore, padim, spade', 'cfa')):
            words = '%s is an option of --method=%s, not of %s' % (option.split('=')[0], owners, method)
            for arguments in (['--method=' + method, option], [option, '--method=' + method]):
                self.check(run('anomaly_train', WORK, '--model=m.yml', *arguments), 2, words)
        self.check(run('anomaly_train', WORK, '--model=m.yml', '--epochs=9'), 2, 'of --method=cfa, not of patchcore')
        self.check(run('anomaly_benchmark', '--random', '--method=spade', '--gamma_c=1'), 2, 'of --method=cfa, not of spade')

    def test_options_with_two_values_are_refused(self):
        said = '--method is given twice, as --method=padim and as --method=spade'
        for more in ([], ['--features=20'], ['--threads=1', '--threads=1']):
            self.check(run('anomaly_train', WORK, '--model=m.yml', '--method=padim', *more, '--method=spade'), 2, said)
        self.check(run('anomaly_predict', 'a.png', '--csv=a.csv', '--model=m.yml', '--csv=b.csv'), 2, '--csv is given twice, as --csv=a.csv and as --csv=b.csv')
        self.check(run('anomaly_predict', '/no/a.png', '--csv=a.csv', '--model=m.yml', '--csv=a.csv'), 1, '/no/a.png')

    def test_unknown_method_is_refused(self):
        for program in (('anomaly_train', WORK, '--model=m.yml'), ('anomaly_benchmark', '--random')):
            for method in ('knn', 'CFA', ''):
                self.check(run(*program, '--method=' + method), 2, '--method=')
            self.check(run(*program, '--method=knn'), 2, 'patchcore, cfa, padim, spade')
            self.check(run(*program, '--method'), 2, '--method')

    def test_surplus_argument_is_refused(self):
        self.check(run('anomaly_train', 'a', 'b', '--model=m.yml'), 2, "'b'")

    def test_malformed_values_are_refused(self):
        for option in ('--epochs=abc', '--epochs=12abc', '--epochs=1.5', '--epochs=-1', '--epochs=', '--epochs', '--gamma_c=0,5', '--gamma_c=nan',
                       '--mean=1,2', '--mean=1,2,x', '--input=square', '--batch=0', '--threads=0', '--seed=99999999999', '--skip_unreadable=1',
                       '--input_size=', '--input_size=0', '--input_size=1.5', '--input_size=-64', '--input_size=64x', '--input_size=x64', '--input_size=64X64',
                       '--input_size=64x64x64', '--input_size=64x0', '--input_size= 64', '--input_size=9999999'):
            self.check(run('anomaly_train', WORK, '--model=m.yml', '--method=cfa', option), 2, option.split('=')[0])

    def test_malformed_values_of_an_export_are_refused(self):
        for option in ('--size=64', '--size=64x', '--size=0x64', '--size=-8x64', '--size=64x64x3', '--size=', '--colors=BGR', '--layout=hwc', '--batch=-1',
                       '--for=torch', '--map=small'):
            self.check(run('anomaly_export', 'm.yml', '--output=m.onnx', *(['--size=64x64'] if 'size' not in option else []), option), 2, option.split('=')[0])
        for name in ('Parts', 'a_b', '-a', 'a-', '1a', 'a/b', 'a' * 64):
            self.check(run('anomaly_export', 'm.yml', '--output=o', '--size=64x64', '--for=triton', '--name=' + name), 2, '--name')
        self.check(run('anomaly_export', 'm.yml', '--output=o', '--size=64x64', '--name=a'), 2, '--name')
        self.check(run('anomaly_export', 'm.yml', '--output=o', '--size=64x64', '--for=kserve', '--storage=a"b'), 2, '--storage')

    def test_values_out_of_range_are_refused(self):
        category = TEST_DATA / 'textures' / 'brick'
        for method, option, field in (('cfa', '--gamma_c=7', 'gammaC'), ('patchcore', '--neighbors=65', 'K'),
                                      ('padim', '--regularization=0', 'regularization'), ('spade', '--patch_stride=257', 'patchStride'), ('padim', '--input_size=8', 'inputSize'),
                                      ('spade', '--input_size=20x300', 'inputShape is 20x300')):
            self.check(run('anomaly_train', category, '--model=%s' % (WORK / 'm.yml'), '--method=' + method, option), 2, field)

    def test_padim_takes_no_rotations(self):
        self.check(run('anomaly_train', TEST_DATA / 'textures' / 'brick', '--model=%s' % (WORK / 'm.yml'), '--method=padim', '--rotations=4'), 2,
                   'rotations is 4', 'compares each position')

    def test_areas_that_are_none_are_refused(self):
        for area in ('-2', '-0.5', 'nan', 'all'):
            self.check(run('anomaly_predict', 'a.png', '--model=m.yml', '--csv=t.csv', '--min_area=' + area), 2, '--min_area=%s: expected ' % area)

    def test_tiles_are_squares(self):
        self.check(run('anomaly_train', TEST_DATA / 'textures' / 'brick', '--model=%s' % (WORK / 'm.yml'), '--tile=64', '--input_size=96x64'), 2,
                   'inputShape is 96x64 with tile 64', 'tiles are squares')

    def test_missing_files_are_named(self):
        self.check(run('anomaly_train', '/no/folder', '--model=%s' % (WORK / 'm.yml')), 1, '/no/folder')
        self.check(run('anomaly_evaluate', '/no/category', '--model=m.yml'), 1, '/no/category')
        for program in ('anomaly_train', 'anomaly_evaluate'):
            self.check(run(program, '/no/list.csv', '--model=%s' % (WORK / 'm.yml')), 1, "there is no file '/no/list.csv'")
            image = some('test/good/*.png', 1)[0]
            self.check(run(program, image, '--model=%s' % (WORK / 'm.yml')), 1, "'%s' is neither a folder nor a list" % image)
        self.check(run('anomaly_predict', '/no/image.png', '--model=m.yml', '--output=o'), 1, '/no/image.png')
        self.check(run('anomaly_predict', WORK, '--model=/no/model.yml', '--output=%s' % (WORK / 'o')), 1)
        self.check(run('anomaly_benchmark', '--model=/no/model.yml'), 1, '/no/model.yml')
        self.check(run('anomaly_export', '/no/model.yml', '--output=m.onnx', '--size=64x64'), 1, '/no/model.yml')

    def test_model_name_is_checked_before_training(self):
        category = TEST_DATA / 'textures' / 'brick'
        self.check(run('anomaly_train', category, '--model=%s' % (WORK / 'model.txt')), 2, '.yml')
        self.check(run('anomaly_train', category, '--model=/no/folder/model.yml'), 1, '/no/folder/model.yml')

    def test_models_that_are_folders_are_named(self):
        image, category, folder = some('test/good/*.png', 1)[0], TEST_DATA / 'textures' / 'brick', WORK / 'folder_as_model'
        folder.mkdir()
        for command in (('anomaly_predict', image, '--csv=%s' % (WORK / 't.csv'), '--model=%s' % folder), ('anomaly_evaluate', category, '--model=%s' % folder),
                        ('anomaly_evaluate', category, '--model=%s' % (TEST_DATA / 'models' / 'brick.yml.gz'), '--compare=%s' % folder),
                        ('anomaly_update', folder, category, '--output=%s' % (WORK / 'm.yml')), ('anomaly_benchmark', '--model=%s' % folder),
                        ('anomaly_export', folder, '--size=64x64', '--output=%s' % (WORK / 'm.onnx'))):
            self.check(run(*command), 1, "'%s' is a folder, expected a model file" % folder)
        self.check(run('anomaly_train', category, '--model=%s' % folder), 1, "--model: '%s' is a folder" % folder)
        self.assertEqual(os.listdir(str(folder)), [])

    def test_folder_without_images(self):
        empty = WORK / 'empty'
        empty.mkdir()
        (empty / 'readme.txt').write_text('no image')
        self.check(run('anomaly_train', empty, '--model=%s' % (WORK / 'm.yml')), 1, empty)

    def test_device_that_is_not_there(self):
        model = TEST_DATA / 'models' / 'brick.yml.gz'
        image = some('test/good/*.png', 1)[0]
        self.check(run('anomaly_predict', image, '--model=%s' % model, '--output=%s' % (WORK / 'o'), '--device=gpu'), 2, '--device', 'cuda_fp16')
        if pathlib.Path('/proc/driver/nvidia').exists():
            self.skipTest('this machine has an NVIDIA driver')
        commands = (('anomaly_predict', image, '--model=%s' % model, '--output=%s' % (WORK / 'o')),
                    ('anomaly_evaluate', TEST_DATA / 'textures' / 'brick', '--model=%s' % model),
                    ('anomaly_train', TEST_DATA / 'textures' / 'brick', '--model=%s' % (WORK / 'on_cuda.yml'), '--method=cfa', '--adaptation=none'),
                    ('anomaly_benchmark', '--model=%s' % model, '--runs=1'))
        for device, target in (('cuda', 'DNN_TARGET_CUDA'), ('cuda_fp16', 'DNN_TARGET_CUDA_FP16')):
            for command in commands:
                self.check(run(*command, '--device=' + device), 1, target + ' is not available', 'NVIDIA driver')
        self.assertFalse((WORK / 'on_cuda.yml').exists())

    def test_camera_without_display(self):
        environment = {k: v for k, v in os.environ.items() if k not in ('DISPLAY', 'WAYLAND_DISPLAY')}
        done = subprocess.run([str(PROGRAMS / 'anomaly_camera'), '--model=m.yml'], stderr=subprocess.PIPE, universal_newlines=True, env=environment)
        self.check(done, 2, 'display')


class EndToEnd(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.category = make_category('category')
        cls.model = WORK / 'model.yml.gz'
        done = train(cls.category, cls.model, '--json=%s' % (WORK / 'train.json'))
        assert done.returncode == 0, done.stderr

    def succeed(self, *command):
        done = run(*command)
        self.assertEqual(done.returncode, 0, done.stderr)
        return done

    def test_train_writes_what_it_did(self):
        values = json.loads((WORK / 'train.json').read_text())
        self.assertEqual((values['images'], values['method']), (12, 'cfa'))
        self.assertEqual(values['epochs'], 1)
        self.assertEqual(values['gamma_c'], 0.25)
        for key in ('seconds', 'image_threshold', 'pixel_threshold', 'radius'):
            self.assertGreater(values[key], 0, key)
        self.assertIn('loss', values)

    def test_each_method_learns_predicts_and_is_measured(self):
        own = {'cfa': 'centers', 'patchcore': 'patches', 'padim': 'features', 'spade': 'neighbors'}
        for method, options in METHODS.items():
            with self.subTest(method):
                model, figures, table = (WORK / (method + end) for end in ('.yml.gz', '.json', '.csv'))
                done = self.succeed('anomaly_train', self.category, '--model=%s' % model, '--method=' + method,
                                    '--json=%s' % figures, *options)
                self.assertRegex(done.stdout, r'12 images in \d:\d\d, .*image threshold')
                values = json.loads(figures.read_text())
                self.assertEqual((values['method'], values['images']), (method, 12))
                for key in ('seconds_features', 'seconds_thresholds', 'image_threshold', 'pixel_threshold', own[method]):
                    self.assertGreater(values[key], 0, key)
                self.assertEqual('gamma_c' in values, method == 'cfa')
                self.succeed('anomaly_evaluate', self.category, '--model=%s' % model, '--json=%s' % figures,
                             '--report=%s' % (WORK / (method + '_report')))
                values = json.loads(figures.read_text())
                self.assertEqual(values['method'], method)
                self.assertGreater(values['pixel_auroc'], 0.7)
                hole = self.category / 'test' / 'hole'
                self.succeed('anomaly_predict', hole, '--model=%s' % model, '--csv=%s' % table, '--output=%s' % (WORK / method))
                self.assertEqual(len(table.read_text().splitlines()), 4)
                self.assertEqual(len(list((WORK / method).glob('*.jpg'))), 3)
                if method == 'spade':
                    done = run('anomaly_export', model, '--size=64x48', '--output=%s' % (WORK / 'spade.onnx'))
                    self.assertEqual((done.returncode, (WORK / 'spade.onnx').exists()), (1, False))
                    self.assertIn('SPADE cannot be exported to ONNX: its bank', done.stderr)
                else:
                    self.succeed('anomaly_export', model, '--size=64x48', '--output=%s' % (WORK / (method + '.onnx')))
                    self.assertGreater((WORK / (method + '.onnx')).stat().st_size, 1 << 20)
                self.succeed('anomaly_benchmark', '--model=%s' % model, '--runs=2', '--json=%s' % figures)
                values = json.loads(figures.read_text())
                self.assertEqual(values['method'], method)
                self.assertEqual('gemm' in values, method in ('cfa', 'patchcore'))

    def test_export_for_servers(self):
        model = TEST_DATA / 'models' / 'brick.yml.gz'
        repository, ovms, kserve = (WORK / name for name in ('repository', 'ovms', 'kserve'))
        for folder, server, options in ((repository, 'triton', ['--layout=nchw', '--batch=4']), (ovms, 'ovms', ['--name=bricks-2']),
                                        (kserve, 'kserve', ['--storage=s3://bucket/models', '--map=input', '--batch=1'])):
            done = self.succeed('anomaly_export', model, '--size=64x48', '--output=%s' % folder, '--for=' + server, *options)
            files = sorted(str(file) for file in folder.rglob('*') if file.is_file())
            self.assertEqual(sorted(done.stdout.split()), files)
        config = (repository / 'brick' / 'config.pbtxt').read_text()
        for line in ('name: "brick"', 'max_batch_size: 4', 'dims: [ 3, 48, 64 ]', 'dims: [ 48, 64 ]', 'reshape { shape: [ ] }', 'dynamic_batching { }'):
            self.assertIn(line, config)
        self.assertTrue((repository / 'brick' / '1' / 'model.onnx').exists())
        served = json.loads((ovms / 'config.json').read_text())['model_config_list'][0]['config']
        self.assertEqual((served['name'], (ovms / served['base_path'] / '1' / 'model.onnx').exists()), ('bricks-2', True))
        self.assertIn('storageUri: "s3://bucket/models"', (kserve / 'inference_service.yaml').read_text())
        config = (kserve / 'models' / 'brick' / 'config.pbtxt').read_text()
        for line in ('max_batch_size: 0', 'dims: [ 1, 48, 64, 3 ]', 'dims: [ 1, 224, 224 ]'):
            self.assertIn(line, config)
        self.assertNotIn('dynamic_batching', config)
        # The list of another model stays.
        done = run('anomaly_export', model, '--size=64x48', '--output=%s' % ovms, '--for=ovms')
        self.assertEqual(done.returncode, 1, done.stderr)
        self.assertIn('config.json', done.stderr)
        self.assertIn('bricks-2', (ovms / 'config.json').read_text())

    def test_benchmark_makes_models_of_each_method(self):
        for method, options in METHODS.items():
            with self.subTest(method):
                times = WORK / 'method_times.json'
                train = [] if method == 'cfa' else ['--train']  # that of cfa needs LibTorch, and has its own test
                sizes = [option for option in options if not option.startswith('--adaptation')]
                self.succeed('anomaly_benchmark', '--random', '--method=' + method, '--runs=2', '--json=%s' % times, *sizes, *train)
                values = json.loads(times.read_text())
                self.assertEqual(values['method'], method)
                for key in ['whole', 'backbone', 'bytes'] + ['train_backbone'] * len(train):
                    self.assertGreater(values[key], 0, key)
                self.assertLess(values['difference'], 1e-4)

    def test_failed_training_keeps_the_old_model(self):
        model = WORK / 'kept.yml'
        model.write_text('old')
        broken = WORK / 'broken'
        link(some('train/good/*.png', 3), broken)
        (broken / 'cut.PNG').write_text('no image')
        done = run('anomaly_train', broken, '--model=%s' % model, '--method=cfa', '--adaptation=none')
        self.assertEqual(done.returncode, 1)
        self.assertIn('cut.PNG', done.stderr)
        self.assertEqual(model.read_text(), 'old')
        self.succeed('anomaly_train', broken, '--model=%s' % model, '--method=cfa', '--adaptation=none', '--skip_unreadable', '--validation=0')
        self.assertGreater(model.stat().st_size, 1000)

    @unittest.skipIf(os.name == 'nt', 'signals are POSIX')
    def test_interrupted_training_leaves_no_model(self):
        model = WORK / 'interrupted.yml'
        command = [str(PROGRAMS / 'anomaly_train'), str(self.category), '--model=%s' % model, '--method=cfa', '--adaptation=none', '--validation=0', '--cache_mb=0']
        with subprocess.Popen(command, stderr=subprocess.PIPE, universal_newlines=True) as process:
            process.stderr.readline()  # a line of the first stage
            process.send_signal(signal.SIGINT)
            errors = process.communicate()[1]
        self.assertEqual(process.returncode, 1, errors)
        self.assertIn('anomaly_train: stopped', errors)
        self.assertFalse(model.exists())

    def interrupt(self, command, stage, presses, environment):
        """Presses Ctrl-C once the stage has begun; the exit code and what was printed."""
        with subprocess.Popen(command, stderr=subprocess.PIPE, universal_newlines=True, env=environment) as process:
            printed = line = ''
            while not line.startswith(stage) and process.poll() is None:
                line = process.stderr.readline()
                printed += line
            process.send_signal(signal.SIGINT)
            if presses == 2:
                status = pathlib.Path('/proc/%d/status' % process.pid)  # the second one counts when the first was taken
                while process.poll() is None and int(re.search('SigCgt:\t(.*)', status.read_text()).group(1), 16) & 2:
                    pass
                process.send_signal(signal.SIGINT)
            return process, printed + process.communicate()[1]

    @unittest.skipUnless(sys.platform == 'linux', 'reads /proc')
    def test_interrupted_training_leaves_nothing_at_any_stage(self):
        images, folder, temporary = (WORK / ('stages' + part) for part in ('_images', '_models', '_temporary'))
        for made in (images, folder, temporary):
            made.mkdir()
        for number, file in enumerate(2 * some('train/good/*.png', 12)):
            (images / ('%d.png' % number)).symlink_to(file)
        model = folder / 'model.yml'
        adaptation = json.loads((WORK / 'train.json').read_text())['adaptation']
        command = [str(PROGRAMS / 'anomaly_train'), str(images), '--model=%s' % model, '--method=cfa', '--adaptation=%s' % adaptation, '--validation=0.5',
                   '--cache_mb=0', '--gamma_c=0.05', '--epochs=4']
        environment = dict(os.environ, OPENCV_TEMP_PATH=str(temporary))
        for stage, presses in (('features', 1), ('bank', 1), ('training', 1), ('thresholds', 1), ('features', 2)):
            if adaptation == 'none' and stage in ('bank', 'training'):
                continue
            for _ in range(5):  # on a busy machine Ctrl-C may come when all is done, or before it is pressed again
                model.write_text('old')
                process, printed = self.interrupt(command, stage, presses, environment)
                if process.returncode == (1 if presses == 1 else -signal.SIGINT):
                    break
            self.assertEqual(process.returncode, 1 if presses == 1 else -signal.SIGINT, printed)
            if presses == 1:
                self.assertIn('anomaly_train: stopped; no model was written', printed)
            self.assertEqual(model.read_text(), 'old', stage)
            self.assertEqual([os.listdir(str(folder)), os.listdir(str(temporary))], [['model.yml'], []], stage)

    @unittest.skipIf(os.name == 'nt', 'signals are POSIX')
    def test_interrupted_training_goes_on_at_its_checkpoint(self):
        if json.loads((WORK / 'train.json').read_text())['adaptation'] == 'none':
            self.skipTest('this build has no LibTorch')
        whole, model, checkpoint, figures = (WORK / name for name in ('whole.yml', 'resumed.yml', 'checkpoint.yml.gz', 'resumed.json'))
        options = ['--method=cfa', '--epochs=6', '--validation=0', '--threads=1', '--json=%s' % figures]
        self.succeed('anomaly_train', self.category, '--model=%s' % whole, *options)
        expected = json.loads(figures.read_text())
        command = [str(PROGRAMS / 'anomaly_train'), str(self.category), '--model=%s' % model, '--checkpoint=%s' % checkpoint] + options
        with subprocess.Popen(command, stderr=subprocess.PIPE, universal_newlines=True) as process:
            while not checkpoint.exists() and process.poll() is None:
                time.sleep(0.01)
            process.send_signal(signal.SIGINT)
            errors = process.communicate()[1]
        self.assertEqual(process.returncode, 1, errors)
        self.assertIn('the same command goes on', errors)
        self.assertFalse(model.exists())
        self.succeed(*(['anomaly_train'] + command[1:]))
        self.assertFalse(checkpoint.exists())
        self.assertEqual(model.read_bytes(), whole.read_bytes())
        values = json.loads(figures.read_text())
        for key in ('losses', 'radii', 'learning_rates'):
            self.assertEqual(len(values[key]), 6)
            self.assertEqual(values[key], expected[key])

    def test_evaluate_on_random_views(self):
        figures = []
        for options in ([], ['--transform=rd'], ['--transform=rd', '--seed=1'], ['--transform=rd', '--seed=1']):
            file = WORK / 'views.json'
            self.succeed('anomaly_evaluate', self.category, '--model=%s' % self.model, '--json=%s' % file, *options)
            figures.append(json.loads(file.read_text())['pixel_auroc'])
        self.assertEqual(figures[2], figures[3])
        self.assertEqual(len(set(figures)), 3)
        done = run('anomaly_evaluate', self.category, '--model=%s' % self.model, '--transform=rd', '--report=%s' % (WORK / 'views'))
        self.assertEqual(done.returncode, 2, done.stderr)

    def test_predict_writes_pictures_and_table(self):
        output, table = WORK / 'overlays', WORK / 'scores.csv'
        self.succeed('anomaly_predict', self.category / 'test', '--model=%s' % self.model, '--output=%s' % output, '--csv=%s' % table, '--raw')
        images = sorted(p.relative_to(self.category / 'test') for p in (self.category / 'test').rglob('*.png'))
        for suffix in ('.jpg', '.tiff'):
            self.assertEqual(sorted(p.relative_to(output) for p in output.rglob('*' + suffix)), [p.with_suffix(suffix) for p in images])
        rows = list(csv.reader(table.read_text().splitlines()))
        self.assertEqual(rows[0], ['file', 'score', 'normalized score', 'verdict', 'model'])
        self.assertEqual([row[0] for row in rows[1:]], [str(self.category / 'test' / p) for p in images])
        for _, score, normalized, verdict, _ in rows[1:]:
            self.assertGreater(float(score), 0)
            self.assertEqual(verdict, 'defective' if float(normalized) >= 0.5 else 'good')

    def test_predict_goes_on_after_an_unreadable_image(self):
        folder, output, table = WORK / 'mixed', WORK / 'mixed_overlays', WORK / 'mixed.csv'
        link(some('test/good/*.png', 2), folder / 'a')
        (folder / 'a' / '000,"x".png').write_text('no image')
        done = run('anomaly_predict', folder, '--model=%s' % self.model, '--output=%s' % output, '--csv=%s' % table)
        self.assertEqual(done.returncode, 1)
        self.assertIn('000,"x".png', done.stderr)
        rows = list(csv.reader(table.read_text().splitlines()))[1:]
        self.assertEqual([row[3] == 'unreadable' for row in rows], [True, False, False])
        self.assertEqual(rows[0][:3], [str(folder / 'a' / '000,"x".png'), '', ''])

    def test_predict_goes_on_by_its_table(self):
        folder, table, output = WORK / 'long', WORK / 'long.csv', WORK / 'long_overlays'
        link(some('test/good/*.png', 7), folder)
        command = ['anomaly_predict', folder, '--model=%s' % self.model, '--csv=%s' % table]
        whole = self.succeed(*command).stdout
        rows = table.read_text().splitlines(True)
        self.assertEqual(len(rows), 8)
        # Cut off within the fourth image's row, and the score of the first changed to see that it stays.
        first = rows[1].split(',')
        rows[1] = ','.join([first[0], '77'] + first[2:])
        table.write_text(''.join(rows[:4]) + rows[4][:20])
        again = self.succeed(*command, '--resume', '--output=%s' % output)
        self.assertEqual(table.read_text(), ''.join(rows))
        self.assertEqual(again.stdout.split(';')[0], whole.split(';')[0])
        self.assertEqual(len(list(output.glob('*.jpg'))), 4)
        self.assertEqual(os.path.getsize(str(table)), len(''.join(rows)))
        self.succeed(*command, '--resume')
        self.assertEqual(table.read_text(), ''.join(rows))
        self.succeed(*command)
        self.assertNotIn(',77,', table.read_text())

    def test_predict_outlines_large_defects_only(self):
        image = some('test/hole/*.png', 1)[0]
        pictures = []
        for area in (0, 10**9):
            output = WORK / ('area_%d' % area)
            self.succeed('anomaly_predict', image, '--model=%s' % self.model, '--output=%s' % output, '--min_area=%d' % area)
            pictures.append((output / '000.jpg').read_bytes())
        self.assertNotEqual(*pictures)

    def test_categories_and_lists_as_csv(self):
        rows = [['image_path', 'label', 'split', 'mask_path']]
        for split, kind in (('train', 'good'), ('test', 'good'), ('test', 'hole'), ('test', 'stain')):
            for file in sorted((self.category / split / kind).iterdir()):
                mask = self.category / 'ground_truth' / kind / (file.stem + '_mask.png')
                rows.append([str(file.relative_to(WORK)), kind, split, str(mask.relative_to(WORK)) if mask.exists() else ''])
        listed = WORK / 'category, listed.csv'

        def write(rows):
            with open(str(listed), 'w', newline='') as stream:
                csv.writer(stream).writerows(rows)

        write(rows)
        figures = []
        for category in (self.category, listed):
            model, values = WORK / 'listed.yml.gz', WORK / 'listed.json'
            done = train(category, model, '--adaptation=none')
            self.assertEqual(done.returncode, 0, done.stderr)
            self.succeed('anomaly_evaluate', category, '--model=%s' % model, '--json=%s' % values)
            figures.append(json.loads(values.read_text()))
            figures[-1].pop('seconds_per_image')
        self.assertEqual(*figures)
        table = WORK / 'listed_scores.csv'
        self.succeed('anomaly_predict', listed, '--model=%s' % self.model, '--csv=%s' % table)
        self.assertEqual(len(table.read_text().splitlines()), len(rows))
        (WORK / 'lists').mkdir()
        outside, pictures = WORK / 'lists' / 'outside.csv', WORK / 'listed_pictures'
        outside.write_text('image_path\n../category/test/hole/000.png\n%s\n' % (self.category / 'test' / 'hole' / '000.png'))
        self.succeed('anomaly_predict', outside, '--model=%s' % self.model, '--output=%s' % pictures)
        self.assertEqual(sorted(p.name for p in pictures.iterdir()), ['000.jpg', '000_2.jpg'])
        for change, word in ((lambda r: r[:1], 'has no good image'), (lambda r: r[:-1] + [r[-1][:2]], 'row %d' % len(rows)),
                             (lambda r: [['file'] + r[0][1:]] + r[1:], "'image_path'"), (lambda r: r[:1] + [r[1][:1] + [''] + r[1][2:]], 'has no label')):
            write(change(rows))
            done = run('anomaly_train', listed, '--model=%s' % (WORK / 'm.yml'))
            self.assertEqual(done.returncode, 1)
            self.assertIn(word, done.stderr)

    def test_predict_keeps_equal_names_apart(self):
        for name in ('p', 'q'):
            link(some('test/good/*.png', 1), WORK / 'equal' / name)
        (WORK / 'equal' / 'p' / 'up').symlink_to(WORK / 'equal')  # a circle
        shutil.copy(str(some('test/good/*.png', 1)[0]), str(WORK / 'equal' / 'p' / '000.PNG'))
        files = [WORK / 'equal' / name / '000.png' for name in 'pq']
        for given, pictures in ((['equal/p', 'equal/q'], 4), (files, 2)):
            output = WORK / ('equal_%d' % pictures)
            self.succeed('anomaly_predict', *[WORK / g for g in given], '--model=%s' % self.model, '--output=%s' % output)
            self.assertEqual(len(list(output.rglob('*.jpg'))), pictures)

    def test_evaluate_writes_figures_and_report(self):
        figures, report = WORK / 'figures.json', WORK / 'report'
        done = self.succeed('anomaly_evaluate', self.category, '--model=%s' % self.model, '--json=%s' % figures, '--report=%s' % report)
        for word in ('all', 'hole', 'stain', 'AUPRO', 'AUPIMO'):
            self.assertIn(word, done.stdout)
        values = json.loads(figures.read_text())
        self.assertEqual(values['images'], 10)
        self.assertEqual((values.pop('transform'), values.pop('method')), ('none', 'cfa'))
        for key in ('image_auroc', 'pixel_auroc', 'aupro', 'aupimo', 'image_f1', 'pixel_f1'):
            self.assertTrue(0 <= values[key] <= 1, key)
        for key in ('image_threshold', 'pixel_threshold', 'seconds_per_image'):
            self.assertGreater(values[key], 0, key)
        self.assertTrue(all(isinstance(v, (int, float)) and math.isfinite(v) for v in values.values()))
        page = (report / 'index.html').read_text(encoding='utf-8')
        self.assertEqual(os.listdir(str(report)), ['index.html'])
        self.assertIsNone(re.search(r'https?:|url\(|<link|<script src|src=[\'"](?!data:)', page))
        self.assertIn('data:image/jpeg;base64,', page)
        self.assertIn('viewport', page)

    def test_evaluate_writes_the_best_thresholds(self):
        figures, calibrated = WORK / 'best.json', WORK / 'calibrated.yml'
        self.succeed('anomaly_evaluate', self.category, '--model=%s' % self.model, '--json=%s' % figures, '--calibrate=%s' % calibrated)
        best = json.loads(figures.read_text())
        self.succeed('anomaly_evaluate', self.category, '--model=%s' % calibrated, '--json=%s' % figures)
        again = json.loads(figures.read_text())
        self.assertNotEqual(best['model_image_f1'], best['image_f1'])
        for kind in ('image', 'pixel'):
            self.assertAlmostEqual(again['model_%s_f1' % kind], best['%s_f1' % kind], 6)
            self.assertEqual(again['%s_threshold' % kind], best['%s_threshold' % kind])
        overlay = WORK / 'calibrated_overlay'
        self.succeed('anomaly_predict', some('test/hole/*.png', 1)[0], '--model=%s' % calibrated, '--output=%s' % overlay)
        self.assertEqual(run('anomaly_evaluate', self.category, '--model=%s' % self.model, '--calibrate=x.txt').returncode, 2)

    def test_evaluate_writes_given_thresholds(self):
        figures, given = WORK / 'given.json', WORK / 'given.yml'
        self.succeed('anomaly_evaluate', self.category, '--model=%s' % self.model, '--json=%s' % figures)
        before = json.loads(figures.read_text())
        done = self.succeed('anomaly_evaluate', self.category, '--model=%s' % self.model, '--image_threshold=0', '--calibrate=%s' % given)
        self.assertIn('image, given', done.stdout)
        self.assertIn('With the given threshold 0 of 6 defective images are missed, and 4 of 4 good ones called defective', done.stdout)
        self.succeed('anomaly_evaluate', self.category, '--model=%s' % given, '--json=%s' % figures)
        after = json.loads(figures.read_text())
        self.assertEqual((after['model_image_threshold'], after['model_pixel_threshold']), (0, before['model_pixel_threshold']))
        self.succeed('anomaly_evaluate', self.category, '--model=%s' % self.model, '--pixel_threshold=0.1234567890123', '--json=%s' % figures)
        self.assertEqual(json.loads(figures.read_text())['model_pixel_threshold'], 0.1234567890123)

    def test_evaluate_refuses_thresholds_that_are_none(self):
        for name in ('image', 'pixel'):
            for value in ('nan', 'inf', '-0.1', '1e999', '1,5', 'high', ' 1'):
                done = run('anomaly_evaluate', self.category, '--model=%s' % self.model, '--%s_threshold=%s' % (name, value), '--calibrate=%s' % (WORK / 'refused.yml'))
                self.assertEqual(done.returncode, 2)
                self.assertIn('--%s_threshold=%s: expected a number from 0' % (name, value), done.stderr)
        self.assertFalse((WORK / 'refused.yml').exists())

    def test_evaluate_compares_two_models(self):
        other, figures, report = WORK / 'compared.yml', WORK / 'compared.json', WORK / 'compared_report'
        self.succeed('anomaly_train', self.category, '--method=padim', *METHODS['padim'], '--model=%s' % other)
        alone = []
        for model in (self.model, other):
            self.succeed('anomaly_evaluate', self.category, '--model=%s' % model, '--json=%s' % figures)
            alone.append(json.loads(figures.read_text()))
        done = self.succeed('anomaly_evaluate', self.category, '--model=%s' % self.model, '--compare=%s' % other, '--json=%s' % figures, '--report=%s' % report)
        self.assertIn('compared.yml:', done.stdout)
        values = json.loads(figures.read_text())
        for key, first in alone[0].items():
            if key != 'seconds_per_image':
                self.assertEqual(values[key], first, key)
        for key, second in alone[1].items():
            if key not in ('images', 'good_images', 'transform', 'seed', 'seconds_per_image'):
                self.assertEqual(values['compared_' + key], second, key)
        page = (report / 'index.html').read_text(encoding='utf-8')
        self.assertIn('<h2>Two models</h2>', page)
        done = run('anomaly_evaluate', self.category, '--model=%s' % self.model, '--compare=%s' % (WORK / 'nowhere.yml'))
        self.assertEqual(done.returncode, 1)
        self.assertIn('nowhere.yml', done.stderr)

    def test_evaluate_compares_what_both_can_score(self):
        """An image that one of the models cannot score is left out for both, and named."""
        category, figures = make_category('unequal'), WORK / 'unequal.json'
        (category / 'test' / 'good' / 'damaged.png').write_bytes(b'no picture')
        done = run('anomaly_evaluate', category, '--model=%s' % self.model, '--compare=%s' % self.model, '--json=%s' % figures)
        self.assertEqual(done.returncode, 1)
        self.assertEqual(done.stderr.count('damaged.png'), 1)
        values = json.loads(figures.read_text())
        self.assertEqual((values['images'], values['image_auroc']), (10, values['compared_image_auroc']))

    def test_evaluate_without_masks(self):
        category, figures, report = make_category('maskless', masks=False), WORK / 'maskless.json', WORK / 'maskless_report'
        done = self.succeed('anomaly_evaluate', category, '--model=%s' % self.model, '--json=%s' % figures, '--report=%s' % report)
        self.assertIn('no masks', done.stdout)
        values = json.loads(figures.read_text())
        self.assertIn('image_auroc', values)
        self.assertFalse([key for key in values if 'pixel' in key or key in ('aupro', 'aupimo')])
        self.assertTrue((report / 'index.html').exists())

    def test_evaluate_with_too_few_good_pixels_for_aupimo(self):
        category, figures = make_category('one_good'), WORK / 'one_good.json'
        for file in sorted((category / 'test' / 'good').iterdir())[1:]:
            file.unlink()
        done = self.succeed('anomaly_evaluate', category, '--model=%s' % self.model, '--json=%s' % figures)
        self.assertIn('needs 100000 pixels of good images', done.stdout)
        values = json.loads(figures.read_text())
        self.assertIn('aupro', values)
        self.assertNotIn('aupimo', values)

    def test_evaluate_names_what_is_missing(self):
        category = make_category('one_mask_less')
        mask = next((category / 'ground_truth' / 'stain').iterdir())
        mask.unlink()
        done = run('anomaly_evaluate', category, '--model=%s' % self.model)
        self.assertEqual(done.returncode, 1)
        self.assertIn('ground_truth/stain/' + mask.name, done.stderr)
        shutil.rmtree(str(category / 'test' / 'good'))
        done = run('anomaly_evaluate', category, '--model=%s' % self.model)
        self.assertEqual(done.returncode, 1)
        self.assertIn('test/good', done.stderr)

    def test_benchmark_times_all_stages(self):
        for source in ('--random', '--model=%s' % self.model):
            times = WORK / 'times.json'
            self.succeed('anomaly_benchmark', source, '--runs=2', '--batch=2', '--threads=1', '--json=%s' % times)
            values = json.loads(times.read_text())
            for key in ('preprocess', 'descriptor', 'search', 'map'):
                self.assertGreaterEqual(values[key], 0, key)
            for key in ('whole', 'backbone', 'gemm'):
                self.assertGreater(values[key], 0, key)
            self.assertLess(values['difference'], 1e-4)

    def test_benchmark_times_a_training(self):
        if json.loads((WORK / 'train.json').read_text())['adaptation'] == 'none':
            self.skipTest('this build has no LibTorch')
        times = WORK / 'training.json'
        self.succeed('anomaly_benchmark', '--random', '--method=cfa', '--train', '--gamma_c=0.05', '--runs=2', '--json=%s' % times)
        values = json.loads(times.read_text())
        for key in ('train_step', 'train_backbone'):
            self.assertGreater(values[key], 0, key)
        self.assertEqual(run('anomaly_benchmark', '--model=%s' % self.model, '--train').returncode, 2)

    def test_benchmark_predicts_a_folder_of_images(self):
        images = TEST_DATA / 'textures/brick/test'
        self.succeed('anomaly_benchmark', '--model=%s' % self.model, '--images=%s' % images, '--runs=2', '--callers=2')
        empty = WORK / 'no_images'
        empty.mkdir()
        done = run('anomaly_benchmark', '--model=%s' % self.model, '--images=%s' % empty)
        self.assertEqual(done.returncode, 1)
        self.assertIn('no_images', done.stderr)


if __name__ == '__main__':
    PROGRAMS, TEST_DATA = (pathlib.Path(a).resolve() for a in sys.argv[1:3])
    with tempfile.TemporaryDirectory() as folder:
        WORK = pathlib.Path(folder)
        unittest.main(argv=sys.argv[:1] + sys.argv[3:], verbosity=2)
