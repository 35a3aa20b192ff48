#!/bin/sh
# What apt would upgrade here. The folder of the first argument is shared by all images: one download serves those with the same sources.
# With "any" as the second, an archive that does not answer is an error; without it the others count.
set -eu
shared=$1
settings="-o Dir::State::lists=$shared/lists -o Dir::Cache=$shared/cache -o Acquire::Languages=none -o APT::Sandbox::User=root"
mkdir -p "$shared/lists/partial" "$shared/cache/archives/partial"
sources=$(cat /etc/apt/sources.list /etc/apt/sources.list.d/* 2>/dev/null | sha256sum || true)
if [ "$(cat "$shared/sources" 2>/dev/null || true)" != "$sources" ]; then
    rm -f "$shared/sources"
    # shellcheck disable=SC2086 # options are words
    apt-get $settings ${2:+-o APT::Update::Error-Mode=$2} -qq update >&2
    echo "$sources" >"$shared/sources"
fi
# shellcheck disable=SC2086
exec apt-get $settings --with-new-pkgs -s upgrade
