"""Upgrades of a cluster: what is pending of images and hosts, the images' rollout with its test, and the hosts one after the other."""
