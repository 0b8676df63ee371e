#!/bin/bash
# versions.sh [FOLDER]: builds and tests with the newest Halide and LibTorch of PyPI, beside the system's OpenCV, in FOLDER, by
# default build/versions. PyPI's LibTorch for x86-64 is one for CUDA (several GB), whose CMake package wants CUDA's compiler: without
# nvcc only Halide is tried. The last line says PASSED or FAILED, and with what.
set -euo pipefail
export PATH HOME=~  # both may be unset, in a bare container
project=$(realpath "$(dirname "${BASH_SOURCE[0]}")/..")
[[ $# -le 1 && ${1:-} != -* ]] || { sed -n '2,4s/^# \?//p' "${BASH_SOURCE[0]}" >&2; exit 2; }
work=$(realpath -m "${1:-$project/build/versions}")
verdict=FAILED
trap 'echo "versions.sh: $verdict"' EXIT

"$project/tools/install_packages.sh" build test elpv
[[ -x $work/venv/bin/pip ]] || /usr/bin/python3 -m venv "$work/venv"
wanted=(cmake halide)  # Halide's CMake package wants a newer CMake than Debian's
command -v nvcc >/dev/null && wanted+=(torch) || echo "versions.sh: no nvcc, so LibTorch is the system's"
"$work/venv/bin/pip" install --disable-pip-version-check --quiet "${wanted[@]}"
packages=$("$work/venv/bin/python" -c 'import sysconfig; print(sysconfig.get_path("platlib"))')

options=(-DHalide_DIR="$packages/halide/lib64/cmake/Halide" -DHalideHelpers_DIR="$packages/halide/lib64/cmake/HalideHelpers")
[[ " ${wanted[*]} " != *" torch "* ]] || options+=(-DCMAKE_PREFIX_PATH="$packages/torch")
"$work/venv/bin/cmake" -G Ninja -S "$project" -B "$work/build" -DCMAKE_BUILD_TYPE=Release "${options[@]}" >"$work/build.log" 2>&1 ||
  { tail -n 30 "$work/build.log"; exit 1; }
grep '^-- anomaly:' "$work/build.log"
"$work/venv/bin/cmake" --build "$work/build"
"$work/venv/bin/ctest" --test-dir "$work/build" --output-on-failure -LE long -E 'static|consumer|two_passes|export_backbone'
verdict="PASSED with $(sed -n 's/^-- anomaly: \(training with \)\?\(Halide [^ ]*\|LibTorch .*\).*/\2/p' "$work/build.log" | paste -sd, )"
