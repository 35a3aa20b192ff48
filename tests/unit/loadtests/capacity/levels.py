"""Levels that never were."""

from loadtests.steady.meter import Service


def service(name: str, cores: tuple[float, ...], memory_mib: float = 100.0) -> Service:
    still = (0.0,) * len(cores)
    return Service(
        name=name,
        memory_limit_mib=1000.0,
        cpu_cores=cores,
        memory_mib=(memory_mib,) * len(cores),
        disk_read_kib=still,
        disk_written_kib=still,
        received_kib=still,
        sent_kib=still,
    )
