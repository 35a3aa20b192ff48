"""A cluster: hosts made ready over SSH, and the platform on them.

What a command works with: ``cluster``, ``claim``, ``session``, ``lines``, ``playing``, ``make_ready``, ``platform``, ``standing``.
What each part is told, pure: ``variables``, ``openings``, ``folders``, ``files``, ``database``, ``addresses``, ``doors``, ``metrics``, ``services``.
Whether it is in force: ``verify`` and ``verify_…``. What is carried: ``kept`` and ``archive`` (its folder), ``spread`` and ``images``, ``engines``.
What is seen of it: ``condition``, ``headroom``, ``losses``, ``looks``, ``tells``.
The rest is a command each: ``away``, ``back``, ``backup``, ``restore``, ``drill``, ``promote``.
"""
