"""Time and memory of ``plan size`` as a whole process: what a person waits for.

    python -m benchmarks.sizing

Each case is run several times as a process of its own; the median and the best count, beside whatever else the machine does.
"""

import json
import os
import statistics
import tempfile
from pathlib import Path

from benchmarks.desk import PLAN
from benchmarks.machine import write
from benchmarks.process import spent

ROOT = Path(__file__).resolve().parent.parent
BRIEF = str(ROOT / "examples" / "pilot.yaml")
CASES = {
    "400 people": (400, None, 0.7, None),
    "400 people, 10,000 draws": (400, 10_000, None, None),
    "1,000,000 people, 10,000 draws": (1_000_000, 10_000, 3.0, 400),
    "10,000,000 people, 10,000 draws": (10_000_000, 10_000, 5.0, None),
}
RUNS = 5


def main() -> None:
    """Measure, print and keep."""
    found = {}
    with tempfile.TemporaryDirectory() as folder:
        for name, (people, draws, seconds, memory) in CASES.items():
            argv = [PLAN, "size", BRIEF, "--people", str(people), "--output", f"{folder}/plan.json", *(["--draws", str(draws)] if draws else [])]
            runs = [spent(argv) for _ in range(RUNS)]
            plan = json.loads(Path(folder, "plan.json").read_text(encoding="utf-8"))
            found[name] = {
                "seconds_median": round(statistics.median(run[0] for run in runs), 3),
                "seconds_best": round(min(run[0] for run in runs), 3),
                "cpu_seconds_median": round(statistics.median(run[1] for run in runs), 3),
                "memory_mib": round(max(run[2] for run in runs) / 1024, 1),
                "asked_seconds": seconds,
                "asked_mib": memory,
                "draws": plan["interval"]["draws"],
                "months": len(plan["growth"]["months"]) - 1,
                "servers": sum(server["count"] for server in plan["servers"]),
            }
            print(name, found[name])
    write("sizing", {"runs": RUNS, "load_average": os.getloadavg(), "results": found})


if __name__ == "__main__":
    main()
