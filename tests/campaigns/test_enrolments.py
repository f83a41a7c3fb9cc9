"""Who comes into a campaign, how, and how they leave."""

from typing import Any

import pytest

from campaigns.enrolments import join, queries
from campaigns.enrolments.models import Enrolment
from campaigns.enrolments.rules import (
    END_REASONS,
    REJECT_REASONS,
    Door,
    EnrolmentFacts,
    Fault,
    answer_faults,
    begins_as,
    door_fault,
    move_fault,
)
from campaigns.lifecycle.models import Campaign
from jejaring import world
from jejaring.hooks.models import Event
from jejaring.identity.models import Organisation
from jejaring.identity.rules import Caller
from jejaring.kit.errors import Conflict, Forbidden, Invalid, NotFound
from jejaring.members import invitations
from jejaring.web import language
from tests import make
from tests.cast import Cast, Member


def caller(who: Member) -> Caller:
    org = who.org
    return Caller(who.id, org.kind, org.slug, org.name, org.zone, who.user.id, "owner", who.user.id)


async def shop(cast: Cast, **more: Any) -> Campaign:
    return await make.campaign(cast.laras.org, **more)


async def invited(cast: Cast, who: Member, campaign: Campaign | None = None) -> str:
    target = campaign.id if campaign else None
    _, code = await invitations.create(caller(who), "partner", campaign_id=target)
    return code


@pytest.mark.parametrize(
    ("door", "role", "invite", "fault"),
    [
        (Door("live", ("buzzer",), "open", ()), "buzzer", False, None),
        (Door("live", ("buzzer",), "approval", ()), "buzzer", False, None),
        (Door("live", ("buzzer",), "invite", ()), "buzzer", True, None),
        (Door("draft", ("buzzer",), "open", ()), "buzzer", False, Fault(404, "not_found")),
        (Door("paused", ("buzzer",), "open", ()), "buzzer", False, Fault(409, "campaign_paused")),
        (Door("ended", ("buzzer",), "open", ()), "boss", False, Fault(409, "campaign_ended")),
        (Door("live", ("buzzer",), "open", ()), "reseller", False,
         Fault(422, "role_not_in_audience", "/role")),
        (Door("live", ("buzzer",), "invite", ()), "buzzer", False,
         Fault(403, "campaign_by_invitation")),
    ],
)  # fmt: skip
def test_who_may_come_in(door: Door, role: str, invite: bool, fault: Fault | None) -> None:
    assert door_fault(door, role, invite) == fault


@pytest.mark.parametrize(
    ("joining", "invite", "state"),
    [
        ("open", False, "active"),
        ("approval", False, "requested"),
        ("approval", True, "active"),
        ("invite", True, "active"),
    ],
)
def test_the_first_state(joining: str, invite: bool, state: str) -> None:
    assert begins_as(Door("live", (), joining, ()), invite) == state


def test_every_question_wants_an_answer_and_nothing_else() -> None:
    assert answer_faults(["a?"], {"a?": "x"}) == []
    assert answer_faults(["a/b~?"], {"a/b~?": "  "}) == [("/answers/a~1b~0?", "answer_missing")]
    assert answer_faults(["a?"], {"a?": "x" * 1001, "b?": "y"}) == [
        ("/answers/a?", "answer_too_long"),
        ("/answers/b?", "answer_unasked"),
    ]


@pytest.mark.parametrize(
    ("to", "faults"),
    [
        ("active", [None, None, "enrolment_rejected", "enrolment_ended"]),
        ("rejected", [None, "enrolment_active", None, "enrolment_ended"]),
        ("ended", ["enrolment_not_active", None, "enrolment_rejected", None]),
    ],
)
def test_which_move_a_state_allows(to: str, faults: list[str | None]) -> None:
    states = ("requested", "active", "rejected", "ended")
    assert [move_fault(state, to) for state in states] == faults


def test_when_an_enrolment_counts() -> None:
    now = world.now()
    ids = ("e", "c", "m", "p", "rina", "buzzer", "bronze")
    assert not EnrolmentFacts(*ids, None, None).active_at(now)
    assert EnrolmentFacts(*ids, now, None).active_at(now)
    assert not EnrolmentFacts(*ids, now, now).active_at(now)


