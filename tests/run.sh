#!/bin/bash
# Installs what is missing, builds and runs all tests but those labeled "long". Exit status: ctest's.
set -euo pipefail
export PATH HOME=~  # both may be unset, in a bare container
cd "$(dirname "${BASH_SOURCE[0]}")/.."
tools/install_packages.sh build test
cmake --preset release
cmake --build --preset release
exec ctest --test-dir build/release --output-on-failure -j2 -LE long
