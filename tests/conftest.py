"""What holds for all tests: one run is as the next."""

from hypothesis import settings

# The same examples in every run, and no time limit for one of them: a machine that others use, too, stalls for longer than any limit.
settings.register_profile("same", derandomize=True, deadline=None)
# Other examples each time, for who looks for what nobody has thought of: 'make prove'.
settings.register_profile("other", deadline=None)
settings.load_profile("same")
