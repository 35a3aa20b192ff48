"""Rate and memory of ``plan observe`` as a whole process, on generated logs of the front door.

    python -m benchmarks.observe

Each case is run three times, one after the other. CPU seconds tell the rate: the machine may do other things beside it. What the
statistics at the end take does not grow with the log, so the rate of reading is told from the difference of two sizes as well.
"""

import gzip
import json
import os
import shutil
import statistics
import sys
import tempfile
import time
from pathlib import Path

from benchmarks.machine import describe
from tests.model.real_use import World
from tests.unit.observing.door import lines

ROOT = Path(__file__).resolve().parent.parent
RESULTS = ROOT / "benchmarks" / "results" / "observe.json"
PLAN = str(Path(sys.executable).with_name("plan"))
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
    whole = {"machine": describe(), "runs": RUNS, "load_average": os.getloadavg(), "lines_per_cpu_second_reading": round(reading, -3), "results": found}
    RESULTS.write_text(json.dumps(whole, indent=1) + "\n", encoding="utf-8")
    print(f"reading: {reading:,.0f} lines per second of one core")


def _write(path: Path, people: int, days: int) -> int:
    count = 0
    with path.open("w", encoding="utf-8") as file:
        for count, line in enumerate(lines(World(1, people=people, days=days).requests()), 1):  # noqa: B007 - counted
            file.write(line + "\n")
    return count


def _measured(argv: list[str], count: int, path: Path) -> dict[str, float]:
    runs = [_run(argv) for _ in range(RUNS)]
    used = min(run[1] for run in runs)
    return {
        "lines": count,
        "megabytes": round(path.stat().st_size / 1e6, 1),
        "seconds_median": round(statistics.median(run[0] for run in runs), 2),
        "cpu_seconds_best": round(used, 2),
        "lines_per_cpu_second": round(count / used, -2),
        "memory_mib": round(max(run[2] for run in runs) / 1024, 1),
    }


def _run(argv: list[str]) -> tuple[float, float, int]:
    """Return seconds, CPU seconds and peak memory (KiB) of one process."""
    start = time.monotonic()
    child = os.posix_spawn(argv[0], argv, os.environ, file_actions=[(os.POSIX_SPAWN_OPEN, fd, os.devnull, os.O_WRONLY, 0) for fd in (1, 2)])
    _, status, usage = os.wait4(child, 0)
    if status:
        sys.exit(f"{' '.join(argv)} ended with {os.waitstatus_to_exitcode(status)}")
    return time.monotonic() - start, usage.ru_utime + usage.ru_stime, usage.ru_maxrss


if __name__ == "__main__":
    main()
