#!/bin/bash
# windows.sh [FOLDER [FILTER]]: builds the library, the programs and the tests for 64-bit Windows by MinGW-w64, with an OpenCV 4.14
# of its own, and runs the unit tests (those that FILTER names, as for --gtest_filter), a whole application and
# tests/windows_test.py by Wine. The application's figures have to be those of this machine. FOLDER, by default build/windows,
# takes 3 GB. Debian 12, some 800 files to compile. The last line says PASSED or FAILED.
set -euo pipefail
export PATH HOME=~  # both may be unset, in a bare container
project=$(realpath "$(dirname "${BASH_SOURCE[0]}")/..")
[[ ${1:-} != -* ]] || { sed -n '2,5s/^# \?//p' "${BASH_SOURCE[0]}" >&2; exit 2; }
work=$(realpath -m "${1:-$project/build/windows}")
filter=${2:-*}
script=windows.sh
. "$project/tools/other_system.sh"
. "$project/tools/contained_opencv.sh"
verdict=FAILED
trap 'echo "$script: $verdict"' EXIT
export WINEPREFIX=$work/wine WINEDEBUG=-all
cross=(--toolchain "$project/cmake/x86_64-w64-mingw32.cmake" -DCMAKE_BUILD_TYPE=Release)

there() { wine "$@"; }

# OpenCV's code for AVX needs the assembler's option for the reason that modules/anomaly/CMakeLists.txt gives.
build_opencv() {
  contained_opencv "$work" core,imgproc,imgcodecs,videoio,dnn "${cross[@]}" -DENABLE_PRECOMPILED_HEADERS=OFF -DWITH_PTHREADS_PF=ON \
    -DCMAKE_{C,CXX}_FLAGS=-Wa,-muse-unaligned-vector-move
}

build_googletest() {
  cmake -G Ninja -S /usr/src/googletest -B "$work/googletest" "${cross[@]}" -DBUILD_GMOCK=OFF -DCMAKE_INSTALL_PREFIX="$work/googletest_installed"
  cmake --build "$work/googletest" --target install
}

"$project/tools/install_packages.sh" build windows
mkdir -p "$work"
[[ -e $work/opencv_installed/lib/cmake/opencv4/OpenCVConfig.cmake ]] || build_opencv
[[ -d $work/googletest_installed ]] || build_googletest
cd "$project"
build_here
# Of Halide, its headers alone are taken: they are the same for all systems.
packages=/usr/lib/x86_64-linux-gnu/cmake
halide=(-DHalide_DIR=$packages/Halide14 -DHalideHelpers_DIR=$packages/HalideHelpers14 -DLLVM_DIR=/usr/lib/llvm-14/lib/cmake/llvm
  -DANOMALY_GENERATORS="$generators")
cmake -G Ninja -S . -B "$work/build" "${cross[@]}" -DOpenCV_DIR="$work/opencv_installed/lib/cmake/opencv4" -DGTest_DIR="$work/googletest_installed/lib/cmake/GTest" \
  -DANOMALY_WITH_TORCH=OFF -DANOMALY_BUILD_PYTHON=OFF -DZLIB_LIBRARY=/usr/x86_64-w64-mingw32/lib/libz.a "${halide[@]}"
cmake --build "$work/build"
# Windows searches a program's own folder for libraries.
compiler=$(dirname "$(x86_64-w64-mingw32-g++-posix -print-libgcc-file-name)")
cp -u "$work"/opencv_installed/bin/*.dll "$compiler"/{libgcc_s_seh-1,libstdc++-6}.dll \
  /usr/x86_64-w64-mingw32/lib/libwinpthread-1.dll "$work/build/bin"
compare_application "$work/build/bin" .exe
unit_tests "$work/build/bin/opencv_test_anomaly.exe" "$filter"
python3 tests/windows_test.py "$work/build/bin" test_data wine
verdict=PASSED
