"""Rate and memory of ``plan observe`` as a whole process, on generated logs of the front door.

    python -m benchmarks.observe

Each case is run three times, one after the other. CPU seconds tell the rate: the machine may do other things beside it. What the
statistics at the end take does not grow with the log, so the rate of reading is told from the difference of two sizes as well.
"""

import gzip
import os
import shutil
import statistics
import tempfile
from pathlib import Path

from benchmarks.desk import PLAN
from benchmarks.machine import write
from benchmarks.process import spent
from tests.model.real_use import World
from tests.unit.observing.door import lines

RUNS = 3
CASES = {"small": (100, 26), "large": (400, 33)}


def main() -> None:
    """Generate, measure, print and keep."""
    found: dict[str, dict[str, float]] = {}
    with tempfile.TemporaryDirectory() as folder:
        for name, (people, days) in CASES.items():
            path = Path(folder, f"{name}.log")
            count = _write(path, people, days)
            found[name] = _measured([PLAN, "observe", str(path), "--output", f"{folder}/calibration.json"], count, path)
            print(name, found[name])
        packed = Path(folder, "large.log.gz")
        with Path(folder, "large.log").open("rb") as plain, gzip.open(packed, "wb", 6) as file:
            shutil.copyfileobj(plain, file)  # what this process holds would count as the child's peak
        found["large, gzip"] = _measured([PLAN, "observe", str(packed), "--output", f"{folder}/calibration.json"], int(found["large"]["lines"]), packed)
        print("large, gzip", found["large, gzip"])
    small, large = found["small"], found["large"]
    reading = (large["lines"] - small["lines"]) / (large["cpu_seconds_best"] - small["cpu_seconds_best"])
    write("observe", {"runs": RUNS, "load_average": os.getloadavg(), "lines_per_cpu_second_reading": round(reading, -3), "results": found})
    print(f"reading: {reading:,.0f} lines per second of one core")


def _write(path: Path, people: int, days: int) -> int:
    count = 0
    with path.open("w", encoding="utf-8") as file:
        for count, line in enumerate(lines(World(1, people=people, days=days).requests()), 1):  # noqa: B007 - counted
            file.write(line + "\n")
    return count


def _measured(argv: list[str], count: int, path: Path) -> dict[str, float]:
    runs = [spent(argv) for _ in range(RUNS)]
    used = min(run[1] for run in runs)
    return {
        "lines": count,
        "megabytes": round(path.stat().st_size / 1e6, 1),
        "seconds_median": round(statistics.median(run[0] for run in runs), 2),
        "cpu_seconds_best": round(used, 2),
        "lines_per_cpu_second": round(count / used, -2),
        "memory_mib": round(max(run[2] for run in runs) / 1024, 1),
    }


if __name__ == "__main__":
    main()
