"""Signing in: a login and a password, limited per login and per address, no word on who exists."""

from jejaring.db.transact import transact
from jejaring.identity import hashing, sealing, sessions
from jejaring.identity.models import Membership, User
from jejaring.identity.rules import MAX_PASSWORD, bad_password
from jejaring.kit import text
from jejaring.kit.errors import Forbidden, Invalid
from jejaring.trail.write import note
from jejaring.web import address as addresses
from jejaring.web import limits

# Tries a minute: of one login from one address, of one login from everywhere, from one address. The
# second is wide, or whoever knows a login could keep its owner out from a single telephone; the
# third, because a whole town's phones may share an address of their carrier.
PER_LOGIN = 5
EVERYWHERE = 30
PER_ADDRESS = 30


async def check(login: str, password: str, address: str) -> User:
    """The user of an e-mail or phone and password, tried from this client address.

    Raises TooMany (above the tries a minute), Invalid `signin_failed` for an unknown login, a wrong
    password and a disabled user alike (and in like time), Forbidden `no_organisation` or
    `organisation_suspended` for one with nowhere to go.
    """
    email, phone = text.email(login), text.phone(login)
    folded = email or phone or login.strip().lower()[:254]
    await _spend(f"login:{sealing.blind('login', folded)}", addresses.prefix(address))
    user = await _find(email, phone)
    stored = user.password_hash if user is not None else None
    fits = await hashing.verify(stored, password[: MAX_PASSWORD + 1])
    if user is None or stored is None or not fits or user.disabled_at is not None:
        raise Invalid("signin_failed")
    await _needs_a_place(user.id)
    if hashing.is_outdated(stored):
        await User.filter(id=user.id, password_hash=stored).update(
            password_hash=await hashing.hash_password(password)
        )
    return user


async def _spend(login_key: str, prefix: str) -> None:
    await limits.spend(prefix, PER_ADDRESS, scope="signin")
    await limits.spend(f"{login_key}:{prefix}", PER_LOGIN, scope="signin")
    await limits.spend(login_key, EVERYWHERE, scope="signin")


async def _find(email: str | None, phone: str | None) -> User | None:
    if email is not None:
        return await User.get_or_none(email=email)
    if phone is not None:
        return await User.get_or_none(phone=phone)
    return None


async def _needs_a_place(user_id: str) -> None:
    """Somewhere to go: a membership in an organisation that is not suspended."""
    mine = Membership.filter(user_id=user_id)
    if await mine.filter(organisation__suspended_at=None).exists():
        return
    raise Forbidden("organisation_suspended" if await mine.exists() else "no_organisation")


async def confirm(user_id: str, password: str) -> None:
    """Ask for the password again, before money moves. Raises TooMany, Invalid at `/password`."""
    await limits.spend(f"user:{user_id}", PER_LOGIN, scope="signin")
    user = await User.get_or_none(id=user_id, disabled_at=None)
    if not await hashing.verify(user.password_hash if user else None, password[: MAX_PASSWORD + 1]):
        raise Invalid.at("/password", "password_wrong")


async def change_password(user_id: str, old: str, new: str) -> None:
    """A new password of one's own; every session of the user ends: begin a new one after it."""
    await confirm(user_id, old)
    bad = bad_password(new, "/new_password")
    if bad:
        raise Invalid(fields=bad)
    hashed = await hashing.hash_password(new)

    async def store() -> None:
        await User.filter(id=user_id).update(password_hash=hashed)
        await sessions.end_all(user_id)
        await note("password.changed", user_id, actor=user_id)

    await transact(store)
