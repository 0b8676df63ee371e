#!/usr/bin/env python3
# This file is part of OpenCV project.
# It is subject to the license terms in the LICENSE file found in the top-level directory
# of this distribution and at http://opencv.org/license.html.
"""Runs misc/export_backbone.py with random weights: export_backbone_test.py <folder of the programs> <root of the project>."""
import hashlib
import pathlib
import re
import subprocess
import sys
import tempfile
import unittest

PROGRAMS = pathlib.Path()
SCRIPT = pathlib.Path()
WORK = pathlib.Path()
SKIPPED = 77  # for ctest


def export(*arguments):
    return subprocess.run([sys.executable, str(SCRIPT)] + [str(a) for a in arguments], stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                          universal_newlines=True)


def digest(file):
    return hashlib.sha256(file.read_bytes()).hexdigest()


def saved(file, weights):
    import torch
    torch.save(weights, str(WORK / file))
    return WORK / file


def resnet18(seed=0):
    import torch
    import torchvision
    torch.manual_seed(seed)
    return torchvision.models.resnet18().state_dict()


def timm_names(keys):
    """timm's EfficientNet has the weights in torchvision's order, under its own names."""
    squeeze = ['se.conv_reduce', 'se.conv_expand']
    first, later = ['conv_dw', 'bn1', *squeeze, 'conv_pw', 'bn2'], ['conv_pw', 'bn1', 'conv_dw', 'bn2', *squeeze, 'conv_pwl', 'bn3']
    layers = ['conv_stem', 'bn1']
    for stage, blocks in enumerate((3, 5, 5, 7, 7)):
        layers += ['blocks.%d.%d.%s' % (stage, block, layer) for block in range(blocks) for layer in (later if stage else first)]
    own = list(dict.fromkeys(key.rpartition('.')[0] for key in keys))
    names = dict(zip(own, layers))
    return {key: '%s.%s' % (names[key.rpartition('.')[0]], key.rpartition('.')[2]) for key in keys}


