"""What every page must keep, asked of the page itself: headings, labels, width, targets."""

from pathlib import Path

from playwright.async_api import Page

_HERE = Path(__file__).parent
ASKED = (_HERE / "look.js").read_text()
WIDE = (_HERE / "wide.js").read_text()
WIDTHS = (360, 320)
HIGH = 640


async def complaints(page: Page) -> list[str]:
    """What is wrong with this page at 360 and at 320 px; the width is put back."""
    found: list[str] = await page.evaluate(ASKED)
    before = page.viewport_size
    for width in WIDTHS:
        await page.set_viewport_size({"width": width, "height": HIGH})
        found += await page.evaluate(WIDE)
    if before is not None:
        await page.set_viewport_size(before)
    return found