@pytest.mark.parametrize("lang", language.LANGUAGES)
def test_every_reason_has_its_words(lang: str) -> None:
    assert all(language.known(lang, f"reason.{c}") for c in (*REJECT_REASONS, *END_REASONS))


async def test_an_open_campaign_lets_in_at_once(cast: Cast) -> None:
    one = await shop(cast)
    row = await join.join(one.id, caller(cast.rina), "reseller")
    assert (row.state, row.merchant_id, row.terms_accepted) == ("active", cast.laras.id, 1)
    facts = (await queries.of([row.id, "enr_none"]))[row.id]
    assert (facts.partner_slug, facts.active_from, facts.active_to) == (
        "rina",
        row.approved_at,
        None,
    )
    told = await Event.filter(name="enrolment.activated")
    assert {event.organisation_id for event in told} == {cast.laras.id, cast.rina.id}


async def test_the_same_partner_again_gets_the_place_that_is_there(cast: Cast) -> None:
    one = await shop(cast)
    row = await join.join(one.id, caller(cast.rina), "reseller")
    again = await join.join(one.id, caller(cast.rina), "influencer")
    assert (again.id, again.role) == (row.id, "reseller")
    assert await Enrolment.all().count() == 1


async def test_drafts_ended_and_paused_campaigns_take_nobody(cast: Cast) -> None:
    draft = await shop(cast, state="draft", launched_at=None)
    with pytest.raises(NotFound):
        await join.join(draft.id, caller(cast.rina), "reseller")
    with pytest.raises(NotFound):
        await join.join("cmp_none", caller(cast.rina), "reseller")
    ended = await shop(cast, state="ended")
    with pytest.raises(Conflict, match="campaign_ended"):
        await join.join(ended.id, caller(cast.rina), "reseller")
    late = await shop(cast, ends_at=world.now())
    with pytest.raises(Conflict, match="campaign_ended"):
        await join.join(late.id, caller(cast.rina), "reseller")
    paused = await shop(cast, state="paused")
    with pytest.raises(Conflict, match="campaign_paused"):
        await join.join(paused.id, caller(cast.rina), "reseller")
    await Organisation.filter(id=cast.laras.id).update(suspended_at=world.now())
    with pytest.raises(NotFound):
        await join.join((await shop(cast)).id, caller(cast.rina), "reseller")
    assert await Enrolment.all().count() == 0


async def test_a_role_outside_the_audience_is_refused(cast: Cast) -> None:
    one = await shop(cast, audience=["influencer"])
    with pytest.raises(Invalid) as caught:
        await join.join(one.id, caller(cast.rina), "reseller")
    assert caught.value.fields[0].pointer == "/role"


async def test_by_approval_the_questions_are_answered_first(cast: Cast) -> None:
    one = await shop(cast, joining="approval", questions=["Akun Anda?"])
    with pytest.raises(Invalid) as caught:
        await join.join(one.id, caller(cast.rina), "reseller")
    assert caught.value.fields[0].pointer == "/answers/Akun Anda?"
    row = await join.join(one.id, caller(cast.rina), "reseller", {"Akun Anda?": " @rina "})
    assert (row.state, row.answers, row.approved_at) == ("requested", {"Akun Anda?": "@rina"}, None)
    assert (await queries.of([row.id]))[row.id].active_from is None


async def test_an_invitation_opens_what_is_by_invitation_only(cast: Cast) -> None:
    one = await shop(cast, joining="invite")
    with pytest.raises(Forbidden, match="campaign_by_invitation"):
        await join.join(one.id, caller(cast.rina), "reseller")
    for code in (
        "nonsense",
        await invited(cast, cast.bukit),
        await invited(cast, cast.laras, await shop(cast)),
    ):
        with pytest.raises(Invalid) as caught:
            await join.join(one.id, caller(cast.rina), "reseller", None, code)
        assert caught.value.fields[0].pointer == "/invitation"
    code = await invited(cast, cast.laras, one)
    assert (await join.join(one.id, caller(cast.rina), "reseller", None, code)).state == "active"
    with pytest.raises(Invalid):
        await join.join(one.id, caller(cast.dimas), "reseller", None, code)


