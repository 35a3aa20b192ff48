"""docker:index/service:Service, property by property."""

from typing import Any

from infra.docker_provider.shapes import Leaf, Record, Records, Shape, duration, flag, labels, number, ratio, table, text, words

READ_BY_ALL = 0o444


def _held(identifier: str, name: str) -> Record:
    """Return a reference to a config or a secret, mounted as a file."""
    fields: dict[str, Shape] = {
        identifier: text(f"{identifier[0].upper()}{identifier[1:-1]}D"),
        name: text(f"{name[0].upper()}{name[1:]}"),
        "fileName": text("File.Name"),
        "fileUid": text("File.UID", "0"),
        "fileGid": text("File.GID", "0"),
        "fileMode": number("File.Mode", READ_BY_ALL),
    }
    return Record("", fields, (identifier, "fileName"))


def _strategy(wire: str) -> Record:
    """How tasks are replaced, by an update or by its rollback."""
    return Record(
        wire,
        {
            "parallelism": number("Parallelism", 1, keep_zero=True),
            "delay": duration("Delay", "0s"),
            "failureAction": text("FailureAction", "pause"),
            "monitor": duration("Monitor", "5s"),
            "maxFailureRatio": ratio("MaxFailureRatio", "0.0"),
            "order": text("Order", "stop-first"),
        },
    )


def _environment_of(entries: list[str]) -> dict[str, str]:
    return dict(entry.partition("=")[::2] for entry in sorted(entries))


def _hosts_of(entries: list[str] | None) -> list[dict[str, Any]]:
    return [{"ip": entry.partition(" ")[0], "host": entry.partition(" ")[2]} for entry in entries or []]


MOUNT = Record(
    "",
    {
        "type": text("Type"),
        "source": text("Source"),
        "target": text("Target"),
        "readOnly": flag("ReadOnly"),
        "bindOptions": Record("BindOptions", {"propagation": text("Propagation")}),
        "tmpfsOptions": Record("TmpfsOptions", {"sizeBytes": number("SizeBytes"), "mode": number("Mode")}),
    },
    ("type", "target"),
)
HEALTH = Record(
    "Healthcheck",
    {
        "tests": words("Test"),
        "interval": duration("Interval", "0s"),
        "timeout": duration("Timeout", "0s"),
        "startPeriod": duration("StartPeriod", "0s"),
        "retries": number("Retries", 0),
    },
    ("tests",),
)
CONTAINER = Record(
    "ContainerSpec",
    {
        "image": text("Image"),
        "args": words("Args"),
        "commands": words("Command"),
        "dir": text("Dir"),
        "user": text("User"),
        "groups": words("Groups", ordered=False),
        "hostname": text("Hostname"),
        "env": Leaf("Env", (dict,), encode=lambda env: [f"{key}={value}" for key, value in sorted(env.items())], decode=_environment_of),
        "init": flag("Init"),
        "isolation": text("Isolation", "default"),
        "readOnly": flag("ReadOnly"),
        "capAdds": words("CapabilityAdd", ordered=False),
        "capDrops": words("CapabilityDrop", ordered=False),
        "sysctl": table("Sysctls"),
        "stopSignal": text("StopSignal"),
        "stopGracePeriod": duration("StopGracePeriod"),
        "labels": labels(),
        "configs": Records("Configs", _held("configId", "configName"), key="fileName"),
        "secrets": Records("Secrets", _held("secretId", "secretName"), key="fileName"),
        "mounts": Records("Mounts", MOUNT, key="target"),
        "healthcheck": HEALTH,
        "hosts": Records(
            "Hosts",
            Record("", {"host": text("host"), "ip": text("ip")}, ("host", "ip")),
            key="host",
            pack=lambda hosts: [f"{host['ip']} {host['host']}" for host in hosts],
            unpack=_hosts_of,
        ),
        "dnsConfig": Record("DNSConfig", {"nameservers": words("Nameservers"), "searches": words("Search"), "options": words("Options")}),
    },
    ("image",),
)
TASK = Record(
    "TaskTemplate",
    {
        "containerSpec": CONTAINER,
        "forceUpdate": number("ForceUpdate"),
        "runtime": text("Runtime"),
        "logDriver": Record("LogDriver", {"name": text("Name"), "options": table("Options")}, ("name",)),
        "networksAdvanceds": Records("Networks", Record("", {"id": text("Target"), "aliases": words("Aliases", ordered=False)}, ("id",)), key="id"),
        "placement": Record(
            "Placement",
            {
                "constraints": words("Constraints", ordered=False),
                "maxReplicas": number("MaxReplicas"),
                "prefs": Leaf(
                    "Preferences",
                    (list,),
                    encode=lambda names: [{"Spread": {"SpreadDescriptor": name}} for name in names],
                    decode=lambda entries: [entry["Spread"]["SpreadDescriptor"] for entry in entries],
                    ordered=False,
                ),
            },
        ),
        "resources": Record(
            "Resources",
            {
                "limits": Record("Limits", {"memoryBytes": number("MemoryBytes"), "nanoCpus": number("NanoCPUs")}),
                "reservation": Record("Reservations", {"memoryBytes": number("MemoryBytes"), "nanoCpus": number("NanoCPUs")}),
            },
        ),
        "restartPolicy": Record(
            "RestartPolicy",
            {"condition": text("Condition"), "delay": duration("Delay"), "maxAttempts": number("MaxAttempts"), "window": duration("Window")},
        ),
    },
    ("containerSpec",),
)
PORT = Record(
    "",
    {
        "name": text("Name"),
        "protocol": text("Protocol", "tcp"),
        "publishMode": text("PublishMode", "ingress"),
        "publishedPort": number("PublishedPort"),
        "targetPort": number("TargetPort"),
    },
    ("targetPort",),
)
SERVICE = Record(
    "",
    {
        "name": text("Name"),
        "labels": labels(),
        "mode": Record(
            "Mode",
            {
                "global": Leaf("Global", (bool,), encode=lambda on: {} if on else None, decode=lambda value: value is not None),
                "replicated": Record("Replicated", {"replicas": number("Replicas", 1, keep_zero=True)}),
            },
        ),
        "taskSpec": TASK,
        "endpointSpec": Record("EndpointSpec", {"mode": text("Mode", "vip"), "ports": Records("Ports", PORT)}),
        "updateConfig": _strategy("UpdateConfig"),
        "rollbackConfig": _strategy("RollbackConfig"),
        "convergeConfig": Record("", {"delay": duration("", "7s"), "timeout": duration("", "3m")}),
    },
    ("name", "taskSpec"),
)
