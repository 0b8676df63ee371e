#!/bin/bash
# consumer_test.sh BUILD PROGRAM: installs the build folder BUILD into a prefix, moves that away, and builds a project outside
# of this one against it, whose program is the file PROGRAM, README's. It learns and predicts.
set -euo pipefail
[[ $# == 2 && -f $1/CMakeCache.txt && -f $2 ]] || { echo "usage: $0 BUILD PROGRAM" >&2; exit 2; }
project=$(realpath "$(dirname "${BASH_SOURCE[0]}")/..")
textures=$project/test_data/textures/brick
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

fail() { echo "consumer_test.sh: $1" >&2; exit 1; }

cmake --install "$1" --prefix "$work/first" >/dev/null
mv "$work/first" "$work/prefix"
prefix=$work/prefix
samples=$prefix/share/opencv_anomaly/samples
libraries=$(dirname "$(find "$prefix" -name 'libopencv_anomaly.*' -print -quit)")
shared=false
[[ ! -e $libraries/libopencv_anomaly.so ]] || shared=true

standard=11
! grep -q '^OpenCV_DIR:PATH=.*opencv5$' "$1/CMakeCache.txt" || standard=17  # what the headers of OpenCV 5 ask for

echo "-- With CMake"
cmake -S "$samples" -B "$work/build" -DCMAKE_PREFIX_PATH="$prefix" -DPROGRAM="$(realpath "$2")" -DCMAKE_CXX_STANDARD=$standard >"$work/log" ||
  { cat "$work/log"; fail "find_package(opencv_anomaly) fails"; }
cmake --build "$work/build"
example=$work/build/anomaly_example
ldd "$example" >"$work/needed"
if $shared; then
  grep -q "libopencv_anomaly.so.* => $prefix/" "$work/needed" || fail "the program does not use the installed opencv_anomaly"
elif grep opencv_anomaly "$work/needed"; then
  fail "the program needs a shared opencv_anomaly"
fi
mkdir "$work/good" "$work/new"
ln -s "$textures"/train/good/00[0-7].png "$work/good"
ln -s "$textures"/test/hole/00[01].png "$work/new"
(cd "$work" && "$example" good new) | tee "$work/scores"
grep -q 'DEFECTIVE' "$work/scores" || fail "the program finds no defect"

echo "-- With another OpenCV"
mkdir "$work/other"
printf 'set(OpenCV_VERSION 4.99.0)\nset(OpenCV_VERSION_MAJOR 4)\nset(OpenCV_VERSION_MINOR 99)\n' >"$work/other/OpenCVConfig.cmake"
printf 'set(PACKAGE_VERSION 4.99.0)\nset(PACKAGE_VERSION_COMPATIBLE TRUE)\n' >"$work/other/OpenCVConfig-version.cmake"
if cmake -S "$samples" -B "$work/refused" -DCMAKE_PREFIX_PATH="$prefix" -DOpenCV_DIR="$work/other" >"$work/log" 2>&1; then
  fail "another OpenCV than the one it was built with is taken"
fi
grep -q 'built with OpenCV' "$work/log" || { cat "$work/log"; fail "another OpenCV is not refused by name"; }

if command -v pkg-config >/dev/null; then
  echo "-- With pkg-config"
  export PKG_CONFIG_PATH=$libraries/pkgconfig
  ${CXX:-c++} -std=c++$standard "$samples/anomaly_detection.cpp" -o "$work/sample" $(pkg-config --cflags --libs opencv_anomaly)
  found=$(pkg-config --libs-only-L opencv_anomaly | tr -d ' ')  # and its OpenCV, which need not be where the system looks
  LD_LIBRARY_PATH=${found//-L/:} "$work/sample" --help >/dev/null
else
  echo "-- Without pkg-config, which is not here"
fi

if [[ -x $prefix/bin/anomaly_predict ]]; then
  echo "-- The installed programs"
  "$prefix/bin/anomaly_predict" --model="$project/test_data/models/brick.yml.gz" "$textures/test/hole" --output="$work/overlays"
  ls "$work/overlays" >/dev/null
fi
if ! $shared && nm --defined-only --extern-only "$libraries/libopencv_anomaly.a" 2>/dev/null | grep ' halide_'; then
  fail "the static library shows symbols of the Halide runtime"
fi
