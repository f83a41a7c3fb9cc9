"""One-time links that set a password: the first operator's, and forgotten passwords'."""

from datetime import timedelta

from jejaring import world
from jejaring.db.transact import transact
from jejaring.identity import hashing, sessions
from jejaring.identity.models import Membership, OneTimeLink, User
from jejaring.identity.rules import Caller, bad_password, may_reset
from jejaring.identity.sealing import digest
from jejaring.kit.errors import Forbidden, Invalid, NotFound
from jejaring.settings import settings
from jejaring.trail import consent
from jejaring.trail.write import note

LASTS = timedelta(hours=2)
OPERATOR_LASTS = timedelta(hours=24)


def path_of(token: str) -> str:
    """Where the link leads, below the installation's address."""
    return f"/reset/{token}"


def url_of(token: str) -> str:
    """The whole link, made from BASE_URL."""
    return settings().base + path_of(token)


async def issue(user_id: str, actor: str, lasts: timedelta = LASTS) -> str:
    """A token that sets this user's password once; older unused ones end. Checks nothing: see
    `reset` for who may ask.
    """
    token, now = world.token(33), world.now()

    async def store() -> None:
        await OneTimeLink.filter(user_id=user_id, used_at=None).update(used_at=now)
        await OneTimeLink.create(
            id=world.new_id("otl"),
            token_hash=digest(token),
            user_id=user_id,
            created_by=actor,
            created_at=now,
            expires_at=now + lasts,
        )
        await note("link.issued", user_id, actor=actor)

    await transact(store)
    return token


async def reset(caller: Caller, user_id: str) -> str:
    """The token of a password link for a person, asked for by an operator or the team's owner.

    NotFound for somebody outside the caller's team; Forbidden `reset_by_operator` for a person of
    several organisations, whose password opens more than this team.
    """
    if not caller.may("members"):
        raise Forbidden("role_forbids")
    mine = Membership.filter(user_id=user_id)
    own_team = await mine.filter(organisation_id=caller.organisation_id).exists()
    elsewhere = await mine.exclude(organisation_id=caller.organisation_id).exists()
    if not await User.filter(id=user_id, disabled_at=None).exists():
        raise NotFound
    if not may_reset(caller.kind, own_team, elsewhere):
        raise Forbidden("reset_by_operator") if own_team else NotFound()
    return await issue(user_id, caller.actor)


async def look(token: str) -> User:
    """Whose password a link sets; looking does not use it up. NotFound `link_over` for a link that
    is unknown, used, or too old, or whose user is disabled.
    """
    found = await OneTimeLink.get_or_none(token_hash=digest(token)).select_related("user")
    if found is None or found.used_at is not None or found.expires_at <= world.now():
        raise NotFound("link_over")
    if found.user.disabled_at is not None:
        raise NotFound("link_over")
    return found.user


async def redeem(token: str, password: str) -> User:
    """Set the password once; every session of the user ends. NotFound `link_over`, Invalid at
    `/password`.
    """
    user = await look(token)
    bad = bad_password(password)
    if bad:
        raise Invalid(fields=bad)
    hashed = await hashing.hash_password(password)

    async def store() -> None:
        now = world.now()
        unused = OneTimeLink.filter(token_hash=digest(token), used_at=None, expires_at__gt=now)
        if not await unused.update(used_at=now):
            raise NotFound("link_over")
        if user.password_hash is None:
            await consent.give(user.id)
        await User.filter(id=user.id).update(password_hash=hashed)
        await sessions.end_all(user.id)
        await note("password.set", user.id, actor=user.id)

    await transact(store)
    return user
