#!/bin/bash
# cuda.sh [--opencv_cuda [--arch=LIST] [--opencv=DIR --contrib=DIR]] [FOLDER]: all that CUDA needs, from sources, for a person with an NVIDIA GPU; builds in
# FOLDER, by default build/cuda. Needs Debian 12, NVIDIA's driver, and CUDA's toolkit, which LibTorch's CMake package asks for; everything else is installed or
# downloaded (some 4 GB).
#   1. PyPI's LibTorch for CUDA, which brings cuBLAS and cuDNN
#   2. with --opencv_cuda an OpenCV with CUDA, for networks of other operators than GPU code of this project knows: the sources given, else OpenCV 4.14 of
#      PyPI. It takes most of the time, and needs CUDA's toolkit (nvcc) and cuDNN's headers. LIST: compute capabilities as its CUDA_ARCH_BIN takes them
#   3. this project with Debian's Halide and Debian's OpenCV, or that one
#   4. all unit tests, and those of the programs
#   5. tools/gpu_check.sh: the tests of the GPU once more by themselves, 10,000 images, images a second beside PyTorch
# Without a GPU steps 1 to 4 run, and GPU tests say that they are skipped. The last line says PASSED or FAILED, and whether there was a GPU.
set -euo pipefail
export PATH=/usr/local/cuda/bin:$PATH HOME=~  # both may be unset, in a bare container
project=$(realpath "$(dirname "${BASH_SOURCE[0]}")/..")
. "$project/tools/trimmed_opencv.sh"
fail() { echo "cuda.sh: $1" >&2; exit 1; }

gpu=$(nvidia-smi --query-gpu=name,compute_cap --format=csv,noheader 2>/dev/null | head -n 1 || true)
architectures=${gpu##*, }
architectures=${architectures:-8.0,9.0}
opencv_cuda= opencv= contrib= work=$project/build/cuda
for argument in "$@"; do
  case $argument in
    --opencv_cuda) opencv_cuda=yes ;;
    --arch=*) architectures=${argument#*=} ;;
    --opencv=*) opencv=$(realpath "${argument#*=}") ;;
    --contrib=*) contrib=$(realpath "${argument#*=}") ;;
    -*) sed -n '2,13s/^# \?//p' "${BASH_SOURCE[0]}" >&2; exit 2 ;;
    *) work=$(realpath -m "$argument") ;;
  esac
done
[[ ( -n $opencv && -n $contrib ) || ( -z $opencv && -z $contrib ) ]] || fail "--opencv and --contrib go together: OpenCV with CUDA needs cudev of opencv_contrib"
verdict=FAILED
trap 'echo "cuda.sh: $verdict"' EXIT
mkdir -p "$work"
"$project/tools/install_packages.sh" build test in_tree

