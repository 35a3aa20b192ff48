"""Upgrades: what security updates are pending, and a rollout that takes itself back where the platform does not pass."""
