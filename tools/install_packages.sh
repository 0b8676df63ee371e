#!/bin/bash
# Installs what building and testing need: install_packages.sh [SET]..., the sets below; "build" if none.
# On Debian 12 and 13 and on Ubuntu 24.04 it calls apt-get, as root or through sudo, for what is missing. On any other system it
# installs nothing and says what is missing.
set -euo pipefail

system=$([[ ! -r /etc/os-release ]] || (. /etc/os-release && echo "${ID:-} ${VERSION_ID:-}"))
case $system in
  "debian 12") halide=libhalide14-0-dev ;;
  "debian 13") halide=libhalide19-dev ;;
  "ubuntu 24.04") halide=libhalide17-1-dev ;;
  *) system=other halide='' ;;
esac
# Ubuntu has no packages of PyTorch: all methods but CFA learn without it.
torch=libtorch-dev
torch_python="python3-torch python3-torchvision"
[[ $system != ubuntu* ]] || torch='' torch_python=''

declare -A packages=(
  [build]="g++ cmake ninja-build ccache libopencv-dev libopencv-contrib-dev $torch $halide libdnnl-dev libgtest-dev
           libopenblas0-pthread zlib1g-dev libdeflate-dev pybind11-dev python3-dev python3-numpy"
  [test]="python3 binutils doxygen pkg-config python3-opencv $torch_python python3-onnx python3-jsonschema
           locales mosquitto mosquitto-clients gstreamer1.0-plugins-base"
  [browser]="chromium chromium-driver"
  [packages]="dpkg-dev file debootstrap"
  [wheel]="ca-certificates dpkg-dev libspdlog-dev python3-dev python3-venv"
  [in_tree]="ca-certificates dpkg-dev libjpeg-dev libpng-dev libprotobuf-dev libtiff-dev opencl-headers protobuf-compiler python3-venv"
  [fuzz]="clang libclang-rt-dev"
  [lint]="clang-format-14 cppcheck clang-tidy python3"
  [sanitizers]="valgrind"
  [arm64]="ca-certificates crossbuild-essential-arm64 mmdebstrap qemu-user-static python3"
  [windows]="ca-certificates g++-mingw-w64-x86-64-posix libz-mingw-w64-dev googletest python3 python3-venv wine wine64"
  [opencl]="pocl-opencl-icd ocl-icd-libopencl1"
  [elpv]="python3 python3-venv ca-certificates"
)
sets=("${@:-build}")
for set in "${sets[@]}"; do
  if [[ -z $set || -z ${packages[$set]:-} ]]; then
    echo "$0: unknown set '$set'; there are: ${!packages[*]}" >&2
    exit 2
  fi
done

# Some tools are those of one release: OpenCV 4.6's source, and clang-format, each version of which breaks lines a little
# differently. Ubuntu's Chromium is a snap, which the test cannot drive.
refuse_sets() {
  local set refused
  for set in "${sets[@]}"; do
    for refused in "$@"; do
      [[ $set != "$refused" ]] || { echo "$0: the set '$set' is for Debian 12, and this is $system" >&2; exit 1; }
    done
  done
}

install_by_apt() {
  local wanted='' missing
  for set in "${sets[@]}"; do wanted+=" ${packages[$set]}"; done
  missing=$(comm -23 <(printf '%s\n' $wanted | sort -u) \
                     <(dpkg-query -W -f='${db:Status-Status} ${Package}\n' | sed -n 's/^installed //p' | sort -u))
  [[ -n $missing ]] || return 0
  local apt=(env DEBIAN_FRONTEND=noninteractive apt-get -o DPkg::Lock::Timeout=600)
  if (( EUID != 0 )); then
    if ! command -v sudo >/dev/null; then
      echo "$0: these packages are missing, and neither root nor sudo is at hand:" $missing >&2
      echo "Run as root: apt-get update && apt-get install --no-install-recommends" $missing >&2
      return 1
    fi
    apt=(sudo "${apt[@]}")
  fi
  echo "Installing:" $missing
  "${apt[@]}" update
  "${apt[@]}" install -y --no-install-recommends $missing
}

has_program() { command -v "$1" >/dev/null; }

