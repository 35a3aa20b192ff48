"""The air-gapped Docker provider: a Pulumi plugin for where the official one cannot be had.

It serves the resource types that ``infra.program`` uses, with the official plugin's
names and behaviour, so that one state can be handed from one to the other.
"""
