#!/usr/bin/env python3
# This file is part of OpenCV project.
# It is subject to the license terms in the LICENSE file found in the top-level directory
# of this distribution and at http://opencv.org/license.html.
"""Scores all images below a folder on a Ray cluster, and writes Parquet files with a row for each image.

  score_folder.py FOLDER --model=FILE --output=DIR

Images that have a row in DIR already are left out, so the same command continues a run that was stopped. README.md
beside this script describes the columns and what the machines of a cluster need.
"""
import argparse
import collections
import hashlib
import itertools
import os
import pathlib
import sys

import cv2
import cv_anomaly as anomaly
import pyarrow
import pyarrow.compute
import pyarrow.dataset
import pyarrow.parquet
import ray
import ray.data

# The names that anomaly_predict takes for images, see isImageFile in samples/files.cpp.
EXTENSIONS = {".bmp", ".dib", ".exr", ".hdr", ".jfif", ".jp2", ".jpe", ".jpeg", ".jpg", ".pbm", ".pfm", ".pgm", ".png",
              ".pnm", ".ppm", ".ras", ".sr", ".tif", ".tiff", ".webp"}

REGION = pyarrow.struct([(name, pyarrow.int32()) for name in ("x", "y", "width", "height", "area")])
SCHEMA = pyarrow.schema([("file", pyarrow.string()), ("score", pyarrow.float64()),
                         ("normalized_score", pyarrow.float64()), ("defective", pyarrow.bool_()),
                         ("error", pyarrow.string()), ("regions", pyarrow.list_(REGION))])

# How many names the driver holds at a time. This bounds its memory, however many files there are.
FILES_AT_A_TIME = 100_000


def shown(name):
    """A name as text. Linux allows names that are not UTF-8, Parquet does not."""
    return name.decode("utf-8", "backslashreplace")


def file_hash(file):
    """The start of the file's SHA-256, by which the tables of anomaly_predict name a model, too."""
    return hashlib.sha256(pathlib.Path(file).read_bytes()).hexdigest()[:16]


def count(rows):
    return {"good": sum(row.get("defective") is False for row in rows),
            "defective": sum(row.get("defective") is True for row in rows),
            "unreadable": sum(row.get("error") is not None for row in rows)}


class Scorer:
    """A Ray actor. It holds the model, and scores one part, a list of files, into one Parquet file at a time."""

    def __init__(self, detector, folder, output, model, threads):
        cv2.setNumThreads(threads)  # without it each actor would compute on all cores of its machine
        self.detector, self.folder, self.output = ray.get(detector), os.fsencode(folder), output
        self.schema = SCHEMA.with_metadata({"model": model})

    def __call__(self, part):
        rows = [self.score(bytes(name)) for name in part["files"]]
        self.write(rows, "part-" + hashlib.sha256(b"\0".join(part["files"])).hexdigest()[:16] + ".parquet")
        return count(rows)

    def score(self, name):
        try:
            score, score_map = self.detector.predictFile(os.path.join(self.folder, name))
        except anomaly.error as error:  # a damaged file costs its own row only
            return {"file": shown(name), "error": error.err}
        return {"file": shown(name), "score": score, "normalized_score": self.detector.normalizedScore(score),
                "defective": not score < self.detector.getImageThreshold(), "regions": self.regions(score_map)}

    def regions(self, score_map):
        """Bounding box and pixel count of each region that cv_anomaly.findDefects outlines."""
        smallest = self.detector.getDefectArea(score_map.shape[1::-1])
        mask = (score_map >= self.detector.getPixelThreshold()).astype("uint8")
        boxes = cv2.connectedComponentsWithStats(mask)[2][1:].tolist()  # the first one is what is below the threshold
        return [dict(zip(("x", "y", "width", "height", "area"), box)) for box in boxes if box[4] >= smallest]

    def write(self, rows, name):
        """A part always gets the same name, so when Ray repeats one after a failure its file is replaced. Renaming
        makes sure that nobody ever sees half a file."""
        unfinished = self.output / (".%s.%s.tmp" % (name, ray.get_runtime_context().get_task_id()))
        with open(unfinished, "wb") as stream:
            pyarrow.parquet.write_table(pyarrow.Table.from_pylist(rows, self.schema), stream)
            stream.flush()
            os.fsync(stream.fileno())
        os.replace(unfinished, self.output / name)