async def test_an_invitation_is_an_approval(cast: Cast) -> None:
    one = await shop(cast, joining="approval", questions=["Akun Anda?"])
    code = await invited(cast, cast.laras)
    assert (await join.join(one.id, caller(cast.rina), "reseller", None, code)).state == "active"


async def asked(cast: Cast) -> Enrolment:
    one = await shop(cast, joining="approval")
    return await join.join(one.id, caller(cast.rina), "reseller")


async def test_the_merchant_approves_once(cast: Cast) -> None:
    row = await asked(cast)
    with pytest.raises(NotFound):
        await join.approve(cast.bukit.id, row.id, "usr_x")
    first = await join.approve(cast.laras.id, row.id, "usr_laras")
    again = await join.approve(cast.laras.id, row.id, "usr_other")
    assert (first.state, again.approved_by) == ("active", "usr_laras")
    assert await Event.filter(name="enrolment.activated", organisation_id=cast.rina.id).count() == 1
    with pytest.raises(Conflict, match="enrolment_active"):
        await join.reject(cast.laras.id, row.id, "usr_x", "other")


async def test_nobody_is_let_into_an_ended_campaign(cast: Cast) -> None:
    row = await asked(cast)
    await Campaign.filter(id=row.campaign_id).update(state="ended")
    with pytest.raises(Conflict, match="campaign_ended"):
        await join.approve(cast.laras.id, row.id, "usr_x")


async def test_the_merchant_rejects_with_a_reason(cast: Cast) -> None:
    row = await asked(cast)
    with pytest.raises(Invalid) as caught:
        await join.reject(cast.laras.id, row.id, "usr_x", "just_because")
    assert caught.value.fields[0].pointer == "/reason_code"
    with pytest.raises(NotFound):
        await join.reject(cast.bukit.id, row.id, "usr_x", "other")
    with pytest.raises(Conflict, match="enrolment_not_active"):
        await join.end(cast.laras.id, row.id, "usr_x")
    done = await join.reject(cast.laras.id, row.id, "usr_x", "places_full")
    assert (done.state, done.reason_code) == ("rejected", "places_full")
    again = await join.reject(cast.laras.id, row.id, "usr_x", "other")
    assert again.reason_code == "places_full"
    with pytest.raises(Conflict, match="enrolment_rejected"):
        await join.approve(cast.laras.id, row.id, "usr_x")
    back = await join.join(row.campaign_id, caller(cast.rina), "reseller")
    assert back.state == "rejected"


async def test_an_end_counts_from_its_moment(cast: Cast) -> None:
    one = await shop(cast)
    row = await join.join(one.id, caller(cast.rina), "reseller")
    with pytest.raises(Invalid):
        await join.end(cast.laras.id, row.id, "usr_x", "places_full")
    done = await join.end(cast.laras.id, row.id, "usr_x", "fraud")
    facts = (await queries.of([row.id]))[row.id]
    assert (done.state, facts.active_to) == ("ended", done.ended_at)
    assert (await join.end(cast.laras.id, row.id, "usr_x")).reason_code == "fraud"


async def test_each_side_sees_its_own(cast: Cast) -> None:
    one = await shop(cast)
    row = await join.join(one.id, caller(cast.rina), "reseller")
    await join.join(one.id, caller(cast.dimas), "influencer")
    assert (await queries.get(cast.laras.id, row.id)).partner.slug == "rina"
    assert (await queries.get(cast.rina.id, row.id)).campaign.merchant.slug == "batik-laras"
    for other in (cast.bukit, cast.dimas):
        with pytest.raises(NotFound):
            await queries.get(other.id, row.id)
    assert len((await queries.page(cast.laras.id))[0]) == 2
    assert [r.id for r in (await queries.page(cast.rina.id))[0]] == [row.id]
    assert (await queries.page(cast.bukit.id))[0] == []
    sieve = queries.Sieve(campaign_id=one.id, state="active", role="influencer")
    found, _ = await queries.page(cast.laras.id, sieve)
    assert [r.partner.slug for r in found] == ["dimas"]
    counted = await queries.counts([one.id, "cmp_none"])
    assert (counted[one.id]["active"], counted["cmp_none"]["active"]) == (2, 0)
