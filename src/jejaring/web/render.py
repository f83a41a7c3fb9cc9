"""HTML pages from Jinja2 templates: autoescaped, bilingual, with money and dates worded by
filters.
"""

from collections.abc import Callable, Mapping
from typing import Any

from jinja2 import ChoiceLoader, Environment, PackageLoader, StrictUndefined, pass_context
from jinja2.runtime import Context
from starlette.requests import Request
from starlette.responses import HTMLResponse, PlainTextResponse

from jejaring.kit import text
from jejaring.web import assets, language

_state: dict[str, Any] = {}
Extra = Callable[[Request], Mapping[str, Any]]


def set_up(packages: list[str], extra: Extra | None = None) -> Environment:
    """Made once at start: which packages hold templates, and what every page is given besides."""
    env = Environment(
        loader=ChoiceLoader([PackageLoader(p) for p in packages]),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        extensions=["jinja2.ext.i18n"],
    )
    env.install_gettext_callables(  # type: ignore[attr-defined]
        _gettext, _ngettext, newstyle=True
    )
    env.filters.update(
        rp=_worded(language.money),
        num=_worded(language.number),
        pct=_worded(language.rate),
        day=_zoned(language.day),
        clock=_zoned(language.clock),
        weekday=_zoned(language.weekday),
        time_of=_zoned(language.time_of),
        initials=text.initials,
        phone=text.shown_phone,
    )
    env.globals.update(say=_say, asset=assets.url)
    _state.update(env=env, extra=extra)
    return env


@pass_context
def _gettext(context: Context, message: str) -> str:
    return language.translate(context.get("lang", "id"), message)


@pass_context
def _ngettext(context: Context, one: str, many: str, n: int) -> str:
    lang = context.get("lang", "id")
    return language.translate(lang, one if lang == "en" and n == 1 else many)


def _worded(filter_: Callable[[int, str], str]) -> Any:
    @pass_context
    def shown(context: Context, value: int | None) -> str:
        return "–" if value is None else filter_(value, context.get("lang", "id"))

    return shown


def _zoned(filter_: Callable[..., str]) -> Any:
    @pass_context
    def shown(context: Context, value: Any) -> str:
        if value is None:
            return "–"
        return filter_(value, context.get("lang", "id"), context.get("zone", "Asia/Jakarta"))

    return shown


@pass_context
def _say(context: Context, code: str, **values: Any) -> str:
    return language.say(
        context.get("lang", "id"), code, context.get("zone", "Asia/Jakarta"), **values
    )


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
        "csrf": getattr(request.state, "form_token", ""),
        "path": request.url.path,
        "query": request.query_params,
        "request": request,
    }
    extra: Extra | None = _state["extra"]
    if extra is not None:
        given.update(extra(request))
    given.update(context or {})
    response = HTMLResponse(
        env.get_template(template).render(given), status, headers={"Content-Language": lang}
    )
    if request.query_params.get("bahasa") in language.LANGUAGES:
        response.set_cookie(language.COOKIE, lang, max_age=31_536_000, samesite="lax", path="/")
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
