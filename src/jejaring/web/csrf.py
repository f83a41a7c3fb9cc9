"""Forms come from our own pages only: Fetch Metadata or Origin, and the session's token."""

import hmac
from urllib.parse import urlsplit

from starlette.datastructures import FormData
from starlette.requests import Request

from jejaring import world
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


def masked(token: str) -> str:
    """The session's token as a page carries it: different on every page, so that pages may travel
    compressed (a token that repeats can be guessed from the length of what is compressed).
    """
    salt = world.token(len(token))
    size = len(world.ALPHABET)
    place = world.ALPHABET.index
    mixed = (world.ALPHABET[(place(t) + place(s)) % size] for t, s in zip(token, salt, strict=True))
    return salt + "".join(mixed)


def unmasked(sent: str) -> str:
    """What `masked` was given; anything else comes back as something else."""
    half, odd = divmod(len(sent), 2)
    if odd or not set(sent) <= set(world.ALPHABET):
        return ""
    place = world.ALPHABET.index
    pairs = zip(sent[:half], sent[half:], strict=True)
    return "".join(world.ALPHABET[(place(m) - place(s)) % len(world.ALPHABET)] for s, m in pairs)


def check(request: Request, form: FormData) -> None:
    """Raises Forbidden `form_expired` for a foreign form, or one without the session's token.

    A stranger's form (sign in, join) has no session yet; SameSite cookies and the origin guard it.
    """
    if _foreign(request):
        raise Forbidden("foreign_form")
    expected = getattr(request.state, "form_token", "")
    sent = form.get("csrf", "")
    given = unmasked(sent) if isinstance(sent, str) else ""
    if expected and not hmac.compare_digest(given.encode(), expected.encode()):
        raise Forbidden("form_expired")