# Looks where CMake looks for a package's configuration file, roughly.
has_cmake_package() {
  local own=$1_DIR places
  IFS=: read -ra places <<< "/usr/local:/usr/lib:/usr/lib64:/usr/share:/opt:${!own:-}:${CMAKE_PREFIX_PATH:-}"
  [[ -n $(find -H "${places[@]}" -maxdepth 8 -name "$1Config.cmake" -print -quit 2>/dev/null) ]]
}

has_python_modules() { python3 -c "import ${1// /, }" 2>/dev/null; }

list_missing_elsewhere() {
  local missing=()
  for set in "${sets[@]}"; do
    case $set in
      build)
        has_program c++ || missing+=("a C++17 compiler (c++)")
        has_program cmake || missing+=("CMake 3.22 or newer (cmake)")
        has_program ninja || missing+=("Ninja (ninja)")
        has_cmake_package OpenCV || missing+=("OpenCV 4.6 or newer with dnn (OpenCVConfig.cmake)")
        has_cmake_package Torch || missing+=("LibTorch 1.13 or newer, cxx11 ABI (TorchConfig.cmake)")
        has_cmake_package Halide || missing+=("Halide 14 or newer (HalideConfig.cmake)")
        [[ -n $(find -H /usr/include /usr/local/include -name zlib.h -print -quit 2>/dev/null) ]] || missing+=("zlib's headers (zlib.h)")
        has_cmake_package GTest || missing+=("GoogleTest 1.12 or newer (GTestConfig.cmake)")
        has_cmake_package pybind11 && has_python_modules numpy ||
          echo "$0: without pybind11 2.10 or newer (pybind11Config.cmake) and numpy there is no Python package cv_anomaly" >&2 ;;
      test)
        has_program python3 || missing+=("Python 3 (python3)")
        has_program doxygen || missing+=("Doxygen (doxygen)")
        has_program readelf || missing+=("binutils (readelf)")
        has_python_modules "torch torchvision onnx cv2" ||
          echo "$0: without torch, torchvision, onnx and cv2 in python3 the test export_backbone is skipped" >&2
        has_python_modules "onnx onnxruntime openvino" ||
          echo "$0: without onnx, onnxruntime and openvino (PyPI) in python3 the test onnx_export is skipped" >&2
        has_python_modules "mlserver tritonclient" ||
          echo "$0: without mlserver and tritonclient (PyPI) in python3 the test serving is skipped" >&2 ;;
      browser)
        has_program chromium || missing+=("Chromium (chromium)")
        has_program chromedriver || missing+=("ChromeDriver (chromedriver)") ;;
      packages)
        missing+=("Debian 12 or 13") ;;
      arm64|in_tree|windows)
        missing+=("Debian 12") ;;
      fuzz)
        has_program clang++ || missing+=("clang with its run time libraries (clang++)") ;;
      lint)
        has_program cppcheck || missing+=("cppcheck 2.10 or newer (cppcheck)")
        has_program clang-tidy || missing+=("clang-tidy 14 or newer (clang-tidy)")
        has_program python3 || missing+=("Python 3 (python3)") ;;
      sanitizers)
        has_program valgrind || missing+=("Valgrind (valgrind)") ;;
      opencl)
        [[ -n $(find -H /etc/OpenCL/vendors -name '*.icd' -print -quit 2>/dev/null) ]] || missing+=("an OpenCL driver, such as PoCL (/etc/OpenCL/vendors)") ;;
      elpv|wheel)
        has_python_modules "venv ensurepip" || missing+=("Python 3 with venv and pip (python3)") ;;
    esac
  done
  (( ${#missing[@]} )) || return 0
  echo "This system is neither Debian 12 or 13 nor Ubuntu 24.04, so nothing was installed. Missing:" >&2
  printf '  - %s\n' "${missing[@]}" >&2
  echo "Install them, name places that CMake does not search in CMAKE_PREFIX_PATH, and start again." >&2
  return 1
}

case $system in
  "debian 12") install_by_apt ;;
  "debian 13") refuse_sets arm64 in_tree lint; install_by_apt ;;
  "ubuntu 24.04") refuse_sets arm64 in_tree lint browser; install_by_apt ;;
  *) list_missing_elsewhere ;;
esac
