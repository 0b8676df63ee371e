#!/bin/bash
# Runs the tests that tests/run.sh skips where PyPI's packages are missing: exported models in ONNX Runtime and OpenVINO, serving
# by MLServer, and scoring by Ray. Needs what tests/run.sh has built, and PyPI; the packages take 1 GB in build/pypi.
set -euo pipefail
export PATH HOME=~  # both may be unset, in a bare container
cd "$(dirname "${BASH_SOURCE[0]}")/.."
build=build/release
python=$(sed -n 's/^ANOMALY_PYTHON:[^=]*=//p' $build/CMakeCache.txt 2>/dev/null || true)
[[ -d $build/python && -n $python ]] || { echo "$0: there is no cv_anomaly in $build/python: run tests/run.sh first" >&2; exit 1; }
tools/install_packages.sh wheel
[[ -x build/pypi/bin/pip ]] || "$python" -m venv --system-site-packages build/pypi
build/pypi/bin/pip install --disable-pip-version-check --quiet --upgrade 'numpy<2' onnx onnxruntime openvino mlserver \
  'tritonclient[grpc,http]' 'ray[data]' 'pyarrow<20' 'pandas<3'
# A test that says by its exit code that it was skipped ends the script as one that fails.
build/pypi/bin/python tests/onnx_export_test.py $build/python test_data
build/pypi/bin/python tests/serving_test.py $build/python .
build/pypi/bin/python tests/distributed_test.py $build/python .
