"""Order texts, references, what a price is worth with a partner's code. Pure."""

from collections.abc import Mapping
from urllib.parse import quote

from jejaring.kit.money import percent_of

MARKETS = (
    ("shopee", "Shopee"), ("tokopedia", "Tokopedia"), ("tiktok", "TikTok Shop"),
    ("lazada", "Lazada"),
)  # fmt: skip


def discounted(price: int, rate_bp: int | None) -> int:
    """The price less the buyer's discount (half up to the rupiah)."""
    return price - percent_of(price, rate_bp) if rate_bp else price


def whatsapp(phone: str, text: str) -> str:
    """The address that opens a chat with `phone` (E.164) and the text, spaces as %20."""
    return f"https://wa.me/{phone.lstrip('+')}?text={quote(text, safe='')}"


def markets(urls: Mapping[str, str]) -> list[tuple[str, str]]:
    """(name, address) of the marketplaces that the product names, https only."""
    return [(name, urls[key]) for key, name in MARKETS if urls.get(key, "").startswith("https://")]


def shade(text: str) -> int:
    """Which of the four drawings stands for a product without a photo: always the same one."""
    return sum(text.encode()) % 4


def wrapped(text: str, width: int, most: int) -> list[str]:
    """Words in lines of at most `width` letters, at most `most` lines, the last cut with …"""
    lines: list[str] = []
    for word in text.split():
        if lines and len(lines[-1]) + 1 + len(word) <= width:
            lines[-1] += f" {word}"
        else:
            lines.append(word[:width])
    if len(lines) > most:
        lines = lines[:most]
        lines[-1] = lines[-1][: width - 1].rstrip() + "…"
    return lines or [""]
