"""How a request failed."""

SHORT = "no socket left"
"""The generator may open no more: that says nothing of the platform."""
SIGNS = {
    SHORT: ("Too many open files", "Cannot assign requested address"),
    "refused": ("Connection refused", "NewConnectionError"),
    "reset": ("Connection reset", "ConnectionResetError", "BrokenPipe", "Broken pipe"),
    "closed without an answer": ("RemoteDisconnected", "Remote end closed"),
    "cut off": ("IncompleteRead", "InvalidChunkLength", "ChunkedEncodingError"),
    "timeout": ("timed out", "Timeout"),
    "tls": ("SSLError", "SSLEOFError"),
}


def kind_of(problem: Exception) -> str:
    """Return how a request failed, from the exception and what caused it."""
    told = repr(problem) + str(problem)
    return next((kind for kind, signs in SIGNS.items() if any(sign in told for sign in signs)), "connection")
