"""People: how to recognise the members of a partner, and a person's own account."""

from jejaring import world
from jejaring.db.transact import transact
from jejaring.identity import sessions
from jejaring.identity.contacts import Contacts, contacts, contacts_of
from jejaring.identity.models import User
from jejaring.identity.rules import Caller
from jejaring.kit.errors import Forbidden, NotFound
from jejaring.trail.write import note
from jejaring.web.language import LANGUAGES

__all__ = ["Contacts", "contacts", "contacts_of", "disable", "get", "speak"]


async def get(user_id: str) -> User:
    """A person. NotFound."""
    user = await User.get_or_none(id=user_id)
    if user is None:
        raise NotFound
    return user


async def speak(user_id: str, language: str) -> None:
    """The language that the person wants (`id`, `en`); another one changes nothing."""
    if language in LANGUAGES:
        await User.filter(id=user_id).update(language=language)


async def disable(caller: Caller, user_id: str, *, disabled: bool = True) -> None:
    """Lock a person out everywhere, or let them in again (operators only). NotFound, Forbidden;
    nobody locks themselves out.
    """
    if caller.kind != "operator" or not caller.may("members"):
        raise Forbidden("role_forbids")
    if user_id == caller.user_id:
        raise Forbidden("not_oneself")

    async def store() -> None:
        at = world.now() if disabled else None
        if not await User.filter(id=user_id).update(disabled_at=at):
            raise NotFound
        await sessions.end_all(user_id)
        await note("user.disabled" if disabled else "user.enabled", user_id, actor=caller.actor)

    await transact(store)
