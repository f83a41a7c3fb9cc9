"""Signed-in browsers: the cookie carries a random token, the database its hash."""

import hashlib
from datetime import timedelta

from starlette.requests import Request

from jejaring import world
from jejaring.identity.models import Membership, Organisation, Session
from jejaring.identity.rules import Caller
from jejaring.settings import settings

LASTS = timedelta(days=30)


def cookie_name() -> str:
    """`__Host-jj_session` over https, `jj_session` over http."""
    return "__Host-jj_session" if settings().secure else "jj_session"


def hash_of(token: str) -> str:
    """SHA-256 of a session token (192 random bits)."""
    return hashlib.sha256(token.encode()).hexdigest()


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
    request.state.form_token = session.form_token
    membership = await _membership(session)
    if membership is None:
        return None
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
