"""A bucket that is reached by S3: the credentials for it, and what its refusals mean."""

import os
from pathlib import Path
from typing import Final

from runtime import files
from runtime.errors import PlanError

FILE: Final = "s3"  # beside the key of the backups: lines NAME=VALUE
OURS: Final = "AWS_"
WORTH_KEEPING: Final = ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN", "AWS_REGION", "AWS_DEFAULT_REGION")
"""What means the same on another machine."""
UNREACHABLE: Final = (
    "connection refused",
    "no such host",
    "i/o timeout",
    "no route to host",
    "network is unreachable",
    "connection reset",
    "deadline exceeded",
)
GIVE: Final = "write AWS_ACCESS_KEY_ID=… and AWS_SECRET_ACCESS_KEY=… as two lines into {}"
PROBLEMS: Final = {
    "no credentials found": ("no credentials are given for it", GIVE),
    "no user exists": ("its server does not know this access key", GIVE),  # versitygw
    "access key id you provided does not exist": ("its server does not know this access key", GIVE),  # Amazon, MinIO
    "signature we calculated does not match": ("the secret key is not that of this access key", GIVE),
    "access denied": ("these credentials may not use it", "let them list, read, write and delete in the bucket; they stand in {}"),
    "x509": ("its certificate is not trusted here", "put its authority (.crt) into /usr/local/share/ca-certificates and run update-ca-certificates"),
    "http response to https client": ("its server does not speak TLS there", "is the port right? Without TLS write s3:http://…"),
    "specified bucket does not exist": ("there is no such bucket", "is its name right? 'plan backup' makes it, where the credentials allow that"),
}


def credentials(secrets: Path) -> dict[str, str]:
    """Return the credentials for a bucket: those in our environment, else those in the file ``s3`` in ``secrets``."""
    given = {name: value for name, value in os.environ.items() if name.startswith(OURS)}
    if "AWS_ACCESS_KEY_ID" in given or not (secrets / FILE).is_file():
        return given
    lines = (line.partition("=") for line in (secrets / FILE).read_text(encoding="utf-8").splitlines() if "=" in line)
    return {name.strip(): value.strip() for name, _, value in lines if name.strip().startswith(OURS)}


def keep(secrets: Path) -> None:
    """Keep the credentials in our environment, where there are some, for whoever has no such environment: the schedule."""
    if "AWS_ACCESS_KEY_ID" in (given := credentials(secrets)):
        text = "".join(f"{name}={value}\n" for name, value in given.items() if name in WORTH_KEEPING)
        files.write(secrets / FILE, text, files.PRIVATE)


def refused(place: str, said: str, secrets: Path) -> PlanError | None:
    """Return what ``said`` of the bucket at ``place`` means, with the mend; None where it is no refusal."""
    lower = said.lower()
    for sign, (message, hint) in PROBLEMS.items():
        if sign in lower:
            return PlanError(message, where=place, hint=hint.format(secrets / FILE))
    reason = next((sign for sign in UNREACHABLE if sign in lower), "")
    return PlanError(f"cannot be reached: {reason}", where=place, hint="is its server up, and are name and port right?") if reason else None
