"""Two results of the same test beside each other: which differences are sure, and which may be chance."""
