"""Opens links as phones and previews do: through the application itself, without a network."""

from dataclasses import dataclass
from urllib.parse import parse_qs, urlsplit

from starlette.types import ASGIApp, Message, Scope

AGENTS = {
    "phone": "Mozilla/5.0 (Linux; Android 13; CPH2239) AppleWebKit/537.36 (KHTML, like Gecko) "
    "Chrome/120.0.0.0 Mobile Safari/537.36",
    "instagram": "Mozilla/5.0 (Linux; Android 12; CPH2239 Build/SP1A; wv) AppleWebKit/537.36 "
    "(KHTML, like Gecko) Version/4.0 Chrome/120.0.0.0 Mobile Safari/537.36 "
    "Instagram 300.0.0.29.110 Android (31/12; 320dpi; 720x1440; OPPO; CPH2239; in_ID)",
    "whatsapp": "WhatsApp/2.23.20.0 A",
    "crawler": "Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)",
}


@dataclass(frozen=True)
class Visit:
    """One opened link; the click id is None where none was handed on."""

    status: int
    click_id: str | None


async def open_link(app: ASGIApp, path: str, agent: str, cookie: str = "") -> Visit:
    """GET `path` (`/r/CODE`, `/q/CODE`) as one of AGENTS; the reply's status and click id."""
    headers = [(b"user-agent", AGENTS[agent].encode()), (b"accept", b"text/html")]
    if cookie:
        headers.append((b"cookie", cookie.encode()))
    scope: Scope = {
        "type": "http", "asgi": {"version": "3.0"}, "http_version": "1.1", "method": "GET",
        "scheme": "http", "path": path, "raw_path": path.encode(), "query_string": b"",
        "root_path": "", "headers": headers, "client": ("127.0.0.1", 50_000),
        "server": ("127.0.0.1", 80), "state": {},
    }  # fmt: skip
    replies: list[Message] = []

    async def receive() -> Message:
        return {"type": "http.request", "body": b"", "more_body": False}

    async def send(message: Message) -> None:
        replies.append(message)

    await app(scope, receive, send)
    start = replies[0]
    location = dict(start["headers"]).get(b"location", b"").decode()
    found = parse_qs(urlsplit(location).query).get("jj")
    return Visit(start["status"], found[0] if found else None)
