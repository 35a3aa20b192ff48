"""Tests. A package by name, since a dependency of theirs installs another ``tests`` beside it."""
