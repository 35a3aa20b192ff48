"""How exactly numbers are told."""


def rounded(value: float) -> float:
    """Return six figures."""
    return float(f"{value:.6g}")
