"""A platform that is only pretended, in a process of its own on this machine's loopback, and whose service times are known."""
