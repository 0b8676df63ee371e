#!/usr/bin/python3
# This file is part of OpenCV project.
# It is subject to the license terms in the LICENSE file found in the top-level directory
# of this distribution and at http://opencv.org/license.html.
"""Writes one of the paper's backbones as an ONNX file, up to the last feature map in use, with outputs c2, c3 and c4 at 1/4, 1/8 and 1/16.

The file gets its name only after its results in cv2.dnn were compared with PyTorch's. Exit codes: 0: the file was written; 1: an error;
2: wrong usage, or something must be installed or downloaded first.
"""
import argparse
import inspect
import pathlib
import pickle
import re
import shlex
import sys
import tempfile
from collections import namedtuple

PACKAGES = 'on Debian "apt-get install python3-torch python3-torchvision python3-onnx python3-opencv" and /usr/bin/python3, elsewhere ' \
           '"pip install torch torchvision onnx opencv-python"'
try:
    import cv2
    import numpy as np
    import onnx
    import torch
    import torchvision
    from onnx import helper
except ImportError as error:
    print('export_backbone.py: %s. Install what is missing: %s' % (error, PACKAGES), file=sys.stderr)
    sys.exit(2)

SIZE = 224
OPSET = 9           # OpenCV 4.6 does not read all operators of later opsets.
TOLERANCE = 1e-4    # of a map's maximum
OUTPUTS = ['c2', 'c3', 'c4']
MEAN, SCALE = '123.675,116.28,103.53', '0.01712475,0.01750700,0.01742919'

# kept: a pattern of the names of the weights in use. stages: a function that lists, for each output, the modules of a torchvision model
# that lead to it. taps: the number of last modules, for each output, whose results make it up. gamma_d: the setting that gives descriptors
# the length of the paper's.
Network = namedtuple('Network', 'kept stages taps gamma_d')


class Backbone(torch.nn.Module):
    def __init__(self, stages, taps):
        super().__init__()
        self.stages = torch.nn.ModuleList(map(torch.nn.ModuleList, stages))
        self.taps = taps

    def forward(self, x):
        maps = []
        for stage, count in zip(self.stages, self.taps):
            results = []
            for module in stage:
                x = module(x)
                results.append(x)
            maps.append(self.joined(results[-count:]))
        return maps

    def joined(self, results):
        """Joins the maps of several blocks of a scale, each divided by its number of channels."""
        if max(self.taps) == 1:
            return results[0]
        return torch.cat([result / result.shape[1] for result in results], 1)


def resnet_stages(model):
    return [[model.conv1, model.bn1, model.relu, model.maxpool, model.layer1], [model.layer2], [model.layer3]]


def vgg19_stages(model):
    """Each stage ends before the pooling to the next scale."""
    return [model.features[:26], model.features[26:39], model.features[39:52]]


def efficientnet_stages(model):
    stem, *stages = model.features
    return [[stem, *stages[0], *stages[1]], stages[2], [*stages[3], *stages[4]]]


RESNET = Network(r'(conv1|bn1|layer[123])\.', resnet_stages, (1, 1, 1), 1)
NETWORKS = {
    'resnet18': RESNET,
    'wide_resnet50_2': RESNET,
    'vgg19_bn': Network(r'features\.([0-9]|[1-4][0-9]|5[01])\.', vgg19_stages, (1, 1, 1), 1),
    'efficientnet_b5': Network(r'features\.[0-5]\.', efficientnet_stages, (5, 3, 1), 2),
}


class Failure(Exception):
    def __init__(self, text, code=1):
        super().__init__(text)
        self.code = code


def read_command_line():
    line = argparse.ArgumentParser(description=__doc__)
    line.add_argument('name', metavar='NAME', choices=list(NETWORKS), help=', '.join(NETWORKS))
    line.add_argument('output', metavar='OUTPUT.onnx', type=pathlib.Path)
    source = line.add_mutually_exclusive_group()
    source.add_argument('--weights', metavar='FILE', type=pathlib.Path,
                        help='state dict of torchvision or timm; without it torchvision downloads its own (IMAGENET1K_V1, as in the paper)')
    source.add_argument('--random', action='store_true', help='random weights, for tests of speed and memory')
    line.add_argument('--seed', type=int, help='of --random, default 0')
    options = line.parse_args()
    if options.output.suffix != '.onnx' or options.output.is_dir():
        line.error('%s: expected the name of a file that ends in .onnx' % options.output)
    if options.weights and options.weights.exists() and options.output.exists() and options.weights.samefile(options.output):
        line.error('%s: these are the weights that are read, name another file to write' % options.output)
    if options.seed is not None and not options.random:
        line.error('--seed is of use only with --random')
    return options


def downloaded_weights(name):
    weights = torchvision.models.get_model_weights(name).IMAGENET1K_V1
    try:
        return weights.get_state_dict(progress=False)
    except (OSError, RuntimeError) as error:
        raise Failure('%s cannot be downloaded (%s). Download it elsewhere and give it as --weights=FILE' % (weights.url, error), 2)


