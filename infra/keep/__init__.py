"""Keep: what must never be lost is backed up, brought back, and proved to come back."""
