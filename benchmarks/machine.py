"""What machine a figure was measured on, and the results that say so."""

import json
import os
import platform
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import psutil

MIB = 1024 * 1024
RESULTS = Path(__file__).resolve().parent / "results"


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


def write(name: str, content: Mapping[str, Any], **more: Any) -> Path:  # noqa: ANN401 - whatever json can write
    """Write ``content`` to results/``name``.json beside the machine (and ``more`` of it); return the file."""
    path = RESULTS / f"{name}.json"
    path.write_text(json.dumps({"machine": {**describe(), **more}, **content}, indent=1) + "\n", encoding="utf-8")
    return path
