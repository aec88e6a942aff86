"""What a PNG says of itself, and programs that are no Chromium."""

import zlib

PNG = b"\x89PNG\r\n\x1a\n"
HANGS = 'echo $$ > "{told}"\nexec sleep 600'
ENDS = 'env > "{told}"'


def size_of(picture):
    """Return width and height of a PNG that is one, whole."""
    assert picture.startswith(PNG)
    assert picture.endswith(b"IEND\xaeB`\x82")
    return int.from_bytes(picture[16:20]), int.from_bytes(picture[20:24])


def lines_of(picture):
    """Return how many different lines of pixels a PNG has; an empty one has one."""
    width, height = size_of(picture)
    data, at = b"", len(PNG)
    while at < len(picture):
        length, kind = int.from_bytes(picture[at : at + 4]), picture[at + 4 : at + 8]
        data += picture[at + 8 : at + 8 + length] if kind == b"IDAT" else b""
        at += length + 12
    pixels = zlib.decompress(data)
    step = len(pixels) // height
    assert step > width
    return len({pixels[row * step : (row + 1) * step] for row in range(height)})


def program(folder, script):
    """Write a program that does as a script says; return it and the file that it tells."""
    told, file = folder / "told", folder / "chromium"
    file.write_text(f"#!/bin/sh\n{script.format(told=told)}\n")
    file.chmod(0o755)
    return str(file), told
