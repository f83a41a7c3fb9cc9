"""Signed-in browsers: the cookie carries a random token, the database a keyed hash of it."""

from datetime import timedelta

from starlette.requests import Request
from starlette.responses import Response

from jejaring import world
from jejaring.identity import sealing
from jejaring.identity.models import Membership, Organisation, Session
from jejaring.identity.rules import Caller
from jejaring.kit.errors import NotFound
from jejaring.settings import settings

LASTS = timedelta(days=30)
# However often it is used, a session ends: then the password is asked for again.
LASTS_AT_MOST = timedelta(days=180)
SEEN_EVERY = timedelta(hours=1)


def cookie_name() -> str:
    """`__Host-jj_session` over https, `jj_session` over http."""
    return "__Host-jj_session" if settings().secure else "jj_session"


def hash_of(token: str) -> str:
    """What we keep of a token (192 random bits): an HMAC, so that whoever can only write to the
    database cannot make a session, and a new SECRET_KEY ends all of them.
    """
    return sealing.blind("session", token)


async def open(  # noqa: A001 — called as sessions.open(…)
    user_id: str, organisation_id: str | None = None
) -> str:
    """A new session of the user, seen first in this organisation; its token, for `set_cookie`."""
    token, now = world.token(33), world.now()
    await Session.create(
        token_hash=hash_of(token),
        user_id=user_id,
        organisation_id=organisation_id,
        form_token=world.token(32),
        created_at=now,
        seen_at=now,
        expires_at=now + LASTS,
    )
    return token


def set_cookie(response: Response, token: str) -> None:
    """Give the browser its token: HttpOnly, SameSite=Lax, over https also Secure and __Host-.

    The cookie outlives a sliding session, so that it need not be sent again; the database decides.
    """
    response.set_cookie(
        cookie_name(),
        token,
        max_age=int(LASTS_AT_MOST.total_seconds()),
        path="/",
        secure=settings().secure,
        httponly=True,
        samesite="lax",
    )


async def begin(
    request: Request, response: Response, user_id: str, organisation_id: str | None = None
) -> None:
    """Sign the browser in: its old session ends, a new one with new tokens begins (rotation)."""
    await _end(request)
    set_cookie(response, await open(user_id, organisation_id))


async def close(request: Request, response: Response) -> None:
    """Sign the browser out: the session is deleted and so is the cookie."""
    await _end(request)
    response.delete_cookie(
        cookie_name(), path="/", secure=settings().secure, httponly=True, samesite="lax"
    )


async def _end(request: Request) -> None:
    token = request.cookies.get(cookie_name())
    if token:
        await Session.filter(token_hash=hash_of(token)).delete()


async def end_all(user_id: str, but: Request | None = None) -> int:
    """Sign the user out everywhere (but on this browser); how many sessions ended."""
    sessions = Session.filter(user_id=user_id)
    kept = but.cookies.get(cookie_name()) if but is not None else None
    if kept:
        sessions = sessions.exclude(token_hash=hash_of(kept))
    return await sessions.delete()


async def switch(request: Request, organisation_id: str) -> None:
    """Act for another of one's own organisations from now on. NotFound for any other."""
    token = request.cookies.get(cookie_name(), "")
    session = await Session.get_or_none(token_hash=hash_of(token))
    if session is None:
        raise NotFound
    member = Membership.filter(
        user_id=session.user_id, organisation_id=organisation_id, organisation__suspended_at=None
    )
    if not await member.exists():
        raise NotFound
    await Session.filter(token_hash=session.token_hash).update(organisation_id=organisation_id)


async def read(request: Request) -> Caller | None:
    """Who is signed in on this browser, for which organisation; also sets
    `request.state.form_token`.
    """
    token = request.cookies.get(cookie_name())
    if not token:
        return None
    session = await Session.get_or_none(token_hash=hash_of(token)).select_related("user")
    if session is None or session.expires_at <= world.now() or session.user.disabled_at is not None:
        return None
    membership = await _membership(session)
    if membership is None:
        return None
    request.state.form_token = session.form_token
    await _slide(session)
    organisation: Organisation = membership.organisation
    return Caller(
        organisation_id=organisation.id,
        kind=organisation.kind,
        slug=organisation.slug,
        name=organisation.name,
        zone=organisation.zone,
        actor=session.user_id,
        role=membership.role,
        user_id=session.user_id,
        user_name=session.user.name,
        language=session.user.language,
    )


async def _slide(session: Session) -> None:
    """Put the end off, at most one write an hour and never past LASTS_AT_MOST."""
    now = world.now()
    if now - session.seen_at < SEEN_EVERY:
        return
    end = min(now + LASTS, session.created_at + LASTS_AT_MOST)
    seen = Session.filter(token_hash=session.token_hash, seen_at=session.seen_at)
    await seen.update(seen_at=now, expires_at=end)


async def _membership(session: Session) -> Membership | None:
    """The membership in the session's organisation, else the user's oldest one."""
    query = Membership.filter(user_id=session.user_id, organisation__suspended_at=None)
    if session.organisation_id is not None:
        chosen = (
            await query.filter(organisation_id=session.organisation_id)
            .select_related("organisation")
            .first()
        )
        if chosen is not None:
            return chosen
    return await query.order_by("created_at", "id").select_related("organisation").first()


async def tidy() -> None:
    """Forget sessions that ended: a duty of the worker."""
    await Session.filter(expires_at__lt=world.now()).delete()
