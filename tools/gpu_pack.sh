#!/bin/bash
# gpu_pack.sh BUILD FOLDER: from a build for CUDA (tools/cuda.sh makes one in build/cuda/build) all that gpu_check.sh needs, in FOLDER: programs, libraries
# of this project and of OpenCV, without symbols, and what of the sources they read. For a machine with a GPU and nothing to build with.
set -euo pipefail
(( $# == 2 )) || { sed -n '2,3s/^# //p' "${BASH_SOURCE[0]}" >&2; exit 2; }
build=$(realpath "$1") folder=$(realpath -m "$2") project=$(realpath "$(dirname "${BASH_SOURCE[0]}")/..")
mkdir -p "$folder"/{bin,lib,tools,benchmarks,modules/anomaly/misc,test_data}
for program in opencv_test_anomaly gpu_benchmark anomaly_train anomaly_predict anomaly_evaluate anomaly_benchmark; do strip -o "$folder/bin/$program" "$build/bin/$program"; done
needed() { ldd "$1" | sed -n 's/.* => \(.*libopencv_[^ ]*\) .*/\1/p'; }
for library in $(needed "$build/bin/gpu_benchmark") $(needed "$build/bin/anomaly_predict") "$build"/lib/*opencv_anomaly_train*.[0-9]*; do
  strip -o "$folder/lib/$(basename "$library")" "$(realpath "$library")"
done
cp "$project/tools/gpu_check.sh" "$folder/tools"
cp "$project/benchmarks/gpu_benchmark.py" "$folder/benchmarks"
cp "$project"/modules/anomaly/misc/*.py "$folder/modules/anomaly/misc"
cp -r "$project"/test_data/{backbones,gold,images,models,textures} "$folder/test_data"
du -sh "$folder"
