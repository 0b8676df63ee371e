#!/bin/bash
# debian_source.sh RELEASE PACKAGE FOLDER: unpacks the source package of that Debian (bookworm, trixie) as FOLDER/unpacked. Source
# packages are off on a fresh Debian: they come by a list of our own, and the system's stays as it is.
set -euo pipefail
[[ $# == 3 ]] || { sed -n '2,3s/^# \?//p' "${BASH_SOURCE[0]}" >&2; exit 2; }
release=$1 package=$2 folder=$3
apt=$folder/apt
mkdir -p "$apt/lists/partial" "$apt/cache/archives/partial"
keys=/usr/share/keyrings/debian-archive-keyring.gpg
echo "deb-src [signed-by=$keys] $("$(dirname "${BASH_SOURCE[0]}")/debian_mirror.sh") $release main" >"$apt/sources.list"
options=(-o Dir::Etc::sourcelist="$apt/sources.list" -o Dir::Etc::sourceparts=- -o Dir::State::lists="$apt/lists"
         -o Dir::Cache="$apt/cache" -o APT::Sandbox::User=root)
apt-get "${options[@]}" update
(cd "$apt" && apt-get "${options[@]}" source --download-only "$package")
dpkg-source --no-check -x "$apt/$package"_*.dsc "$folder/unpacked"
