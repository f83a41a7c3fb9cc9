"""The guards of every route. `Endpoint` and `Page` cannot be written without one."""

from dataclasses import dataclass

from starlette.datastructures import FormData
from starlette.requests import Request

from jejaring.identity import keys, sessions
from jejaring.identity.rules import Caller, safe_next
from jejaring.kit.errors import Forbidden, NotFound, Unauthenticated
from jejaring.web.problems import SignInNeeded


@dataclass(frozen=True)
class KeyGuard:
    """For /v1: `Authorization: Bearer KEY`. No key 401; wrong side or scope 403. A scope like
    `campaigns or join` asks for one of the two: what each side calls it.
    """

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
        if self.scope is not None and caller.scopes.isdisjoint(self.scope.split(" or ")):
            raise Forbidden("scope_missing", scope=self.scope)
        return caller


@dataclass(frozen=True)
class PageGuard:
    """For pages: a signed-in person of an organisation of this side, whose role allows the act.

    Strangers are sent to sign in; for everybody else the page does not exist (404). A form under
    the act `read` needs `edit`, so that a viewer can never change anything by an oversight; what
    everybody may do with their own session is the act `self`.
    """

    side: str
    act: str = "read"
    scope: str | None = None

    async def __call__(self, request: Request) -> Caller:
        looking = request.method in ("GET", "HEAD")
        caller = await sessions.read(request)
        if caller is None:
            raise SignInNeeded(self._way_back(request, looking))
        if self.side not in ("both", caller.kind):
            raise NotFound
        if not caller.may("edit" if self.act == "read" and not looking else self.act):
            raise Forbidden("role_forbids")
        return caller

    def _way_back(self, request: Request, looking: bool) -> str:
        if not looking:
            return "/" if self.side == "both" else f"/{self.side}"
        query = f"?{request.url.query}" if request.url.query else ""
        return request.url.path + query


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
    """Where to go after signing in (`next` of the query, else of the sent form): a path of ours,
    never another site.
    """
    wanted = request.query_params.get("next", "")
    form: FormData | None = getattr(request.state, "form", None)
    if not wanted and form is not None:
        sent = form.get("next", "")
        wanted = sent if isinstance(sent, str) else ""
    return safe_next(wanted)
