#!/usr/bin/env python3
# This file is part of OpenCV project.
# It is subject to the license terms in the LICENSE file found in the top-level directory
# of this distribution and at http://opencv.org/license.html.
"""two_detectors.py PACKAGE OUTPUT CATEGORY...: scores of CFA and PatchCore together, beside each alone.

PACKAGE is the folder that holds the Python package cv_anomaly (build/release/python), CATEGORY a folder in MVTec layout.
Models and what was measured are kept in OUTPUT. Each detector's map is divided by its own image threshold, which comes from its good
images alone, so that 1 means the same in both. The table has image AUROC / pixel AUROC / AUPRO: of each detector, of the mean
of both maps with the mean of its highest hundredth as score, and the image AUROC of the mean of both scores.
"""
import pathlib
import sys

import cv2
import numpy as np

from methods_table import remembered

TOP_SHARE = 0.01


def detector_of(anomaly, method, category, output):
    """Returns a detector of the category's good images, whose maps have the size of the model's input."""
    file = output / ('%s_%s.yml.gz' % (category.name, method.__name__))
    if not file.exists():
        detector = method.create()
        detector.fitFiles(sorted((category / 'train' / 'good').iterdir()))
        detector.save(str(file))
    detector = anomaly.loadDetector(str(file))
    detector.setMapSize(anomaly.MAP_INPUT)
    return detector


def top_mean(score_map):
    values = np.sort(score_map, axis=None)
    return values[-max(1, round(TOP_SHARE * values.size)):].mean()


def mask_of(category, file):
    """Returns the defect's mask, None of a good image, and False of a defect that has none."""
    if file.parent.name == 'good':
        return None
    mask = category / 'ground_truth' / file.parent.name / (file.stem + '_mask.png')
    return cv2.imread(str(mask), cv2.IMREAD_GRAYSCALE) if mask.exists() else False


def figures(anomaly, scores, labels, maps, masks, parameters):
    text = '%.1f' % (100 * anomaly.auroc(np.float32(scores), labels))
    if any(mask is False for mask in masks):
        return text
    metrics = anomaly.PixelMetrics.create()
    for score_map, mask in zip(maps, masks):
        shape = score_map.shape
        mask = np.zeros(shape, np.uint8) if mask is None else anomaly.maskToInput(mask, parameters)
        metrics.add(np.float32(score_map), mask)
    return text + ' / %.1f / %.1f' % (100 * metrics.auroc(), 100 * metrics.aupro())


def measure(anomaly, category, output):
    files = sorted(file for file in category.glob('test/*/*'))
    labels = np.array([file.parent.name != 'good' for file in files], np.int32)
    masks = [mask_of(category, file) for file in files]
    scores, maps = [], []
    for method in (anomaly.CFA, anomaly.PatchCore):
        detector = detector_of(anomaly, method, category, output)
        found = [detector.predictFile(str(file))[:2] for file in files]
        scores.append(np.array([score for score, _ in found]) / detector.getImageThreshold())
        maps.append([score_map / detector.getImageThreshold() for _, score_map in found])
        parameters = detector.getDetectorParams()
    together = [(a + b) / 2 for a, b in zip(*maps)]
    return [figures(anomaly, scores[0], labels, maps[0], masks, parameters),
            figures(anomaly, scores[1], labels, maps[1], masks, parameters),
            figures(anomaly, [top_mean(each) for each in together], labels, together, masks, parameters),
            '%.1f' % (100 * anomaly.auroc(np.float32(scores[0] + scores[1]), labels))]


def main():
    if len(sys.argv) < 4:
        sys.exit(__doc__)
    sys.path.insert(0, sys.argv[1])
    import cv_anomaly as anomaly

    output = pathlib.Path(sys.argv[2])
    output.mkdir(parents=True, exist_ok=True)
    print('| category | CFA | PatchCore | mean of both maps | mean of both scores |\n|---|---|---|---|---|')
    for category in map(pathlib.Path, sys.argv[3:]):
        fields = remembered(output / (category.name + '.json'), lambda: measure(anomaly, category, output))
        print('| %s | %s |' % (category.name, ' | '.join(fields)), flush=True)


if __name__ == '__main__':
    main()
