#!/usr/bin/env python3
# This file is part of OpenCV project.
# It is subject to the license terms in the LICENSE file found in the top-level directory
# of this distribution and at http://opencv.org/license.html.
"""Runs samples/distributed on a Ray cluster of two nodes on this machine:
distributed_test.py <folder of the package> <root of the project>."""
import csv
import itertools
import os
import pathlib
import re
import signal
import subprocess
import sys
import tempfile
import time
import unittest
from unittest import mock

SKIPPED = 77  # for ctest
PACKAGES = str(pathlib.Path(sys.argv[1]).resolve())
PROJECT = pathlib.Path(sys.argv[2]).resolve()
sys.path.insert(0, PACKAGES)
os.environ["PYTHONPATH"] = os.pathsep.join([PACKAGES] + os.environ.get("PYTHONPATH", "").split(os.pathsep))
os.environ["RAY_USAGE_STATS_ENABLED"] = "0"
try:
    import cv2
    import cv_anomaly as anomaly
    import psutil
    import pyarrow.parquet
    import ray.cluster_utils
    import ray.data
except ImportError as error:
    print("distributed_test.py: skipped, since it needs cv2, cv_anomaly, psutil, pyarrow and ray: %s" % error)
    sys.exit(SKIPPED)

SAMPLES = PROJECT / "samples" / "distributed"
TEXTURES = PROJECT / "test_data" / "textures"
FILES = 200
sys.path.insert(0, str(SAMPLES))
import score_folder


def start(script, *arguments):
    command = [sys.executable, str(SAMPLES / script)] + [str(a) for a in arguments]
    return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, universal_newlines=True)


def rows_of(folder):
    return pyarrow.parquet.read_table(folder).to_pylist()


def kill_node(node):
    """The node's raylet and its actors at once, as when the machine loses power."""
    raylet = psutil.Process(node.all_processes["raylet"][0].process.pid)
    for process in [raylet] + raylet.children(recursive=True):
        process.send_signal(signal.SIGKILL)


