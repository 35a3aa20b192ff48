"""The Pulumi program: networks, configs, secrets and Swarm services of a topology."""

import base64
from collections.abc import Callable, Mapping

import pulumi
import pulumi_docker as docker

from infra.topology import Service, Topology
from runtime.files import digest

MIB = 1024 * 1024
READ_BY_OWNER, READ_BY_ALL = 0o400, 0o444
NAME_DIGITS = 12
LABEL = "underdesk.deployment"
CONVERGE_S = 300


def program(topology: Topology, secrets: Mapping[str, str], socket: str) -> Callable[[], None]:
    """Return the inline program that declares ``topology``; ``secrets`` are values by name."""

    def declare() -> None:
        provider = docker.Provider("engine", host=socket)
        _Declaration(topology, secrets, provider).run()

    return declare


class _Declaration:
    """Declares each network, config and secret once and the services on top of them."""

    def __init__(self, topology: Topology, secrets: Mapping[str, str], provider: docker.Provider) -> None:
        self.topology = topology
        self.values = secrets
        self.options = pulumi.ResourceOptions(provider=provider)
        self.held: dict[str, docker.ServiceConfig | docker.Secret] = {}

    def run(self) -> None:
        """Declare everything, services after what they wait for."""
        networks = {short: self._network(short) for short in self.topology.networks}
        made: dict[str, docker.Service] = {}
        for service in self.topology.services:
            made[service.role] = self._service(service, networks, [made[role] for role in service.after])

    def _network(self, short: str) -> docker.Network:
        labels = [docker.NetworkLabelArgs(label=LABEL, value=self.topology.name)]
        return docker.Network(short, name=f"{self.topology.name}-{short}", driver="overlay", labels=labels, opts=self.options)

    def _service(self, service: Service, networks: Mapping[str, docker.Network], after: list[docker.Service]) -> docker.Service:
        order = "stop-first" if service.stateful else "start-first"
        return docker.Service(
            service.role,
            name=f"{self.topology.name}-{service.role}",
            labels=[docker.ServiceLabelArgs(label=LABEL, value=self.topology.name)],
            mode=_mode(service),
            endpoint_spec=_endpoint(service),
            task_spec=self._task(service, networks),
            update_config=docker.ServiceUpdateConfigArgs(
                parallelism=1, order=order, failure_action="rollback", monitor="5s", delay="0s", max_failure_ratio="0.0"
            ),
            rollback_config=docker.ServiceRollbackConfigArgs(
                parallelism=1, order=order, failure_action="pause", monitor="5s", delay="0s", max_failure_ratio="0.0"
            ),
            converge_config=None if service.everywhere else docker.ServiceConvergeConfigArgs(delay="1s", timeout=f"{CONVERGE_S}s"),
            opts=pulumi.ResourceOptions.merge(self.options, pulumi.ResourceOptions(depends_on=after)),
        )

    def _task(self, service: Service, networks: Mapping[str, docker.Network]) -> docker.ServiceTaskSpecArgs:
        memory = service.memory_mib * MIB
        return docker.ServiceTaskSpecArgs(
            container_spec=self._container(service),
            placement=_placement(service),
            networks_advanceds=[docker.ServiceTaskSpecNetworksAdvancedArgs(id=networks[short].id) for short in service.networks],
            resources=docker.ServiceTaskSpecResourcesArgs(limits=docker.ServiceTaskSpecResourcesLimitsArgs(memory_bytes=memory)),
            restart_policy=docker.ServiceTaskSpecRestartPolicyArgs(condition="any", delay="2s", max_attempts=0, window="0s"),
            log_driver=docker.ServiceTaskSpecLogDriverArgs(name="json-file", options={"max-size": "10m", "max-file": "3"}),
        )

    def _container(self, service: Service) -> docker.ServiceTaskSpecContainerSpecArgs:
        return docker.ServiceTaskSpecContainerSpecArgs(
            image=service.image,
            args=list(service.command) or None,
            user=str(service.user),
            env=dict(service.environment) or None,
            read_only=True,
            cap_drops=["ALL"],
            cap_adds=list(service.capabilities) or None,
            init=True,
            configs=[self._config(service, path, text) for path, text in service.configs.items()] or None,
            secrets=[self._secret(service, name) for name in service.secrets] or None,
            mounts=_mounts(service),
            healthcheck=_health(service),
            sysctl=dict(service.kernel) or None,
            labels=[docker.ServiceTaskSpecContainerSpecLabelArgs(label=LABEL, value=self.topology.name)],
            stop_grace_period=f"{service.stop_grace_s}s",
        )

    def _config(self, service: Service, path: str, text: str) -> docker.ServiceTaskSpecContainerSpecConfigArgs:
        stem = path.strip("/").replace("/", "-").replace(".", "-")
        config = self._once(f"{self.topology.name}-{stem}-{digest(text)[:NAME_DIGITS]}", text, secret=False)
        return docker.ServiceTaskSpecContainerSpecConfigArgs(
            config_id=config.id, config_name=config.name, file_name=path, file_uid=str(service.user), file_gid=str(service.user), file_mode=READ_BY_ALL
        )

    def _secret(self, service: Service, name: str) -> docker.ServiceTaskSpecContainerSpecSecretArgs:
        value = self.values[name]
        secret = self._once(f"{self.topology.name}-{name}-{digest(f'{name} {value}')[:NAME_DIGITS]}", value, secret=True)
        return docker.ServiceTaskSpecContainerSpecSecretArgs(
            secret_id=secret.id, secret_name=secret.name, file_name=name, file_uid=str(service.user), file_gid=str(service.user), file_mode=READ_BY_OWNER
        )

    def _once(self, name: str, text: str, *, secret: bool) -> "docker.ServiceConfig | docker.Secret":
        """Declare a config or secret named by its content; the old one goes after its last user."""
        if name not in self.held:
            encoded = base64.b64encode(text.encode()).decode()
            options = pulumi.ResourceOptions.merge(self.options, pulumi.ResourceOptions(delete_before_replace=False))
            if secret:
                labels = [docker.SecretLabelArgs(label=LABEL, value=self.topology.name)]
                self.held[name] = docker.Secret(name, name=name, data=pulumi.Output.secret(encoded), labels=labels, opts=options)
            else:
                config_labels = [docker.ServiceConfigLabelArgs(label=LABEL, value=self.topology.name)]
                self.held[name] = docker.ServiceConfig(name, name=name, data=encoded, labels=config_labels, opts=options)
        return self.held[name]


