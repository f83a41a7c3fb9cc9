"""QR codes of links: one matrix, drawn as SVG for print and as PNG for phones.

Level M with the quiet zone of four modules that the standard asks for. The mask is fixed: trying
all eight costs eight times as much, and every reader reads every mask.
"""

import io
from functools import lru_cache

QUIET = 4
MASK = 2
SMALLEST, USUAL, LARGEST = 120, 480, 2000
Matrix = tuple[tuple[bool, ...], ...]


@lru_cache(maxsize=256)
def matrix(text: str) -> Matrix:
    """The modules with their quiet zone, row by row; True is dark. About half a millisecond."""
    from qrcode.constants import ERROR_CORRECT_M  # noqa: PLC0415 — start-up time
    from qrcode.main import QRCode  # noqa: PLC0415 — start-up time

    code = QRCode(error_correction=ERROR_CORRECT_M, border=QUIET, mask_pattern=MASK)
    code.add_data(text, optimize=0)
    code.make(fit=True)
    return tuple(tuple(bool(module) for module in row) for row in code.get_matrix())


def svg(text: str) -> str:
    """One path, a rectangle for each run of dark modules; it has no size, so it fills its place."""
    rows = matrix(text)
    path = "".join(
        f"M{start} {y}h{length}v1h-{length}z"
        for y, row in enumerate(rows)
        for start, length in _runs(row)
    )
    side = len(rows)
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {side} {side}" '
        f'shape-rendering="crispEdges"><path fill="#fff" d="M0 0h{side}v{side}h-{side}z"/>'
        f'<path d="{path}"/></svg>'
    )


def _runs(row: tuple[bool, ...]) -> list[tuple[int, int]]:
    """Where dark runs start, and how long they are."""
    runs: list[tuple[int, int]] = []
    for x, dark in enumerate(row):
        if dark and runs and sum(runs[-1]) == x:
            runs[-1] = (runs[-1][0], runs[-1][1] + 1)
        elif dark:
            runs.append((x, 1))
    return runs


def png(text: str, size: int) -> bytes:
    """A picture of size × size pixels: modules of a whole number of pixels, so that each is sharp;
    what is left over makes the quiet zone wider. ValueError where a module would be under a pixel.
    """
    from PIL import Image  # noqa: PLC0415 — start-up time

    rows = matrix(text)
    side = len(rows)
    scale = size // side
    if scale < 1:
        raise ValueError(f"{side} modules do not fit into {size} pixels")
    small = Image.new("1", (side, side))
    small.putdata([0 if dark else 1 for row in rows for dark in row])
    picture = Image.new("1", (size, size), 1)
    corner = (size - side * scale) // 2
    picture.paste(
        small.resize((side * scale, side * scale), Image.Resampling.NEAREST), (corner,) * 2
    )
    out = io.BytesIO()
    picture.save(out, "PNG")
    return out.getvalue()
