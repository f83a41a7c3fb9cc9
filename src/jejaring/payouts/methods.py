"""Where a partner is paid: the first method counts at once, a change waits.

While a change waits nobody is paid to the old account. The number is kept sealed; only its last
four digits are ever shown.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import timedelta

from jejaring import world
from jejaring.db import sql
from jejaring.db.transact import transact
from jejaring.hooks.publish import publish
from jejaring.identity import sealing
from jejaring.identity.models import Organisation
from jejaring.identity.rules import Caller
from jejaring.kit.errors import BadField, Conflict, Invalid, NotFound
from jejaring.ledger import statements
from jejaring.payouts.models import PayoutMethod
from jejaring.payouts.rails import providers
from jejaring.settings import settings
from jejaring.trail.write import note


@dataclass(frozen=True)
class MethodDraft:
    """What a partner writes: `kind` bank or ewallet, the number as they type it."""

    kind: str
    provider: str
    account_number: str
    account_name: str


@dataclass(frozen=True)
class Held:
    """A partner's methods: the one that counts now, and a change that waits."""

    current: PayoutMethod | None = None
    waiting: PayoutMethod | None = None

    @property
    def newest(self) -> PayoutMethod | None:
        return self.waiting or self.current


async def of(partner_ids: Sequence[str]) -> dict[str, Held]:
    """The methods of many partners; those without any are absent."""
    now = world.now()
    found: dict[str, Held] = {}
    for start in range(0, len(partner_ids), 1000):
        rows = await PayoutMethod.filter(
            partner_id__in=list(partner_ids[start : start + 1000]), cancelled_at=None
        ).order_by("effective_at", "id")
        for row in rows:
            held = found.get(row.partner_id, Held())
            waits = row.effective_at > now
            found[row.partner_id] = Held(held.current, row) if waits else Held(row, held.waiting)
    return found


@dataclass(frozen=True)
class Accounts:
    """By what money goes to a partner: the blind indexes of its accounts, and the other partners
    who are paid to one of them.
    """

    indexes: frozenset[str] = frozenset()
    others: frozenset[str] = frozenset()


async def accounts_of(partner_ids: Collection[str]) -> dict[str, Accounts]:
    """The accounts of each partner, of earlier and waiting methods too; absent without any."""
    if not partner_ids:
        return {}
    rows = await sql.rows(
        "SELECT m.partner_id, m.number_index, o.partner_id AS other FROM payout_method m "  # noqa: S608
        "JOIN payout_method o ON o.number_index = m.number_index AND o.cancelled_at IS NULL "
        f"WHERE m.cancelled_at IS NULL AND m.partner_id IN ({', '.join('?' * len(partner_ids))})",
        sorted(partner_ids),
    )
    found: dict[str, tuple[set[str], set[str]]] = {}
    for row in rows:
        indexes, others = found.setdefault(row["partner_id"], (set(), set()))
        indexes.add(row["number_index"])
        if row["other"] != row["partner_id"]:
            others.add(row["other"])
    return {p: Accounts(frozenset(i), frozenset(o)) for p, (i, o) in found.items()}


def wallets_of(phone: str) -> frozenset[str]:
    """The blind indexes of the e-wallet accounts that a phone (E.164) can be."""
    number = providers.wallet(phone)
    return frozenset(
        _index(provider.code, number)
        for provider in providers.PROVIDERS.values()
        if provider.kind == providers.EWALLET
    )


def _index(provider: str, number: str) -> str:
    return sealing.blind("account", f"{provider}:{number}")


async def get(caller: Caller) -> Held:
    """The caller's methods; NotFound `no_method` if there is none yet."""
    held = (await of([caller.organisation_id])).get(caller.organisation_id)
    if held is None:
        raise NotFound("no_method")
    return held


async def put(caller: Caller, draft: MethodDraft) -> Held:
    """Set the method. The first counts at once; another account waits `method_wait_hours`; the
    number that counts already changes nothing (but takes back a waiting change), the one that
    waits neither. Invalid for an unknown provider or an impossible number.
    """
    number = _number(draft)
    return await transact(lambda: _put(caller, draft, number))


