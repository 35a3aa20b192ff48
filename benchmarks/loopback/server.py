"""The process that answers: as WordPress and MediaWiki do, as far as a test looks, each time after a known service time.

    python -m benchmarks.loopback.server CERTIFICATE MEDIAN_MS SIGMA

Service times are log-normal (``SIGMA`` 0: all the same) and spread evenly over their distribution (golden ratio sequence: Weyl,
1916), so that each few hundred neighbours have nearly its quantiles. Nobody queues. It prints its port and ends with its stdin.
"""

import ssl
import sys
import threading
import time
from itertools import count
from math import exp
from pathlib import Path
from statistics import NormalDist

from tests.unit.loadtests.steady.pretend import Mood, Pretend, Server

GOLDEN = 0.6180339887498949
MS = 0.001


class Serving(Pretend):
    """One connection."""

    disable_nagle_algorithm = True
    wbufsize = -1
    numbers = count(1)
    median_s, sigma = 0.0, 0.0

    def _send(self, status: int, kind: str, content: bytes, cookie: str = "") -> None:
        time.sleep(service_s(next(self.numbers), self.median_s, self.sigma))
        super()._send(status, kind, content, cookie)


def service_s(number: int, median_s: float, sigma: float) -> float:
    """Return the service time of the ``number``-th request."""
    share = number * GOLDEN % 1.0
    return quantile_s(min(max(share, 1e-9), 1 - 1e-9), median_s, sigma)


def quantile_s(share: float, median_s: float, sigma: float) -> float:
    """Return the service time that ``share`` of the requests do not exceed."""
    return median_s * exp(sigma * NormalDist().inv_cdf(share)) if sigma else median_s


def main() -> None:
    """Serve until nobody listens any more."""
    certificate, median_ms, sigma = Path(sys.argv[1]), float(sys.argv[2]), float(sys.argv[3])
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)
    handler = type("Answering", (Serving,), {"mood": Mood(), "median_s": median_ms * MS, "sigma": sigma})
    server = Server(("127.0.0.1", 0), handler)
    server.socket = context.wrap_socket(server.socket, server_side=True, do_handshake_on_connect=False)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    print(server.server_address[1], flush=True)
    sys.stdin.read()


if __name__ == "__main__":
    main()
