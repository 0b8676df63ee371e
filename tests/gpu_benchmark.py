#!/usr/bin/env python3
# This file is part of OpenCV project.
# It is subject to the license terms in the LICENSE file found in the top-level directory
# of this distribution and at http://opencv.org/license.html.
"""Images a second of cfa_benchmark and of the same prediction in eager PyTorch, taking turns on one device, as a table.

Random weights and images: speed does not depend on them, but for the search on the processor. Needs torch, torchvision, onnx, numpy and cv2, as
misc/export_backbone.py does; tests/cuda.sh installs them.
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

import torch
import torch.nn.functional as F
from torch import nn

ROOT = pathlib.Path(__file__).resolve().parent.parent
SIDE, GRID, NEIGHBOURS = 224, 56, 3


def module_of(file):
    spec = importlib.util.spec_from_file_location(file.stem, str(file))
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


class Lite0(nn.Module):
    """EfficientNet-Lite0 up to the expansion of block 10, in the embedded network's shape: expansions of blocks 3, 5 and 10 are its outputs."""
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
    """The authors' way of a prediction: pooled maps upsampled and joined, a 1x1 CoordConv, all distances, softmin, a smooth map."""

    def __init__(self, backbone, features, length, centres):
        super().__init__()
        self.backbone, self.descriptor = backbone, nn.Conv2d(features + 2, length, 1)
        self.register_buffer('centres', torch.randn(length, centres))
        self.register_buffer('norms', (self.centres ** 2).sum(0, keepdim=True))
        line = torch.linspace(-1, 1, GRID)
        self.register_buffer('places', torch.stack([line.view(-1, 1).expand(GRID, GRID), line.expand(GRID, GRID)])[None])
        taps = torch.exp(-torch.arange(-16., 17.) ** 2 / 32)
        self.register_buffer('taps', taps / taps.sum())

    def forward(self, images):
        pooled = [F.avg_pool2d(m, 3, 1, 1) for m in self.backbone(images)]
        joined = [pooled[0]] + [F.interpolate(m, (GRID, GRID), mode='bilinear', align_corners=False) for m in pooled[1:]]
        phi = self.descriptor(torch.cat(joined + [self.places.expand(len(images), -1, -1, -1)], 1)).flatten(2).transpose(1, 2)
        squared = (phi ** 2).sum(2, keepdim=True) + self.norms - 2 * (phi @ self.centres)
        nearest = torch.sqrt(squared.clamp(min=0)).topk(NEIGHBOURS, largest=False).values
        scores = (F.softmin(nearest, -1)[:, :, 0] * nearest[:, :, 0]).view(-1, 1, GRID, GRID)
        fine = F.interpolate(scores, (SIDE, SIDE), mode='bilinear', align_corners=False)
        wide = F.pad(fine, (16, 16, 16, 16), mode='reflect')
        return F.conv2d(F.conv2d(wide, self.taps.view(1, 1, -1, 1)), self.taps.view(1, 1, 1, -1))


def eager_images_per_second(prediction, device, batch, runs):
    """From 8-bit images on the host to maps on the host, as cfa_benchmark is timed."""
    images = torch.randint(0, 256, (batch, 3, SIDE, SIDE), dtype=torch.uint8)
    times = []
    with torch.no_grad():
        for _ in range(runs + 3):
            start = time.perf_counter()
            prediction((images.to(device).float() - 127) / 128).cpu()
            times.append(time.perf_counter() - start)
    return batch / statistics.median(times[3:])


def our_images_per_second(programs, options, device, batch, runs):
    with tempfile.NamedTemporaryFile(suffix='.json') as file:
        command = [programs / 'cfa_benchmark', '--random', '--device=' + device, '--batch=%d' % batch, '--runs=%d' % runs, '--json=' + file.name] + options
        subprocess.run([str(word) for word in command], check=True, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
        return 1e3 / json.load(file)['whole']


def backbones(folder):
    """Name, network, features, descriptor's share of them, cfa_benchmark's options."""
    yield 'Lite0', Lite0(), 1056, 0.25, []
    export = module_of(ROOT / 'modules/anomaly/misc/export_backbone.py')
    for name, features in (('resnet18', 448), ('wide_resnet50_2', 1792)):
        file = folder / (name + '.onnx')
        subprocess.run([sys.executable, '-W', 'ignore', export.__file__, name, str(file), '--random'], check=True, stdout=subprocess.DEVNULL)
        network = export.NETWORKS[name]
        model = getattr(export.torchvision.models, name)().eval()
        yield name, export.Backbone(network.stages(model), network.taps), features, 1, ['--backbone=%s' % file, '--mean=' + export.MEAN, '--scale=' + export.SCALE]


def main():
    line = argparse.ArgumentParser(description=__doc__)
    line.add_argument('programs', type=pathlib.Path, help='folder of cfa_benchmark')
    line.add_argument('--device', choices=['cpu', 'cuda'], default='cuda')
    line.add_argument('--runs', type=int, default=30)
    line.add_argument('--batches', default='1,32')
    line.add_argument('--gammas', default='1,0.5,0.25,0.125')
    options = line.parse_args()
    devices = ['cuda', 'cuda_fp16'] if options.device == 'cuda' else ['cpu']
    torch.backends.cuda.matmul.allow_tf32 = torch.backends.cudnn.allow_tf32 = False
    print('Images a second. PyTorch %s on %s, float32' % (torch.__version__, torch.cuda.get_device_name() if options.device == 'cuda' else 'the processor'))
    print('| backbone | gamma_c | batch | %s | eager PyTorch | ratio |' % ' | '.join(devices))
    print('|---|---|---|%s---|---|' % ('---|' * len(devices)))
    with tempfile.TemporaryDirectory() as folder:
        for name, backbone, features, gamma_d, chosen in backbones(pathlib.Path(folder)):
            for gamma_c in map(float, options.gammas.split(',')):
                prediction = Prediction(backbone, features, int(features * gamma_d), int(GRID * GRID * gamma_c)).eval().to(options.device)
                for batch in map(int, options.batches.split(',')):
                    flags = chosen + ['--gamma_c=%g' % gamma_c, '--gamma_d=%g' % gamma_d]
                    ours = [our_images_per_second(options.programs, flags, device, batch, options.runs) for device in devices]
                    eager = eager_images_per_second(prediction, options.device, batch, options.runs)
                    print('| %s | %g | %d | %s | %.1f | %.2f |' % (name, gamma_c, batch, ' | '.join('%.1f' % rate for rate in ours), eager, ours[0] / eager), flush=True)


if __name__ == '__main__':
    main()
