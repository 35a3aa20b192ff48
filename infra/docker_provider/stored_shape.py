"""docker:index/network:Network, serviceConfig:ServiceConfig and secret:Secret, property by property."""

import base64
import binascii

from infra.docker_provider.shapes import Leaf, Record, Records, flag, labels, table, text


def _readable(data: str) -> str:
    """Return ``data`` if it is base64; the error does not repeat it."""
    try:
        base64.b64decode(data, validate=True)
    except (binascii.Error, ValueError):
        message = "is not base64"
        raise ValueError(message) from None
    return data


SUBNET = Record(
    "",
    {"subnet": text("Subnet"), "gateway": text("Gateway"), "ipRange": text("IPRange"), "auxAddress": table("AuxiliaryAddresses")},
)
NETWORK = Record(
    "",
    {
        "name": text("Name"),
        "driver": text("Driver"),
        "attachable": flag("Attachable"),
        "ingress": flag("Ingress"),
        "internal": flag("Internal"),
        "ipv6": flag("EnableIPv6"),
        "ipamDriver": text("IPAM.Driver", "default"),
        "ipamOptions": table("IPAM.Options"),
        "ipamConfigs": Records("IPAM.Config", SUBNET, key="subnet"),
        "options": table("Options"),
        "labels": labels(),
    },
    ("name",),
)
CONFIG = Record("", {"name": text("Name"), "data": Leaf("Data", encode=_readable), "labels": labels()}, ("name", "data"))
SECRET = Record("", {"name": text("Name"), "data": Leaf("Data", encode=_readable), "labels": labels()}, ("name", "data"))
