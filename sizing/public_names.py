"""Host names that no public certificate authority can issue for, whoever asks."""

from typing import Final

NOT_DELEGATED: Final = {
    "test": "for tests (RFC 6761)",
    "example": "for examples (RFC 6761)",
    "invalid": "never valid (RFC 6761)",
    "localhost": "a machine's own (RFC 6761)",
    "local": "of a local network (RFC 6762)",
    "home.arpa": "of a home's network (RFC 8375)",
    "internal": "kept for private networks (ICANN, 2024)",
    "alt": "outside the public DNS (RFC 9476)",
    "onion": "not in the public DNS (RFC 7686)",
    "example.com": "for examples (RFC 2606)",
    "example.net": "for examples (RFC 2606)",
    "example.org": "for examples (RFC 2606)",
    **dict.fromkeys(("corp", "home", "intranet", "intern", "lan", "localdomain", "mail", "private"), "not in the public DNS"),
}
"""Ends of names, and what they are; those of the last line are what companies use (RFC 6762, appendix G), and nobody can own them."""


def private(host: str) -> str:
    """Return why no public authority can issue a certificate for ``host``; '' where one may."""
    labels = host.lower().split(".")
    ends = [".".join(labels[at:]) for at in range(len(labels))]
    return next((f"names in .{end} are {NOT_DELEGATED[end]}" for end in ends if end in NOT_DELEGATED), "")
