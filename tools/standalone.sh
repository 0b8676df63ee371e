#!/bin/bash
# standalone.sh 4.14|5.0 [FOLDER]: builds that OpenCV from source, installs it in FOLDER/installed, and builds and tests this project
# against it. FOLDER is build/standalone/VERSION by default; an OpenCV that is installed there already stays. The last line says
# PASSED or FAILED. Debian 12 only, whose LibTorch links OpenCV 4.6: training is left out, and so are the tests of it.
set -euo pipefail
export PATH HOME=~  # both may be unset, in a bare container
project=$(realpath "$(dirname "${BASH_SOURCE[0]}")/..")
version=${1:-}
. "$project/tools/trimmed_opencv.sh"
[[ $version =~ ^(4\.14|5\.0)$ ]] || { sed -n '2,4s/^# \?//p' "${BASH_SOURCE[0]}" >&2; exit 2; }
work=$(realpath -m "${2:-$project/build/standalone/$version}")
verdict=FAILED
trap 'echo "standalone.sh $version: $verdict"' EXIT

# With its optimized code for all processors, as a user's OpenCV has it: the project's speed is compared with it, too.
install_opencv() {
  "$project/tools/opencv_source.sh" "$version" "$work"
  cmake -G Ninja -S "$work/opencv" -B "$work/opencv_build" -DCMAKE_BUILD_TYPE=Release -DCMAKE_INSTALL_PREFIX="$work/installed" \
    -DBUILD_LIST=core,imgproc,imgcodecs,videoio,highgui,dnn,python3 -DBUILD_TESTS=OFF -DBUILD_PERF_TESTS=OFF -DBUILD_EXAMPLES=OFF \
    -DPYTHON3_EXECUTABLE=/usr/bin/python3 -DPYTHON_DEFAULT_EXECUTABLE=/usr/bin/python3 "${trimmed_opencv[@]}" >"$work/opencv.log" 2>&1 ||
    { tail -n 50 "$work/opencv.log"; echo "standalone.sh: OpenCV's CMake fails" >&2; exit 1; }
  cmake --build "$work/opencv_build" --target install >"$work/opencv.log" 2>&1 ||
    { tail -n 50 "$work/opencv.log"; echo "standalone.sh: OpenCV does not build" >&2; exit 1; }
}

mkdir -p "$work"
"$project/tools/install_packages.sh" build test
[[ -e $work/installed/lib/cmake/opencv${version%%.*}/OpenCVConfig.cmake ]] || install_opencv
cmake -G Ninja -S "$project" -B "$work/build" -DCMAKE_BUILD_TYPE=Release -DOpenCV_DIR="$work/installed/lib/cmake/opencv${version%%.*}"
cmake --build "$work/build"
# cv2 of the same OpenCV, for the tests in Python.
PYTHONPATH=$(dirname "$(dirname "$(find "$work/installed" -path '*/cv2/__init__.py' -print -quit)")") \
  ctest --test-dir "$work/build" --output-on-failure -j2 -LE long
verdict=PASSED
