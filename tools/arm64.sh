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
parts=$project/test_data/parts/washer
verdict=FAILED
trap 'echo "arm64.sh: $verdict"' EXIT

fail() { echo "arm64.sh: $1" >&2; exit 1; }

# Unpacked only: nothing in there runs before QEMU runs our programs, so that two links which installing would make are made here.
get_packages() {
  local name
  mmdebstrap --arch=arm64 --variant=extract \
    --include=libopencv-dev,libhalide14-0-dev,libdnnl-dev,libgtest-dev,zlib1g-dev,libdeflate-dev,libstdc++-12-dev \
    bookworm "$work/unpacked" "deb $("$project/tools/debian_mirror.sh") bookworm main"
  for name in blas lapack; do ln -sf $name/lib$name.so.3 "$work/unpacked/usr/lib/aarch64-linux-gnu/lib$name.so.3"; done
  mv "$work/unpacked" "$system"
}

on_arm() { qemu-aarch64-static -L "$system" "$@"; }
here() { "$@"; }

# application PLACE PROGRAMS: figures of a small model that these programs learn and evaluate, in PLACE.json. PLACE: on_arm or here.
application() {
  local model=$work/$1.yml.gz
  { $1 "$2/anomaly_train" "$parts/train/good" --model="$model" --rotations=1 --input_size=96 --bank_size=500 &&
    $1 "$2/anomaly_evaluate" "$parts" --model="$model" --json="$work/$1.json"; } >"$work/$1.log" 2>&1 ||
    fail "the application fails, see $work/$1.log"
}

# The processors round sums in another order, so that their figures differ in the last digits. Times differ by nature.
compare_figures() {
  python3 - "$work/here.json" "$work/on_arm.json" <<'EOF'
import json, math, sys
here, there = ({name: value for name, value in json.load(open(file)).items() if not name.startswith('seconds')} for file in sys.argv[1:])
differing = [name for name in here if not (math.isclose(here[name], there[name], rel_tol=1e-5)
                                           if isinstance(here[name], float) else here[name] == there[name])]
sys.exit('figures differ: %s' % {name: (here[name], there[name]) for name in differing} if differing else 0)
EOF
}

# In as many parts as there are processors, since most tests keep one of them busy.
unit_tests() {
  local shards shard process processes=() failed=0
  shards=$(nproc)
  for (( shard = 0; shard < shards; shard++ )); do
    GTEST_TOTAL_SHARDS=$shards GTEST_SHARD_INDEX=$shard ANOMALY_TEST_DATA=$project/test_data \
      on_arm "$work/build/bin/opencv_test_anomaly" --gtest_filter="$filter" >"$work/tests_$shard.log" 2>&1 &
    processes+=($!)
  done
  for process in "${processes[@]}"; do wait "$process" || failed=1; done
  grep -hE '^\[  (PASSED|FAILED|SKIPPED) ' "$work"/tests_*.log || true
  return $failed
}

"$project/tools/install_packages.sh" build arm64
mkdir -p "$work"
[[ -d $system ]] || get_packages
cd "$project"
cmake --preset release
cmake --build --preset release --target anomaly_train anomaly_evaluate
cmake -G Ninja -S . -B "$work/build" --toolchain "$project/cmake/aarch64-linux-gnu.cmake" -DCMAKE_SYSROOT="$system" \
  -DCMAKE_BUILD_TYPE=Release -DANOMALY_WITH_TORCH=OFF -DANOMALY_BUILD_PYTHON=OFF \
  -DANOMALY_GENERATORS="$project/build/release/modules/anomaly/halide_generators/anomaly_generators"
cmake --build "$work/build"
application here build/release/bin
application on_arm "$work/build/bin"
compare_figures || fail "the application's figures are not those of this machine"
unit_tests || fail "unit tests fail, see $work/tests_*.log"
verdict=PASSED
