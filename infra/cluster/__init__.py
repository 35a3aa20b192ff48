"""Hosts of a cluster made ready over SSH: what changes on each, made, verified and recorded."""
