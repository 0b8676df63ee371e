#!/bin/bash
# fuzz.sh [MINUTES]: runs each libFuzzer program that long (30 by default) under AddressSanitizer and UndefinedBehaviorSanitizer.
# The last line says whether one of them found a crash, a run of over 5 s or more than 1 GiB; what it found lies in build/fuzz/found.
set -euo pipefail
export PATH HOME=~  # both may be unset, in a bare container
cd "$(dirname "${BASH_SOURCE[0]}")/.."
minutes=${1:-30}
[[ $minutes =~ ^[0-9]+$ && $minutes -gt 0 ]] || { echo "usage: $0 [MINUTES]" >&2; exit 2; }
tools/install_packages.sh build fuzz
cmake --preset fuzz
cmake --build --preset fuzz

folder=build/fuzz
# OpenCV is not instrumented, so its containers look overrun where they were filled.
export ASAN_OPTIONS=detect_container_overflow=0:allocator_may_return_null=0 UBSAN_OPTIONS=print_stacktrace=1
mkdir -p $folder/{seeds,found}
$folder/bin/write_seeds $folder/seeds

failed=()
for program in load params metrics; do
  mkdir -p $folder/corpus/$program
  corpora=($folder/corpus/$program)
  [[ $program != load ]] || corpora+=($folder/seeds)
  if $folder/bin/fuzz_$program -max_total_time=$((minutes * 60)) -rss_limit_mb=1024 -malloc_limit_mb=1024 -timeout=5 -max_len=65536 \
      -dict=tools/fuzz/model.dict -artifact_prefix=$folder/found/$program- -print_final_stats=1 "${corpora[@]}" &> $folder/$program.log; then
    echo "fuzz_$program: $(grep -o 'number_of_executed_units: *[0-9]*' $folder/$program.log), $(grep -o 'peak_rss_mb: *[0-9]*' $folder/$program.log)"
  else
    failed+=("fuzz_$program")
    tail -n 40 $folder/$program.log
  fi
done
if (( ${#failed[@]} )); then
  echo "FAILED: ${failed[*]} (logs in $folder, inputs in $folder/found)"
  exit 1
fi
echo "PASSED: $minutes minutes each without a finding"
