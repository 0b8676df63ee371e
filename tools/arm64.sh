#!/bin/bash
# arm64.sh [FOLDER [FILTER]]: builds the library, the programs and the tests for 64-bit ARM by Debian's cross compiler, against
# Debian's arm64 packages, and runs the unit tests (those that FILTER names, as for --gtest_filter) and a whole application by
# QEMU. The application's figures have to be those of this machine. FOLDER, by default build/arm64, takes 3 GB. Debian 12, some
# 20 minutes to build on two cores and hours for all tests, since QEMU takes 50 to 90 times as long as a processor. The last line
# says PASSED or FAILED.
set -euo pipefail
export PATH HOME=~  # both may be unset, in a bare container
project=$(realpath "$(dirname "${BASH_SOURCE[0]}")/..")
[[ ${1:-} != -* ]] || { sed -n '2,7s/^# \?//p' "${BASH_SOURCE[0]}" >&2; exit 2; }
work=$(realpath -m "${1:-$project/build/arm64}")
filter=${2:-*}
system=$work/sysroot
script=arm64.sh
. "$project/tools/other_system.sh"
verdict=FAILED
trap 'echo "$script: $verdict"' EXIT

# Unpacked only: nothing in there runs before QEMU runs our programs, so that two links which installing would make are made here.
get_packages() {
  local name
  mmdebstrap --arch=arm64 --variant=extract \
    --include=libopencv-dev,libhalide14-0-dev,libdnnl-dev,libgtest-dev,zlib1g-dev,libdeflate-dev,libstdc++-12-dev \
    bookworm "$work/unpacked" "deb $("$project/tools/debian_mirror.sh") bookworm main"
  for name in blas lapack; do ln -sf $name/lib$name.so.3 "$work/unpacked/usr/lib/aarch64-linux-gnu/lib$name.so.3"; done
  mv "$work/unpacked" "$system"
}

there() { qemu-aarch64-static -L "$system" "$@"; }

"$project/tools/install_packages.sh" build arm64
mkdir -p "$work"
[[ -d $system ]] || get_packages
cd "$project"
build_here
cmake -G Ninja -S . -B "$work/build" --toolchain "$project/cmake/aarch64-linux-gnu.cmake" -DCMAKE_SYSROOT="$system" \
  -DCMAKE_BUILD_TYPE=Release -DANOMALY_WITH_TORCH=OFF -DANOMALY_BUILD_PYTHON=OFF \
  -DANOMALY_GENERATORS="$generators"
cmake --build "$work/build"
compare_application "$work/build/bin" ''
unit_tests "$work/build/bin/opencv_test_anomaly" "$filter"
verdict=PASSED
