#!/usr/bin/env python3
"""make_pictures.py CV_ANOMALY TEXTURE: makes the tutorial's pictures, in the folder images beside this file.

CV_ANOMALY is the folder that holds the Python package cv_anomaly (build/release/python), TEXTURE a category in MVTec layout
(test_data/textures/brick). Trains a model, which takes some seconds.
"""
import pathlib
import sys

import cv2
import numpy as np

IMAGES = pathlib.Path(__file__).resolve().parent / 'images'


def files(folder):
    return sorted(str(file) for file in folder.iterdir())


def defects_of(category):
    return {folder.name: files(folder) for folder in sorted((category / 'test').iterdir()) if folder.name != 'good'}


def mask_of(file):
    path = pathlib.Path(file)
    if path.parent.name == 'good':
        return np.zeros(cv2.imread(file).shape[:2], np.uint8)
    return cv2.imread(str(path.parents[2] / 'ground_truth' / path.parent.name / (path.stem + '_mask.png')), cv2.IMREAD_GRAYSCALE)


def row(anomaly, detector, file, titled):
    """A photograph, its heat map, the outlines, and the truth."""
    image = cv2.imread(file)
    score, heat = detector.predict(image)
    lowest, _ = detector.getMapRange()
    threshold = detector.getPixelThreshold()
    highest = lowest + 1.5 * (threshold - lowest)
    pictures = [image, anomaly.drawHeatMap(image, heat, lowest=lowest, highest=highest, threshold=threshold),
                anomaly.drawDefects(image, heat, threshold), mask_of(file)]
    titles = ['photograph, score %.2f' % score, 'heat map', 'outlines', 'truth'] if titled else ['score %.2f' % score, '', '', '']
    return anomaly.drawPanel(pictures, titles, height=200)


def write(name, picture):
    cv2.imwrite(str(IMAGES / name), picture, [cv2.IMWRITE_JPEG_QUALITY, 85])


def draw_thresholds(scores, lines, name):
    """A dot for each image, a row for each kind, a line for each threshold."""
    left, top, height, width = 84, 46, 40, 700
    values = [value for kind in scores.values() for value in kind]
    low, high = min(values) - 0.5, max(values) + 0.5
    x = lambda value: left + (value - low) / (high - low) * (width - left - 20)
    bottom = top + height * len(scores)
    parts = ['<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 %d %d" font-family="sans-serif" font-size="13">' % (width, bottom + 40),
             '<rect width="100%" height="100%" fill="white"/>']
    for i, (kind, found) in enumerate(scores.items()):
        y = top + height * (i + 0.5)
        parts.append('<text x="%d" y="%.0f" text-anchor="end" fill="#333">%s</text>' % (left - 12, y + 4, kind))
        parts.append('<line x1="%d" x2="%d" y1="%.0f" y2="%.0f" stroke="#ddd"/>' % (left, width - 20, y, y))
        color = '#1a7f37' if kind == 'good' else '#c62828'
        parts += ['<circle cx="%.1f" cy="%.0f" r="5" fill="%s" fill-opacity="0.6"/>' % (x(value), y, color) for value in found]
    for i, (label, value) in enumerate(lines.items()):
        parts.append('<line x1="%.1f" x2="%.1f" y1="%d" y2="%d" stroke="#333" stroke-dasharray="5 4"/>' % (x(value), x(value), top - 4, bottom))
        parts.append('<text x="%.1f" y="%d" fill="#333">%s %.2f</text>' % (x(value) + 4, top - 26 + 16 * i, label, value))
    for tick in np.arange(np.ceil(low), high):
        parts.append('<text x="%.1f" y="%d" text-anchor="middle" fill="#666">%d</text>' % (x(tick), bottom + 18, tick))
    parts.append('<text x="%.0f" y="%d" text-anchor="middle" fill="#333">image score</text></svg>' % ((left + width) / 2, bottom + 34))
    (IMAGES / name).write_text('\n'.join(parts) + '\n')


def main():
    package, category = sys.argv[1], pathlib.Path(sys.argv[2]).resolve()
    sys.path.insert(0, package)
    import cv_anomaly as anomaly

    IMAGES.mkdir(exist_ok=True)
    good, defects = files(category / 'test' / 'good'), defects_of(category)
    photographs = [cv2.imread(file) for file in files(category / 'train' / 'good')[:5]]
    write('good_parts.jpg', anomaly.drawPanel(photographs, [], height=140))

    detector = anomaly.PatchCore.create()
    detector.fitFiles(files(category / 'train' / 'good'))
    kinds = dict({'good': good}, **defects)
    scores = {kind: [detector.predictFile(file)[0] for file in found] for kind, found in kinds.items()}
    first = detector.getImageThreshold()
    images = [cv2.imread(file) for found in kinds.values() for file in found]
    detector.calibrate(images, None, [mask_of(file) for found in kinds.values() for file in found])
    shown = [good[0]] + [defects[kind][0] for kind in ('hole', 'stain', 'scratch')]
    write('heat_maps.jpg', np.vstack([row(anomaly, detector, file, i == 0) for i, file in enumerate(shown)]))
    draw_thresholds(scores, {'after fit:': first, 'after calibrate:': detector.getImageThreshold()}, 'thresholds.svg')
    for label, threshold in (('after fit', first), ('after calibrate', detector.getImageThreshold())):
        print('%s: threshold %.3f' % (label, threshold), {kind: sum(s >= threshold for s in found) for kind, found in scores.items()})


if __name__ == '__main__':
    main()
