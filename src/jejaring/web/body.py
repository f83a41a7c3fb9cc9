"""How large a request's body may be."""

from starlette.datastructures import Headers
from starlette.exceptions import HTTPException
from starlette.types import ASGIApp, Message, Receive, Scope, Send


class BodyLimit:
    """413 once a handler reads more than `limit` bytes of a body, or is told to expect more.

    Starlette's own limit answers in plain text from outside of our error handlers.
    """

    def __init__(self, app: ASGIApp, *, limit: int) -> None:
        self.app = app
        self.limit = limit

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        announced = Headers(scope=scope).get("content-length", "")
        size = int(announced) if announced.isascii() and announced.isdigit() else 0
        taken = 0

        async def limited() -> Message:
            nonlocal taken
            message = await receive() if size <= self.limit else {"type": "http.request"}
            taken += len(message.get("body", b""))
            if max(size, taken) > self.limit:
                raise HTTPException(413)
            return message

        await self.app(scope, limited, send)
