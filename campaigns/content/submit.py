"""A partner sends a post in as proof; the same post once per campaign."""

from dataclasses import dataclass
from functools import partial

from tortoise.exceptions import IntegrityError

from campaigns.content import rules
from campaigns.content.models import Submission
from campaigns.content.rules import Post
from campaigns.enrolments.models import Enrolment
from campaigns.lifecycle.queries import state_of
from campaigns.terms import versions
from campaigns.terms.rules import Who
from jejaring import world
from jejaring.db.transact import transact
from jejaring.hooks.publish import publish_each
from jejaring.identity.rules import Caller
from jejaring.kit.errors import Conflict, Invalid, NotFound
from jejaring.trail.write import note as wrote


@dataclass(frozen=True)
class Sent:
    """A submission; `created` tells a new one from one that was there."""

    row: Submission
    created: bool


async def submit(caller: Caller, enrolment_id: str, address: str, note: str = "") -> Sent:
    """Send a post in for the partner's active place in a live campaign that pays for posts.

    The same post and note again is the one that is there, unless it was refused: then it is sent
    in anew. NotFound; Invalid at `/url` (`bad_url`, `short_link`, `not_a_post`); Conflict
    `submission_exists` for another note, `post_taken` where another partner sent it,
    `enrolment_not_active`, `campaign_paused`, `campaign_ended`, `posts_not_paid`, `posts_waiting`.
    """
    found = rules.post(address)
    if not isinstance(found, Post):
        raise Invalid.at("/url", found.code, platform=found.platform)
    work = partial(_submit, caller, enrolment_id, found, note.strip())
    try:
        return await transact(work)
    except IntegrityError:  # another request was first with this post; now it is known
        return await transact(work)


async def _submit(caller: Caller, enrolment_id: str, found: Post, note: str) -> Sent:
    place = await Enrolment.get_or_none(id=enrolment_id, partner_id=caller.organisation_id)
    if place is None:
        raise NotFound
    known = await Submission.get_or_none(campaign_id=place.campaign_id, post_key=found.key)
    if known is not None:
        if known.enrolment_id != place.id:
            raise Conflict("post_taken")
        if known.note != note:
            raise Conflict("submission_exists")
        return Sent(known, False)
    await _refuse(place, caller.slug)
    row = await Submission.create(
        id=world.new_id("sub"),
        campaign_id=place.campaign_id,
        enrolment_id=place.id,
        merchant_id=place.merchant_id,
        partner_id=place.partner_id,
        platform=found.platform,
        url=found.url,
        post_key=found.key,
        note=note,
        state="waiting",
        created_at=world.now(),
    )
    await told("sent", row, caller.actor)
    return Sent(row, True)


async def _refuse(place: Enrolment, partner: str) -> None:
    """Why nothing new may be sent in."""
    if place.state != "active":
        raise Conflict("enrolment_not_active")
    await place.fetch_related("campaign")
    state = state_of(place.campaign)
    if state != "live":
        raise Conflict(f"campaign_{state}")
    now = world.now()
    version = (await versions.at([place.campaign_id], now)).get(place.campaign_id)
    who = Who(place.role, partner, place.tier)
    if version is None or not rules.paying(version[1], who, now):
        raise Conflict("posts_not_paid")
    waiting = await Submission.filter(enrolment_id=place.id, state="waiting").count()
    if waiting >= rules.MAX_WAITING:
        raise Conflict("posts_waiting", most=rules.MAX_WAITING)


async def told(what: str, row: Submission, actor: str) -> None:
    """On the trail, and to both sides."""
    name = f"submission.{what}"
    data = {"campaign_id": row.campaign_id, "enrolment_id": row.enrolment_id, "url": row.url}
    if row.reason_code is not None:
        data["reason_code"] = row.reason_code
    await wrote(name, row.id, actor=actor, organisation_id=row.merchant_id, **data)
    await publish_each(name, (row.merchant_id, row.partner_id), row.id, **data)