def read_weights(file):
    safe = {'weights_only': True} if 'weights_only' in inspect.signature(torch.load).parameters else {}
    try:
        weights = torch.load(file, map_location='cpu', **safe)
    except (OSError, RuntimeError, EOFError, pickle.UnpicklingError) as error:
        raise Failure('%s cannot be read (%s): expected a state dict written by torch.save' % (file, error))
    for wrapper in ('state_dict', 'model'):
        if isinstance(weights, dict) and isinstance(weights.get(wrapper), dict):
            weights = weights[wrapper]
    if not isinstance(weights, dict) or not all(isinstance(key, str) for key in weights):
        raise Failure('%s holds a %s, expected a state dict: save model.state_dict()' % (file, type(weights).__name__))
    return {re.sub(r'^module\.', '', key): value for key, value in weights.items() if isinstance(value, torch.Tensor)}


# torchvision's names, by timm's, of the layers of a block without an expansion, and of a block with one.
TIMM_FIRST = dict(conv_dw='0.0', bn1='0.1', se_conv_reduce='1.fc1', se_conv_expand='1.fc2', conv_pw='2.0', bn2='2.1')
TIMM_LATER = dict(conv_pw='0.0', bn1='0.1', conv_dw='1.0', bn2='1.1', se_conv_reduce='2.fc1', se_conv_expand='2.fc2', conv_pwl='3.0', bn3='3.1')


def torchvision_key(key):
    """Returns torchvision's name of a weight of timm's EfficientNet."""
    top = {'conv_stem': 'features.0.0', 'bn1': 'features.0.1'}
    module, _, weight = key.rpartition('.')
    block = re.match(r'blocks\.(\d+)\.(\d+)\.(.+)', module)
    if not block:
        return '%s.%s' % (top.get(module, 'timm.' + module), weight)
    stage, index, layer = block.groups()
    layers = TIMM_FIRST if stage == '0' else TIMM_LATER
    return 'features.%d.%s.block.%s.%s' % (int(stage) + 1, index, layers.get(layer.replace('.', '_'), layer), weight)


def from_timm(name, weights):
    return name == 'efficientnet_b5' and 'conv_stem.weight' in weights


def listed(names):
    names = sorted(names)
    return ', '.join(names[:8]) + (' and %d more' % (len(names) - 8) if len(names) > 8 else '')


def check_weights(name, expected, given, source):
    kept = re.compile(NETWORKS[name].kept).match
    counters = 'num_batches_tracked'
    wanted = {key for key in expected if kept(key) and not key.endswith(counters)}
    known = {key for key in given if kept(key) and not key.endswith(counters)}
    wrong = {'%s %s instead of %s' % (key, list(given[key].shape), list(expected[key].shape))
             for key in wanted & known if given[key].shape != expected[key].shape}
    problems = [(wanted - known, 'missing'), (known - wanted, 'surplus'), (wrong, 'of another shape')]
    found = ['%s: %s' % (what, listed(keys)) for keys, what in problems if keys]
    if found:
        raise Failure('%s does not fit %s; %s. Expected names as in torchvision\'s %s%s' % (
            source, name, '; '.join(found), name, ' or timm\'s tf_efficientnet_b5' if name == 'efficientnet_b5' else ''))
    return wanted


def load_weights(name, model, weights, source):
    timm = from_timm(name, weights)
    if timm:
        weights = {torchvision_key(key): value for key, value in weights.items()}
    wanted = check_weights(name, model.state_dict(), weights, source)
    model.load_state_dict({key: weights[key] for key in wanted}, strict=False)
    if timm:
        pad_as_tensorflow(model)


def pad_as_tensorflow(model):
    """Changes the padding to TensorFlow's "same", with which tf_efficientnet_b5 was trained: for even sizes it is one larger at the end."""
    for parent in list(model.features.modules()):
        for name, layer in list(parent.named_children()):
            if isinstance(layer, torch.nn.Conv2d) and layer.stride == (2, 2):
                before, after = (layer.kernel_size[0] - 2) // 2, (layer.kernel_size[0] - 1) // 2
                layer.padding = (0, 0)
                setattr(parent, name, torch.nn.Sequential(torch.nn.ZeroPad2d((before, after, before, after)), layer))


def noise(generator, images):
    """Returns images of 8-bit noise with the backbone's mean and scale applied."""
    mean, scale = (np.array(text.split(','), np.float32)[:, None, None] for text in (MEAN, SCALE))
    return (generator.integers(0, 256, (images, 3, SIZE, SIZE)).astype(np.float32) - mean) * scale