class Export(unittest.TestCase):
    def succeed(self, *arguments):
        done = export(*arguments)
        self.assertEqual(done.returncode, 0, done.stderr)
        return done.stdout

    def fail_with(self, code, words, *arguments):
        done = export(*arguments)
        self.assertEqual(done.returncode, code, done.stdout + done.stderr)
        self.assertNotIn('Traceback', done.stderr)
        for word in words:
            self.assertIn(str(word), done.stderr)

    def left(self):
        return sorted(file.name for file in WORK.glob('refused*'))

    def check_network(self, name, channels, gamma_d):
        file = WORK / (name + '.onnx')
        printed = self.succeed(name, file, '--random', '--seed=3')
        for output, count, size in zip(('c2', 'c3', 'c4'), channels, (56, 28, 14)):
            self.assertRegex(printed, r'(?m)^%s +1x%dx%dx%d ' % (output, count, size, size))
        self.assertRegex(printed, r'(?m)^D +%d ' % sum(channels))
        self.assertIn('--backbone=%s --mean=123.675,116.28,103.53 --scale=0.01712475,0.01750700,0.01742919 --gamma_d=%s\n' % (file, gamma_d), printed)
        for largest in re.findall(r'maximum (\S+)', printed):
            self.assertTrue(0.01 < float(largest) < 100, printed)
        self.check_file(file, channels)
        self.check_in_detector(file)

    def check_file(self, file, channels):
        """Not by the words of the script."""
        import cv2
        import numpy as np
        net = cv2.dnn.readNetFromONNX(str(file))
        self.assertEqual(sorted(net.getUnconnectedOutLayersNames())[-1], 'c4')
        net.setInput(np.random.default_rng(0).normal(size=(1, 3, 224, 224)).astype(np.float32))
        for got, count, size in zip(net.forward(['c2', 'c3', 'c4']), channels, (56, 28, 14)):
            self.assertEqual(got.shape, (1, count, size, size))
            self.assertTrue(np.isfinite(got).all() and got.std() > 0)

    def check_in_detector(self, file):
        done = subprocess.run([str(PROGRAMS / 'anomaly_benchmark'), '--random', '--method=cfa', '--backbone=%s' % file, '--gamma_d=1', '--gamma_c=0.05', '--runs=2'],
                              stdout=subprocess.PIPE, stderr=subprocess.PIPE, universal_newlines=True)
        self.assertEqual(done.returncode, 0, done.stderr)

    def test_resnet18(self):
        self.check_network('resnet18', (64, 128, 256), 1)

    def test_efficientnet_b5(self):
        self.check_network('efficientnet_b5', (200, 192, 176), 2)

    def test_the_seed_decides(self):
        digests = []
        for seed in (1, 1, 2):
            self.succeed('resnet18', WORK / 'seed.onnx', '--random', '--seed=%d' % seed)
            digests.append(digest(WORK / 'seed.onnx'))
        self.assertEqual(digests[0], digests[1])
        self.assertNotEqual(digests[0], digests[2])

    def test_weights_of_a_file_are_those_of_the_network(self):
        import cv2
        import numpy as np
        import torch
        import torchvision
        model = torchvision.models.resnet18().eval()
        weights = saved('plain.pth', model.state_dict())
        self.succeed('resnet18', WORK / 'plain.onnx', '--weights=%s' % weights)
        image = np.random.default_rng(1).normal(size=(1, 3, 224, 224)).astype(np.float32)
        net = cv2.dnn.readNetFromONNX(str(WORK / 'plain.onnx'))
        net.setInput(image)
        with torch.no_grad():
            want = model.layer2(model.layer1(model.maxpool(model.relu(model.bn1(model.conv1(torch.from_numpy(image))))))).numpy()
        self.assertLess(np.abs(net.forward('c3') - want).max(), 1e-4 * np.abs(want).max())

    def test_wrapped_and_prefixed_weights_give_the_same_file(self):
        weights = resnet18()
        prefixed = {'module.' + key: value for key, value in weights.items()}
        digests = set()
        for number, form in enumerate((weights, {'state_dict': weights, 'epoch': 3}, {'model': prefixed})):
            file = WORK / ('form%d.onnx' % number)
            self.succeed('resnet18', file, '--weights=%s' % saved('form.pth', form))
            digests.add(digest(file))
        self.assertEqual(len(digests), 1)

    def test_names_of_timm_are_known(self):
        """With another padding, so that the files differ in that alone."""
        import onnx
        import torchvision
        own = {key: value for key, value in torchvision.models.efficientnet_b5().state_dict().items() if re.match(r'features\.[0-5]\.', key)}
        names = timm_names(own)
        weights = {'own': own, 'timm': {names[key]: value for key, value in own.items()}}
        graphs = []
        for layout in weights:
            self.succeed('efficientnet_b5', WORK / (layout + '.onnx'), '--weights=%s' % saved('b5.pth', weights[layout]))
            graphs.append(onnx.load(str(WORK / (layout + '.onnx'))).graph)
        constants = [sorted(tensor.raw_data for tensor in graph.initializer) for graph in graphs]
        self.assertEqual(constants[0], constants[1])
        pads = [[list(a.ints) for node in graph.node if node.op_type == 'Conv' for a in node.attribute if a.name == 'pads'] for graph in graphs]
        self.assertEqual([[0, 0, 1, 1], [0, 0, 1, 1], [1, 1, 2, 2], [0, 0, 1, 1]], [theirs for mine, theirs in zip(*pads) if mine != theirs])

    def test_weights_that_do_not_fit_are_refused(self):
        refused = WORK / 'refused.onnx'
        weights = resnet18()
        fewer = {key: value for key, value in weights.items() if key != 'layer2.0.conv1.weight'}
        deeper = dict(weights, **{'layer1.2.conv1.weight': weights['layer1.1.conv1.weight']})
        wider = dict(weights, **{'conv1.weight': weights['conv1.weight'].repeat(2, 1, 1, 1)})
        for wrong, words in ((fewer, ['missing', 'layer2.0.conv1.weight']), (deeper, ['surplus', 'layer1.2.conv1.weight']),
                             (wider, ['shape', '[128, 3, 7, 7]']), ([1, 2], ['state dict'])):
            self.fail_with(1, words, 'resnet18', refused, '--weights=%s' % saved('wrong.pth', wrong))
        (WORK / 'noise.pth').write_bytes(b'no weights')
        self.fail_with(1, ['noise.pth'], 'resnet18', refused, '--weights=%s' % (WORK / 'noise.pth'))
        self.fail_with(1, ['absent.pth'], 'resnet18', refused, '--weights=%s' % (WORK / 'absent.pth'))
        self.assertEqual(self.left(), [])

    def test_network_that_goes_wrong_is_not_written(self):
        import torch
        weights = resnet18()
        weights['layer1.0.bn1.weight'] = torch.full_like(weights['layer1.0.bn1.weight'], float('nan'))
        self.fail_with(1, ['c2'], 'resnet18', WORK / 'refused.onnx', '--weights=%s' % saved('nan.pth', weights))
        self.assertEqual(self.left(), [])

    def test_usage(self):
        file = WORK / 'refused.onnx'
        for words, arguments in ((['resnet19'], ['resnet19', file]), (['OUTPUT'], ['resnet18']), (['.onnx'], ['resnet18', WORK / 'refused.yml']),
                                 (['--seed'], ['resnet18', file, '--seed=1']), (['--random'], ['resnet18', file, '--weights=w.pth', '--random']),
                                 (['--seed'], ['resnet18', file, '--random', '--seed=x'])):
            self.fail_with(2, words, *arguments)
        self.assertEqual(self.left(), [])

    def test_weights_are_not_replaced(self):
        with tempfile.TemporaryDirectory() as folder:
            weights, link = pathlib.Path(folder) / 'weights.onnx', pathlib.Path(folder) / 'link.onnx'
            weights.write_text('weights')
            link.symlink_to(weights.name)
            for output in (weights, link):
                self.fail_with(2, ['weights'], 'resnet18', output, '--weights=%s' % weights)
            self.assertEqual(weights.read_text(), 'weights')


def missing_package():
    probe = subprocess.run([sys.executable, '-c', 'import torch, torchvision, onnx, cv2'], stdout=subprocess.DEVNULL, stderr=subprocess.PIPE,
                           universal_newlines=True)
    return probe.stderr.strip().rpartition('\n')[2] if probe.returncode else ''


if __name__ == '__main__':
    PROGRAMS, root = (pathlib.Path(a).resolve() for a in sys.argv[1:3])
    SCRIPT = root / 'modules' / 'anomaly' / 'misc' / 'export_backbone.py'
    missing = missing_package()
    if missing:
        print('skipped: export_backbone.py needs torch, torchvision, onnx and cv2 of Python (%s: %s)' % (sys.executable, missing))
        sys.exit(SKIPPED)
    with tempfile.TemporaryDirectory() as folder:
        WORK = pathlib.Path(folder)
        unittest.main(argv=sys.argv[:1] + sys.argv[3:], verbosity=2)
