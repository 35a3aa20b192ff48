"""The engine's own file, looked at before it is used."""

from pathlib import Path

import pytest

from infra import state
from infra.deployment import Deployment
from tests.unit.sample_plan import SAMPLE


@pytest.fixture
def deployment(tmp_path: Path) -> Deployment:
    made = Deployment(SAMPLE, tmp_path)
    state.path(made).parent.mkdir(parents=True)
    state.path(made).write_text('{"checkpoint": {}}')
    return made


@pytest.mark.parametrize("torn", [b"", b'{"user.content', b"\xff", b"[" * 100_000])
def test_a_note_in_pieces_is_dropped_and_the_state_stays(torn: bytes, deployment: Deployment) -> None:
    place = state.path(deployment)
    notes = [Path(f"{place}{ending}") for ending in (".attrs", ".bak.attrs")]
    whole = place.parent / "other.json.attrs"
    whole.write_text('{"user.content_type": "text/plain"}')
    for note in notes:
        note.write_bytes(torn)
    state.make_sound(deployment)
    assert [note.exists() for note in (*notes, whole)] == [False, False, True]
    assert place.read_text() == '{"checkpoint": {}}'
