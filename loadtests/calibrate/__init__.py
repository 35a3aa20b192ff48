"""Calibration: what the plan's demands are on this machine, by regression over levels of different mixes."""