def _number(draft: MethodDraft) -> str:
    bad: list[BadField] = []
    provider = providers.PROVIDERS.get(draft.provider)
    if provider is None or provider.kind != draft.kind:
        bad.append(BadField("/provider", "unknown_provider", {"provider": draft.provider}))
    number = None if provider is None else providers.account(provider, draft.account_number)
    if provider is not None and number is None:
        is_wallet = provider.kind == providers.EWALLET
        bad.append(BadField("/account_number", "wallet_phone" if is_wallet else "account_digits"))
    if bad or number is None:
        raise Invalid(fields=bad)
    return number


async def _put(caller: Caller, draft: MethodDraft, number: str) -> Held:
    partner_id = caller.organisation_id
    # Two first methods at once would both count at once; the lock lets one be first.
    await Organisation.filter(id=partner_id).select_for_update(no_key=True).get()
    held = (await of([partner_id])).get(partner_id, Held())
    index = _index(draft.provider, number)
    newest = held.newest
    if newest is not None and newest.number_index == index:
        return await _rename(caller, held, newest, draft.account_name)
    if held.waiting is not None:
        await _cancel(caller, held.waiting)
        if held.current is not None and held.current.number_index == index:
            return await _rename(caller, Held(held.current), held.current, draft.account_name)
    now = world.now()
    wait = timedelta(hours=settings().method_wait_hours if held.current is not None else 0)
    row = await PayoutMethod.create(
        id=world.new_id("mtd"),
        partner_id=partner_id,
        kind=draft.kind,
        provider=draft.provider,
        number_sealed=sealing.seal(number, partner_id),
        number_index=index,
        last4=number[-4:],
        account_name=draft.account_name,
        created_at=now,
        effective_at=now + wait,
    )
    await _tell(caller, "method.set" if held.current is None else "method.changed", row)
    return Held(held.current, row) if wait else Held(row)


async def cancel(caller: Caller) -> Held:
    """Take a waiting change back. Conflict `no_change_waits` where none does."""

    async def work() -> Held:
        await Organisation.filter(id=caller.organisation_id).select_for_update(no_key=True).get()
        held = await get(caller)
        if held.waiting is None:
            raise Conflict("no_change_waits")
        await _cancel(caller, held.waiting)
        return Held(held.current)

    return await transact(work)


async def _rename(caller: Caller, held: Held, row: PayoutMethod, name: str) -> Held:
    """The same account: a corrected name needs no wait."""
    if row.account_name != name:
        row.account_name = name
        await row.save(update_fields=["account_name"])
        await note(
            "method.renamed", row.id, actor=caller.actor, organisation_id=caller.organisation_id
        )
    return held


async def _cancel(caller: Caller, row: PayoutMethod) -> None:
    await PayoutMethod.filter(id=row.id).update(cancelled_at=world.now())
    await _tell(caller, "method.change_cancelled", row)


async def _tell(caller: Caller, act: str, row: PayoutMethod) -> None:
    """The trail, the partner, and the merchants who have money of theirs."""
    shown = {"kind": row.kind, "provider": row.provider, "last4": row.last4}
    await note(act, row.id, actor=caller.actor, organisation_id=caller.organisation_id, **shown)
    if act == "method.set":
        return
    merchants = await statements.balances(partner_id=caller.organisation_id)
    for organisation_id in (caller.organisation_id, *(m.merchant_id for m in merchants)):
        await publish(
            "payout_method.changed",
            organisation_id,
            caller.organisation_id,
            partner=caller.slug,
            effective_at=row.effective_at.isoformat(),
            cancelled=act == "method.change_cancelled",
        )


def warnings(row: PayoutMethod) -> list[str]:
    """Codes of what looks unusual about an account: `unusual_length`."""
    provider = providers.PROVIDERS.get(row.provider)
    if provider is None:
        return []
    number = sealing.unseal(row.number_sealed, row.partner_id)
    return ["unusual_length"] if providers.is_unusual(provider, number) else []
