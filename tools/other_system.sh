# To be sourced by scripts that build for another system and run the programs here. They set `project`, `work` and, for messages,
# `script`; `there PROGRAM [ARGUMENT]...` runs a program of the other system.
here() { "$@"; }
fail() { echo "$script: $1" >&2; exit 1; }

# The build for this machine, whose programs are compared with, and whose generators write the kernels.
generators=$project/build/release/modules/anomaly/halide_generators/anomaly_generators
build_here() {
  cmake --preset release
  cmake --build --preset release --target anomaly_train anomaly_evaluate
}

# evaluate PLACE PROGRAMS SUFFIX MODEL JSON
evaluate() { $1 "$2/anomaly_evaluate$3" "$project/test_data/parts/washer" --model="$4" --json="$work/$5"; }

# application PLACE PROGRAMS SUFFIX: what these programs find with a small PaDiM that they learn, and with PatchCore's model of this
# machine, in PLACE_padim.json and PLACE_patchcore.json. PLACE: here or there. Only PaDiM is learned in both places: the signs of
# PatchCore's axes are those that rounding leads to, and change what is chosen as another seed does.
application() {
  local model=$work/$1.yml.gz images=$project/test_data/parts/washer/train/good
  { $1 "$2/anomaly_train$3" "$images" --model="$model" --method=padim --features=20 --input_size=96 &&
    evaluate "$@" "$model" "$1_padim.json" && evaluate "$@" "$work/patchcore.yml.gz" "$1_patchcore.json"; } >"$work/$1.log" 2>&1 ||
    fail "the application fails, see $work/$1.log"
}

# compare_application PROGRAMS SUFFIX: the other system's programs, and this machine's of the preset release, must find the same
# figures. Compilers and processors round sums in another order, so that the last digits differ. Times differ by nature.
compare_application() {
  local programs=$project/build/release/bin method
  "$programs/anomaly_train" "$project/test_data/parts/washer/train/good" --model="$work/patchcore.yml.gz" --rotations=1 \
    --input_size=96 --bank_size=500 >/dev/null
  application here "$programs" ''
  application there "$@"
  for method in padim patchcore; do
    python3 - "$work/here_$method.json" "$work/there_$method.json" <<'PYTHON' || fail "figures of $method are not those of this machine"
import json, math, sys
here, there = ({name: value for name, value in json.load(open(file)).items() if not name.startswith('seconds')} for file in sys.argv[1:])
differing = [name for name in here if not (math.isclose(here[name], there[name], rel_tol=1e-5)
                                           if isinstance(here[name], float) else here[name] == there[name])]
sys.exit('figures differ: %s' % {name: (here[name], there[name]) for name in differing} if differing else 0)
PYTHON
  done
}

# unit_tests PROGRAM FILTER: in as many parts as there are processors, since most tests keep one of them busy.
unit_tests() {
  local shards shard process processes=() failed=0
  shards=$(nproc)
  for (( shard = 0; shard < shards; shard++ )); do
    GTEST_TOTAL_SHARDS=$shards GTEST_SHARD_INDEX=$shard ANOMALY_TEST_DATA=$project/test_data \
      there "$1" --gtest_filter="$2" >"$work/tests_$shard.log" 2>&1 &
    processes+=($!)
  done
  for process in "${processes[@]}"; do wait "$process" || failed=1; done
  grep -hE '^\[  (PASSED|FAILED|SKIPPED) ' "$work"/tests_*.log || true
  (( ! failed )) || fail "unit tests fail, see $work/tests_*.log"
}
