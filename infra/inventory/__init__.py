"""The hosts of a cluster: the file that names them, who holds what, and whether they are what the plan needs."""
