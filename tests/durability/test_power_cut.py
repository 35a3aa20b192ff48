"""What was answered outlives a power cut; with settings that promise less it does not, and the same test sees it."""

import random
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.durability.desk import DATABASE, Installed, Traffic, desk, install

ROWS = (50, 150)
WORKS = 2
CUTS_OF_A_CONTROL = 3
PLUGIN = "/var/lib/wordpress/wp-content/mu-plugins/underdesk-durable-uploads.php"
BACKEND = "/usr/share/underdesk/settings/durable-files.php"


@pytest.fixture(scope="session")
def installed(program: Path, tmp_path_factory: pytest.TempPathFactory) -> Installed:
    return install(program, tmp_path_factory.mktemp("installed"))


def rows(seed: int) -> int:
    return random.Random(seed).randint(*ROWS)  # noqa: S311 - when the power goes is chance, not a secret


def test_every_answered_row_post_page_and_picture_outlives_power_cuts(installed: Installed, tmp_path: Path) -> None:
    with desk(installed, tmp_path) as traffic:
        for number, share in enumerate((0, 0.5)):
            traffic.until_cut(rows(number), WORKS, share, seed=number)
            traffic.desk.restart()
            kept = traffic.rows_found()
            assert kept.acknowledged >= ROWS[0]
            assert kept.whole, kept
            for read in traffic.works_found().values():
                assert read.acknowledged >= WORKS * (number + 1)
                assert read.whole, read


def loses(traffic: Traffic, lost: Callable[[Traffic], int]) -> bool:
    for number in range(CUTS_OF_A_CONTROL):
        traffic.until_cut(rows(number), 0)
        traffic.desk.restart()
        if lost(traffic):
            return True
    return False


def test_a_commit_that_is_flushed_once_a_second_is_lost_by_the_same_cut(installed: Installed, tmp_path: Path) -> None:
    weak = {"innodb_flush_log_at_trx_commit = 1": "innodb_flush_log_at_trx_commit = 2"}
    with desk(installed, tmp_path, DATABASE, weak) as traffic:
        assert loses(traffic, lambda cut: cut.rows_found().lost_rows)


def test_an_event_of_a_binary_log_that_is_not_synced_is_lost_by_the_same_cut(installed: Installed, tmp_path: Path) -> None:
    with desk(installed, tmp_path, DATABASE, {"sync_binlog = 1": "sync_binlog = 0"}) as traffic:
        assert loses(traffic, lambda cut: cut.rows_found().lost_events)


def test_without_our_part_in_uploads_answered_pictures_are_lost_by_the_same_cut(installed: Installed, tmp_path: Path) -> None:
    with desk(installed, tmp_path, hidden={"blogs": (PLUGIN,), "wiki": (BACKEND,)}) as traffic:
        traffic.until_cut(1, WORKS)
        traffic.desk.restart()
        for read in traffic.works_found().values():
            assert read.lost_pages == 0
            assert read.lost_pictures == read.acknowledged
