"""The terms form on pages: read, shown with its sentences and its worked order; a new version."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from campaigns.catalog import products
from campaigns.catalog.models import Product as ProductRow
from campaigns.catalog.products import Sieve
from campaigns.lifecycle import queries, steer
from campaigns.lifecycle import rules as lifecycle_rules
from campaigns.lifecycle.models import Campaign
from campaigns.terms import explain, versions, words
from campaigns.terms.issue import named_products
from campaigns.terms.rules import Terms
from campaigns.terms.shapes import TermsIn, normal, parse
from campaigns.terms.stored import read as terms_of
from dashboards.frame import forms
from dashboards.frame.rules import read_day
from dashboards.merchant import hang
from dashboards.merchant.campaigns import rules
from dashboards.merchant.campaigns.rules import Product, Worked
from jejaring import world
from jejaring.identity import guards
from jejaring.identity.rules import Caller
from jejaring.kit.errors import BadField, Conflict, Invalid, Refusal
from jejaring.kit.periods import day_start
from jejaring.web import language, pages
from referrals.months.simulate import Simulation, simulate

EXAMPLE_PRICE = 100_000
SIMULATED = 500


@dataclass
class Shown:
    """A terms form as the page shows it; sentences and example are those of the last good terms."""

    typed: dict[str, str]
    more: int
    errors: dict[str, str] = field(default_factory=dict)
    sentences: list[str] = field(default_factory=list)
    example: Worked | None = None
    simulation: Simulation | None = None


def typed(request: Request) -> dict[str, str]:
    """What was sent, field by field."""
    more = rules.special({"more": pages.text(request, "more", 2)})
    return {name: pages.text(request, name, 300) for name in rules.names(more)}


def read(sent: dict[str, str]) -> TermsIn:
    """The terms that were typed. Invalid with every wrong field."""
    body, bad = rules.read(sent)
    if bad:
        raise Invalid(fields=bad)
    return parse(body)


def faults(request: Request, refusal: Refusal, more: int) -> dict[str, str]:
    """What is wrong, at the form's fields."""
    places = {bad.pointer: rules.field_of(bad.pointer, more) for bad in refusal.fields}
    return forms.words(request, refusal, places)


async def shown(request: Request, caller: Caller, sent: dict[str, str], row: Campaign) -> Shown:
    """The form with its sentences and example, or with what is wrong."""
    view = Shown(sent, rules.special(sent))
    try:
        terms = terms_of(normal(read(sent)))
    except Refusal as exc:
        view.errors = faults(request, exc, view.more)
        return view
    lang = language.pick(request)
    view.sentences = words.paragraph(lang, explain.sentences(terms), caller.zone)
    view.example = rules.worked(terms, await sample(row))
    view.simulation = await simulate(row, terms, SIMULATED)
    return view


async def sample(row: Campaign) -> Product:
    """What the example sells: the campaign's first product, else the shop's newest."""
    covered = (await queries.products([row.id])).get(row.id, [])
    if covered:
        found = await products.by_id(row.merchant_id, covered[:1])
        return _sold(next(iter(found.values()), None))
    newest, _ = await products.page(row.merchant_id, Sieve(None, False), 1)
    return _sold(newest[0] if newest else None)


def _sold(row: ProductRow | None) -> Product:
    if row is None or not row.price:
        return Product("", EXAMPLE_PRICE)
    return Product(row.name, row.price, row.id, row.sku, row.category)


async def sentences(caller: Caller, body: dict[str, Any], lang: str) -> list[str]:
    """Stored terms in words, with the products' names."""
    terms: Terms = terms_of(body)
    ids = set(named_products(parse(_plain(body))).values())
    named = await products.by_id(caller.organisation_id, ids) if ids else {}
    told = explain.sentences(terms, {pid: one.name for pid, one in named.items()})
    return words.paragraph(lang, told, caller.zone)


def _plain(body: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in body.items() if value is not None}


async def edit(request: Request, caller: Caller) -> Response:
    """The terms in force in their form: the start of a new version."""
    row = await _changeable(caller, request.path_params["campaign_id"])
    latest = await versions.latest(row.id)
    sent = rules.typed_of(latest.body) if latest else dict(rules.DEFAULT)
    return await _page(request, caller, row, sent)


async def _changeable(caller: Caller, campaign_id: str) -> Campaign:
    row = await queries.get(caller.organisation_id, campaign_id)
    fault = lifecycle_rules.step_fault("amend", queries.state_of(row))
    if fault is not None:
        raise Conflict(fault)
    return row


async def _page(
    request: Request,
    caller: Caller,
    row: Campaign,
    sent: dict[str, str] | None,
    errors: dict[str, str] | None = None,
) -> Response:
    latest = await versions.latest(row.id)
    lang = language.pick(request)
    view = await shown(request, caller, sent, row) if sent is not None else None
    if view is not None and errors:
        view.errors = view.errors or errors
    context = {
        "campaign": row,
        "version": latest,
        "old": await sentences(caller, dict(latest.body), lang) if latest else [],
        "view": view,
        "when": {"start": pages.text(request, "start"), "day": pages.text(request, "day")}
        if request.method == "POST"
        else {"start": "now", "day": ""},
        "errors": view.errors if view else {},
    }
    status = 422 if view is not None and view.errors else 200
    return await hang.page(request, "merchant/version.html", context, status)


async def issue(request: Request, caller: Caller) -> Response:
    """Compare (`do=count`, `do=add`), or announce the new version."""
    row = await _changeable(caller, request.path_params["campaign_id"])
    sent = typed(request)
    step = pages.text(request, "do")
    if step == "add":
        sent["more"] = str(min(rules.special(sent) + 1, rules.MAX_MORE))
        sent = {name: sent.get(name, "") for name in rules.names(rules.special(sent))}
    if step != "issue":
        return await _page(request, caller, row, sent)
    try:
        since = _since(request, caller.zone)
        version = await steer.amend(caller, row.id, read(sent), since)
    except Refusal as exc:
        names = {"/effective_at": "day"}
        errors = faults(request, exc, rules.special(sent)) | {
            names[b.pointer]: text
            for b, text in zip(exc.fields, forms.words(request, exc, names).values(), strict=False)
            if b.pointer in names
        }
        return await _page(request, caller, row, sent, errors)
    path = f"/merchant/campaigns/{row.id}"
    return pages.go(path, "terms_issued", number=version.number, at=version.effective_at)


def _since(request: Request, zone: str) -> datetime | None:
    """From when: None is now, else the beginning of a day. Invalid at `/day`."""
    if pages.text(request, "start") != "day":
        return None
    day = read_day(pages.text(request, "day", 20))
    if day is None:
        raise Invalid(fields=[BadField("/day", "form.day")])
    start = day_start(day, zone)
    if start < world.now():
        raise Invalid(fields=[BadField("/day", "in_the_past")])
    return start


_EDIT = guards.signed_in("merchant", "edit")
PAGES = [
    pages.show("/merchant/campaigns/{campaign_id}/terms", edit, _EDIT),
    pages.act("/merchant/campaigns/{campaign_id}/terms", issue, _EDIT),
]
