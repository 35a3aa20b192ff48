"""The inventory, ``cluster.yaml``: the hosts that IT has, and how they are reached."""

import ipaddress
import re
from typing import Annotated, Literal

from pydantic import AfterValidator, BeforeValidator, Field, Strict

from sizing.vocabulary import LABEL, Entry, Name, Port, version, wrong

Role = Literal["frontdoor", "pagecache", "web", "database", "files", "arbitrator", "manager", "metrics"]
"""What a host does. The first five are roles of the plan's servers. ``arbitrator`` votes for the database and the files and holds neither,
``manager`` is of the swarm and keeps state and registry, ``metrics`` runs Prometheus."""


NO_HOSTS = frozenset({"localhost", "all", "ungrouped", "members"})
"""Names of every host, or of groups of Ansible."""


def _host(value: str) -> str:
    if not LABEL.fullmatch(value) or value.isdigit() or value in NO_HOSTS:
        raise wrong("is no name of a host", "write small letters, digits and '-' without a dot, up to 63, for example: node-1")
    return value


def _address(value: str) -> str:
    try:
        found = ipaddress.ip_address("" if "%" in value else value)  # no zones: whatever stands behind '%' would be taken
    except ValueError as problem:
        raise wrong("is no IP address", "write for example: 10.20.0.11") from problem
    if found.is_unspecified or found.is_multicast or found.is_link_local or value == "255.255.255.255":
        raise wrong("is no address of one host", "write the one under which the other hosts reach it, for example: 10.20.0.11")
    if isinstance(found, ipaddress.IPv6Address) and found.ipv4_mapped:
        raise wrong("is an IPv4 address written as IPv6", f"write {found.ipv4_mapped}")
    return str(found)


def _account(value: str) -> str:
    if not re.fullmatch(r"[a-z_][a-z0-9_-]{0,31}", value):
        raise wrong("is no account", "write the name of an account on the hosts that may use sudo, for example: deploy")
    if value == "root":
        raise wrong("is the administrator, who is not let in by SSH", "write an account that may use sudo without a password, for example: deploy")
    return value


def _file(value: str) -> str:
    if not re.fullmatch(r"(~/)?[^\x00-\x1f\x7f~\"%{}]{1,400}", value) or value.endswith("/"):
        raise wrong("is no name of a file", "write a path from this file's folder, from ~/ or from /, without quotes, '%', braces and control characters")
    return value


def _network(value: str) -> str:
    try:
        return str(ipaddress.ip_network("" if "%" in value else value))
    except ValueError as problem:
        raise wrong("is no network", "write for example: 10.20.0.0/16 (nothing after the network's own bits), or one address") from problem


def _public_key(value: str) -> str:
    if not re.fullmatch(r"(ssh-ed25519|ssh-rsa|ecdsa-sha2-nistp\d+|sk-ssh-ed25519@openssh\.com) [A-Za-z0-9+/=]{40,2000}( [^\x00-\x1f\x7f{}]{0,200})?", value):
        raise wrong("is no public key", "write the line of the .pub file, for example: ssh-ed25519 AAAAC3Nz... anna")
    return value


def _backend(value: str) -> str:
    found = re.fullmatch(r"(?:(?:s3|gs|azblob)://[A-Za-z0-9][A-Za-z0-9._/-]{1,200}|file:///[^?@]{1,400})(?:\?[^@]{1,600})?", value)
    if not found or re.search(r"[\x00-\x20\x7f\"'\\`$]", value):
        hint = "write s3://, gs:// or azblob:// and the bucket, or file:/// and a folder that all engineers share, for example: s3://state/underdesk?region=eu-central-1"
        raise wrong("is no backend of Pulumi that can be used here", hint)
    return value


HostName = Annotated[str, Strict(), AfterValidator(_host)]
Address = Annotated[str, Strict(), AfterValidator(_address)]
Account = Annotated[str, Strict(), AfterValidator(_account)]
LocalFile = Annotated[str, Strict(), AfterValidator(_file)]
Network = Annotated[str, Strict(), AfterValidator(_network)]
PublicKey = Annotated[str, Strict(), AfterValidator(_public_key)]
Backend = Annotated[str, Strict(), AfterValidator(_backend)]


