#!/bin/sh
# What a manager does with the archives that are kept there, one function for each call. $folder holds them: files
# GENERATION-DIGEST, the digest being that of what is inside; 'reserved' says the highest generation that was ever given out.
# shellcheck disable=SC2154  # folder comes with the call
set -eu
umask 077
export LC_ALL=C

all() { find "$folder" -maxdepth 1 -type f -regextype posix-extended -regex '.*/[0-9]{10}-[0-9a-f]{64}' -printf '%f\n' | sort; }
newest() { all | tail -n 1; }
reserved() { cat "$folder/reserved" 2>/dev/null || echo 0; }

generation() {
    number=${1%%-*}
    echo "${number:-0}"
}

refuse() {
    echo "refused $1"
    exit 0
}

enter() {
    exec 9>"$folder/lock"
    flock --wait 20 9 || {
        echo 'is locked by another command' >&2
        exit 1
    }
}

make_folder() {
    (umask 022 && mkdir -p "${folder%/*}")
    mkdir -p "$folder"
}

look() {
    [ -d "$folder" ] || {
        echo '- 0'
        return
    }
    found=$(newest)
    echo "${found:--} $(reserved)"
}

# reserve GENERATION: nobody else gets this one, nor an earlier one.
reserve() {
    make_folder
    enter
    [ "$(reserved)" -lt "$1" ] || refuse "$(reserved)"
    echo "$1" >"$folder/.reserved"
    sync "$folder/.reserved"
    mv "$folder/.reserved" "$folder/reserved"
    sync "$folder"
    echo reserved
}

# write NAME BEFORE KEPT: what comes in becomes NAME, where nothing newer than BEFORE stands ('-': nothing at all); KEPT stay.
write() {
    make_folder
    new=$(mktemp "$folder/.new.XXXXXX")
    trap 'rm -f "$new"' EXIT
    cat >"$new"
    [ "$(gzip --decompress --stdout <"$new" | sha256sum)" = "${1#*-}  -" ] || {
        echo 'it did not arrive whole' >&2
        exit 1
    }
    sync "$new"
    enter
    there=$(newest)
    if [ "$there" != "$1" ]; then
        [ "${there:--}" = "$2" ] || [ "$(generation "$there")" -lt "$(generation "$2")" ] || refuse "$there"
        [ "$1" = "$2" ] || [ "$(reserved)" -le "$(generation "$1")" ] || refuse "$(reserved)"
        mv "$new" "$folder/$1"
        sync "$folder"
    fi
    all | head -n "-$3" | while read -r old; do rm -f "$folder/$old"; done
    find "$folder" -maxdepth 1 -name '.new.*' -mmin +60 -delete
    echo written
}
