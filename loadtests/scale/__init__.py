"""``plan test scale``: capacity at 1, 2, 3… cores or replicas, the curve through it, and where it stops gaining."""
