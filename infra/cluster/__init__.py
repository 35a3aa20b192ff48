"""A cluster: hosts made ready over SSH, and the platform on them.

What a command works with: ``cluster``, ``claim``, ``session``, ``lines``, ``playing``, ``make_ready``, ``platform``, ``standing``.
What each part is told: ``parts``. Whether it is in force: ``verify``. What is carried: ``carry``. What is seen of it: ``seen``.
Content: ``keep`` and ``promote``; ``closing`` while it changes places. Hosts that leave and come back: ``away``, ``back``.
"""
