"""Loads that change: the crowd after a mail, a week, a spike; and one that lasts. How each is made, and judged."""
