#!/bin/bash
# lint.sh: clang-format (.clang-format), compiler warnings (-Wall -Wextra -Wpedantic -Wconversion), cppcheck and clang-tidy (.clang-tidy) on all C++ files of this
# project. The last line says whether one of them found something.
set -euo pipefail
export PATH HOME=~  # both may be unset, in a bare container
cd "$(dirname "${BASH_SOURCE[0]}")/.."
tools/install_packages.sh build lint
cmake --preset release
cmake --build --preset release  # files include headers that it makes
folder=build/release/lint
mkdir -p $folder

# The build's commands for our own files: their names, and the commands in a form that writes nothing.
python3 - "$PWD" $folder <<'EOF'
import json, pathlib, shlex, sys
root, folder = pathlib.Path(sys.argv[1]), pathlib.Path(sys.argv[2])
entries = json.loads((root / 'build/release/compile_commands.json').read_text())
ours = [e for e in entries if root / 'build' not in pathlib.Path(e['file']).parents]
checks = []
for entry in ours:
    words = shlex.split(entry['command'])
    words = words[words[0].endswith('ccache'):]
    at = words.index('-o')
    words[at:at + 2] = ['-fsyntax-only', '-Wpedantic', '-Wconversion', '-Werror']
    checks.append('cd %s && %s' % (shlex.quote(entry['directory']), ' '.join(shlex.quote(w) for w in words)))
(folder / 'compile_commands.json').write_text(json.dumps(ours))
(folder / 'files').write_text('\n'.join(e['file'] for e in ours))
(folder / 'checks').write_text('\n'.join(checks))
EOF

compiler() { xargs -a $folder/checks -d '\n' -n 1 -P "$(nproc)" bash -c; }

# OpenCV's headers are left out, so that its macros are unknown: CV_Error ends a function.
run_cppcheck() {
  cppcheck --project=$folder/compile_commands.json --enable=warning,performance,portability --error-exitcode=1 --inline-suppr --quiet -j "$(nproc)" \
    --library=googletest '-DINSTANTIATE_TEST_CASE_P(...)=' '-DTYPED_TEST_CASE(...)=' '-DTYPED_TEST(fixture,name)=void fixture##name()' --suppress='AssignmentIntegerToAddress:*python/*' --suppress='useInitializationList:*test/*' '-DCV_WRAP_AS(name)=' '-DHALIDE_REGISTER_GENERATOR(type,name)=' '-DPYBIND11_TOSTRING(x)=""' -DCV_OVERRIDE=override -DCV_FINAL=final '-DCV_Error(code,text)=throw 1' '-DCV_Error_(code,text)=throw 1'
}

# GCC's own default, which its commands leave out and clang's is not.
tidy() { xargs -a $folder/files -d '\n' -n 1 -P "$(nproc)" clang-tidy -p $folder --quiet --extra-arg-before=-std=gnu++17; }

# One version, since each breaks lines a little differently.
format() { git ls-files '*.cpp' '*.hpp' | xargs clang-format-14 --dry-run -Werror && ! git ls-files '*.cpp' '*.hpp' | xargs grep -nE '^.{121,}$'; }

failed=()
for check in format compiler run_cppcheck tidy; do
  echo "== ${check#run_}"
  $check || failed+=("${check#run_}")
done
if (( ${#failed[@]} )); then
  echo "FAILED: ${failed[*]}"
  exit 1
fi
echo "PASSED: $(wc -w < $folder/files) files"
