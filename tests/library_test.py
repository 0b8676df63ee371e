#!/usr/bin/env python3
# This file is part of OpenCV project.
# It is subject to the license terms in the LICENSE file found in the top-level directory
# of this distribution and at http://opencv.org/license.html.
"""Tests the installed library as other programs use it: library_test.py <folder of the programs> <test_data>
<folder of the libraries> <folder of the package cv_anomaly>."""
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

import command_line_test
from command_line_test import link, run, some

LIBRARIES = pathlib.Path()
PACKAGE = pathlib.Path()
HELPER = 'opencv_anomaly_trainer'
FIT = '''
import glob, sys
import cv_anomaly as anomaly
params = anomaly.CFA_Params()
params.epochs, params.inputSize, params.validationFraction = 1, 64, 0.25
def fit():
    cfa = anomaly.CFA.create(params)
    cfa.fitFiles(sorted(glob.glob(sys.argv[1] + '/*.png'))[:8])
    return cfa
'''


def python(program, *arguments, **environment):
    """Runs a Python program that can fit."""
    environment = dict(os.environ, PYTHONPATH=str(PACKAGE), **environment)
    return subprocess.run([sys.executable, '-c', FIT + program] + [str(a) for a in arguments], stdout=subprocess.PIPE,
                          stderr=subprocess.PIPE, universal_newlines=True, env=environment)


def good_folder():
    return command_line_test.TEST_DATA / 'textures' / 'brick' / 'train' / 'good'


def has_package():
    done = python('')
    return done.returncode == 0


def is_torch_there():
    return subprocess.run([sys.executable, '-c', 'import torch'], stdout=subprocess.DEVNULL,
                          stderr=subprocess.DEVNULL).returncode == 0


