"""Whoever waits for an answer when a run ends is ended, whatever it waits in: else the run would never end."""

import subprocess
import sys

ENDING = """
import gevent
from loadtests.steps import arrivals
from loadtests.steps.guests import Step

class Recorder:
    def clear(self, text): return text

class Watch:
    def short(self): pass

class Order:
    probe_s = 0.0

class Guests:
    def browser(self): return None

def send():
    gevent.sleep(60)

arrivals.Run.target, arrivals.Run.recorder = None, Recorder()
here = object.__new__(arrivals.OpenArrivals)
here.asked, here.told, here.order, here.watch, here.guests = 0, [], Order(), Watch(), Guests()
arrivals.look = lambda *_: Step("probe", "/", send)
looking = gevent.spawn(here._look)
asking = gevent.spawn(here._ask, Step("page_signed_in", "/", send), 0.0)
gevent.sleep(0.2)
gevent.killall([looking, asking], timeout=5)
print(looking.dead, asking.dead, [one.kind for one in here.told])
"""


def test_a_look_that_is_under_way_when_the_run_ends_ends_with_it() -> None:
    done = subprocess.run([sys.executable, "-c", ENDING], capture_output=True, text=True, check=False, timeout=60)
    assert done.stdout.strip() == "True True ['no answer by the end']", done.stderr


STUBBORN = """
import gevent
from loadtests.steps import arrivals

def never():
    while True:
        try:
            gevent.sleep(60)
        except gevent.GreenletExit:
            pass

arrivals.END_S = 0.2
left = gevent.spawn(never)
gevent.sleep(0.1)
arrivals.end([left])
print("went on", left.dead)
"""


def test_whoever_cannot_be_ended_is_left_behind_and_the_run_goes_on_to_its_end() -> None:
    done = subprocess.run([sys.executable, "-c", STUBBORN], capture_output=True, text=True, check=False, timeout=60)
    assert done.stdout.strip() == "went on False", done.stderr