@torch.no_grad()
def normalize_activations(backbone, seed):
    """Sets the statistics of the batch norms from noise, as a training would. If they were left at 0 and 1, each residual block would
    double the variance, and EfficientNet's gates, of about 1/2, would fade the maps out."""
    for module in backbone.modules():
        if isinstance(module, torch.nn.BatchNorm2d):
            module.momentum = 1
            module.train()
    backbone(torch.from_numpy(noise(np.random.default_rng(seed), 4)))
    backbone.eval()


def make_backbone(options):
    network = NETWORKS[options.name]
    torch.manual_seed(options.seed or 0)
    model = getattr(torchvision.models, options.name)().eval()
    if not options.random:
        weights = read_weights(options.weights) if options.weights else downloaded_weights(options.name)
        load_weights(options.name, model, weights, options.weights or 'torchvision\'s file')
    backbone = Backbone(network.stages(model), network.taps).eval()
    if options.random:
        normalize_activations(backbone, options.seed or 0)
    return backbone


def attribute(node, name):
    return next((a for a in node.attribute if a.name == name), None)


def remove_identities(graph):
    """Removes Identity nodes, by which the exporter gives names to constants of equal value: OpenCV 4.6 does not read them."""
    sources = {}
    for node in [node for node in graph.node if node.op_type == 'Identity']:
        sources[node.output[0]] = sources.get(node.input[0], node.input[0])
        graph.node.remove(node)
    for node in graph.node:
        node.input[:] = [sources.get(name, name) for name in node.input]


def merge_padding(graph):
    """Moves the padding of Pad nodes into the convolutions after them, because OpenCV's layer for Pad copies the map."""
    padded = {node.output[0]: node for node in graph.node if node.op_type == 'Pad'}
    for node in graph.node:
        if node.op_type == 'Conv' and node.input[0] in padded:
            pad = padded[node.input[0]]
            borders = list(attribute(pad, 'pads').ints)
            node.input[0] = pad.input[0]
            attribute(node, 'pads').CopyFrom(helper.make_attribute('pads', borders[2:4] + borders[6:8]))
    for pad in padded.values():
        graph.node.remove(pad)


def write_onnx(backbone, file):
    # The default exporter of newer versions writes only opsets that OpenCV 4.6 does not read.
    old = {'dynamo': False} if 'dynamo' in inspect.signature(torch.onnx.export).parameters else {}
    torch.onnx.export(backbone, torch.zeros(1, 3, SIZE, SIZE), str(file), input_names=['image'], output_names=OUTPUTS, opset_version=OPSET, **old)
    model = onnx.load(str(file))
    remove_identities(model.graph)
    merge_padding(model.graph)
    model.producer_name, model.producer_version = 'export_backbone.py', ''
    onnx.checker.check_model(model)
    onnx.save(model, str(file))


@torch.no_grad()
def compare(backbone, file):
    blob = noise(np.random.default_rng(1), 1)
    net = cv2.dnn.readNetFromONNX(str(file))
    net.setPreferableBackend(cv2.dnn.DNN_BACKEND_OPENCV)
    net.setInput(blob)
    expected = [result.numpy() for result in backbone(torch.from_numpy(blob))]
    for name, want, got in zip(OUTPUTS, expected, net.forward(OUTPUTS)):
        largest = np.abs(want).max()
        difference = np.abs(want - got).max() / largest if want.shape == got.shape else np.inf
        print('%s  %s  standard deviation %.3g, cv2.dnn differs from PyTorch by %.1e of the maximum %.3g'
              % (name, 'x'.join(map(str, got.shape)), want.std(), difference, largest))
        if not difference <= TOLERANCE or not largest > 0:
            raise Failure('output %s of cv2.dnn %s is empty or differs from PyTorch\'s by more than %g: no file was written'
                          % (name, cv2.__version__, TOLERANCE))
    return sum(result.shape[1] for result in expected)


def write_checked(backbone, output):
    target = output.resolve()  # A link keeps leading to the file.
    target.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=str(target.parent)) as folder:
        beside = pathlib.Path(folder) / output.name
        try:
            write_onnx(backbone, beside)
            features = compare(backbone, beside)
        except cv2.error as error:
            raise Failure('cv2.dnn %s does not run the network: %s' % (cv2.__version__, error))
        beside.replace(target)
    return features


def main():
    options = read_command_line()
    try:
        features = write_checked(make_backbone(options), options.output)
    except (Failure, OSError) as error:
        print('export_backbone.py: %s' % error, file=sys.stderr)
        return getattr(error, 'code', 1)
    print('D   %d features of a patch' % features)
    print('Params: outputs %s, inputMean %s, inputScale %s, swapRB true' % (','.join(OUTPUTS), MEAN, SCALE))
    print('anomaly_train DATA --model=model.yml.gz --backbone=%s --mean=%s --scale=%s --gamma_d=%d'
          % (shlex.quote(str(options.output)), MEAN, SCALE, NETWORKS[options.name].gamma_d))
    return 0


if __name__ == '__main__':
    sys.exit(main())