class Training(unittest.TestCase):
    """LibTorch and a program that may hold another one."""

    def setUp(self):
        self.work = pathlib.Path(tempfile.mkdtemp(dir=str(command_line_test.WORK)))

    def copy_of_the_libraries(self, helper, training=True):
        folder = self.work / 'lib'
        folder.mkdir()
        for file in LIBRARIES.glob('*opencv_anomaly*'):
            is_wanted = helper if file.name.startswith(HELPER) else training or 'opencv_anomaly_train' not in file.name
            if file.is_file() and is_wanted:
                shutil.copy2(str(file), str(folder / file.name))
        return folder

    def train(self, folder, **environment):
        images = self.work / 'images'
        link(some('train/good/*.png', 6), images)
        return run('anomaly_train', images, '--model=%s' % (self.work / 'model.yml'), '--method=cfa', '--epochs=1', '--validation=0',
                   LD_LIBRARY_PATH=str(folder), **environment)

    @unittest.skipUnless(sys.platform == 'linux', 'reads /proc')
    def test_libtorch_stays_out_of_the_program(self):
        if not has_package():
            self.skipTest('there is no cv_anomaly')
        program = ('fit()\n'
                   'names = "libtorch", "anomaly_train."\n'
                   'print([line for line in open("/proc/self/maps") if any(name in line for name in names)])\n')
        done = python(program, good_folder())
        self.assertEqual((done.returncode, done.stdout.strip()), (0, '[]'), done.stderr)

    def test_without_the_helper_training_goes_on_in_the_program(self):
        with_helper = self.train(self.copy_of_the_libraries(True))
        self.assertEqual(with_helper.returncode, 0, with_helper.stderr)
        model = (self.work / 'model.yml').read_bytes()
        shutil.rmtree(str(self.work / 'lib'))
        shutil.rmtree(str(self.work / 'images'))
        without = self.train(self.copy_of_the_libraries(False))
        self.assertEqual(without.returncode, 0, without.stderr)
        self.assertEqual((self.work / 'model.yml').read_bytes(), model)

    def test_methods_that_train_nothing_do_without_the_library_of_training(self):
        folder = self.copy_of_the_libraries(False, training=False)
        done = self.train(folder)
        self.assertEqual(done.returncode, 1)
        self.assertIn('opencv_anomaly_train', done.stderr)
        for method in ('patchcore', 'padim', 'spade'):
            done = run('anomaly_train', self.work / 'images', '--model=%s' % (self.work / 'model.yml'), '--method=' + method,
                       '--validation=0', LD_LIBRARY_PATH=str(folder))
            self.assertEqual(done.returncode, 0, done.stderr)

    @unittest.skipUnless(sys.platform == 'linux', 'looks for libraries as Linux loads them')
    def test_another_libtorch_is_found_out_before_ours_is_loaded(self):
        other = self.work / 'libtorch_cpu.so'  # by its name; it is one that the program loads anyway
        shutil.copy(re.search(r'/\S*/libm[.-]\S*', pathlib.Path('/proc/self/maps').read_text()).group(), str(other))
        done = self.train(self.copy_of_the_libraries(False), LD_PRELOAD=str(other))
        if 'ASan runtime does not come first' in done.stderr:
            self.skipTest('AddressSanitizer refuses libraries that are loaded before it')
        self.assertEqual(done.returncode, 1, done.stderr)
        self.assertIn('into a process that has loaded another one, %s' % other, done.stderr)
        self.assertIn('keep the program ' + HELPER, done.stderr)
        shutil.rmtree(str(self.work / 'lib'))
        shutil.rmtree(str(self.work / 'images'))
        done = self.train(self.copy_of_the_libraries(True), LD_PRELOAD=str(other))
        self.assertEqual(done.returncode, 0, done.stderr)

    def test_torch_of_pypi_before_and_after(self):
        if not has_package() or not is_torch_there():
            self.skipTest('it needs cv_anomaly and torch in one Python')
        use = 'print(torch.ones(2, 2).sum().item())\n'
        for program in ('import torch\nfit()\n' + use, 'fit()\nimport torch\n' + use,
                        'import torch\n' + use + 'fit()\nfit()\n'):
            done = python(program, good_folder())
            self.assertEqual((done.returncode, done.stdout), (0, '4.0\n'), done.stderr)

    @unittest.skipUnless(hasattr(os, 'fork'), 'forks')
    def test_processes_that_are_forked_train_too(self):
        if not has_package():
            self.skipTest('there is no cv_anomaly')
        program = ('import os\nfit()\nchild = os.fork()\nfit()\nif not child: os._exit(0)\n'
                   'print(os.waitpid(child, 0)[1])\nfit()\n')
        done = python(program, good_folder(), OPENCV_FOR_THREADS_NUM='1')
        self.assertEqual((done.returncode, done.stdout), (0, '0\n'), done.stderr)

    @unittest.skipUnless(os.name == 'posix', 'closes descriptors')
    def test_programs_without_standard_streams_train(self):
        images = self.work / 'images'
        link(some('train/good/*.png', 6), images)
        model = self.work / 'model.yml'
        command = '"$0" "$1" --model="$2" --method=cfa --epochs=1 --validation=0 <&- >&- 2>&-'
        anomaly_train = str(command_line_test.PROGRAMS / 'anomaly_train')
        done = subprocess.run(['sh', '-c', command, anomaly_train, str(images), str(model)])
        self.assertEqual(done.returncode, 0)
        done = run('anomaly_predict', next(images.iterdir()), '--model=%s' % model, '--csv=%s' % (self.work / 't.csv'))
        self.assertEqual(done.returncode, 0, done.stderr)

    @unittest.skipUnless(sys.platform == 'linux', 'reads /proc')
    def test_no_helper_outlives_its_program(self):
        images = self.work / 'images'
        link(some('train/good/*.png', 12), images)
        command = [str(command_line_test.PROGRAMS / 'anomaly_train'), str(images), '--model=%s' % (self.work / 'model.yml'),
                   '--method=cfa', '--epochs=200']
        with subprocess.Popen(command, stderr=subprocess.PIPE, universal_newlines=True) as process:
            while not process.stderr.readline().startswith('training') and process.poll() is None:
                pass
            helpers = [pid for pid in os.listdir('/proc') if pid.isdigit() and self.parent_of(pid) == process.pid]
            process.send_signal(signal.SIGKILL)
            process.communicate()
        self.assertEqual(len(helpers), 1)
        for _ in range(600):
            if not os.path.exists('/proc/%s/exe' % helpers[0]) or self.parent_of(helpers[0]) is None:
                break
            time.sleep(0.1)
        self.assertIsNone(self.parent_of(helpers[0]))

    @staticmethod
    def parent_of(pid):
        """Of a process that runs a helper."""
        try:
            fields = pathlib.Path('/proc/%s/stat' % pid).read_text().rpartition(')')
        except (FileNotFoundError, ProcessLookupError):
            return None
        if not fields[0].endswith('(' + HELPER[:15]) or fields[2].split()[0] == 'Z':
            return None
        return int(fields[2].split()[1])


class Quickstart(unittest.TestCase):
    def test_it_installs_what_the_python_package_needs(self):
        script = (command_line_test.TEST_DATA.parent / 'tools' / 'install_packages.sh').read_text()
        wanted = re.search(r'\[build\]="([^"]*)"', script).group(1).split()
        self.assertLessEqual({'pybind11-dev', 'python3-dev', 'python3-numpy'}, set(wanted))


if __name__ == '__main__':
    with tempfile.TemporaryDirectory() as folder:
        PROGRAMS, TEST_DATA, LIBRARIES, PACKAGE = [pathlib.Path(a).resolve() for a in sys.argv[1:5]]
        command_line_test.PROGRAMS, command_line_test.TEST_DATA = PROGRAMS, TEST_DATA
        command_line_test.WORK = pathlib.Path(folder)
        unittest.main(argv=sys.argv[:1], verbosity=2)
