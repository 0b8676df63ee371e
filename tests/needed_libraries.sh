#!/bin/sh
# needed_libraries.sh LIBRARY: programs that only predict must carry neither LibTorch nor windows and video, and an
# application's own Halide must not meet the symbols of ours.
set -eu
if ! command -v readelf >/dev/null; then
  echo "skipped: readelf (binutils) is not here"
  exit 0
fi
if readelf -d "$1" | grep NEEDED | grep -E 'torch|c10|highgui|videoio|avcodec|avformat|Halide|python'; then
  echo "$1 needs libraries that it must not need" >&2
  exit 1
fi
if readelf --dyn-syms -W "$1" | grep -v UND | grep ' halide_'; then
  echo "$1 exports symbols of the Halide runtime" >&2
  exit 1
fi
