#!/bin/sh
# exported_names.sh LIBRARY HEADERS: the library exports what its public headers, HEADERS/anomaly*, declare, and no name
# of src's own.
set -eu
if ! command -v nm >/dev/null; then
  echo "skipped: nm (binutils) is not here"
  exit 0
fi
exported=$(nm -DC --defined-only "$1" | cut -d ' ' -f 3-)
declared=$(sed -nE -e 's/^ *(class|struct|enum) (CV_EXPORTS[A-Z_]* )?([A-Za-z0-9_]+).*/\3/p' \
  -e 's/^ *CV_EXPORTS[A-Z_]* ([^(]*[ &*])?([A-Za-z0-9_]+)\(.*/\2/p' "$2"/anomaly.hpp "$2"/anomaly/*.hpp)
for name in AnomalyDetector auroc; do
  echo "$exported" | grep -q "cv::anomaly::$name\>" || { echo "$1 does not export $name" >&2; exit 1; }
done
# The first part of each name in cv::anomaly, wherever it stands; and names that C and Halide's kernels have.
others=$(echo "$exported" | grep -oE 'cv::anomaly::[A-Za-z0-9_]+' | sed 's/cv::anomaly:://' | sort -u |
  grep -vxF "$declared" || true)
others="$others $(echo "$exported" | grep -iE '^_?(anomaly|embedded)' || true)"
if [ "$others" != " " ]; then
  echo "$1 exports names that no public header declares:" $others >&2
  exit 1
fi
