"""What machine a figure was measured on."""

import os
import platform
from datetime import UTC, datetime
from pathlib import Path

import psutil

MIB = 1024 * 1024


def describe() -> dict[str, str | int]:
    """Return the machine's description that stands beside each figure."""
    lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    models = [line.split(":", 1)[1].strip() for line in lines if line.startswith("model name")]
    return {
        "date": datetime.now(UTC).strftime("%Y-%m-%d"),
        "processor": models[0] if models else platform.machine(),
        "cores": os.cpu_count() or 0,
        "memory_mib": psutil.virtual_memory().total // MIB,
        "kernel": platform.release(),
        "python": platform.python_version(),
    }
