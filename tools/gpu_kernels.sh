#!/bin/bash
# Runs the tests of the GPU kernels without a GPU: their OpenCL form on the processor, by PoCL. Algorithms, schedules and the code that calls them
# are the same as for CUDA; training has no OpenCL form. The last line says PASSED or FAILED.
set -euo pipefail
export PATH HOME=~  # both may be unset, in a bare container
cd "$(dirname "${BASH_SOURCE[0]}")/.."
verdict=FAILED
trap 'rm -f "$log"; echo "gpu_kernels.sh: $verdict"' EXIT
log=$(mktemp)
tools/install_packages.sh build test opencl
cmake --preset opencl
cmake --build --preset opencl --target opencv_test_anomaly
build/opencl/bin/opencv_test_anomaly --gtest_filter='Anomaly_Gpu*:Anomaly_Targets*-*.trains_there' | tee "$log"
if grep -q '^\[  SKIPPED \]' "$log"; then
  echo "gpu_kernels.sh: tests were skipped, as if there were no OpenCL device" >&2
  exit 1
fi
verdict=PASSED
