"""The kernel's accounts are read alike, whichever version of control groups keeps them."""

from pathlib import Path

from loadtests.accounts import OpenFiles, Reading, account_of

NETWORK = """Inter-|   Receive                                                |  Transmit
 face |bytes    packets errs drop fifo frame compressed multicast|bytes    packets errs drop fifo colls carrier compressed
    lo:  719743    8840    0    0    0     0          0         0   719743    8840    0    0    0     0       0          0
  eth0: 1000 12 0 0 0 0 0 0 2000 13 0 0 0 0 0 0
  eth1: 10 1 0 0 0 0 0 0 20 1 0 0 0 0 0 0
"""
V1 = {
    "cpuacct/docker/abc/cpuacct.usage": "2500000000\n",
    "memory/docker/abc/memory.stat": "cache 900\nrss 40\ntotal_rss 4096\ntotal_shmem 100\n",
    "memory/docker/abc/memory.limit_in_bytes": "753926144\n",
    "blkio/docker/abc/blkio.throttle.io_service_bytes": "254:0 Read 512\n254:0 Write 1024\n254:0 Total 1536\nTotal 1536\n",
}
V2 = {
    "docker/abc/cpu.stat": "usage_usec 2500000\nuser_usec 1\n",
    "docker/abc/memory.stat": "anon 4096\nfile 900\nshmem 100\n",
    "docker/abc/memory.max": "753926144\n",
    "docker/abc/io.stat": "254:0 rbytes=512 wbytes=1024 rios=1 wios=2 dbytes=0 dios=0\n",
}
EXPECTED = Reading(2.5, 4196, 512, 1024, 1010, 2020)


def kept(folder: Path, files: dict[str, str]) -> Path:
    for name, text in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    (folder / "dev").write_text(NETWORK)
    return folder


def test_version_1(tmp_path: Path) -> None:
    groups = kept(tmp_path, V1)
    found = account_of("9:memory:/docker/abc\n5:blkio:/docker/abc\n3:cpu,cpuacct:/docker/abc\n0::/docker/abc\n", groups / "dev", groups)
    assert (found.read(), found.limit_bytes) == (EXPECTED, 753926144)


def test_version_2(tmp_path: Path) -> None:
    groups = kept(tmp_path, V2)
    found = account_of("0::/docker/abc\n", groups / "dev", groups)
    assert (found.read(), found.limit_bytes) == (EXPECTED, 753926144)


def test_no_limit_and_a_container_that_never_used_the_disk(tmp_path: Path) -> None:
    groups = kept(tmp_path, {**V2, "docker/abc/memory.max": "max\n"})
    (groups / "docker/abc/io.stat").unlink()
    found = account_of("0::/docker/abc\n", groups / "dev", groups)
    assert found.limit_bytes == 0
    assert found.read().disk_read_bytes == 0


def test_replicas_are_one_service() -> None:
    assert EXPECTED.plus(EXPECTED).memory_bytes == 2 * EXPECTED.memory_bytes


LIMITS = """Limit                     Soft Limit           Hard Limit           Units
Max cpu time              unlimited            unlimited            seconds
Max open files            1024                 524288               files
"""


def process(folder: Path, pid: str, opened: int, limits: str = LIMITS) -> None:
    for number in range(opened):
        (folder / pid / "fd" / str(number)).parent.mkdir(parents=True, exist_ok=True)
        (folder / pid / "fd" / str(number)).touch()
    (folder / pid / "limits").write_text(limits)


def test_open_files_are_those_of_the_process_that_has_most_and_one_that_ended_is_none(tmp_path: Path) -> None:
    groups = kept(tmp_path, {**V2, "docker/abc/cgroup.procs": "7\n8\n9\n"})
    process(tmp_path, "7", 3)
    process(tmp_path, "8", 5)
    found = account_of("0::/docker/abc\n", groups / "dev", groups)
    assert found.open_files(tmp_path) == OpenFiles(5, 1024)
    process(tmp_path, "9", 6, LIMITS.replace("1024     ", "unlimited"))
    assert found.open_files(tmp_path) == OpenFiles(6, 0)
