"""An image that differs only by a label, and a service that is rolled to it: for the rolling stories and benchmarks/rolling.py."""

import subprocess


def variant(reference: str) -> str:
    """Build it from ``reference`` and return its name."""
    name = f"{reference}-variant"
    text = f"FROM {reference}\nLABEL underdesk.variant=yes\n"
    subprocess.run(["docker", "build", "--quiet", "--tag", name, "-"], input=text, text=True, check=True, capture_output=True)
    return name


def roll(service: str, image: str) -> None:
    """Replace the tasks of ``service`` by such of ``image``; returns when they run."""
    argv = ["docker", "service", "update", "--quiet", "--no-resolve-image", "--image", image, service]
    subprocess.run(argv, check=True, capture_output=True, text=True)
