"""Forms come from our own pages only: Fetch Metadata or Origin, and the session's token."""

import hmac
from urllib.parse import urlsplit

from starlette.datastructures import FormData
from starlette.requests import Request

from jejaring.kit.errors import Forbidden
from jejaring.settings import settings


def _foreign(request: Request) -> bool:
    """Whether the browser says that another site sent this."""
    fetch_site = request.headers.get("sec-fetch-site")
    if fetch_site is not None:
        return fetch_site not in ("same-origin", "none")
    origin = request.headers.get("origin")
    if origin is None:
        return False
    return urlsplit(origin).netloc not in (urlsplit(settings().base).netloc, request.url.netloc)


def check(request: Request, form: FormData) -> None:
    """Raises Forbidden `form_expired` for a foreign form, or one without the session's token.

    A stranger's form (sign in, join) has no session yet; SameSite cookies and the origin guard it.
    """
    if _foreign(request):
        raise Forbidden("foreign_form")
    expected = getattr(request.state, "form_token", "")
    sent = form.get("csrf", "")
    fits = isinstance(sent, str) and hmac.compare_digest(sent.encode(), expected.encode())
    if expected and not fits:
        raise Forbidden("form_expired")
