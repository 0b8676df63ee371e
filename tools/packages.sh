#!/bin/bash
# packages.sh [FOLDER]: makes the Debian packages and tries them in a fresh Debian 12, as root: a model predicts where there is no
# LibTorch, training comes with its package, a program builds with the headers, Python predicts. FOLDER, by default
# build/packages, holds the build and the packages; the Debian in it (3 GB) is removed at the end. The last line says PASSED or FAILED.
set -euo pipefail
export PATH HOME=~  # both may be unset, in a bare container
project=$(realpath "$(dirname "${BASH_SOURCE[0]}")/..")
[[ $# -le 1 && ${1:-} != -* ]] || { sed -n '2,4s/^# \?//p' "${BASH_SOURCE[0]}" >&2; exit 2; }
build=$(realpath -m "${1:-$project/build/packages}")
root=$build/debian
mirror=$("$project/tools/debian_mirror.sh")
verdict=FAILED

leave() {
  ! mountpoint -q "$root/proc" || umount "$root/proc"
  rm -rf --one-file-system "$root"
  echo "packages.sh: $verdict"
}
trap leave EXIT

fail() { echo "packages.sh: $1" >&2; exit 1; }
(( EUID == 0 )) || fail "debootstrap and chroot need root"

inside() { chroot "$root" env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin LC_ALL=C.UTF-8 DEBIAN_FRONTEND=noninteractive "$@"; }

# install PACKAGE...: of ours, with what they depend on and no more.
install() { inside apt-get install -y --no-install-recommends "${@/#//packages/}"; }

has_torch() { compgen -G "$root/usr/lib/*/libtorch_cpu.so*" >/dev/null; }

"$project/tools/install_packages.sh" build test packages
cmake -S "$project" -B "$build" -G Ninja -DCMAKE_BUILD_TYPE=Release -DCMAKE_INSTALL_PREFIX=/usr -DANOMALY_BUILD_TESTS=OFF
cmake --build "$build"
(cd "$build" && rm -f ./*.deb && cpack)

rm -rf --one-file-system "$root"
debootstrap --variant=minbase bookworm "$root" "$mirror"
mkdir "$root/packages" "$root/data"
for file in "$build"/*.deb; do
  name=$(basename "$file")
  cp "$file" "$root/packages/${name%%_*}.deb"
done
cp -r "$project"/test_data/textures/brick/{train,test} "$project/test_data/models/brick.yml.gz" "$root/data"
mount -t proc proc "$root/proc"

echo "== Predicting"
install libopencv-anomaly.deb opencv-anomaly-tools.deb
! has_torch || fail "LibTorch comes along where only predicting was asked for"
inside anomaly_predict --model=/data/brick.yml.gz /data/test/hole --output=/data/overlays | tee "$build/said"
grep -q '^0 good, 6 defective' "$build/said" || fail "the installed program does not find the defects"
inside anomaly_train /data/train/good --model=/data/own.yml.gz
if inside anomaly_train /data/train/good --method=cfa --model=/data/own.yml.gz --epochs=1 2>"$build/said"; then
  fail "training by LibTorch works without its package"
fi
grep -q 'opencv_anomaly_train' "$build/said" || { cat "$build/said"; fail "without its package, training does not say what is missing"; }

echo "== Training"
install libopencv-anomaly-train.deb
inside anomaly_train /data/train/good --method=cfa --model=/data/own.yml.gz --epochs=1
inside anomaly_predict --model=/data/own.yml.gz /data/test/hole --output=/data/overlays

echo "== Python"
install python3-cv-anomaly.deb
inside python3 -c '
import cv_anomaly, numpy
score, map = cv_anomaly.CFA.load("/data/brick.yml.gz").predict(numpy.full((64, 64, 3), 255, numpy.uint8))
print(score, map.shape)'

echo "== A program"
install libopencv-anomaly-dev.deb
inside apt-get install -y --no-install-recommends g++ pkg-config
inside sh -c 'c++ /usr/share/opencv_anomaly/samples/anomaly_detection.cpp -o /data/program $(pkg-config --cflags --libs opencv_anomaly)'
inside /data/program --help >/dev/null
verdict=PASSED
