"""Scripts that show the figures; their last results lie in results/."""
