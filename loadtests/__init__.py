"""Load on what was deployed: Locust scenarios, the recorder, test spaces, the verdict.

Locust runs as a subprocess only, since importing it patches the process. Modules under
``scenarios`` are its side; everything else here can be imported by a command.
"""
