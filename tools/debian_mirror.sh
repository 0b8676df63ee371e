#!/bin/bash
# debian_mirror.sh: the address that this Debian takes its packages from, for scripts that need packages of another kind or for
# another Debian. MIRROR in the environment has the word.
set -euo pipefail
[[ -z ${MIRROR:-} ]] || { echo "$MIRROR"; exit; }
# The first of several, which is the release itself: security and updates come after it, or from addresses of their own.
mirror=$(apt-get indextargets --format '$(REPO_URI) $(LABEL)' 'Created-By: Packages' 'Component: main' |
  awk '$2 == "Debian" && !found { print $1; found = 1 }')
[[ -n $mirror ]] || { echo "debian_mirror.sh: apt knows no address of Debian: run apt-get update, or set MIRROR" >&2; exit 1; }
echo "$mirror"
