#!/bin/bash
# sanitizers.sh [asan] [tsan] [valgrind]: all three, or those named.
#   asan      all tests but the long ones under AddressSanitizer, LeakSanitizer and UndefinedBehaviorSanitizer
#   tsan      the unit tests, the programs and save_kill under ThreadSanitizer, without LibTorch
#   valgrind  one image through anomaly_predict under Memcheck, as released
# The last line says whether one of them found something.
set -euo pipefail
export PATH HOME=~  # both may be unset, in a bare container
cd "$(dirname "${BASH_SOURCE[0]}")/.."
runs=("$@")
(( $# )) || runs=(asan tsan valgrind)
for run in "${runs[@]}"; do
  [[ $run =~ ^(asan|tsan|valgrind)$ ]] || { echo "usage: $0 [asan] [tsan] [valgrind]" >&2; exit 2; }
done
tools/install_packages.sh build test sanitizers

build() {
  cmake --preset "$1"
  cmake --build --preset "$1"
}

run_tests() { ctest --test-dir "build/$1" --output-on-failure -j2 -LE long "${@:2}"; }

run_asan() {
  build asan
  # OpenCV is not instrumented, so its containers look overrun where they were filled.
  ASAN_OPTIONS=detect_container_overflow=0 UBSAN_OPTIONS=print_stacktrace=1 run_tests asan
}

# OpenCV and OpenBLAS are not instrumented: how their threads hand work over is not seen, so each call computes on the thread that
# makes it (see test_main.cpp and runProgram). What these tests leave out runs none of our code.
run_tsan() {
  build tsan
  OPENBLAS_NUM_THREADS=1 TSAN_OPTIONS="suppressions=$PWD/tools/tsan_suppressions.txt" run_tests tsan -R 'opencv_test_anomaly|command_line|reproduce|save_kill'
}

run_valgrind() {
  build release
  local brick=test_data/textures/brick work
  work=$(mktemp -d)
  trap 'rm -rf "$work"' RETURN
  build/release/bin/anomaly_train $brick --model="$work/model.yml.gz"
  valgrind --error-exitcode=9 --leak-check=full --errors-for-leak-kinds=definite \
    build/release/bin/anomaly_predict $brick/test/hole/000.png --model="$work/model.yml.gz" --output="$work" --threads=1
}

failed=()
for run in "${runs[@]}"; do
  # A shell of its own, since set -e does not act within a condition.
  if ! bash -euo pipefail -c "$(declare -f build run_tests "run_$run"); run_$run"; then failed+=("$run"); fi
done
if (( ${#failed[@]} )); then
  echo "FAILED: ${failed[*]}"
  exit 1
fi
echo "PASSED: ${runs[*]}"
