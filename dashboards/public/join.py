"""Joining a campaign: its promise in sentences, one worked example, one form."""

from dataclasses import dataclass, field, replace
from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from campaigns.enrolments.models import Enrolment
from campaigns.lifecycle import queries as lifecycle
from campaigns.lifecycle.models import Campaign
from campaigns.terms import explain, versions, words
from campaigns.terms.rules import Terms
from dashboards.frame import forms
from dashboards.public import queries, sign
from jejaring import world
from jejaring.identity import guards, sessions
from jejaring.identity.models import Organisation, User
from jejaring.identity.rules import Caller
from jejaring.kit.errors import BadField, Forbidden, Invalid, NotFound, Refusal
from jejaring.members import signup
from jejaring.web import address, language, pages, render
from referrals.network import recruit

EXAMPLE_PRICE = 100_000


@dataclass
class Sent:
    """What was typed into the form."""

    role: str = ""
    code: str = ""
    values: dict[str, str] = field(default_factory=dict)
    answers: dict[str, str] = field(default_factory=dict)
    ref: str = ""


async def show(request: Request, caller: Caller | None) -> Response:
    """The campaign's promise and the way in."""
    campaign = await lifecycle.public(request.path_params["campaign"])
    sent = Sent(request.query_params.get("role", ""), request.query_params.get("code", "")[:80])
    sent = replace(sent, ref=request.query_params.get("ref", "")[:64])
    return render.page(request, "join.html", await _context(request, caller, campaign, sent))


async def _context(
    request: Request, caller: Caller | None, campaign: Campaign, sent: Sent
) -> dict[str, Any]:
    lang, merchant = language.pick(request), campaign.merchant
    terms = await _terms(campaign)
    known = None
    if caller is not None and caller.kind == "partner":
        known = await Enrolment.get_or_none(
            campaign_id=campaign.id, partner_id=caller.organisation_id
        )
    return {
        "campaign": campaign,
        "merchant": merchant,
        "state": lifecycle.state_of(campaign),
        "sentences": words.paragraph(lang, explain.sentences(terms), merchant.zone),
        "worked": words.words(lang, explain.example(terms, await _price(campaign)), merchant.zone),
        "known": known,
        "sent": sent,
        "chosen": sent.role if sent.role in campaign.audience else campaign.audience[0],
    }


async def _terms(campaign: Campaign) -> Terms:
    """The terms in force, or, before the start, the newest ones."""
    now = await versions.at([campaign.id], world.now())
    if campaign.id in now:
        return now[campaign.id][1]
    newest = await versions.latest(campaign.id)
    if newest is None:
        raise NotFound
    return await versions.by_number(campaign.id, newest.number)


async def _price(campaign: Campaign) -> int:
    """The price of something that the campaign covers, for the example."""
    sold = await queries.products(campaign.merchant_id)
    if not campaign.whole_shop:
        covered = (await lifecycle.products([campaign.id])).get(campaign.id, [])
        sold = [one for one in sold if one.id in covered]
    return sold[0].price if sold and sold[0].price else EXAMPLE_PRICE


async def act(request: Request, caller: Caller | None) -> Response:
    """Sign up if needed, then join; the same page again with what is wrong."""
    campaign = await lifecycle.public(request.path_params["campaign"])
    sent = _read(request, campaign)
    try:
        if caller is not None:
            return await _join(campaign, caller, sent)
        return await _sign_up_and_join(request, campaign, sent)
    except Refusal as exc:
        context = await _context(request, caller, campaign, sent)
        context["errors"] = _worded(request, exc, campaign)
        return render.page(request, "join.html", context, exc.status)


def _read(request: Request, campaign: Campaign) -> Sent:
    names = ("name", "phone", "email")
    answers = {
        question: pages.text(request, f"answer-{number}", 1000)
        for number, question in enumerate(campaign.questions)
    }
    return Sent(
        pages.text(request, "role", 20),
        pages.text(request, "code", 80),
        {name: pages.text(request, name, 300) for name in names},
        answers,
        pages.text(request, "ref", 64),
    )


def _worded(request: Request, exc: Refusal, campaign: Campaign) -> dict[str, str]:
    names = {"/invitation": "code", "/handle": "name"}
    for number, question in enumerate(campaign.questions):
        place = question.replace("~", "~0").replace("/", "~1")
        names[f"/answers/{place}"] = f"answer-{number}"
    return forms.words(request, exc, names)


async def _join(campaign: Campaign, caller: Caller, sent: Sent) -> Response:
    if caller.kind != "partner":
        raise Invalid("partner_needed")
    if not caller.may("edit"):
        raise Forbidden("role_forbids")
    found = await recruit.join(
        caller,
        campaign.id,
        sent.role,
        answers=sent.answers,
        invitation=sent.code or None,
        ref=sent.ref or None,
    )
    state = found.enrolment.state
    if state in ("rejected", "ended"):
        return pages.go(f"/join/{campaign.id}", "no_rejoin", shop=campaign.merchant.name)
    if state == "requested":
        return pages.go("/partner/campaigns", "wait_requested", shop=campaign.merchant.name)
    return pages.go("/partner/links", "joined", campaign=campaign.name)


async def _sign_up_and_join(request: Request, campaign: Campaign, sent: Sent) -> Response:
    """The account first, then the campaign: whoever is refused by the campaign keeps the account
    and is signed in.
    """
    if sent.role not in campaign.audience:
        raise Invalid(fields=[BadField("/role", "role_not_in_audience")])
    await signup.admit(address.client(request))
    person = sign.person_of(request, sent.values)
    is_open = lifecycle.state_of(campaign) == "live" and campaign.joining != "invite"
    user, partner = await signup.become_partner(
        person, None, sent.code or None, from_join_page=is_open
    )
    try:
        reply = await _join(campaign, _as_caller(user, partner), sent)
    except Refusal as exc:
        reply = pages.go(f"/join/{campaign.id}", "no_join", code=exc.code)
    await sessions.begin(request, reply, user.id, partner.id)
    return reply


def _as_caller(user: User, partner: Organisation) -> Caller:
    return Caller(
        organisation_id=partner.id,
        kind=partner.kind,
        slug=partner.slug,
        name=partner.name,
        zone=partner.zone,
        actor=user.id,
        role="owner",
        user_id=user.id,
        user_name=user.name,
        language=user.language,
    )


PAGES = [
    pages.show("/join/{campaign}", show, guards.everybody),
    pages.act("/join/{campaign}", act, guards.everybody),
]