class Ssh(Entry):
    """How the hosts are reached: by key, as an account that may use sudo without a password."""

    user: Account = Field(description="account on the hosts", examples=["deploy"])
    key: LocalFile = Field(description="private key; readable by its owner only", examples=["~/.ssh/cluster"])
    port: Port = Field(default=22, description="where sshd listens", examples=[22])
    known_hosts: LocalFile = Field(default="known_hosts", description="the hosts' own keys, as ssh-keyscan writes them", examples=["known_hosts"])
    networks: Annotated[tuple[Network, ...], Field(max_length=50)] = Field(
        default=(),
        description="from where people may come by SSH, this machine among them; none: from everywhere. The hosts reach each other in any case",
        examples=[["10.20.0.0/16"]],
    )


class HostSsh(Entry):
    """What is different for one host."""

    user: Account | None = Field(default=None, description="account on this host", examples=["admin"])
    key: LocalFile | None = Field(default=None, description="private key for this host", examples=["~/.ssh/node-1"])
    port: Port | None = Field(default=None, description="where its sshd listens", examples=[2222])


class FrontDoor(Entry):
    """Where people reach the platform."""

    addresses: Annotated[tuple[Address, ...], Field(max_length=2)] = Field(
        default=(),
        description="addresses that no host has, in the hosts' network: one of two front doors answers there; DNS points at them. Required from two hosts on",
        examples=[["10.20.0.10"]],
    )


class ClusterHost(Entry):
    """One host."""

    name: HostName = Field(description="its name, as 'hostname' says it there", examples=["node-1"])
    address: Address = Field(description="IP address under which this machine and the other hosts reach it", examples=["10.20.0.11"])
    roles: Annotated[tuple[Role, ...], Field(max_length=8)] = Field(
        default=(),
        description="what it shall do, where you want it otherwise than the plan divides it: " + " | ".join(Role.__args__),  # type: ignore[attr-defined]
        examples=[["web"]],
    )
    ssh: HostSsh = Field(default=HostSsh(), description="what is different for this host")


class GeneratorHost(Entry):
    """A host that only drives load in tests: nothing is deployed on it."""

    name: HostName = Field(description="its name", examples=["load-1"])
    address: Address = Field(description="IP address under which this machine reaches it; it is in the hosts' own network", examples=["10.20.0.31"])
    ssh: HostSsh = Field(default=HostSsh(), description="what is different for this host")


class Operator(Entry):
    """A person who may sign in on every host and become the administrator there."""

    name: Account = Field(description="account, made where it is missing", examples=["anna"])
    keys: Annotated[tuple[PublicKey, ...], Field(min_length=1, max_length=20)] = Field(
        description="public keys; no other is taken from the person, and none once the person is taken out of this list",
        examples=[["ssh-ed25519 AAAAC3Nz... anna"]],
    )


class State(Entry):
    """Where the state of the services is kept: what Pulumi knows of them."""

    backend: Backend | None = Field(
        default=None,
        description="the company's backend, as Pulumi's URL, without passwords; none: the managers keep it. It is moved by the next 'plan deploy'",
        examples=["s3://state/underdesk?region=eu-central-1"],
    )


class Inventory(Entry):
    """The whole inventory."""

    schema_: Annotated[Literal[1], BeforeValidator(version)] = Field(alias="schema", description="version of this file's shape", examples=[1])
    name: Name = Field(description="what the cluster is called", examples=["hq"])
    ssh: Ssh = Field(description="how the hosts are reached")
    front_door: FrontDoor = Field(default=FrontDoor(), description="where people reach the platform")
    hosts: Annotated[tuple[ClusterHost, ...], Field(min_length=1, max_length=200)] = Field(description="the hosts; new ones are added at the end")
    generators: Annotated[tuple[GeneratorHost, ...], Field(max_length=20)] = Field(
        default=(), description="hosts that only drive load in tests ('plan test --inventory'): nothing is deployed on them"
    )
    operators: Annotated[tuple[Operator, ...], Field(max_length=100)] = Field(default=(), description="people who may sign in, beside the account in ssh")
    state: State = Field(default=State(), description="where the state of the services is kept")

    def host(self, name: str) -> ClusterHost:
        """Return the host called ``name``; raises KeyError where there is none."""
        return {host.name: host for host in self.hosts}[name]

    @property
    def names(self) -> tuple[str, ...]:
        """The names of the hosts, in the order of the file."""
        return tuple(host.name for host in self.hosts)
