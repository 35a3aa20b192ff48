"""What the doctor sees of what runs by itself."""

from pathlib import Path
from types import SimpleNamespace

import psutil
import pytest

from infra import doctor
from infra.deployment import Deployment
from tests.unit.sample_plan import SAMPLE


def deployed(folder: Path, *, scheduled: bool) -> Deployment:
    backup = SAMPLE.platform.backup.model_copy(update={"scheduled": scheduled})
    return Deployment(SAMPLE.model_copy(update={"platform": SAMPLE.platform.model_copy(update={"backup": backup})}), folder)


def test_a_schedule_that_nobody_runs_is_found_with_the_mend(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    running = ["bash", "crond-exporter"]
    monkeypatch.setattr(doctor, "SCHEDULES", tmp_path)
    monkeypatch.setattr(psutil, "process_iter", lambda _what: [SimpleNamespace(info={"name": name}) for name in running])
    assert doctor.schedule(deployed(tmp_path, scheduled=False)).ok
    assert doctor.schedule(deployed(tmp_path, scheduled=True)).mend == "run 'plan deploy'"
    (tmp_path / f"underdesk-{SAMPLE.platform.name}").touch()
    found = doctor.schedule(deployed(tmp_path, scheduled=True))
    assert "no backup and no drill comes by itself" in found.said
    assert "service cron start" in found.mend
    running.append("cron")
    assert doctor.schedule(deployed(tmp_path, scheduled=True)).ok
