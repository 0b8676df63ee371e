#!/bin/bash
# in_tree.sh VERSION [FOLDER]: builds the module inside OpenCV's own tree, from nothing, and tests it there. The last line says
# PASSED or FAILED. Debian 12 only. Some 500 files are compiled, in FOLDER, by default build/in_tree/VERSION.
#   4.6   Debian's source package, which has opencv_contrib; trains and predicts
#   4.14  PyPI's source distribution of opencv-contrib-python-headless; predicts with a stored model, since Debian's LibTorch
#         links OpenCV 4.6
#   5.0   the same of its 5.0
set -euo pipefail
export PATH HOME=~  # both may be unset, in a bare container
project=$(realpath "$(dirname "${BASH_SOURCE[0]}")/..")
version=${1:-}
. "$project/tools/trimmed_opencv.sh"
case $version in
  4.6|4.14|5.0) ;;
  *) sed -n '2,7s/^# \?//p' "${BASH_SOURCE[0]}" >&2; exit 2 ;;
esac
work=$(realpath -m "${2:-$project/build/in_tree/$version}")
build=$work/build
headers=()
verdict=FAILED
trap 'echo "in_tree.sh $version: $verdict"' EXIT

fail() { echo "in_tree.sh: $1" >&2; exit 1; }

get_source() {
  [[ $version == 4.6 ]] || { "$project/tools/opencv_source.sh" "$version" "$work"; return; }
  "$project/tools/debian_source.sh" bookworm opencv "$work"
  ln -sfn unpacked "$work/opencv"
  ln -sfn unpacked/contrib "$work/contrib"
}

# configure MODULES LIST [options]: the parts of OpenCV that the module and its tests need. Not optimized to the last: that
# takes half as long again, and the kernels do not depend on it.
configure() {
  local modules=$1 list=$2
  shift 2
  cmake -G Ninja -S "$work/opencv" -B "$build" -DCMAKE_BUILD_TYPE=Release -DCMAKE_CXX_FLAGS_RELEASE="-O1" \
    -DOPENCV_EXTRA_MODULES_PATH="$modules" -DBUILD_LIST="$list" \
    -DBUILD_TESTS=ON -DBUILD_PERF_TESTS=ON -DBUILD_EXAMPLES=ON "${trimmed_opencv[@]}" \
    -DPYTHON3_EXECUTABLE=/usr/bin/python3 -DPYTHON_DEFAULT_EXECUTABLE=/usr/bin/python3 \
    -DCPU_BASELINE=SSE2 -DCPU_DISPATCH=AVX2 "${headers[@]}" "$@" >"$build.log" 2>&1 ||
    { tail -n 50 "$build.log"; fail "OpenCV's CMake fails"; }
  grep '^-- anomaly:' "$build.log"
}

# Debian takes bundled headers out of the source. LibTorch's own OpenCV modules want an OpenCV with OpenCL.
[[ $version != 4.6 ]] || headers=(-DOPENCL_INCLUDE_DIR=/usr/include)

says() { grep -qF -- "$1" "$build.log" || fail "$build.log lacks: $1"; }

build_targets() { cmake --build "$build" -j "$(nproc)" --target "$@"; }

run_tests() {
  "$build/bin/opencv_test_anomaly"
  "$build/bin/opencv_perf_anomaly" --perf_min_samples=1 --perf_force_samples=1 --gtest_filter='Predictions*'
  "$build/bin/example_anomaly_anomaly_detection" --help >/dev/null
  PYTHONPATH=$build/python_loader /usr/bin/python3 "$project/tools/in_tree_test.py" "$project" "$@"
}

mkdir -p "$work"
"$project/tools/install_packages.sh" build test in_tree
[[ -e $work/opencv/CMakeLists.txt ]] || get_source
parts=core,imgproc,imgcodecs,videoio,highgui,dnn,ts,python3,anomaly
targets=(opencv_anomaly opencv_test_anomaly opencv_perf_anomaly example_anomaly_anomaly_detection example_anomaly_1_fit_and_predict
  opencv_python3)
training=()

echo "== Alone"
rm -rf "$build"  # what an earlier run found need not be there any more
configure "$project/modules" $parts
says "anomaly: Halide"
if [[ $version == 4.6 ]]; then
  says "anomaly: training with LibTorch"
  targets+=(opencv_anomaly_train)
  training=(--train)
else
  says "anomaly: no training, this LibTorch links an OpenCV of its own (406"
fi
build_targets "${targets[@]}"
run_tests "${training[@]}"

echo "== Without Halide"
configure "$project/modules" $parts -DANOMALY_WITH_HALIDE=OFF
build_targets "${targets[@]}"
run_tests "${training[@]}"

echo "== Beside opencv_contrib"
configure "$work/contrib/modules;$project/modules" $parts,img_hash -DANOMALY_WITH_HALIDE=ON
grep 'To be built:' "$build.log" | grep -w anomaly | grep -qw img_hash || fail "not both of anomaly and img_hash are built"
build_targets "${targets[@]}" opencv_img_hash
run_tests "${training[@]}"
verdict=PASSED
