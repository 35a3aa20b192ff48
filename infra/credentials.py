"""Secrets and passphrase of a deployment: generated once, mode 0600, never printed."""

import secrets
from pathlib import Path

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from infra import backend
from infra.keep import memory
from runtime import files
from runtime.errors import PlanError

BACKUP = "backup"
ACME = "acme-account"
NAMES = ("administrator", "database-blogs", "database-wiki", "blogs-keys", "wiki-key", "objectcache", BACKUP, "database-copy", "copy-key")
FROM_COPY = "put it back from the copy that you kept; without it nobody can open the backups"
FROM_BACKUP = "put the passphrase file back from your backup"
ENTROPY_BYTES = 32
SHORT_BYTES = 15
RSA_BITS = 2048


def ensure(folder: Path) -> dict[str, str]:
    """Make what is missing below ``folder``/secrets and return all secrets by name.

    Raises PlanError where backups were taken and their key is gone: a new one would never open them.
    """
    store = folder / "secrets"
    if not _present(store / BACKUP) and _backed_up(folder):
        raise PlanError("is gone, and with it the key to the backups; nothing was changed", where=str(store / BACKUP), hint=FROM_COPY)
    store.mkdir(mode=0o700, parents=True, exist_ok=True)
    return {name: one(folder, name) for name in NAMES}


def one(folder: Path, name: str) -> str:
    """Return a secret, made where it is missing."""
    path = folder / "secrets" / name
    if not _present(path):
        files.write(path, _generate(name), files.PRIVATE)
    return files.read(path).strip()


def passphrase_file(folder: Path) -> Path:
    """Return the file with the passphrase of the Pulumi state, made where it is missing.

    Raises PlanError where there is a state already: a new passphrase would never open it.
    """
    path = folder / "passphrase"
    if not _present(path):
        if backend.company(folder) or any((folder / "pulumi" / ".pulumi" / "stacks").rglob("*.json")):
            raise PlanError("is gone, and with it the key to the state; nothing was changed", where=str(path), hint=FROM_BACKUP)
        files.write(path, secrets.token_urlsafe(ENTROPY_BYTES), files.PRIVATE)
    return path


def _backed_up(folder: Path) -> bool:
    """Tell whether there are backups that the key opens: on this disk, or recorded."""
    return (folder / "backups" / "config").exists() or any("place" in memory.last(path) for path in (folder / "keep").glob("last-backup*.json"))


def _present(path: Path) -> bool:
    return path.exists() and path.stat().st_size > 0


def _generate(name: str) -> str:
    if name == "administrator":
        return secrets.token_urlsafe(SHORT_BYTES)
    if name == "copy-key":
        return ssh_key()
    if name == ACME:
        return _account_key()
    return secrets.token_hex(ENTROPY_BYTES)


def _account_key() -> str:
    """Return a new key of an account; RSA is what every ACME server takes."""
    key = rsa.generate_private_key(public_exponent=65537, key_size=RSA_BITS)
    return key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()).decode()


def ssh_key() -> str:
    """Return a new private key as OpenSSH reads it."""
    key = Ed25519PrivateKey.generate()
    return key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.OpenSSH, serialization.NoEncryption()).decode()
