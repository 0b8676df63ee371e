#!/usr/bin/env python3
"""Lays the monocrystalline cells of the PyPI package elpv-dataset out in MVTec layout, as symbolic links.

  prepare_elpv.py FOLDER

train/good and test/good: defect probability 0, split 80 to 20; test/defective: probability 1. Cells in between, which the
experts were not sure of, are left out. There are no masks. Start it with a Python that has elpv-dataset installed.
"""
import hashlib
import importlib.util
import pathlib
import shutil
import sys

TRAIN_SHARE = 0.8
SEED = "0"


def dataset_folder():
    package = importlib.util.find_spec("elpv_dataset")
    if package is None:
        raise SystemExit("prepare_elpv.py: install the package elpv-dataset first")
    return pathlib.Path(package.submodule_search_locations[0]).resolve() / "data"


def mono_cells(source, probability):
    rows = [line.split() for line in (source / "labels.csv").read_text().splitlines() if line.strip()]
    return [source / name for name, value, kind in rows if kind == "mono" and float(value) == probability]


def shuffled(files):
    """By hash: the same order on every machine and with every Python."""
    return sorted(files, key=lambda file: hashlib.sha256((SEED + file.name).encode()).digest())


def remove_links(folder):
    """What an earlier run made; images of the user's own are no links."""
    if not folder.exists():
        return
    own = [file for file in folder.rglob("*") if not file.is_symlink() and not file.is_dir()]
    if own:
        raise SystemExit(f"prepare_elpv.py: {own[0]} is no link that an earlier run made: name another folder")
    shutil.rmtree(folder)


def link(files, folder):
    folder.mkdir(parents=True)
    for file in files:
        (folder / file.name).symlink_to(file)
    print(f"{folder}: {len(files)} images")


if len(sys.argv) != 2 or sys.argv[1].startswith("-"):
    print(__doc__)
    sys.exit(0 if sys.argv[1:] in (["-h"], ["--help"]) else 2)
target = pathlib.Path(sys.argv[1])
source = dataset_folder()
good = shuffled(mono_cells(source, 0.0))
to_train = round(TRAIN_SHARE * len(good))
for folder in ("train", "test"):
    remove_links(target / folder)
link(good[:to_train], target / "train" / "good")
link(good[to_train:], target / "test" / "good")
link(mono_cells(source, 1.0), target / "test" / "defective")
