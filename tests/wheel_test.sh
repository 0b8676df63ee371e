#!/bin/bash
# wheel_test.sh PYTHON WHEEL [PACKAGE]...: installs a wheel in a virtual environment of its own, with these packages of PyPI first
# (numpy<2, opencv-python-headless), and tries README's Python program, cv2 before and after it, the command line programs, and
# training: by torch where the environment has it, else refused by name. With --system-site-packages before PYTHON, packages of the
# system are seen too, such as Debian's torch.
set -euo pipefail
options=()
[[ ${1:-} != --system-site-packages ]] || { options=("$1"); shift; }
[[ $# -ge 2 && -f $2 ]] || { sed -n '2,5s/^# \?//p' "${BASH_SOURCE[0]}" >&2; exit 2; }
project=$(realpath "$(dirname "${BASH_SOURCE[0]}")/..")
textures=$project/test_data/textures/brick
wheel=$(realpath "$2")
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

fail() { echo "wheel_test.sh: $1" >&2; exit 1; }

"$1" -m venv "${options[@]}" "$work/venv"
bin=$work/venv/bin
"$bin/pip" install --quiet --disable-pip-version-check "${@:3}" "$wheel"
cd "$work"
"$bin/python" -c 'import sys, numpy, cv_anomaly; print("-- Python", sys.version.split()[0], "NumPy", numpy.__version__, "cv_anomaly", cv_anomaly.__version__)'

echo "-- README's program"
sed -n '/^```python$/,/^```$/{/^```/d;p}' "$project/README.md" >example.py
grep -q fitFiles example.py || fail "README.md has no Python program"
"$bin/python" example.py "$textures/train/good" "$textures/test/hole" | tee said
(( $(grep -c DEFECTIVE said) == $(ls "$textures/test/hole" | wc -l) )) || fail "README's program does not find each hole"

echo "-- cv2 in the same process"
for order in "cv2, cv_anomaly" "cv_anomaly, cv2"; do
  if ! "$bin/python" -c 'import cv2' 2>/dev/null; then echo "not tried: there is no cv2"; break; fi
  "$bin/python" - "import $order" "$textures/test/hole/000.png" model.yml.gz <<'END'
import sys
exec(sys.argv[1])
image = cv2.imread(sys.argv[2])
detector = cv_anomaly.loadDetector(sys.argv[3])
score, map = detector.predict(image)
assert score == detector.predictFile(sys.argv[2])[0] > detector.getImageThreshold()
assert cv2.GaussianBlur(map, (0, 0), 3).shape == map.shape == image.shape[:2]
try:
    detector.predict(image[:, :, 0].astype('complex64'))
except (cv_anomaly.error, TypeError) as error:
    assert not isinstance(error, cv2.error)
try:
    cv2.imdecode(image[:0], 1)
except cv2.error:
    pass
print(sys.argv[1], 'with cv2', cv2.__version__, 'score %.9g' % score)
END
done

echo "-- Programs"
for program in anomaly_train anomaly_evaluate anomaly_predict anomaly_update anomaly_export anomaly_camera anomaly_benchmark; do
  "$bin/$program" --help >said
  grep -q "$program" said || fail "$program --help says something else"
done
"$bin/anomaly_train" "$textures/train/good" --model=own.yml.gz >/dev/null 2>progress
"$bin/anomaly_predict" --model=own.yml.gz "$textures/test/hole" --output=overlays 2>progress | tee said
grep -q '^0 good' said || fail "anomaly_predict does not find each hole"
code=0
"$bin/anomaly_predict" --modle=own.yml.gz >/dev/null 2>&1 || code=$?
(( code == 2 )) || fail "the exit code of a program is lost: $code in place of 2"
code=0
timeout --preserve-status --signal=INT --kill-after=10 3 "$bin/anomaly_benchmark" --model=own.yml.gz --runs=1000000 >/dev/null 2>&1 || code=$?
(( code == 130 )) || fail "Ctrl-C does not end a program: exit code $code in place of 130"

echo "-- Training"
if "$bin/python" -c 'import torch' 2>/dev/null; then
  "$bin/anomaly_train" "$textures/train/good" --method=cfa --epochs=2 --model=cfa.yml.gz 2>progress | tail -n 1
  "$bin/anomaly_predict" --model=cfa.yml.gz "$textures/test/hole" --output=overlays 2>progress | tee said
  grep -q '^0 good' said || fail "a model that was trained by torch does not find each hole"
else
  ! "$bin/anomaly_train" "$textures/train/good" --method=cfa --epochs=1 --model=cfa.yml.gz 2>said || fail "training works without torch"
  cat said
  grep -qF 'pip install "cv-anomaly[train]"' said || fail "without torch, training does not say what to install"
fi
echo "wheel_test.sh: PASSED"
