#!/usr/bin/env python3
"""Measures memory and time of a memory bank for growing numbers of images, as Table 1 of the paper does.

bank_size.py BIN CATEGORY [OPTION OF anomaly_train ...]
  BIN       folder with anomaly_train
  CATEGORY  folder in MVTec layout with 320 good images or more

Prints a Markdown table: for each bank the bytes of its centers, and the seconds to build it without computing features.
"""
import json
import pathlib
import subprocess
import sys
import tempfile

IMAGES = 50, 100, 200, 320
# The name of a bank, its options, and the stages whose time is that of the bank.
BANKS = (("mean at each position", ("--bank=mean", "--scoring_bank=kept"), "bank"),
         ("moving average, Algorithm 1", ("--bank=ema", "--scoring_bank=kept"), "bank"),
         ("k-means of patches of all images", ("--scoring_bank=patches",), "scoring_bank"),
         ("coreset of patches of all images", ("--scoring_bank=coreset",), "patches coreset scoring_bank"))


def measure(binaries, images, options):
    with tempfile.TemporaryDirectory() as folder:
        for image in images:
            (pathlib.Path(folder) / image.name).symlink_to(image.resolve())
        result = pathlib.Path(folder) / "figures.json"
        command = [binaries / "anomaly_train", folder, f"--model={folder}/model.yml.gz", f"--json={result}", "--method=cfa", "--adaptation=none", "--validation=0"]
        subprocess.run([*command, *options], check=True, stderr=subprocess.DEVNULL, stdout=subprocess.DEVNULL)
        return json.loads(result.read_text())


def main(binaries, category, *options):
    images = sorted((pathlib.Path(category) / "train" / "good").iterdir())
    print("| images | " + " | ".join(f"{name}: KiB, s" for name, _, _ in BANKS) + " | features: s |")
    print("|---" * (len(BANKS) + 2) + "|")
    for count in IMAGES:
        cells = []
        for _, bank, stages in BANKS:
            figures = measure(pathlib.Path(binaries), images[:count], [*bank, *options])
            kibibytes = figures["centers"] * figures["descriptor_length"] * 4 / 1024
            seconds = sum(figures["seconds_" + stage] for stage in stages.split())
            cells.append(f"{kibibytes:.0f}, {seconds:.2f}")
        print(f"| {count} | " + " | ".join(cells) + f" | {figures['seconds_features']:.1f} |", flush=True)


if __name__ == "__main__":
    if len(sys.argv) < 3:
        print(__doc__)
        sys.exit(0 if sys.argv[1:] == ["--help"] else 2)
    main(*sys.argv[1:])
