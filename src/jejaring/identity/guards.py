"""The guards of every route. `Endpoint` and `Page` cannot be written without one."""

from dataclasses import dataclass
from urllib.parse import quote

from starlette.requests import Request

from jejaring.identity import keys, sessions
from jejaring.identity.rules import Caller
from jejaring.kit.errors import Forbidden, NotFound, Unauthenticated
from jejaring.web.problems import SignInNeeded


@dataclass(frozen=True)
class KeyGuard:
    """For /v1: `Authorization: Bearer KEY`. No key 401; wrong side or scope 403."""

    side: str
    scope: str | None

    async def __call__(self, request: Request) -> Caller:
        kind, _, secret = request.headers.get("authorization", "").partition(" ")
        if kind.lower() != "bearer" or not secret.strip():
            raise Unauthenticated("key_needed", headers={"WWW-Authenticate": "Bearer"})
        caller = await keys.lookup(secret.strip())
        if caller is None:
            raise Unauthenticated("key_unknown", headers={"WWW-Authenticate": "Bearer"})
        if self.side not in ("both", caller.kind):
            raise Forbidden("wrong_side", side=self.side)
        if self.scope is not None and self.scope not in caller.scopes:
            raise Forbidden("scope_missing", scope=self.scope)
        return caller


@dataclass(frozen=True)
class PageGuard:
    """For pages: a signed-in person of an organisation of this side, whose role allows the act.

    Strangers are sent to sign in; for everybody else the page does not exist (404).
    """

    side: str
    act: str = "read"
    scope: str | None = None

    async def __call__(self, request: Request) -> Caller:
        caller = await sessions.read(request)
        if caller is None:
            query = f"?{request.url.query}" if request.url.query else ""
            path = request.url.path + query if request.method == "GET" else f"/{self.side}"
            raise SignInNeeded(path)
        if self.side not in ("both", caller.kind):
            raise NotFound
        if not caller.may(self.act):
            raise Forbidden("role_forbids") if caller.may("read") else NotFound()
        return caller


@dataclass(frozen=True)
class OpenGuard:
    """For everybody: the caller where there is a session, else None."""

    side: str = "public"
    scope: str | None = None

    async def __call__(self, request: Request) -> Caller | None:
        return await sessions.read(request)


def merchant(scope: str) -> KeyGuard:
    """A merchant's key with this scope."""
    return KeyGuard("merchant", scope)


def partner(scope: str) -> KeyGuard:
    """A partner's key with this scope."""
    return KeyGuard("partner", scope)


def both(scope: str | None) -> KeyGuard:
    """Any organisation's key with this scope (None: any key)."""
    return KeyGuard("both", scope)


def signed_in(side: str, act: str = "read") -> PageGuard:
    """A person of this side (`merchant`, `partner`, `operator`, `both`) who may do the act."""
    return PageGuard(side, act)


everybody = OpenGuard()


def next_of(request: Request) -> str:
    """Where to go after signing in: a path of ours, never another site."""
    wanted = request.query_params.get("next", "")
    return (
        quote(wanted, safe="/?=&%")
        if wanted.startswith("/") and wanted[1:2] not in ("/", "\\")
        else "/"
    )
