"""A cluster's content kept: backup, restore and drill."""
