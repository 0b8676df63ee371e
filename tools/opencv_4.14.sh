#!/bin/bash
# opencv_4.14.sh FOLDER: OpenCV 4.14 with opencv_contrib as FOLDER/opencv and FOLDER/contrib, from PyPI's source distribution of
# opencv-contrib-python-headless. What is there already stays.
set -euo pipefail
folder=$1
[[ ! -e $folder/opencv/CMakeLists.txt ]] || exit 0
[[ -x $folder/venv/bin/pip ]] || /usr/bin/python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" download --disable-pip-version-check --no-deps --no-binary opencv-contrib-python-headless \
  --dest "$folder" opencv-contrib-python-headless==4.14.0.94
mkdir -p "$folder/unpacked"
tar -xf "$folder"/opencv_contrib_python_headless-4.14.*.tar.gz -C "$folder/unpacked" --strip-components=1
ln -sfn unpacked/opencv "$folder/opencv"
ln -sfn unpacked/opencv_contrib "$folder/contrib"
