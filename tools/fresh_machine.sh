#!/bin/bash
# fresh_machine.sh RELEASE [FOLDER]: a newcomer's two commands, samples/quickstart.sh and tests/run.sh, on a Debian 12 or 13 or an
# Ubuntu 24.04 that has nothing yet, as root, with the time of each. FOLDER, by default build/fresh_machine/RELEASE, keeps the log; the
# system in it (8 GB) is removed at the end. The tree is taken as it lies here, without build and ignored files. The last line says
# PASSED or FAILED. For Ubuntu, MIRROR in the environment is the address of its archive.
set -euo pipefail
export PATH HOME=~  # both may be unset, in a bare container
project=$(realpath "$(dirname "${BASH_SOURCE[0]}")/..")
release=${1:-}
components=main
script=()
case $release in
  12) name=bookworm ;;
  13) name=trixie ;;
  24.04) name=noble; components+=,universe; script=(gutsy) ;;  # the script of all Ubuntus; Debian 12's debootstrap does not know this one's name
  *) sed -n '2,5s/^# \?//p' "${BASH_SOURCE[0]}" >&2; exit 2 ;;
esac
work=$(realpath -m "${2:-$project/build/fresh_machine/$release}")
root=$work/system
[[ $release != 24.04 || -n ${MIRROR:-} ]] || { echo "fresh_machine.sh: MIRROR has to name the address of Ubuntu's archive" >&2; exit 2; }
mirror=$("$project/tools/debian_mirror.sh")
verdict=FAILED

leave() {
  ! mountpoint -q "$root/proc" || umount "$root/proc"
  rm -rf --one-file-system "$root"
  echo "fresh_machine.sh $release: $verdict"
}
trap leave EXIT

fail() { echo "fresh_machine.sh: $1" >&2; exit 1; }
(( EUID == 0 )) || fail "debootstrap and chroot need root"

# CMAKE_BUILD_PARALLEL_LEVEL, where it is set, holds in there too.
inside() {
  chroot "$root" env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin HOME=/root LC_ALL=C.UTF-8 \
    CMAKE_BUILD_PARALLEL_LEVEL="${CMAKE_BUILD_PARALLEL_LEVEL:-}" "$@"
}

# timed COMMAND: its output into the log, its time to the screen.
timed() {
  local start=$SECONDS
  echo "== $1"
  inside bash -c "cd /project && $1" >"$work/${1##*/}.log" 2>&1 || { tail -n 40 "$work/${1##*/}.log"; fail "$1 fails, see $work/${1##*/}.log"; }
  echo "$1: $(( SECONDS - start )) s"
}

"$project/tools/install_packages.sh" packages
mkdir -p "$work"
rm -rf --one-file-system "$root"
debootstrap --variant=minbase --components="$components" --include=ca-certificates "$name" "$root" "$mirror" "${script[@]}" >"$work/debootstrap.log"
mount -t proc proc "$root/proc"
mkdir "$root/project"
git -C "$project" ls-files --cached --others --exclude-standard -z | tar -C "$project" --null --ignore-failed-read -T - -c | tar -C "$root/project" -x
timed samples/quickstart.sh
timed tests/run.sh
grep -E 'tests passed|tests failed|Passed|Skipped' "$work/run.sh.log" | tail -n 3
inside dpkg-query -W -f='${Package} ${Version}\n' g++ libopencv-core-dev libtorch-dev 'libhalide*-dev' pybind11-dev || true
verdict=PASSED
