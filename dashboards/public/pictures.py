"""What Pillow does: draw the card, make a photo small. Imported when a picture is first wanted."""

import io

from PIL import Image, ImageDraw, ImageFont, UnidentifiedImageError

from dashboards.public.rules import wrapped

WIDTH, HEIGHT = 1200, 630
MORI, INK, INK2, SOGA, CREAM = "#f6f5f1", "#1a1f27", "#555a64", "#a04a15", "#e9dcc0"
GROUNDS = ("#1c3f66", "#8a3a1c", "#1f5a3f", "#4a3023")
PHOTO_WIDTH = 720
MOST_BYTES = 40_000
MOST_PIXELS = 40_000_000
_FORMATS = ("JPEG", "PNG", "WEBP", "GIF")


def drawn(title: str, price: str, foot: str, ground: int) -> bytes:
    """The card as PNG (a palette of 64 colours keeps it far below 300 KB)."""
    image = Image.new("RGB", (WIDTH, HEIGHT), MORI)
    pen = ImageDraw.Draw(image)
    _batik(pen, GROUNDS[ground])
    y = 120
    for line in wrapped(title, 22, 3):
        pen.text((404, y), line, font=_font(64), fill=INK, stroke_width=1, stroke_fill=INK)
        y += 80
    if price:
        pen.text((404, y + 16), price, font=_font(76), fill=SOGA, stroke_width=2,
                 stroke_fill=SOGA)  # fmt: skip
    pen.text((404, 526), foot[:44], font=_font(38), fill=INK2)
    out = io.BytesIO()
    image.quantize(64).save(out, "PNG", optimize=True)
    return out.getvalue()


def _font(size: int) -> ImageFont.FreeTypeFont | ImageFont.ImageFont:
    return ImageFont.load_default(size)


def _batik(pen: ImageDraw.ImageDraw, ground: str) -> None:
    """A strip of kawung on the left: four petals around a knot, again and again."""
    wide, cell = 336, 112
    pen.rectangle((0, 0, wide, HEIGHT), fill=ground)
    for left in range(0, wide, cell):
        for top in range(-cell // 4, HEIGHT, cell):
            x, y = left + cell // 2, top + cell // 2
            for dx, dy in ((1, 1), (1, -1), (-1, 1), (-1, -1)):
                pen.polygon(_petal(x, y, dx, dy), outline=CREAM, width=3)
                pen.ellipse(_dot(x + dx * 27, y + dy * 27, 3), fill=CREAM)
            pen.ellipse(_dot(x, y, 7), fill="#c2702f")
    pen.rectangle((wide, 0, wide + 8, HEIGHT), fill=SOGA)


def _dot(x: int, y: int, radius: int) -> tuple[int, int, int, int]:
    return (x - radius, y - radius, x + radius, y + radius)


def _petal(x: int, y: int, dx: int, dy: int) -> list[tuple[float, float]]:
    """A pointed oval along a diagonal, from near the knot to the corner of its cell."""
    along = [(6 + 44 * step / 12, 1.3 * 44 * (step / 12) * (1 - step / 12)) for step in range(13)]
    outer = [(x + dx * (a + b), y + dy * (a - b)) for a, b in along]
    inner = [(x + dx * (a - b), y + dy * (a + b)) for a, b in reversed(along)]
    return outer + inner


def small(raw: bytes) -> bytes | None:
    """The picture as a JPEG at most 720 px wide and, if quality can do it, 40 KB; None if it is no
    picture, or one of more than 40 megapixels. What a camera wrote into it is left out.
    """
    try:
        with Image.open(io.BytesIO(raw), formats=_FORMATS) as opened:
            if opened.width * opened.height > MOST_PIXELS:
                return None
            opened.draft("RGB", (PHOTO_WIDTH * 2, PHOTO_WIDTH * 2))
            image = _flat(opened)
    except (UnidentifiedImageError, OSError, ValueError, SyntaxError, Image.DecompressionBombError):
        return None
    jpeg = b""
    for quality in (80, 65, 50, 35):
        out = io.BytesIO()
        image.save(out, "JPEG", quality=quality, optimize=True, progressive=True)
        jpeg = out.getvalue()
        if len(jpeg) <= MOST_BYTES:
            break
    return jpeg


def _flat(image: Image.Image) -> Image.Image:
    """Small, in RGB, on white where it is transparent. Made small first: each layer of a picture of
    40 megapixels takes 160 MB.
    """
    image.load()
    small_enough = (PHOTO_WIDTH, PHOTO_WIDTH * 2)
    if image.mode in ("RGBA", "LA", "P"):
        layer = image if image.mode == "RGBA" else image.convert("RGBA")
        layer.thumbnail(small_enough)
        ground = Image.new("RGBA", layer.size, "#ffffff")
        return Image.alpha_composite(ground, layer).convert("RGB")
    plain = image if image.mode == "RGB" else image.convert("RGB")
    plain.thumbnail(small_enough)
    return plain
