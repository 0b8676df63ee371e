#!/bin/bash
# doxygen.sh: makes the pages of the public headers and the tutorial in build/doxygen. Fails where Doxygen warns, and where a
# citation is not in the bibliography.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
status=0
for key in $(grep -rhoP '@cite \K\w+' modules/anomaly/include modules/anomaly/tutorials | sort -u); do
  grep -q "{$key,\$" modules/anomaly/doc/anomaly.bib || { echo "doxygen.sh: @cite $key is not in anomaly.bib" >&2; status=1; }
done
mkdir -p build/doxygen
doxygen doc/Doxyfile || status=1
exit $status
