"""The move of a desk's pilot into a cluster."""
