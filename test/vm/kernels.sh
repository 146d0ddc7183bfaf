#!/bin/bash
# kernels.sh SERIES...: for each of 5.10, 6.1, 6.12 print the directory of an unpacked Debian kernel, fetching it first where the cache has none.
# A kernel is only unpacked, never installed. The mirror is the one this machine's own apt is set up with.
set -euo pipefail

CACHE=${NODE_AGENT_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/node-agent}/kernels

codename_of() {
  case $1 in
    5.10) echo bullseye ;;
    6.1) echo bookworm ;;
    6.12) echo trixie ;;
    *) echo "kernels.sh: no Debian release known for kernel $1" >&2; return 2 ;;
  esac
}

# The lines of a sources.list for release $1: this machine's Debian mirrors with the release's name changed. Updates and backports are left out.
sources_for() {
  local own uri suite
  own=$(. /etc/os-release; echo "$VERSION_CODENAME")
  targets() { apt-get indextargets --format '$(REPO_URI) $(RELEASE)' 'Created-By: Packages' 'Origin: Debian'; }
  [ -n "$(targets)" ] || apt-get update -q >&2
  targets | sort -u | while read -r uri suite; do
    case $suite in
      "$own" | "$own-security")
        echo "deb [signed-by=/usr/share/keyrings/debian-archive-keyring.gpg] $uri ${suite/#$own/$1} main" ;;
    esac
  done
}

# Downloads and unpacks kernel $1 into the directory $2. A private apt state keeps other releases away from the machine's own.
fetch() {
  local work=$2 apt image
  mkdir -p "$work"/{lists/partial,archives/partial,root}
  sources_for "$(codename_of "$1")" > "$work/sources.list"
  [ -s "$work/sources.list" ] || { echo "kernels.sh: this machine's apt has no Debian mirror" >&2; return 1; }
  apt=(-q -o Dir::Etc::sourcelist="$work/sources.list" -o Dir::Etc::sourceparts=/dev/null -o Dir::State::Lists="$work/lists"
    -o Dir::State::status=/dev/null -o Dir::Cache="$work" -o Acquire::Languages=none -o Acquire::IndexTargets::deb::DEP-11::DefaultEnabled=false
    -o APT::Sandbox::User=root -o Acquire::Retries=3)
  apt-get "${apt[@]}" update >&2
  # linux-image-amd64 depends on the newest image; which ABI that is changes every few weeks.
  image=$(apt-cache "${apt[@]}" depends linux-image-amd64 | awk '$1 == "Depends:" && $2 ~ /^linux-image-/ { print $2; exit }')
  [ -n "$image" ] || { echo "kernels.sh: linux-image-amd64 of $(codename_of "$1") names no image" >&2; return 1; }
  (cd "$work" && apt-get "${apt[@]}" download "$image" >&2 && dpkg-deb -x "$image"_*.deb root)
}

# 6.12 keeps its modules below usr/lib; the links make every release look alike. Modules are unpacked: busybox's insmod reads no .xz.
prepare() {
  [ -d "$1/lib/modules" ] || ln -sfn usr/lib "$1/lib"
  find "$1/lib/modules/" -name '*.ko.xz' -print0 | xargs -0 -r -P "$(nproc)" -n 64 xz -d
  depmod -b "$1" "$(ls "$1/lib/modules")"
}

for series in "$@"; do
  if [ ! -e "$CACHE/$series/ready" ]; then
    codename_of "$series" > /dev/null
    mkdir -p "$CACHE"
    work=$(mktemp -d "$CACHE/.$series.XXXXXX")
    trap 'rm -rf "$work"' EXIT
    fetch "$series" "$work"
    prepare "$work/root"
    touch "$work/root/ready"
    # Renamed in one step, so that an interrupted run leaves nothing half done and two at once do no harm.
    rm -rf "${CACHE:?}/$series"
    mv -T "$work/root" "$CACHE/$series" 2> /dev/null || [ -e "$CACHE/$series/ready" ]
    rm -rf "$work"
  fi
  echo "$CACHE/$series"
done