class Distributed(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        work = tempfile.TemporaryDirectory()
        cls.addClassCleanup(work.cleanup)
        cls.work = pathlib.Path(work.name)
        cls.cluster = ray.cluster_utils.Cluster(initialize_head=True, head_node_args={"num_cpus": 1})
        cls.addClassCleanup(cls.cluster.shutdown)
        cls.second = cls.cluster.add_node(num_cpus=1)
        cls.cluster.wait_for_nodes()
        os.environ["RAY_ADDRESS"] = cls.cluster.address
        cls.make_model()
        cls.make_folder()

    @classmethod
    def make_model(cls):
        params = anomaly.PaDiM.Params()
        params.inputSize, params.features = 128, 20
        detector = anomaly.PaDiM.create(params)
        detector.fitFiles(sorted((TEXTURES / "brick" / "train" / "good").iterdir()))
        cls.model = cls.work / "model.yml.gz"
        detector.save(cls.model)
        cls.detector = anomaly.loadDetector(cls.model)

    @classmethod
    def make_folder(cls):
        """FILES images, one damaged, one with a name that is not UTF-8; hidden files, a text and a loop of links."""
        cls.folder = cls.work / "images"
        sources = itertools.cycle(sorted((TEXTURES / "brick" / "test").glob("*/*.png")))
        for i, source in zip(range(FILES - 2), sources):
            file = cls.folder / ("belt %d" % (i % 3)) / ("%03d.png" % i)
            file.parent.mkdir(parents=True, exist_ok=True)
            file.symlink_to(source)
        (cls.folder / "damaged.PNG").write_bytes(b"no image")
        os.symlink(os.fsencode(next(sources)), os.fsencode(cls.folder) + b"/\xff.png")
        (cls.folder / ".hidden.png").write_bytes(b"no image")
        (cls.folder / "notes.txt").write_text("no image")
        (cls.folder / "belt 0" / "loop").symlink_to(cls.folder)
        cls.names = {str(file.relative_to(cls.folder)) for file in cls.folder.glob("belt ?/*.png")}
        cls.names |= {"damaged.PNG", "\\xff.png"}

    def score(self, output, *options):
        return start("score_folder.py", self.folder, "--model=%s" % self.model, "--output=%s" % output, *options)

    def wait_for(self, process, code):
        """What the process wrote to stdout."""
        out, err = process.communicate(timeout=240)
        self.assertEqual(process.returncode, code, out + err)
        return out

    def wait_for_parts(self, output, count, process):
        while len(list(output.glob("*.parquet"))) < count:
            self.assertIsNone(process.poll(), "the run ended too early to disturb it")
            time.sleep(0.02)

    def check_rows(self, output):
        """Each file once, nothing unfinished."""
        rows = rows_of(output)
        self.assertEqual(sorted(row["file"] for row in rows), sorted(self.names))
        self.assertEqual([file for file in output.iterdir() if file.suffix != ".parquet"], [])
        return {row["file"]: row for row in rows}

    def test_0_the_folder_is_as_meant(self):
        self.assertEqual(len(self.names), FILES)

    def test_1_a_stopped_run_goes_on(self):
        output = self.work / "stopped"
        stopped = self.score(output, "--files_per_part=10")
        self.wait_for_parts(output, 3, stopped)
        stopped.kill()
        stopped.communicate()
        time.sleep(2)  # until Ray has ended the actors of that run
        before = {file: file.stat().st_mtime_ns for file in output.glob("*.parquet")}
        already = len(rows_of(output))
        self.assertLess(already, FILES)
        (output / ".part-0.parquet.0.tmp").write_bytes(b"half a file")
        words = self.wait_for(self.score(output), 1)
        self.assertIn(" 1 unreadable; %d of them had a row already" % already, words)
        self.assertEqual({file: file.stat().st_mtime_ns for file in before}, before)
        rows = self.check_rows(output)
        self.assertIn("damaged", rows["damaged.PNG"]["error"])
        self.assertEqual([rows["damaged.PNG"][name] for name in ("score", "defective", "regions")], [None] * 3)
        self.check_against_one_process(rows)

    def check_against_one_process(self, rows):
        kinds = set()
        for name in sorted(self.names - {"damaged.PNG", "\\xff.png"})[::7]:
            score, score_map = self.detector.predictFile(self.folder / name)
            row = rows[name]
            self.assertEqual(row["score"], score)
            self.assertEqual(row["normalized_score"], self.detector.normalizedScore(score))
            self.assertEqual(row["defective"], score >= self.detector.getImageThreshold())
            outlines = anomaly.findDefects(score_map, self.detector.getPixelThreshold(),
                                           minimumArea=self.detector.getDefectArea(score_map.shape[::-1]))
            boxes = [tuple(region[key] for key in ("x", "y", "width", "height")) for region in row["regions"]]
            self.assertEqual(sorted(boxes), sorted(cv2.boundingRect(outline) for outline in outlines))
            kinds.add((row["defective"], bool(boxes)))
        self.assertTrue({(True, True), (False, False)} <= kinds, kinds)

    def test_2_another_model_is_refused(self):
        other = self.work / "other.yml.gz"
        self.detector.setImageThreshold(1)
        self.detector.save(other)
        output = self.work / "stopped"
        process = start("score_folder.py", self.folder, "--model=%s" % other, "--output=%s" % output)
        err = process.communicate(timeout=60)[1]
        self.assertEqual(process.returncode, 1)
        self.assertIn("has scores of the model", err)
        self.check_rows(output)

    def test_3_categories(self):
        output = self.work / "models"
        dataset = self.work / "dataset"
        (dataset / "empty" / "train" / "good").mkdir(parents=True)
        (dataset / "brick").symlink_to(TEXTURES / "brick")
        for run in range(2):  # the second one only tries again what failed
            words = self.wait_for(start("train_categories.py", dataset, "--output=%s" % output, "--method=padim"), 1)
            self.assertEqual("brick: done" in words, run == 0)
        with open(output / "table.csv", newline="") as stream:
            rows = {row["category"]: row for row in csv.DictReader(stream)}
        self.assertEqual(sorted(rows), ["brick", "empty"])
        self.assertTrue(rows["empty"]["error"])
        detector, row = anomaly.loadDetector(output / "brick_padim.yml.gz"), rows["brick"]
        files = sorted((TEXTURES / "brick" / "test").glob("*/*"))
        scores = [detector.predictFile(file)[0] for file in files]
        expected = anomaly.auroc(scores, [file.parent.name != "good" for file in files])
        self.assertEqual(row["image_auroc"], "%.4f" % expected)
        self.assertGreater(float(row["aupro"]), 0.5)
        self.assertEqual([row["tested"], row["unreadable"], row["error"]], [str(len(files)), "0", ""])

    def test_4_a_node_that_is_killed_costs_nothing(self):
        output = self.work / "killed"
        process = self.score(output, "--files_per_part=5")
        self.wait_for_parts(output, 4, process)
        kill_node(self.second)
        words = self.wait_for(process, 1)
        self.assertRegex(words, r" 1 unreadable; 0 of them had a row already")
        self.check_rows(output)

    def test_a_part_that_is_repeated_replaces_its_file(self):
        output, threads = self.work / "repeated", cv2.getNumThreads()
        output.mkdir()
        self.addCleanup(cv2.setNumThreads, threads)
        part = {"files": [b"damaged.PNG", b"belt 0/000.png"]}
        with mock.patch.object(ray, "get", lambda value: value), mock.patch.object(ray, "get_runtime_context"):
            for _ in range(2):
                scorer = score_folder.Scorer(self.detector, self.folder, output, "model", 1)
                self.assertEqual(scorer(part), {"good": 0, "defective": 1, "unreadable": 1})
        self.assertEqual(cv2.getNumThreads(), 1)
        self.assertEqual([row["file"] for row in rows_of(output)], ["damaged.PNG", "belt 0/000.png"])

    def test_names_of_images_are_those_of_the_programs(self):
        text = (PROJECT / "samples" / "files.cpp").read_text()
        names = re.search(r"std::set<std::string> extensions = \{(.*?)\}", text, re.S).group(1)
        self.assertEqual({"." + name for name in re.findall(r'"(\w+)"', names)}, score_folder.EXTENSIONS)


if __name__ == "__main__":
    unittest.main(argv=sys.argv[:1], verbosity=2)
