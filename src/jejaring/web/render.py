"""HTML pages from Jinja2 templates: autoescaped, bilingual, with money and dates worded by
filters.
"""

from collections.abc import Callable, Mapping
from contextvars import ContextVar
from dataclasses import dataclass, field
from typing import Any

from jinja2 import ChoiceLoader, Environment, PackageLoader, StrictUndefined, pass_context
from jinja2.runtime import Context
from starlette.requests import Request
from starlette.responses import HTMLResponse, PlainTextResponse

from jejaring.kit import text
from jejaring.settings import settings
from jejaring.web import assets, csrf, language

_state: dict[str, Any] = {}
Extra = Callable[[Request], Mapping[str, Any]]
Adorn = Callable[[Environment], None]


@dataclass
class Rendering:
    """The page that is being rendered: macros need it too, and they see no template context.

    `icons` gathers the drawings that the page uses.
    """

    lang: str = "id"
    zone: str = "Asia/Jakarta"
    csrf: str = ""
    path: str = "/"
    query: Mapping[str, str] = field(default_factory=dict)
    icons: set[str] = field(default_factory=set)


_rendering: ContextVar[Rendering | None] = ContextVar("rendering", default=None)


def current() -> Rendering:
    """What is being rendered in this task; the defaults outside of a page."""
    return _rendering.get() or Rendering()


def set_up(
    packages: list[str], extra: Extra | None = None, adorn: Adorn | None = None
) -> Environment:
    """Made once at start: which packages hold templates, what every page is given besides, and
    what else the environment offers (`adorn`).
    """
    env = Environment(
        loader=ChoiceLoader([PackageLoader(p) for p in packages]),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        extensions=["jinja2.ext.i18n"],
    )
    env.policies["ext.i18n.trimmed"] = True
    env.install_gettext_callables(  # type: ignore[attr-defined]
        _gettext, _ngettext, newstyle=True
    )
    env.filters.update(
        rp=_worded(language.money),
        num=_worded(language.number),
        pct=_worded(language.rate),
        day=_zoned(language.day),
        short_day=_zoned(language.short_day),
        clock=_zoned(language.clock),
        weekday=_zoned(language.weekday),
        time_of=_zoned(language.time_of),
        initials=text.initials,
        phone=text.shown_phone,
    )
    env.globals.update(say=_say, asset=assets.url)
    if adorn is not None:
        adorn(env)
    _state.update(env=env, extra=extra)
    return env


# `pass_context` keeps Jinja from working these out once, at compile time, in one language.
@pass_context
def _gettext(_: Context, message: str) -> str:
    return language.translate(current().lang, message)


@pass_context
def _ngettext(_: Context, one: str, many: str, n: int) -> str:
    """Indonesian has one form, English two. The number is written as in every other place."""
    lang = current().lang
    words = language.translate(lang, one if n == 1 else many)
    return words.replace("%(num)s", language.number(n, lang))


def _worded(filter_: Callable[[int, str], str]) -> Any:
    @pass_context
    def shown(_: Context, value: int | None) -> str:
        return "–" if value is None else filter_(value, current().lang)

    return shown


def _zoned(filter_: Callable[..., str]) -> Any:
    @pass_context
    def shown(_: Context, value: Any) -> str:
        if value is None:
            return "–"
        return filter_(value, current().lang, current().zone)

    return shown


@pass_context
def _say(_: Context, code: str, **values: Any) -> str:
    return language.say(current().lang, code, current().zone, **values)


def page(
    request: Request, template: str, context: Mapping[str, Any] | None = None, status: int = 200
) -> HTMLResponse:
    """The template with the page's context and what every page has (lang, zone, caller, csrf,
    path).
    """
    env: Environment = _state["env"]
    caller = getattr(request.state, "caller", None)
    lang = language.pick(request)
    given: dict[str, Any] = {
        "lang": lang,
        "zone": getattr(caller, "zone", None) or "Asia/Jakarta",
        "caller": caller,
        "csrf": csrf.masked(getattr(request.state, "form_token", "")),
        "path": request.url.path,
        "query": request.query_params,
        "request": request,
    }
    extra: Extra | None = _state["extra"]
    if extra is not None:
        given.update(extra(request))
    given.update(context or {})
    token = _rendering.set(
        Rendering(lang, given["zone"], given["csrf"], given["path"], request.query_params)
    )
    try:
        html = env.get_template(template).render(given)
    finally:
        _rendering.reset(token)
    response = HTMLResponse(html, status, headers={"Content-Language": lang})
    if request.query_params.get("bahasa") in language.LANGUAGES:
        response.set_cookie(
            language.cookie_name(), lang, max_age=31_536_000, path="/",
            secure=settings().secure, httponly=True, samesite="lax",
        )  # fmt: skip
    return response


async def error_page(
    request: Request,
    status: int,
    code: str,
    values: Mapping[str, Any],
    headers: Mapping[str, str] | None = None,
) -> HTMLResponse | PlainTextResponse:
    """What happened, what is safe, where to go. Plain text where no templates are set up."""
    if "env" not in _state:
        return PlainTextResponse(language.say(language.pick(request), f"problem.{code}"), status)
    words = language.say(language.pick(request), f"problem.{code}", **values)
    response = page(request, "error.html", {"status": status, "code": code, "words": words}, status)
    response.headers.update(dict(headers or {}))
    return response