def images_below(folder, unlisted):
    """Names of the images that anomaly_predict would find below a folder, relative to it. Errors of folders that cannot
    be listed are added to `unlisted`."""
    root, visited = os.fsencode(folder), set()
    for current, folders, files in os.walk(root, followlinks=True, onerror=unlisted.append):
        if os.path.realpath(current) in visited:  # a link to a folder further up would be followed forever
            folders.clear()
            continue
        visited.add(os.path.realpath(current))
        folders[:] = sorted(name for name in folders if not name.startswith(b"."))
        for name in sorted(files):
            if not name.startswith(b".") and os.path.splitext(os.fsdecode(name))[1].lower() in EXTENSIONS:
                yield os.path.relpath(os.path.join(current, name), root)


def rows_of(names, output):
    """What the Parquet files in the output have of these images."""
    rows = pyarrow.dataset.dataset(output, SCHEMA, format="parquet")
    isin = pyarrow.compute.field("file").isin([shown(name) for name in names])
    return rows.to_table(columns=["file", "defective", "error"], filter=isin).to_pylist()


def remove_unfinished(output):
    """What actors that were killed have left behind. While actors of a run are at work, their files have such names."""
    for file in output.glob(".part-*.tmp"):
        file.unlink()


def prepare_output(output, model):
    output.mkdir(parents=True, exist_ok=True)
    remove_unfinished(output)
    for file in output.glob("*.parquet"):
        found = (pyarrow.parquet.read_schema(file).metadata or {}).get(b"model", b"unknown").decode()
        if found != model:
            sys.exit("score_folder.py: '%s' has scores of the model %s, but --model is %s: use that model, or name "
                     "another folder with --output" % (file, found, model))


def score(names, scorer, arguments):
    """Lets the cluster score the images. Yields the counts of each part once it is written."""
    if not names:
        return
    machines = [machine["Resources"] for machine in ray.nodes() if machine["Alive"]]
    actors = sum(int(machine.get("CPU", 0) // arguments.cpus) for machine in machines)
    if actors < 1:
        sys.exit("score_folder.py: no machine of the cluster has %d CPUs for an actor: lower --cpus" % arguments.cpus)
    size = arguments.files_per_part
    parts = [{"files": names[start:start + size]} for start in range(0, len(names), size)]
    # As many actors as fit. Fewer do, too, when a machine goes away.
    pool = ray.data.ActorPoolStrategy(min_size=1, max_size=actors, initial_size=actors)
    scored = ray.data.from_items(parts, override_num_blocks=len(parts)).map(
        Scorer, fn_constructor_args=scorer, num_cpus=arguments.cpus, compute=pool)
    yield from scored.iter_rows()


def parse_arguments():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=pathlib.Path, help="images, with all folders inside")
    parser.add_argument("--model", required=True, help="model file that anomaly_train wrote")
    parser.add_argument("--output", required=True, type=pathlib.Path, help="folder for the Parquet files")
    parser.add_argument("--cpus", type=int, default=1, help="CPUs, and threads, of each actor [1]")
    parser.add_argument("--files_per_part", type=int, default=100, help="images in each Parquet file [100]")
    arguments = parser.parse_args()
    if not arguments.folder.is_dir():
        parser.error("there is no folder '%s'" % arguments.folder)
    if arguments.cpus < 1 or arguments.files_per_part < 1:
        parser.error("--cpus and --files_per_part are at least 1")
    return arguments


def main():
    arguments = parse_arguments()
    folder, output = arguments.folder.resolve(), arguments.output.resolve()
    try:
        detector = anomaly.loadDetector(arguments.model)
    except anomaly.error as error:
        sys.exit("score_folder.py: " + error.err)
    model = file_hash(arguments.model)
    prepare_output(output, model)
    ray.init()
    scorer = (ray.put(detector), folder, output, model, arguments.cpus)  # actors get the model through Ray

    unlisted, counts, already = [], collections.Counter(good=0, defective=0, unreadable=0), 0
    images = images_below(folder, unlisted)
    while names := list(itertools.islice(images, FILES_AT_A_TIME)):
        rows = rows_of(names, output)
        already += len(rows)
        counts.update(count(rows))
        done = {row["file"] for row in rows}
        for part in score([name for name in names if shown(name) not in done], scorer, arguments):
            counts.update(part)
    remove_unfinished(output)
    for error in unlisted:
        print("score_folder.py: a folder is left out: %s" % error, file=sys.stderr)
    print("%d good, %d defective, %d unreadable; " % tuple(counts.values()) + "%d of them had a row already" % already)
    return 1 if unlisted or counts["unreadable"] else 0


if __name__ == "__main__":
    sys.exit(main())
