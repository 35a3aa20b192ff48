"""Take the platform off a cluster: services go, and the front doors' files; databases, uploads and what opens them stay."""

from infra import acme, deploy, live, standin
from infra.cluster.platform import Platform, Say
from infra.cluster.playing import Part, play

PLAYBOOK = "away.yml"


def take_away(platform: Platform, say: Say) -> None:
    """Remove services, networks, secrets and configs from the swarm, and the certificate from front doors; the same again completes it."""
    there = platform.reached()
    standin.end(live.engine_client(there.deployment.engine), there.deployment)  # of a killed deploy; its rules end by themselves
    with platform.held.stored_after(say):
        there.services(say).destroy(lambda change: say(str(change)))
        folder = str(platform.deployment.place / "frontdoor")
        play(
            platform.work.cluster,
            platform.work.folder,
            lambda change: say(str(change)),
            part=Part(PLAYBOOK, {"away_folder": folder, "away_schedule": str(acme.schedule(platform.deployment))}),
        )
        deploy.forget(platform.deployment)
    platform.work.record(services=False)
