"""What every page is given besides its own: places, message, icons, the macros as `ui`."""

from collections.abc import Callable, Container, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import urlencode

from jinja2 import Environment, pass_context
from jinja2.runtime import Context
from markupsafe import Markup
from starlette.requests import Request

from dashboards.frame import charts, icons, nav, rules, states
from jejaring.payouts.rails import providers
from jejaring.settings import settings
from jejaring.web import language, render


def extra(request: Request) -> Mapping[str, Any]:
    """The message to show (`?pesan=`, known codes only) and the app whose browser this is."""
    return {
        "who": getattr(request.state, "caller", None),  # `caller` means another thing in a call
        "flash": flash(request),
        "webview": rules.webview(request.headers.get("user-agent", "")),
        "waiting": {},
        "hidden": getattr(request.state, "hidden", ()),
        "errors": {},
    }


def flash(request: Request) -> tuple[str, str] | None:
    """(tone, words) of the message that the address names; None for an unknown or forged one."""
    code = request.query_params.get("pesan", "")
    if not code or not language.known("id", f"flash.{code}"):
        return None
    caller = getattr(request.state, "caller", None)
    zone = getattr(caller, "zone", None) or "Asia/Jakarta"
    values = rules.flash_values(dict(request.query_params))
    try:
        words = language.say(language.pick(request), f"flash.{code}", zone, **values)
    except (ValueError, TypeError, AttributeError, KeyError):
        return None
    return rules.tone(code), words


def adorn(exists: Container[str]) -> Callable[[Environment], None]:
    """Gives the environment its globals; `exists`: the paths of all pages, so that no place leads
    to nothing.
    """

    def places(side: str, role: str | None) -> tuple[nav.Place, ...]:
        return nav.places(side, role, exists)

    def add(env: Environment) -> None:
        env.filters.update(rp_tile=_rp_tile, whole=_whole, last_day=_last_day)
        env.globals.update(
            icon=icon,
            _icon=icon,  # for macros that take an `icon`
            sprite=sprite,
            places=places,
            here=nav.here,
            home_of=nav.home,
            at=at,
            absolute=absolute,
            STATES=states.STATES,
            ROLES=states.ROLES,
            SOURCES=states.SOURCES,
            SKIPPED=states.SKIPPED,
            PLATFORMS=states.PLATFORMS,
            PROVIDERS={code: one.name for code, one in providers.PROVIDERS.items()},
            segments=_segments,
            shown_parts=lambda balance: charts.shown_parts(_balance(balance)),
            chart=chart,
            field_csrf=field_csrf,
            signup_mode=lambda: settings().signup,
        )
        env.globals["ui"] = _Macros(env)

    return add


class _Macros:
    """The macros of kit.html, compiled when the first page is asked for and not at start."""

    def __init__(self, env: Environment) -> None:
        self._env = env

    def __getattr__(self, name: str) -> Any:
        found = getattr(self._env.get_template("kit.html").module, name)
        setattr(self, name, found)
        return found


def icon(name: str, cls: str = "i") -> Markup:
    """A decorative drawing in the text; its symbol is put into the page's sprite."""
    if name not in icons.drawings():
        raise KeyError(f"no icon named {name}")
    render.current().icons.add(name)
    return Markup('<svg class="{}" aria-hidden="true"><use href="#i-{}"/></svg>').format(cls, name)


def sprite() -> Markup:
    """The drawings that the page used so far: the last thing in its body."""
    used = render.current().icons
    names = sorted(used - {"parang"})
    return Markup(charts.sprite(icons.drawings(), names, "parang" in used))  # noqa: S704 — ours


def at(path: str | None = None, **changes: Any) -> str:
    """This page's address with some query values changed (None takes one out), for links."""
    on = render.current()
    query = {k: v for k, v in on.query.items() if k not in rules.FRAME_QUERY}
    query.update({k: v for k, v in changes.items() if v is not None})
    for name in [k for k, v in changes.items() if v is None]:
        query.pop(name, None)
    text = urlencode(query)
    return f"{path or on.path}?{text}" if text else path or on.path


def absolute(path: str) -> str:
    """The path under BASE_URL: for preview cards and things that are shared."""
    return path if path.startswith(("http://", "https://")) else f"{settings().base}{path}"


def field_csrf() -> Markup:
    """The hidden field that every form carries."""
    return Markup('<input type="hidden" name="csrf" value="{}">').format(render.current().csrf)


def _balance(balance: Any) -> dict[str, int]:
    names = ("pending", "held", "payable", "in_payout", "paid", "owed_back", "written_off",
             "repaid", "earned")  # fmt: skip
    if isinstance(balance, Mapping):
        return {name: int(balance.get(name, 0)) for name in names}
    return {name: int(getattr(balance, name, 0)) for name in names}


def _segments(balance: Any) -> list[charts.Segment]:
    render.current().icons.add("parang")
    return charts.segments(_balance(balance))


def chart(
    series: Sequence[tuple[str, int, str]], sentence: str, height: int, highlight: int | None
) -> Markup:
    """The SVG of (label, value, words) triples."""
    drawn = [charts.Bar(*one) for one in series]
    lang = render.current().lang
    return Markup(  # noqa: S704 — charts.py escapes what it is given
        charts.bars(drawn, sentence, height=height, language=lang, highlight=highlight)
    )


@pass_context
def _rp_tile(_: Context, value: int | None) -> str:
    lang = render.current().lang
    return "–" if value is None else charts.tile(value, language.money(value, lang), lang)


def _last_day(end: datetime) -> datetime:
    """An instant of the last day of something that ends at `end`, which does not count."""
    return end - timedelta(seconds=1)


def _whole(part: int, total: int) -> int:
    """part of total as whole percent, 0…100, for bars."""
    return max(0, min(100, part * 100 // total)) if total > 0 else 0
