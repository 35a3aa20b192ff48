"""The steady test: the plan's peak as open arrivals, what came of it, and the verdict on each target."""
