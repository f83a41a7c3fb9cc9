"""A merchant's sites: added, proved by a record or a file, or vouched for by the operator."""

from tortoise.exceptions import IntegrityError

from campaigns.catalog.models import Site
from campaigns.catalog.rules import site_host
from jejaring import world
from jejaring.db.listing import newest
from jejaring.db.transact import transact
from jejaring.hooks.publish import publish
from jejaring.identity.rules import Caller
from jejaring.kit.errors import Conflict, Invalid, NotFound
from jejaring.trail.write import note
from jejaring.web import client

MAX_SITES = 50


async def verified(merchant_id: str) -> list[str]:
    """The hosts that the merchant's links may lead to, the first verified first."""
    hosts = (
        await Site.filter(merchant_id=merchant_id, verified_at__isnull=False)
        .order_by("verified_at", "id")
        .values_list("host", flat=True)
    )
    return [str(host) for host in hosts]


async def get(merchant_id: str, site_id: str) -> Site:
    """The merchant's site; NotFound for another's."""
    row = await Site.get_or_none(id=site_id, merchant_id=merchant_id)
    if row is None:
        raise NotFound
    return row


async def page(
    merchant_id: str, limit: int = 50, cursor: str | None = None
) -> tuple[list[Site], str | None]:
    """The merchant's sites, newest first."""
    return await newest(Site.filter(merchant_id=merchant_id), limit, cursor)


async def waiting(limit: int = 50, cursor: str | None = None) -> tuple[list[Site], str | None]:
    """Sites of all merchants that are not verified, for the operator."""
    wanted = Site.filter(verified_at__isnull=True).select_related("merchant")
    return await newest(wanted, limit, cursor)


async def add(caller: Caller, host: str) -> tuple[Site, bool]:
    """The site of this host and whether it is new. Invalid `bad_host`; Conflict `host_taken` where
    another merchant has verified it.
    """
    name = site_host(host)
    if name is None:
        raise Invalid.at("/host", "bad_host")
    known = await Site.get_or_none(merchant_id=caller.organisation_id, host=name)
    if known is not None:
        return known, False
    await _not_taken(name, caller.organisation_id)
    if await Site.filter(merchant_id=caller.organisation_id).count() >= MAX_SITES:
        raise Conflict("too_many_sites", most=MAX_SITES)
    try:
        row = await transact(lambda: _store(caller, name))
    except IntegrityError:
        return await Site.get(merchant_id=caller.organisation_id, host=name), False
    return row, True


async def _store(caller: Caller, host: str) -> Site:
    return await Site.create(
        id=world.new_id("sit"),
        merchant_id=caller.organisation_id,
        host=host,
        token=world.token(32),
        created_at=world.now(),
    )


async def _not_taken(host: str, merchant_id: str) -> None:
    others = Site.filter(host=host, verified_at__isnull=False).exclude(merchant_id=merchant_id)
    if await others.exists():
        raise Conflict("host_taken", host=host)


async def verify(caller: Caller, site_id: str) -> Site:
    """Look for the proof, in the host's TXT records, then in its file. Conflict `site_not_proved`
    with what was seen at each place, or `host_taken`.
    """
    row = await get(caller.organisation_id, site_id)
    if row.verified_at is not None:
        return row
    wanted = f"jejaring-verify={row.token}"
    records = await client.txt(row.host)
    if wanted in records.texts:
        return await _verified(row, "dns", caller.actor)
    file = await client.fetch(f"https://{row.host}/.well-known/jejaring.txt")
    if file.good and wanted in file.body.decode("utf-8", "replace").split():
        return await _verified(row, "file", caller.actor)
    seen = f"status {file.status}" if file.outcome == "ok" else file.outcome
    raise Conflict("site_not_proved", host=row.host, dns=records.outcome, file=seen)


async def vouch(site_id: str, actor: str) -> Site:
    """The operator's word in place of a proof; audited. NotFound, Conflict `host_taken`."""
    row = await Site.get_or_none(id=site_id)
    if row is None:
        raise NotFound
    return row if row.verified_at is not None else await _verified(row, actor, actor)


async def _verified(row: Site, by: str, actor: str) -> Site:
    async def mark() -> None:
        await _not_taken(row.host, row.merchant_id)
        row.verified_at, row.verified_by = world.now(), by
        await row.save(update_fields=["verified_at", "verified_by"])
        org = row.merchant_id
        await note("site.verified", row.id, actor=actor, organisation_id=org, by=by, host=row.host)
        await publish("site.verified", org, row.id, host=row.host)

    try:
        await transact(mark)
    except IntegrityError:
        raise Conflict("host_taken", host=row.host) from None
    return row