# OpenCV's core module includes NPP's header and links its libraries, which some toolkits come without.
get_npp() {
  local package=nvidia-npp
  [[ $version == 1[3-9].* ]] || package=nvidia-npp-cu${version%%.*}
  python -m pip download --disable-pip-version-check --quiet --no-deps --dest "$work" "$package==$version.*"
  python -m zipfile -e "$work"/nvidia_npp*.whl "$work/npp"
  local library
  for library in "$work"/npp/nvidia/*/lib/libnpp*.so.*; do ln -sf "$(basename "$library")" "${library%.so.*}.so"; done
}

[[ -x $work/venv/bin/pip ]] || /usr/bin/python3 -m venv "$work/venv"
. "$work/venv/bin/activate"
python -m pip install --disable-pip-version-check --quiet numpy onnx opencv-python-headless pybind11 torch torchvision
packages=$(python -c 'import sysconfig; print(sysconfig.get_path("platlib"))')

build_opencv() {
  command -v nvcc >/dev/null || fail "there is no nvcc: install CUDA's toolkit (developer.nvidia.com), or put its folder bin into PATH"
  toolkit=$(dirname "$(dirname "$(realpath "$(command -v nvcc)")")")
  [[ -n $(find -L "$toolkit/include" /usr/include /usr/local/include -name cudnn.h -print -quit 2>/dev/null) ]] || fail "there is no cudnn.h: install cuDNN with its headers"
  version=$(nvcc --version | sed -n 's/.*release \([0-9.]*\),.*/\1/p')
  if [[ -z $opencv ]]; then
    "$project/tools/opencv_source.sh" 4.14 "$work"
    opencv=$work/opencv contrib=$work/contrib
  fi
  echo "== OpenCV with CUDA $version for $architectures"
  npp=()
  if [[ -z $(find -L "$toolkit/include" -name npp.h -print -quit) ]]; then
    [[ -e $work/npp ]] || get_npp
    include=$(echo "$work"/npp/nvidia/*/include)
    export CUDA_LIB_PATH=${include%include}lib
    npp=(-DCMAKE_CXX_FLAGS=-I"$include" -DCUDA_NVCC_FLAGS=-I"$include")
  fi
  # Not optimized to the last where the processor computes: that takes half as long again.
  cmake -G Ninja -S "$opencv" -B "$work/opencv_build" -DCMAKE_BUILD_TYPE=Release -DCMAKE_CXX_FLAGS_RELEASE="-O1" -DCMAKE_INSTALL_PREFIX="$work/opencv_installed" \
    -DOPENCV_EXTRA_MODULES_PATH="$contrib/modules" -DBUILD_LIST=core,imgproc,imgcodecs,dnn,cudev,videoio,highgui \
    -DWITH_CUDA=ON -DWITH_CUDNN=ON -DOPENCV_DNN_CUDA=ON -DCUDA_TOOLKIT_ROOT_DIR="$toolkit" -DCUDA_ARCH_BIN="$architectures" -DCUDA_ARCH_PTX= "${npp[@]}" \
    -DBUILD_TESTS=OFF -DBUILD_PERF_TESTS=OFF -DBUILD_EXAMPLES=OFF -DBUILD_opencv_python3=OFF "${trimmed_opencv[@]}" \
    >"$work/opencv.log" 2>&1 || { tail -n 50 "$work/opencv.log"; fail "OpenCV's CMake fails"; }
  grep -qE 'cuDNN: +YES' "$work/opencv.log" || fail "OpenCV's CMake finds no cuDNN, see $work/opencv.log"
  cmake --build "$work/opencv_build" --target install >"$work/opencv_build.log" 2>&1 || { tail -n 50 "$work/opencv_build.log"; fail "OpenCV does not build"; }
}

with_opencv=()
if [[ -n $opencv_cuda ]]; then
  build_opencv
  with_opencv=(-DOpenCV_DIR="$(dirname "$(find "$work/opencv_installed" -name OpenCVConfig.cmake)")")
fi

echo "== The project"
cmake -G Ninja -S "$project" -B "$work/build" -DCMAKE_BUILD_TYPE=Release ${with_opencv[@]+"${with_opencv[@]}"} \
  -DCMAKE_PREFIX_PATH="$packages/torch" -DANOMALY_PYTHON="$work/venv/bin/python" -Dpybind11_DIR="$(python -m pybind11 --cmakedir)" >"$work/build.log" 2>&1 || { tail -n 50 "$work/build.log"; fail "the project's CMake fails"; }
grep '^-- anomaly:' "$work/build.log"
grep -q '^-- anomaly: .*GPU kernels: cuda' "$work/build.log" || fail "the project has no CUDA kernels"
cmake --build "$work/build"

echo "== Tests"
export LD_LIBRARY_PATH=$(find "$packages/nvidia" -name 'lib*.so*' -printf '%h\n' | sort -u | tr '\n' ':')${LD_LIBRARY_PATH:-}
"$work/build/bin/opencv_test_anomaly" | tee "$work/tests.log"
ctest --test-dir "$work/build" --output-on-failure -R '^(command_line|gpu_traffic|ptx|save_kill|python)$'
if [[ -z $gpu ]]; then
  verdict="PASSED without a GPU: built, and tried on the processor"
  exit 0
fi
if grep -q '^\[  SKIPPED \] Anomaly_Gpu' "$work/tests.log"; then fail "there is a GPU ($gpu), but its tests were skipped"; fi

echo "== On the GPU"
"$project/tools/gpu_pack.sh" "$work/build" "$work/package"
"$work/package/tools/gpu_check.sh" --seconds=1200 | tee "$work/benchmark.md"
grep -q '^gpu_check.sh: PASSED' "$work/benchmark.md" || fail "see above"
verdict="PASSED on $gpu"
