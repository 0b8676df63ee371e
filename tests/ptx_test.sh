#!/bin/bash
# ptx_test.sh PROGRAM FOLDER PTXAS: has gpu_traffic_test, PROGRAM, load all CUDA kernels by the libcuda of FOLDER, and assembles what it loads.
set -euo pipefail
program=$1 folder=$2 ptxas=$3
ptx=$(mktemp -d)
trap 'rm -rf "$ptx"' EXIT
FAKE_CUDA_PTX=$ptx LD_LIBRARY_PATH=$folder "$program"
for architecture in sm_80 sm_90; do
  for module in "$ptx"/*.ptx; do
    "$ptxas" -v -arch=$architecture "$module" -o "$ptx/assembled" 2>"$ptx/log" || { cat "$ptx/log"; exit 1; }
    # A sum that does not stay in a register costs more than its computation.
    if grep -E '[1-9][0-9]* bytes (stack frame|spill)' "$ptx/log"; then echo "ptx_test.sh: registers are spilled for $architecture"; exit 1; fi
  done
  echo "$architecture: $(grep -h '\.entry' "$ptx"/*.ptx | sort -u | wc -l) kernels of $(ls "$ptx"/*.ptx | wc -l) modules assemble"
done
