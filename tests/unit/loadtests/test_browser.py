"""Connections of a test's browser, looked at in a process of its own: importing Locust changes the one that does."""

import subprocess
import sys

KEPT = """
import locust
from types import SimpleNamespace
from loadtests.steps import browser

class Socket:
    open = True
    def close(self): self.open = False
    def shutdown(self, how): pass

clock = SimpleNamespace(now=1000.0)
browser.time = SimpleNamespace(monotonic=lambda: clock.now)
browser._Connection.is_connected = property(lambda self: self.sock is not None)
pool = browser._Adapter(29.0).pool("blogs.test", 443)

def idle(seconds):
    connection, socket = pool._get_conn(), Socket()
    connection.sock = socket
    pool._put_conn(connection)
    clock.now += seconds
    assert pool._get_conn() is connection
    pool._put_conn(connection)
    return socket.open

print(idle(28.5), idle(29.5))
"""


def test_a_connection_is_used_again_until_the_server_is_about_to_close_it() -> None:
    done = subprocess.run([sys.executable, "-c", KEPT], capture_output=True, text=True, check=False)
    assert done.stdout == "True False\n", done.stderr
