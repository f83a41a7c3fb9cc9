"""QR images: an independent reader reads every one, small, shrunk, faded and turned."""

import io
import re

import httpx2
import pytest
import zxingcpp
from PIL import Image, ImageDraw, ImageEnhance, ImageFilter

from jejaring import world
from referrals.links import qr
from referrals.links.models import Link
from tests import make
from tests.cast import Cast

BASES = [
    "http://127.0.0.1:8000",
    "https://jejaring.example",
    "https://toko.dinas-koperasi.jatengprov.go.id",
]


def read(picture: Image.Image) -> str:
    found = zxingcpp.read_barcodes(picture.convert("L"))
    assert len(found) == 1, "not readable"
    assert found[0].format == zxingcpp.BarcodeFormat.QRCode
    return str(found[0].text)


def opened(drawn: bytes) -> Image.Image:
    return Image.open(io.BytesIO(drawn))


def from_svg(text: str, scale: int = 4) -> Image.Image:
    """The SVG's own rectangles, drawn one by one."""
    side = int(re.findall(r'viewBox="0 0 (\d+) ', text)[0])
    picture = Image.new("L", (side * scale, side * scale), 255)
    draw = ImageDraw.Draw(picture)
    for x, y, length in re.findall(r"M(\d+) (\d+)h(\d+)v1h-\3z", text):
        left, top = int(x) * scale, int(y) * scale
        draw.rectangle((left, top, left + int(length) * scale - 1, top + scale - 1), fill=0)
    return picture


@pytest.mark.parametrize("base", BASES)
def test_every_code_is_read_back(base: str) -> None:
    for _ in range(25):
        text = f"{base}/q/{world.token(6)}"
        assert read(opened(qr.png(text, qr.SMALLEST))) == text
        assert read(from_svg(qr.svg(text))) == text


@pytest.mark.parametrize("size", [120, 121, 150, 200, 333, 480, 1024, 2000])
def test_a_picture_has_the_size_that_was_asked_for(size: int) -> None:
    text = f"{BASES[1]}/q/{world.token(6)}"
    picture = opened(qr.png(text, size))
    assert picture.size == (size, size)
    assert read(picture) == text


def test_it_survives_what_happens_to_pictures() -> None:
    text = f"{BASES[1]}/q/{world.token(6)}"
    whole = opened(qr.png(text, 480)).convert("L")
    small = whole.resize((110, 110), Image.Resampling.BILINEAR)
    faded = ImageEnhance.Contrast(whole).enhance(0.25)
    blurred = whole.filter(ImageFilter.GaussianBlur(3))
    turned = whole.rotate(20, expand=True, fillcolor=255)
    squeezed = io.BytesIO()
    small.save(squeezed, "JPEG", quality=30)
    for picture in (small, faded, blurred, turned, Image.open(squeezed)):
        assert read(picture) == text


def test_the_quiet_zone_is_four_modules_wide() -> None:
    rows = qr.matrix(f"{BASES[1]}/q/abcdef")
    assert not any(any(row) for row in (*rows[: qr.QUIET], *rows[-qr.QUIET :]))
    assert not any(any(row[: qr.QUIET]) or any(row[-qr.QUIET :]) for row in rows)
    assert rows[qr.QUIET][qr.QUIET]


def test_modules_are_never_less_than_a_pixel() -> None:
    with pytest.raises(ValueError, match="do not fit"):
        qr.png("https://jejaring.example/q/abcdef", 30)


@pytest.fixture
async def link(http: httpx2.AsyncClient, cast: Cast) -> Link:
    return await make.link()


async def test_everybody_may_have_the_images(http: httpx2.AsyncClient, link: Link) -> None:
    expected = f"http://jejaring.test/q/{link.code}"
    svg = await http.get(f"/r/{link.code}/qr.svg")
    assert (svg.status_code, svg.headers["content-type"]) == (200, "image/svg+xml")
    assert read(from_svg(svg.text)) == expected
    for query in ("", "?size=120", "?size=2000"):
        png = await http.get(f"/r/{link.code}/qr.png{query}")
        assert (png.status_code, png.headers["content-type"]) == (200, "image/png")
        assert "max-age" in png.headers["cache-control"]
        assert read(opened(png.content)) == expected


@pytest.mark.parametrize("size", ["119", "2001", "-1", "0", "", "abc", "1e3", "480&size=480"])
async def test_a_size_out_of_bounds_is_refused(
    http: httpx2.AsyncClient, link: Link, size: str
) -> None:
    assert (await http.get(f"/r/{link.code}/qr.png?size={size}")).status_code == 422


@pytest.mark.parametrize("name", ["qr.svg", "qr.png"])
async def test_an_unknown_link_has_no_image(http: httpx2.AsyncClient, db: None, name: str) -> None:
    assert (await http.get(f"/r/zzzzzz/{name}")).status_code == 404
