"""How people and Ansible come into the hosts of a lab: key pair, known hosts, settings of ssh, inventory."""

import os
from collections.abc import Mapping
from pathlib import Path

from cryptography.hazmat.primitives import serialization

from infra.credentials import ssh_key
from infra.lab.model import INVENTORY, KEY, KNOWN, SETTINGS, USER, Lab, owner
from runtime import files


def ensure_key(folder: Path) -> str:
    """Return the public key of the lab; make the pair where there is none."""
    path = folder / KEY
    if not path.exists():
        files.write(path, ssh_key(), files.PRIVATE)
    private = serialization.load_ssh_private_key(path.read_bytes(), password=None)
    public = private.public_key().public_bytes(serialization.Encoding.OpenSSH, serialization.PublicFormat.OpenSSH).decode()
    line = f"{public} plan-lab\n"
    files.write(folder / f"{KEY}.pub", line)
    return line


def known_hosts(lab: Lab, keys: Mapping[str, str]) -> str:
    """Return the file by which ssh knows the hosts; ``keys`` holds the public key of each, by name, as its sshd keeps it."""
    containers = lab.containers()
    return "".join(f"{containers[name].address},{name} {' '.join(key.split()[:2])}\n" for name, key in keys.items())


def keys(lab: Lab) -> dict[str, str]:
    """Return the public key of each host, by name, as it was written down."""
    path = lab.folder / KNOWN
    lines = path.read_text(encoding="utf-8").splitlines() if path.exists() else []
    parted = [line.partition(" ") for line in lines]
    return {marks.rpartition(",")[2]: key for marks, _, key in parted}


def names(lab: Lab) -> str:
    """Return the lines of /etc/hosts for all hosts."""
    return "".join(f"{host.address} {name}\n" for name, host in lab.containers().items())


def ssh_config(lab: Lab) -> str:
    """Return the file for 'ssh -F': names of the hosts, the lab's key, its known hosts, and nothing of this user's own settings."""
    blocks = [f"Host {name}\n  HostName {host.address}\n" for name, host in lab.containers().items()]
    common = f'Host *\n  User {USER}\n  IdentityFile "{lab.folder / KEY}"\n  IdentitiesOnly yes\n  UserKnownHostsFile "{lab.folder / KNOWN}"\n'
    return "".join(blocks) + common + "  StrictHostKeyChecking yes\n  UpdateHostKeys no\n"


def inventory(lab: Lab) -> str:
    """Return cluster.yaml: the hosts, without roles (the plan divides them), and an address for the front doors to share.

    Its first line holds a digest of the others: by that one that nobody has changed is known.
    """
    door = f"front_door: # an address of the lab that no host has\n  addresses: [{lab.front_door}]\n" if len(lab.hosts) > 1 else ""
    hosts = "".join(f"  - {{name: {name}, address: {host.address}}}\n" for name, host in lab.containers().items())
    ssh = f"ssh:\n  user: {USER}\n  key: {KEY}\n  known_hosts: {KNOWN}\n"
    said = f"# The hosts of the lab {lab.name}: throwaway, for rehearsals only.\n"
    return _marked(f"{said}schema: 1\nname: '{lab.name}'\n{ssh}{door}hosts:\n{hosts}")


def _marked(text: str) -> str:
    return f"# Written by 'plan lab up', again and again until you change it ({files.digest(text)[:12]}).\n{text}"


def is_ours(text: str) -> bool:
    """Tell whether an inventory is as it was written."""
    return text == _marked(text.partition("\n")[2])


def write(lab: Lab, keys: Mapping[str, str]) -> bool:
    """Write what people and Ansible read; return whether the inventory is ours: one that was changed by hand stays as it is."""
    files.write(lab.folder / KNOWN, known_hosts(lab, keys))
    files.write(lab.folder / SETTINGS, ssh_config(lab))
    path = lab.folder / INVENTORY
    ours = not path.exists() or is_ours(path.read_bytes().decode(errors="replace"))
    if ours:
        files.write(path, inventory(lab))
    return ours


def give_away(folder: Path) -> None:
    """Give the folder to who called sudo: keys and inventory are theirs to use."""
    if (theirs := owner()) is not None:
        for path in (folder, *folder.iterdir()):
            os.chown(path, *theirs, follow_symlinks=False)
