#!/usr/bin/env python3
# This file is part of OpenCV project.
# It is subject to the license terms in the LICENSE file found in the top-level directory
# of this distribution and at http://opencv.org/license.html.
"""Prints a table of images per second on one GPU: of gpu_benchmark, and of the same prediction in PyTorch, eager and compiled. Then times
training steps. The candidates run in turn.

Weights, banks and images are random, because speed does not depend on them. Needs torch, torchvision, onnx, numpy and cv2, like
misc/export_backbone.py. tools/cuda.sh installs them.
"""
import argparse
import importlib.util
import json
import pathlib
import statistics
import subprocess
import sys
import tempfile
import time
from collections import namedtuple

import torch
import torch.nn.functional as F
from torch import nn

ROOT = pathlib.Path(__file__).resolve().parent.parent
SIDE, GRID, NEIGHBORS = 224, 56, 3


def module_of(file):
    spec = importlib.util.spec_from_file_location(file.stem, str(file))
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


class Lite0(nn.Module):
    """EfficientNet-Lite0 up to the expansion of block 10. As in the embedded network, the outputs are the expansions of blocks 3, 5 and 10."""
    STAGES = ((1, 3, 1, 16, 1), (6, 3, 2, 24, 2), (6, 5, 2, 40, 2), (6, 3, 2, 80, 3), (6, 5, 1, 112, 3))  # expansion, kernel, stride, channels, blocks

    def __init__(self):
        super().__init__()
        self.stem = self.convolution(3, 32, 3, stride=2)
        self.expansions, self.rests, self.shortcuts = nn.ModuleList(), nn.ModuleList(), []
        channels = 32
        for expansion, kernel, first_stride, out, blocks in self.STAGES:
            for block in range(blocks):
                stride, wide = first_stride if block == 0 else 1, channels * expansion
                self.expansions.append(self.convolution(channels, wide, 1) if expansion > 1 else nn.Identity())
                self.rests.append(nn.Sequential(self.convolution(wide, wide, kernel, stride, wide), nn.Conv2d(wide, out, 1)))
                self.shortcuts.append(stride == 1 and channels == out)
                channels = out

    @staticmethod
    def convolution(inputs, outputs, kernel, stride=1, groups=1):
        return nn.Sequential(nn.Conv2d(inputs, outputs, kernel, stride, kernel // 2, groups=groups), nn.ReLU6())

    def forward(self, x):
        x, maps = self.stem(x), []
        for block in range(11):
            wide = self.expansions[block](x)
            if block in (3, 5, 10):
                maps.append(wide)
            if block < 10:
                x = self.rests[block](wide) + (x if self.shortcuts[block] else 0)
        return maps


class Prediction(nn.Module):
    """A prediction as in the authors' code: pooled maps are upsampled and joined; then 1x1 CoordConv, all distances, softmin and smoothing."""

    def __init__(self, backbone, features, length, centers):
        super().__init__()
        self.backbone, self.descriptor = backbone, nn.Conv2d(features + 2, length, 1)
        self.register_buffer('centers', torch.randn(length, centers))
        self.register_buffer('norms', (self.centers ** 2).sum(0, keepdim=True))
        line = torch.linspace(-1, 1, GRID)
        self.register_buffer('places', torch.stack([line.view(-1, 1).expand(GRID, GRID), line.expand(GRID, GRID)])[None])
        taps = torch.exp(-torch.arange(-16., 17.) ** 2 / 32)
        self.register_buffer('taps', taps / taps.sum())

    def squared_distances(self, maps):
        pooled = [F.avg_pool2d(m, 3, 1, 1) for m in maps]
        joined = [pooled[0]] + [F.interpolate(m, (GRID, GRID), mode='bilinear', align_corners=False) for m in pooled[1:]]
        phi = self.descriptor(torch.cat(joined + [self.places.expand(len(maps[0]), -1, -1, -1)], 1)).flatten(2).transpose(1, 2)
        return (phi ** 2).sum(2, keepdim=True) + self.norms - 2 * (phi @ self.centers)

    def forward(self, images):
        nearest = torch.sqrt(self.squared_distances(self.backbone(images)).clamp(min=0)).topk(NEIGHBORS, largest=False).values
        scores = (F.softmin(nearest, -1)[:, :, 0] * nearest[:, :, 0]).view(-1, 1, GRID, GRID)
        fine = F.interpolate(scores, (SIDE, SIDE), mode='bilinear', align_corners=False)
        wide = F.pad(fine, (16, 16, 16, 16), mode='reflect')
        return F.conv2d(F.conv2d(wide, self.taps.view(1, 1, -1, 1)), self.taps.view(1, 1, 1, -1))


def peer_images_per_second(prediction, device, batch, runs):
    """Predicts from 8-bit images in host memory to maps in host memory, which is what gpu_benchmark times."""
    images = torch.randint(0, 256, (batch, 3, SIDE, SIDE), dtype=torch.uint8)
    times = []
    with torch.no_grad():
        for _ in range(runs + 3):
            start = time.perf_counter()
            prediction((images.to(device).float() - 127) / 128).cpu()
            times.append(time.perf_counter() - start)
    return batch / statistics.median(times[3:])


def allow_tf32(allowed):
    torch.backends.cuda.matmul.allow_tf32 = torch.backends.cudnn.allow_tf32 = allowed


def peer_train_steps(prediction, device, batch, runs):
    """A training step as in the authors' code: network, all distances, topk, hinge losses, AdamW."""
    radius = nn.Parameter(torch.full((1,), 1e-5, device=device))
    optimizer = torch.optim.AdamW([*prediction.descriptor.parameters(), radius], 1e-3, weight_decay=5e-4, amsgrad=True)
    images, times = torch.randn(batch, 3, SIDE, SIDE, device=device), []
    for _ in range(runs + 3):
        start = time.perf_counter()
        with torch.no_grad():
            maps = prediction.backbone(images)
        nearest = prediction.squared_distances(maps).topk(2 * NEIGHBORS, largest=False).values
        pull, push = nearest[:, :, :NEIGHBORS] - radius ** 2, radius ** 2 - nearest[:, :, NEIGHBORS:] - 0.1
        loss = 1e3 * F.relu(pull).mean() + 1e3 * F.relu(push).mean()
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        float(loss)
        times.append(time.perf_counter() - start)
    return 1 / statistics.median(times[3:])


def output_of(command):
    done = subprocess.run([str(word) for word in command], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    if done.returncode:
        raise RuntimeError('%s: exit code %d, %s' % (' '.join(map(str, command)), done.returncode, done.stderr))
    return done.stdout


def ours(programs, options, flags):
    """Runs gpu_benchmark and returns its JSON output."""
    return json.loads(output_of([programs / 'gpu_benchmark', '--runs=%d' % options.runs] + flags))


def our_train_steps(programs, device, chosen, batch):
    with tempfile.NamedTemporaryFile(suffix='.json') as file:
        output_of([programs / 'anomaly_benchmark', '--random', '--method=cfa', '--train', '--device=' + device, '--runs=20', '--json=' + file.name] + chosen)
        return 1e3 / json.load(file)['train_step'] / batch


# names of gpu_benchmark's flags: file, mean and scale; anomaly_benchmark's.
Network = namedtuple('Network', 'name backbone features gamma_d flags train_flags')


def networks(folder, only):
    if 'lite0' in only:
        yield Network('Lite0', Lite0(), 1056, 0.25, [], [])
    export = module_of(ROOT / 'modules/anomaly/misc/export_backbone.py')
    for name, features in (('resnet18', 448), ('wide_resnet50_2', 1792)):
        if name not in only:
            continue
        file = folder / (name + '.onnx')
        subprocess.run([sys.executable, '-W', 'ignore', export.__file__, name, str(file), '--random'], check=True, stdout=subprocess.DEVNULL)
        network = export.NETWORKS[name]
        model = getattr(export.torchvision.models, name)().eval()
        yield Network(name, export.Backbone(network.stages(model), network.taps), features, 1, ['--onnx=%s' % file, '--torchvision'],
                      ['--backbone=%s' % file, '--mean=' + export.MEAN, '--scale=' + export.SCALE])


def predictions_of(network, centers, batch, options):
    """Returns a row of the table."""
    prediction = Prediction(network.backbone, network.features, int(network.features * network.gamma_d), centers).eval().to(options.device)
    flags = network.flags + ['--centers=%d' % centers, '--gamma_d=%g' % network.gamma_d, '--batch=%d' % batch]
    row = {'backbone': network.name, 'centers': centers, 'batch': batch}
    targets = ['cuda', 'cuda_fp16'] if options.device == 'cuda' else ['cpu']
    for target in targets:
        result = ours(options.programs, options, flags + ['--target=' + target])
        row[target] = result['images_per_second']
        row[target + ' difference'] = result['difference']
        if target == targets[0]:
            row['stages'] = ', '.join('%s %.2f' % (key[:-3], value) for key, value in result.items() if key.endswith('_ms'))
    for allowed in (False, True):
        allow_tf32(allowed)
        row['eager TF32' if allowed else 'eager'] = peer_images_per_second(prediction, options.device, batch, options.runs)
    allow_tf32(False)
    if centers in options.compiled:
        row['compiled'] = peer_images_per_second(torch.compile(prediction), options.device, batch, options.runs)
    row['ratio'] = row[targets[0]] / row['eager']
    return row


def print_row(row, columns):
    print('| ' + ' | '.join(('%.1f' % row[c] if isinstance(row[c], float) and row[c] > 100 else '%.3g' % row[c] if isinstance(row[c], float) else str(row[c]))
                            if c in row else '' for c in columns) + ' |', flush=True)


def print_training(network, options):
    prediction = Prediction(network.backbone, network.features, int(network.features * network.gamma_d), GRID * GRID // 4).eval().to(options.device)
    batch = 4
    steps = our_train_steps(options.programs, options.device, network.train_flags + ['--gamma_d=%g' % network.gamma_d], batch)
    eager = peer_train_steps(prediction, options.device, batch, options.runs)
    print('| %s | %.1f | %.1f | %.2f |' % (network.name, steps, eager, steps / eager), flush=True)


def numbers(text):
    return [int(word) for word in text.split(',') if word]


def main():
    line = argparse.ArgumentParser(description=__doc__)
    line.add_argument('programs', type=pathlib.Path, help='folder of gpu_benchmark and anomaly_benchmark')
    line.add_argument('--device', choices=['cpu', 'cuda'], default='cuda')
    line.add_argument('--runs', type=int, default=30)
    line.add_argument('--batches', type=numbers, default='1,32')
    line.add_argument('--centers', type=numbers, default='3136,1568,784,392', help='sizes of the bank: gamma_c 1, 1/2, 1/4, 1/8')
    line.add_argument('--compiled', type=numbers, default='3136', help='those of them for which torch.compile runs too')
    line.add_argument('--networks', default='lite0,resnet18,wide_resnet50_2')
    line.add_argument('--no-train', action='store_true')
    options = line.parse_args()
    allow_tf32(False)
    print('Images a second. PyTorch %s on %s\n' % (torch.__version__, torch.cuda.get_device_name() if options.device == 'cuda' else 'the processor'))
    columns = ['backbone', 'centers', 'batch'] + (['cuda', 'cuda_fp16'] if options.device == 'cuda' else ['cpu']) + ['eager', 'eager TF32', 'compiled', 'ratio']
    columns += [column + ' difference' for column in columns[3:-4]] + ['stages']
    print('| ' + ' | '.join(columns) + ' |\n' + '|---' * len(columns) + '|', flush=True)
    with tempfile.TemporaryDirectory() as folder:
        every = list(networks(pathlib.Path(folder), options.networks.split(',')))
        for network in every:
            for centers in options.centers:
                for batch in options.batches:
                    print_row(predictions_of(network, centers, batch, options), columns)
        if not options.no_train:
            print('\nTraining steps a second, batch 4, gamma_c 1/4\n\n| backbone | cv::anomaly, features at hand | eager PyTorch, with the network | ratio |\n|---|---|---|---|')
            for network in every:
                print_training(network, options)


if __name__ == '__main__':
    main()
