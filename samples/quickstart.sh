#!/bin/bash
# From a fresh clone to a trained model, its figures and heat maps. See --help.
set -euo pipefail
export PATH HOME=~  # both may be unset, in a bare container

usage() {
  cat <<'END'
quickstart.sh [elpv | PATH]

Installs the packages (Debian 12 and 13, Ubuntu 24.04; elsewhere it lists what is missing), builds, trains a model on good images, evaluates it
on test images and writes heat maps.

  (nothing)  the stone washers of test_data/parts; results in build/quickstart
  elpv       solar cells of the PyPI package elpv-dataset, which is downloaded (90 MB, license CC BY-NC-SA 4.0: not for
             commercial use); results in build/quickstart/elpv
  PATH       a folder of your own; results in build/quickstart/<its name>:
               PATH/train/good/                    good images to learn from; twelve are enough to begin with
               PATH/test/good/                     other good images
               PATH/test/<a kind of defect>/       images with defects, a folder for each kind
               PATH/ground_truth/<that kind>/      masks <image's name>_mask.png, if there are any
END
}

fail() { echo "quickstart.sh: $1" >&2; exit 2; }

(( $# <= 1 )) || fail "one argument at most; --help explains it"
choice=${1:-}
case $choice in
  -h|--help) usage; exit ;;
  -*) fail "unknown option $choice; --help shows what there is" ;;
  ""|elpv) ;;
  *) [[ -d $choice/train/good && -d $choice/test ]] || fail "$choice has no train/good and test; --help shows the layout"
     choice=$(realpath "$choice") ;;
esac
cd "$(dirname "${BASH_SOURCE[0]}")/.."

results=build/quickstart
data=test_data/parts/washer
sets=(build)
if [[ $choice == elpv ]]; then
  results+=/elpv
  data=$results/data
  sets+=(elpv)
elif [[ -n $choice ]]; then
  results+=/$(basename "$choice")
  data=$choice
fi

tools/install_packages.sh "${sets[@]}"
cmake --preset release
cmake --build --preset release
mkdir -p "$results"

if [[ $choice == elpv ]]; then
  venv=build/quickstart/elpv-venv
  python3 -m venv "$venv"
  # Its images are all we use, so numpy and pillow, which its reader would need, stay out.
  "$venv/bin/pip" install --quiet --disable-pip-version-check --no-deps elpv-dataset==1.0.0.post1
  "$venv/bin/python" samples/prepare_elpv.py "$data"
fi

bin=build/release/bin
model=$results/model.yml.gz
"$bin/anomaly_train" "$data" --model="$model"
"$bin/anomaly_evaluate" "$data" --model="$model" --report="$results/report" --json="$results/figures.json"
"$bin/anomaly_predict" --model="$model" "$data/test" --output="$results/overlays" --csv="$results/scores.csv"

# A figure of the flat object in figures.json; nothing where it is missing, as pixel figures are without masks.
figure() {
  local value
  value=$(sed -nE "s/.*\"$1\": *([-+.0-9eE]+).*/\1/p" "$results/figures.json")
  [[ -z $value ]] || LC_ALL=C printf %.4f "$value"
}
python=$(sed -n 's/^ANOMALY_PYTHON:FILEPATH=//p' build/release/CMakeCache.txt)
if [[ -e build/release/python/cv_anomaly/__init__.py ]]; then
  in_python="In Python, the package that was built beside the programs:
  PYTHONPATH=$PWD/build/release/python $python -c 'import cv_anomaly; print(cv_anomaly.loadDetector(\"own.yml.gz\").predictFile(\"IMAGE\")[0])'"
else
  in_python="The Python package cv_anomaly was not built: it needs pybind11 and Python's headers."
fi
image_auroc=$(figure image_auroc)
pixel_auroc=$(figure pixel_auroc)

cat <<END

Done: $data
  image AUROC  ${image_auroc:-not known}
  pixel AUROC  ${pixel_auroc:-not known: there are no masks}
  model        $model
  report       $results/report/index.html
  heat maps    $results/overlays/
  scores       $results/scores.csv

Now with images of your own, good ones in one folder and new ones in another:
  $bin/anomaly_train GOOD_IMAGES --model=own.yml.gz
  $bin/anomaly_predict --model=own.yml.gz NEW_IMAGES --output=own_overlays --csv=own_scores.csv

$in_python
END
