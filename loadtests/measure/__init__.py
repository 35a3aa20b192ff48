"""Statistics of a load test: pure functions of what was measured."""
