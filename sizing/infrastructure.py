"""What a platform runs on and is joined to, in the words of a brief."""

from typing import Annotated, Final, Self

from pydantic import Field, model_validator

from sizing.vocabulary import AcmeDirectory, BackupPlace, ChangesPlace, Entry, Flag, Line, MailAddress, Number, Port, Registry, Relay, Text, Whole, wrong

APART: Final = "name a folder for each, for example /mnt/second/backups and /mnt/second/changes"


class Desk(Entry):
    """The machine that is there."""

    cores: Annotated[Whole, Field(ge=1, le=1024)] = Field(description="processor cores", examples=[2])
    memory_gib: Annotated[Number, Field(gt=0, le=65536)] = Field(description="memory (GiB)", examples=[8])
    disk_gib: Annotated[Number, Field(gt=0, le=10_000_000)] = Field(description="disk for the platform (GiB)", examples=[60])
    disk_iops: Annotated[Number, Field(gt=0, le=100_000_000)] = Field(
        default=1000.0, description="durable writes of 4 KiB that its disk does in a second", examples=[1000]
    )
    speed: Annotated[Number, Field(ge=0.05, le=20)] = Field(
        default=1.0, description="speed of one core against the machine on which the demands were measured", examples=[1]
    )
    network_mbit: Annotated[Number, Field(gt=0, le=10_000_000)] = Field(default=1000.0, description="network (Mbit/s)", examples=[1000])


class Ports(Entry):
    """Published on the machine."""

    http: Port = Field(default=80, description="redirects to https", examples=[80])
    https: Port = Field(default=443, description="the platform", examples=[443])

    @model_validator(mode="after")
    def _distinct(self) -> Self:
        if self.http == self.https:
            raise wrong("http and https are the same port", "write two different ports, for example 80 and 443")
        return self


class Acme(Entry):
    """An ACME server that issues the certificate; it asks port 80 of every host name (http-01), and renewal comes by itself."""

    directory: AcmeDirectory = Field(description="URL of its directory", examples=["https://acme-v02.api.letsencrypt.org/directory"])
    terms_agreed: Flag = Field(description="have you read its terms of service, and does the company agree?", examples=[True])
    contact: MailAddress | None = Field(
        default=None, description="mail address that it may write to; the administrator's where left out", examples=["admin@pilot.test"]
    )
    authority: Text = Field(
        default="",
        description="of the company's own ACME server: PEM file (path: from the brief's folder) of its root; '' where everybody's browser trusts it",
        examples=[""],
    )

    @model_validator(mode="after")
    def _agreed(self) -> Self:
        if not self.terms_agreed:
            raise wrong("terms_agreed: not agreed to, and nobody is asked for a certificate then", "read them, then write true; else leave acme out")
        return self


class Tls(Entry):
    """The company's own certificate (paths: from the brief's folder), or an ACME server; leave all out for an own certificate authority."""

    certificate: Text = Field(default="", description="PEM file: certificate and chain", examples=[""])
    key: Text = Field(default="", description="PEM file: its key, without a passphrase", examples=[""])
    authority: Text = Field(default="", description="PEM file: the company's root certificate, where the chain leaves it out", examples=[""])
    acme: Acme | None = Field(default=None, description="an ACME server that issues it")

    @model_validator(mode="after")
    def _both(self) -> Self:
        if bool(self.certificate) != bool(self.key):
            raise wrong("only one of certificate and key is there", "name both files, or neither")
        if self.authority and not self.certificate:
            raise wrong("authority is there without certificate and key", "name all three files, or leave authority out")
        if self.acme and self.certificate:
            raise wrong("acme is there beside a certificate", "leave one of them out: the company's own files, or acme")
        return self


class Mail(Entry):
    """Where mail goes."""

    relay: Relay = Field(default="", description="host or host:port of the mail server; '' keeps mail on this machine", examples=[""])
    sender: MailAddress | None = Field(default=None, description="sender address; the administrator's where left out", examples=["platform@pilot.test"])


class Backup(Entry):
    """Where backups go and how long they are kept; how often follows from targets.recovery_point_minutes."""

    to: BackupPlace = Field(
        default="",
        description="absolute folder of a second disk, sftp:USER@HOST:/PATH or s3:URL/BUCKET; '' keeps them on the platform's own disk",
        examples=["/mnt/second/backups"],
    )
    changes_to: ChangesPlace = Field(
        default="",
        description="absolute folder of a second disk, or sftp:USER@HOST:/PATH: every change of the database is copied there within seconds; '' copies none",
        examples=["/mnt/second/changes"],
    )
    scheduled: Flag = Field(default=True, description="back up, drill and look for updates by themselves; false leaves it to you", examples=[True])
    keep_daily: Annotated[Whole, Field(ge=1, le=366)] = Field(default=7, description="days of which a backup is kept", examples=[7])
    keep_weekly: Annotated[Whole, Field(ge=0, le=520)] = Field(default=5, description="weeks of which a backup is kept", examples=[5])
    keep_monthly: Annotated[Whole, Field(ge=0, le=240)] = Field(default=12, description="months of which a backup is kept", examples=[12])
    drill_days: Annotated[Whole, Field(ge=0, le=366)] = Field(
        default=30, description="days between two drills, which restore the newest backup and prove it; 0 for none", examples=[30]
    )

    @model_validator(mode="after")
    def _apart(self) -> Self:
        if self.to and self.to == self.changes_to:
            raise wrong("to and changes_to are the same", APART)
        for inner, outer in (("changes_to", "to"), ("to", "changes_to")):
            if getattr(self, outer) and getattr(self, inner).startswith(f"{getattr(self, outer)}/"):
                raise wrong(f"{inner} is inside {outer}", APART)
        return self


class Infrastructure(Entry):
    """What it runs on."""

    desk: Desk = Field(description="the machine that is there")
    ports: Ports = Field(default=Ports(), description="published on the machine")
    tls: Tls = Field(default=Tls(), description="the company's own certificate, or an ACME server; left out: an own certificate authority")
    mail: Mail = Field(default=Mail(), description="where mail goes")
    backup: Backup = Field(default=Backup(), description="where backups go; left out: on the platform's own disk, which does not survive its loss")
    registry: Registry = Field(default="", description="images are pulled from here; '' builds them on the machine", examples=[""])
    hosts_file: Flag = Field(default=True, description="write the host names into this machine's /etc/hosts", examples=[True])
    power_backup: Flag = Field(default=False, description="is there a battery that lets it shut down in order?", examples=[False])


class Product(Entry):
    """Something the company has, to be joined to the platform."""

    product: Line = Field(description="its name", examples=["Portal 9"])
    address: Text = Field(default="", description="where it is", examples=["portal.example.com"])
    how: Text = Field(default="", description="how to join it", examples=["a link and a feed"])


class Integration(Entry):
    """What the platform is joined to."""

    cms: Product | None = Field(default=None, description="content management system")
    mail: Product | None = Field(default=None, description="mail and calendar")
    sharepoint: Product | None = Field(default=None, description="file and team sites")
    portal: Product | None = Field(default=None, description="the company's portal")
    feeds: Product | None = Field(default=None, description="where feeds are read")
    directory: Product | None = Field(default=None, description="the directory of people")
