"""The terms as the page shows them: each rule in words with an example, and the whole of them."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from starlette.requests import Request

from campaigns.catalog import products
from campaigns.catalog.models import Product as ProductRow
from campaigns.catalog.products import Sieve
from campaigns.enrolments import naming
from campaigns.lifecycle import queries
from campaigns.lifecycle.models import Campaign
from campaigns.terms import explain, words
from campaigns.terms.issue import named_products
from campaigns.terms.rules import EVENT_KINDS, Terms
from campaigns.terms.shapes import TermsIn, normal, parse
from campaigns.terms.stored import read as terms_of
from dashboards.frame import forms
from dashboards.merchant.terms import rules, written
from dashboards.merchant.terms.rules import Product, Typed, Worked
from jejaring.identity.rules import Caller
from jejaring.kit.errors import BadField, Invalid, Refusal
from jejaring.web import language

EXAMPLE_PRICE = 100_000


@dataclass
class Card:
    """A rule on the page: its place, what is typed, how a partner reads it; and the partners that
    it names who have not joined the shop.
    """

    number: int
    key: str
    typed: Mapping[str, str]
    sentences: list[str] = field(default_factory=list)
    example: str = ""
    strangers: list[str] = field(default_factory=list)

    @property
    def kind(self) -> str:
        """What it pays by."""
        return self.typed["kind"]

    @property
    def inline(self) -> tuple[str, ...]:
        """The fields that stand on the card."""
        return written.inline(self.kind)


@dataclass
class Shown:
    """The terms on the page; sentences and example only of sound terms."""

    typed: Typed
    cards: list[Card]
    errors: dict[str, str] = field(default_factory=dict)
    sentences: list[str] = field(default_factory=list)
    example: Worked | None = None

    @property
    def alone(self) -> bool:
        """Whether the worked order can be followed by script: one simple rule, without prices."""
        simple = len(self.cards) == 1 and bool(self.cards[0].inline) and not self.typed.prices
        asks = written.asks(self.cards[0].kind) if simple else ()
        return simple and not any(self.cards[0].typed.get(name) for name in asks)


def sound(typed: Typed, zone: str) -> TermsIn:
    """The terms that are typed. Invalid with every wrong field of the page."""
    body, bad = rules.read(typed, zone)
    if bad:
        raise Invalid(fields=bad)
    return parse(body)


def faults(request: Request, typed: Typed, refusal: Refusal) -> dict[str, str]:
    """What is wrong, in words, at the fields of the page."""
    placed = []
    for bad in refusal.fields:
        name, code = rules.field_of(typed, bad)
        placed.append(BadField(f"/{name}", code, bad.values))
    if not placed:
        return forms.words(request, refusal)
    return forms.words(
        request, Invalid(fields=placed), {f"{b.pointer}": b.pointer[1:] for b in placed}
    )


async def shown(request: Request, caller: Caller, row: Campaign, typed: Typed) -> Shown:
    """The terms with their sentences and examples, or with what is wrong. Last month is worked out
    on a page of its own, when somebody asks.
    """
    lang = language.pick(request)
    sample = await sample_of(row)
    ids = {i for rule in typed.rules for i in rule.get("product_id", "").split("\n") if i}
    ids |= {price["product_id"] for price in typed.prices}
    named = await products.by_id(row.merchant_id, ids) if ids else {}
    titles = {pid: one.name for pid, one in named.items()}
    view = Shown(typed, _cards(typed, caller.zone, lang, rules.paid(typed, sample.price), titles))
    await _strangers(row.merchant_id, view.cards)
    try:
        asked = await naming.by_handle(row.merchant_id, sound(typed, caller.zone), "")
    except Refusal as exc:
        view.errors = faults(request, typed, exc)
        return view
    terms = terms_of(normal(asked))
    view.sentences = words.paragraph(lang, explain.sentences(terms, titles), caller.zone)
    if any(rule.kind not in EVENT_KINDS for rule in terms.rules):
        view.example = rules.worked(terms, sample)
    return view


def _cards(typed: Typed, zone: str, lang: str, price: int, titles: Mapping[str, str]) -> list[Card]:
    """Each rule by itself, so that one wrong rule does not silence the others."""
    cards, further = [], False
    for number, raw in enumerate(typed.rules, start=1):
        card = Card(number, raw["key"], raw)
        alone = _alone(raw, zone)
        if alone is not None:
            told = explain.of_rule(alone.rules[0], titles, further=further)
            card.sentences = words.paragraph(lang, told, zone)
            if price:
                card.example = words.words(lang, explain.example(alone, price), zone)
        further = further or card.kind not in EVENT_KINDS
        cards.append(card)
    return cards


async def _strangers(merchant_id: str, cards: list[Card]) -> None:
    """Say of each rule whom it names that is not of the shop yet."""
    names = {card.key: card.typed.get("partner", "").split() for card in cards}
    apart = await naming.not_joined(merchant_id, {name for own in names.values() for name in own})
    for card in cards:
        card.strangers = [name for name in names[card.key] if name in apart]


def _alone(raw: Mapping[str, str], zone: str) -> Terms | None:
    """Terms of this rule alone; None for one that is not sound."""
    body, bad = written.read(raw, zone)
    try:
        return None if bad else terms_of(normal(parse({"rules": [body], "bond_days": 1})))
    except Invalid:
        return None


async def sample_of(row: Campaign) -> Product:
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
    plain = {name: value for name, value in body.items() if value is not None}
    ids = set(named_products(parse(plain)).values())
    named = await products.by_id(caller.organisation_id, ids) if ids else {}
    told = explain.sentences(terms, {pid: one.name for pid, one in named.items()})
    return words.paragraph(lang, told, caller.zone)
