"""The capacity test: several levels of load in one process, and the largest load that meets every target."""
