"""How a request failed."""

SIGNS = {
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
    for kind, signs in SIGNS.items():
        if any(sign in told for sign in signs):
            return kind
    return "connection"
