#!/bin/bash
# opencv_source.sh 4.14|5.0 FOLDER: that OpenCV with opencv_contrib as FOLDER/opencv and FOLDER/contrib, from PyPI's source
# distribution of opencv-contrib-python-headless. What is there already stays.
set -euo pipefail
folder=${2:-}
case ${1:-} in
  4.14) release=4.14.0.94 ;;
  5.0) release=5.0.0.93 ;;
  *) release= ;;
esac
[[ $release && $folder ]] || { echo "usage: $0 4.14|5.0 FOLDER" >&2; exit 2; }
[[ ! -e $folder/opencv/CMakeLists.txt ]] || exit 0
[[ -x $folder/venv/bin/pip ]] || /usr/bin/python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" download --disable-pip-version-check --no-deps --no-binary opencv-contrib-python-headless \
  --dest "$folder" opencv-contrib-python-headless==$release
mkdir -p "$folder/unpacked"
tar -xf "$folder/opencv_contrib_python_headless-$release.tar.gz" -C "$folder/unpacked" --strip-components=1
ln -sfn unpacked/opencv "$folder/opencv"
ln -sfn unpacked/opencv_contrib "$folder/contrib"
