"""What chats and feeds show of a link: a small page of Open Graph tags, made without a template."""

from html import escape

from starlette.types import Send

from campaigns.catalog.rules import photo_version
from jejaring.kit.money import rupiah
from jejaring.settings import settings
from referrals.links import lookup
from referrals.links.lookup import Card


def document(card: Card, base: str) -> str:
    """The page. Its og:url is the link itself: whoever shares the card on shares the link."""
    title = card.product or card.merchant
    price = rupiah(card.price) + " · " if card.price is not None else ""
    words = " ".join(card.description.split())[:160]
    description = f"{price}{card.merchant}" + (f" · {words}" if words else "")
    page = f"{base}/p/{card.merchant_slug}"
    page += f"/{card.product_slug}" if card.product_slug else ""
    image = f"{page}/card.png"
    if card.image_url and card.image_url.startswith("/"):
        image = base + card.image_url
    elif card.image_url and card.product_slug:  # our own copy, never the shop's server
        image = f"{page}/photo.jpg?v={photo_version(card.image_url)}"
    tags = {
        "og:type": "product" if card.product else "website",
        "og:site_name": card.merchant,
        "og:title": title,
        "og:description": description,
        "og:url": f"{base}/r/{card.code}",
        "og:image": image,
        "og:locale": "id_ID",
        "twitter:card": "summary_large_image",
    }
    metas = "".join(f'<meta property="{k}" content="{escape(v)}">' for k, v in tags.items())
    return (
        f'<!doctype html><html lang="id"><head><meta charset="utf-8"><title>{escape(title)}</title>'
        f'<meta name="description" content="{escape(description)}">'
        f'<meta name="robots" content="noindex">{metas}</head>'
        f'<body><p><a href="{escape(page)}">{escape(title)}</a></p></body></html>'
    )


async def show(send: Send, code: str, *, head: bool) -> None:
    """Reply with the card of a link that exists."""
    found = await lookup.card(code)
    body = document(found, settings().base).encode() if found is not None else b""
    headers = [
        (b"content-type", b"text/html; charset=utf-8"),
        (b"content-length", str(len(body)).encode()),
        (b"cache-control", b"no-store"),
        (b"x-content-type-options", b"nosniff"),
        (b"content-security-policy", b"default-src 'none'"),
    ]
    if settings().secure:
        headers.append((b"strict-transport-security", b"max-age=31536000"))
    await send({"type": "http.response.start", "status": 200, "headers": headers})
    await send({"type": "http.response.body", "body": b"" if head else body})