def _mode(service: Service) -> docker.ServiceModeArgs:
    """Return one task on every host, for which nobody can be told to wait, or so many tasks on any."""
    if service.everywhere:
        return docker.ServiceModeArgs(global_=True)
    return docker.ServiceModeArgs(replicated=docker.ServiceModeReplicatedArgs(replicas=service.replicas))


def _placement(service: Service) -> docker.ServiceTaskSpecPlacementArgs | None:
    return docker.ServiceTaskSpecPlacementArgs(constraints=[f"node.labels.{service.hosts} == true"]) if service.hosts else None


def _endpoint(service: Service) -> docker.ServiceEndpointSpecArgs:
    ports = [
        docker.ServiceEndpointSpecPortArgs(published_port=published, target_port=target, protocol="tcp", publish_mode="host")
        for published, target in service.ports
    ]
    return docker.ServiceEndpointSpecArgs(mode="dnsrr", ports=ports or None)


def _mounts(service: Service) -> list[docker.ServiceTaskSpecContainerSpecMountArgs]:
    bound = [
        docker.ServiceTaskSpecContainerSpecMountArgs(type="bind", source=mount.source, target=mount.target, read_only=mount.read_only)
        for mount in service.mounts
    ]
    scratch = [
        docker.ServiceTaskSpecContainerSpecMountArgs(
            type="tmpfs",
            target=path,
            tmpfs_options=docker.ServiceTaskSpecContainerSpecMountTmpfsOptionsArgs(size_bytes=mib * MIB, mode=0o1777),
        )
        for path, mib in service.scratch_mib.items()
    ]
    return bound + scratch


def _health(service: Service) -> docker.ServiceTaskSpecContainerSpecHealthcheckArgs | None:
    if service.health is None:
        return None
    return docker.ServiceTaskSpecContainerSpecHealthcheckArgs(
        tests=["CMD", *service.health.command], interval="10s", timeout="20s", retries=3, start_period=f"{service.health.start_s}s"
    )
