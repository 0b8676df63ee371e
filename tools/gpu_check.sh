#!/bin/bash
# gpu_check.sh [--seconds=N] [OPTION]...: what is to be seen on a GPU, from a folder that gpu_pack.sh made: unit tests of the GPU, 10,000 images without
# growth, gpu_benchmark.py with the OPTIONs. Needs an NVIDIA GPU and a python3 with PyTorch for CUDA, torchvision, onnx and cv2, whose cuBLAS and cuDNN it
# takes. Each step ends after N seconds, 400 by default: all of it takes 5 minutes on an H100. The last line says PASSED or FAILED.
set -uo pipefail
folder=$(realpath "$(dirname "${BASH_SOURCE[0]}")/..")
seconds=400 options=()
for argument in "$@"; do
  case $argument in
    --seconds=*) seconds=${argument#*=} ;;
    *) options+=("$argument") ;;
  esac
done
libraries=$(python3 - <<'PYTHON'
import glob, os, torch
site = os.path.dirname(os.path.dirname(torch.__file__))
print(':'.join([os.path.join(site, 'torch', 'lib')] + sorted({os.path.dirname(f) for f in glob.glob(site + '/nvidia/**/lib*.so*', recursive=True)})))
PYTHON
) || exit 1
export LD_LIBRARY_PATH=$folder/lib:$libraries:${LD_LIBRARY_PATH:-} ANOMALY_TEST_DATA=$folder/test_data
chmod +x "$folder"/bin/* 2>/dev/null
verdict=PASSED
step() {
  local start=$SECONDS
  echo "== $1"
  shift
  timeout "$seconds" "$@" || { echo "failed, exit code $?"; verdict=FAILED; }
  echo "($((SECONDS - start)) s)"
}
nvidia-smi --query-gpu=name,driver_version,memory.total --format=csv,noheader
step "Unit tests" "$folder/bin/opencv_test_anomaly" --gtest_filter='Anomaly_Gpu*:Anomaly_Targets*:*Trainer*' --gtest_brief=1
step "10,000 images" "$folder/bin/gpu_benchmark" --centers=784 --gamma_d=0.25 --images=10000
step "Images a second" python3 -W ignore "$folder/benchmarks/gpu_benchmark.py" "$folder/bin" ${options[@]+"${options[@]}"}
echo "gpu_check.sh: $verdict"
