"""The programs of the conformance suite: one small platform, with every property that infra uses."""

# ruff: noqa: ANN401 - recorded JSON and Docker answers have any shape

import base64
import hashlib
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import pulumi
import pulumi_docker as docker

LABEL = "underdesk.conformance"
MIB = 1024 * 1024
RUN = "trap 'exit 0' TERM; while :; do sleep 0.1; done"


@dataclass(frozen=True)
class Wish:
    """What a program declares; the defaults are the platform that every test starts from."""

    name: str
    image: str
    content: str = "hello"
    password: str = "pass-word-one"  # noqa: S105 - that no log shows it is what a test asserts
    env: dict[str, str] = field(default_factory=lambda: {"A": "1"})
    command: str = RUN
    replicas: int = 1
    everywhere: bool = False
    memory_mib: int = 64
    interval: str = "1s"
    mounts: tuple[str, ...] = ()
    timeout: str = "60s"
    services: tuple[str, ...] = ("web",)
    broken: str = ""


def program(wish: Wish, socket: str = "unix:///var/run/docker.sock") -> Callable[[], None]:
    """Return the inline program of ``wish``."""

    def declare() -> None:
        options = pulumi.ResourceOptions(provider=docker.Provider("engine", host=socket))
        once = pulumi.ResourceOptions.merge(options, pulumi.ResourceOptions(delete_before_replace=False))
        network = docker.Network("net", name=f"{wish.name}-net", driver="overlay", labels=[docker.NetworkLabelArgs(label=LABEL, value=wish.name)], opts=options)
        config = docker.ServiceConfig(
            "conf",
            name=named(wish, "conf", wish.content),
            data=encoded(wish.content),
            labels=[docker.ServiceConfigLabelArgs(label=LABEL, value=wish.name)],
            opts=once,
        )
        secret = docker.Secret(
            "sec",
            name=named(wish, "sec", wish.password),
            data=pulumi.Output.secret(encoded(wish.password)),
            labels=[docker.SecretLabelArgs(label=LABEL, value=wish.name)],
            opts=once,
        )
        for service in wish.services:
            _service(wish, service, (network, config, secret), options)

    return declare


def encoded(text: str) -> str:
    return base64.b64encode(text.encode()).decode()


def named(wish: Wish, what: str, content: str) -> str:
    return f"{wish.name}-{what}-{hashlib.sha256(content.encode()).hexdigest()[:10]}"


def _service(wish: Wish, short: str, held: tuple[Any, Any, Any], options: pulumi.ResourceOptions) -> None:
    network, config, secret = held
    mode = (
        docker.ServiceModeArgs(global_=True) if wish.everywhere else docker.ServiceModeArgs(replicated=docker.ServiceModeReplicatedArgs(replicas=wish.replicas))
    )
    docker.Service(
        short,
        name=f"{wish.name}-{short}",
        labels=[docker.ServiceLabelArgs(label=LABEL, value=wish.name)],
        mode=mode,
        endpoint_spec=docker.ServiceEndpointSpecArgs(mode="dnsrr"),
        task_spec=docker.ServiceTaskSpecArgs(
            container_spec=_container(wish, "exit 9" if short == wish.broken else wish.command, config, secret),
            networks_advanceds=[docker.ServiceTaskSpecNetworksAdvancedArgs(id=network.id)],
            resources=docker.ServiceTaskSpecResourcesArgs(limits=docker.ServiceTaskSpecResourcesLimitsArgs(memory_bytes=wish.memory_mib * MIB)),
            restart_policy=docker.ServiceTaskSpecRestartPolicyArgs(condition="any", delay="1s", max_attempts=0, window="0s"),
            log_driver=docker.ServiceTaskSpecLogDriverArgs(name="json-file", options={"max-size": "1m"}),
        ),
        update_config=docker.ServiceUpdateConfigArgs(parallelism=1, order="start-first", failure_action="rollback", monitor="1s"),
        rollback_config=docker.ServiceRollbackConfigArgs(parallelism=1, order="start-first", monitor="1s"),
        converge_config=None if wish.everywhere else docker.ServiceConvergeConfigArgs(delay="500ms", timeout=wish.timeout),
        opts=options,
    )


def _container(wish: Wish, command: str, config: Any, secret: Any) -> docker.ServiceTaskSpecContainerSpecArgs:
    return docker.ServiceTaskSpecContainerSpecArgs(
        image=wish.image,
        commands=["sh", "-c"],
        args=[command],
        env=wish.env,
        init=True,
        read_only=True,
        cap_drops=["ALL"],
        user="33",
        stop_grace_period="1s",
        labels=[docker.ServiceTaskSpecContainerSpecLabelArgs(label=LABEL, value=wish.name)],
        configs=[docker.ServiceTaskSpecContainerSpecConfigArgs(config_id=config.id, config_name=config.name, file_name="/etc/conf")],
        secrets=[
            docker.ServiceTaskSpecContainerSpecSecretArgs(
                secret_id=secret.id, secret_name=secret.name, file_name="password", file_uid="33", file_gid="33", file_mode=0o400
            )
        ],
        mounts=[
            docker.ServiceTaskSpecContainerSpecMountArgs(
                type="tmpfs",
                target="/tmp",  # noqa: S108 - in the container
                tmpfs_options=docker.ServiceTaskSpecContainerSpecMountTmpfsOptionsArgs(size_bytes=MIB, mode=0o1777),
            ),
            *(docker.ServiceTaskSpecContainerSpecMountArgs(type="bind", source=path, target=f"/mnt{path}", read_only=True) for path in wish.mounts),
        ],
        healthcheck=docker.ServiceTaskSpecContainerSpecHealthcheckArgs(
            tests=["CMD", "true"], interval=wish.interval, timeout="2s", retries=3, start_period="1s"
        ),
    )
