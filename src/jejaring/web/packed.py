"""Pages travel compressed; machines' replies are short and stay as they are, which costs less."""

from starlette.middleware.gzip import GZipMiddleware
from starlette.types import ASGIApp, Receive, Scope, Send

SMALLEST = 1_000
LEVEL = 5


class Packed:
    """gzip for pages. Their form tokens are masked (web/csrf.py), so that lengths tell nothing."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app
        self.packing = GZipMiddleware(app, minimum_size=SMALLEST, compresslevel=LEVEL)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        machine = scope["type"] != "http" or scope["path"].startswith(("/v1/", "/static/"))
        await (self.app if machine else self.packing)(scope, receive, send)
