#!/bin/sh
# How images go from one host to the others: a registry that runs for a while on the one, at its own address, over TLS.
# Layers that it has packed stay there for the next time: packing takes processors that people need.
# Each function is a call. Images keep the references that the services name; on their way they bear the registry's address, too.
set -eu
unit=underdesk-registry
data=/var/lib/underdesk/registry
settings=/run/underdesk-registry
whole=$data/whole

# What it holds goes, but where all of that is surely on the disk: half a layer would be sent again and again.
stop() {
    systemctl stop "$unit.service" 2>/dev/null || true
    systemctl reset-failed "$unit.service" 2>/dev/null || true
    rm -rf "$settings"
    [ -e "$whole" ] || rm -rf "$data"
}

# What it holds of images that this host still has stays for the next time.
keep() {
    tags=_manifests/tags
    for tag in "$data"/docker/registry/v2/repositories/*/*/"$tags"/*; do
        reference=${tag#*/v2/repositories/}
        docker image inspect "${reference%%/"$tags"/*}:${tag##*/}" >/dev/null 2>&1 || rm -rf "$tag"
    done
    docker-registry garbage-collect --delete-untagged "$settings/config.yml" >/dev/null
    systemctl stop "$unit.service"
    sync --file-system "$data"
    : >"$whole"
}

# start ADDRESS SECONDS: it ends by itself after so many, whatever became of whoever started it. Certificate and key come in.
start() {
    stop
    rm -f "$whole"
    install -d -m 0700 -o docker-registry -g docker-registry "$data" "$settings"
    (umask 077 && cat >"$settings/site.pem")
    chown docker-registry: "$settings/site.pem"
    cat >"$settings/config.yml" <<END
version: 0.1
log: {level: error, accesslog: {disabled: true}}
storage:
  filesystem: {rootdirectory: $data}
  cache: {blobdescriptor: inmemory}
http:
  addr: "$1"
  tls: {certificate: $settings/site.pem, key: $settings/site.pem}
END
    systemd-run --quiet --collect --unit "$unit" --property User=docker-registry --property "RuntimeMaxSec=$2" \
        --property NoNewPrivileges=yes --property ProtectSystem=strict --property ProtectHome=yes --property PrivateTmp=yes \
        --property "ReadWritePaths=$data" --property "ExecStopPost=+/bin/rm -rf $settings" --property CPUWeight=20 \
        /usr/bin/docker-registry serve "$settings/config.yml"
    tries=0
    until ss --no-header --listening --tcp --numeric --processes "src $1" | grep -q docker-registry; do
        tries=$((tries + 1))
        if [ "$tries" -gt 100 ] || ! systemctl --quiet is-active "$unit.service"; then
            echo "the registry does not come up: $(journalctl --unit "$unit.service" --lines 1 --output cat 2>/dev/null)" >&2
            stop
            exit 1
        fi
        sleep 0.1
    done
}

# push ADDRESS REFERENCE...
push() {
    address=$1
    shift
    for reference; do
        docker tag "$reference" "$address/$reference"
        docker push --quiet "$address/$reference" >/dev/null
        docker image rm "$address/$reference" >/dev/null
    done
}

# pull ADDRESS REFERENCE...
pull() {
    address=$1
    shift
    for reference; do
        docker pull --quiet "$address/$reference" >/dev/null
        docker tag "$address/$reference" "$reference"
        docker image rm "$address/$reference" >/dev/null
    done
}

# pull_as_named REFERENCE...: from where the reference says.
pull_as_named() {
    for reference; do
        docker pull --quiet "$reference" >/dev/null
    done
}

# What images are made of: reference and ID, then each package.
tell() {
    for reference; do
        echo "# $reference $(docker image inspect --format '{{.Id}}' "$reference")"
        docker run --rm --network none --user 0 --entrypoint dpkg-query "$reference" --show
    done
}

# Those that a container still has stay.
forget() {
    for reference; do
        docker image rm "$reference" >/dev/null 2>&1 || continue
        echo "$reference"
    done
}
