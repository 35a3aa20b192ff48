"""A picture to upload: a PNG that no other run made."""

import hashlib
import struct
import zlib

WIDTH = 120
HEIGHT = 80
RGB = 3


def png(seed: str, width: int = WIDTH, height: int = HEIGHT) -> bytes:
    """Return a PNG of coloured noise that depends on ``seed`` alone."""
    noise = hashlib.shake_256(seed.encode()).digest(width * height * RGB)
    rows = b"".join(b"\0" + noise[row * width * RGB : (row + 1) * width * RGB] for row in range(height))
    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + _chunk(b"IHDR", header) + _chunk(b"IDAT", zlib.compress(rows)) + _chunk(b"IEND", b"")


def _chunk(name: bytes, content: bytes) -> bytes:
    return struct.pack(">I", len(content)) + name + content + struct.pack(">I", zlib.crc32(name + content))
