"""Payout methods, payable items, runs and payouts."""

from tortoise import fields
from tortoise.models import Model

from jejaring.identity.models import Organisation


class PayoutMethod(Model):
    """Where a partner is paid. A change is a new row that counts from `effective_at`."""

    id = fields.CharField(max_length=32, primary_key=True)
    partner: fields.ForeignKeyRelation[Organisation] = fields.ForeignKeyField(
        "jejaring.Organisation", related_name=None, on_delete=fields.RESTRICT
    )
    partner_id: str
    kind = fields.CharField(max_length=8)
    provider = fields.CharField(max_length=20)
    number_sealed = fields.TextField()
    number_index = fields.CharField(max_length=64)
    last4 = fields.CharField(max_length=4)
    account_name = fields.CharField(max_length=70)
    created_at = fields.DatetimeField()
    effective_at = fields.DatetimeField()
    cancelled_at = fields.DatetimeField(null=True)

    class Meta:
        app = "jejaring"
        table = "payout_method"
        indexes = (("partner_id", "effective_at"), ("number_index",))


class PayoutRun(Model):
    """A gathering of payable items at a cutoff: preview → approved → done, or cancelled."""

    id = fields.CharField(max_length=32, primary_key=True)
    merchant: fields.ForeignKeyRelation[Organisation] = fields.ForeignKeyField(
        "jejaring.Organisation", related_name=None, on_delete=fields.RESTRICT
    )
    merchant_id: str
    state = fields.CharField(max_length=10)
    cutoff = fields.DatetimeField()
    partner_filter = fields.CharField(max_length=32, null=True)
    preview: dict[str, object] = fields.JSONField(default=dict)
    lines_hash = fields.CharField(max_length=64)
    created_by = fields.CharField(max_length=64)
    created_at = fields.DatetimeField()
    approved_by = fields.CharField(max_length=64, null=True)
    approved_at = fields.DatetimeField(null=True)
    cancelled_at = fields.DatetimeField(null=True)
    done_at = fields.DatetimeField(null=True)

    class Meta:
        app = "jejaring"
        table = "payout_run"
        indexes = (("merchant_id", "created_at"),)


class Payout(Model):
    """One transfer to one partner; made at approval, with the account as it was then."""

    id = fields.CharField(max_length=32, primary_key=True)
    run: fields.ForeignKeyRelation[PayoutRun] = fields.ForeignKeyField(
        "jejaring.PayoutRun", related_name=None, on_delete=fields.RESTRICT
    )
    run_id: str
    merchant_id = fields.CharField(max_length=32)
    partner_id = fields.CharField(max_length=32)
    state = fields.CharField(max_length=10)
    gross = fields.BigIntField()
    netted = fields.BigIntField(default=0, db_default=0)
    tax = fields.BigIntField(default=0, db_default=0)
    fee = fields.BigIntField(default=0, db_default=0)
    net = fields.BigIntField()
    method_kind = fields.CharField(max_length=8)
    method_provider = fields.CharField(max_length=20)
    method_sealed = fields.TextField()
    method_last4 = fields.CharField(max_length=4)
    method_name = fields.CharField(max_length=70)
    bank_reference = fields.CharField(max_length=18)
    settled_reference = fields.CharField(max_length=80, null=True)
    approved_at = fields.DatetimeField()
    sent_at = fields.DatetimeField(null=True)
    settled_at = fields.DatetimeField(null=True)
    returned_at = fields.DatetimeField(null=True)

    class Meta:
        app = "jejaring"
        table = "payout"
        unique_together = (("merchant_id", "bank_reference"),)
        indexes = (("run_id",), ("merchant_id", "state"), ("partner_id", "approved_at"))


class PayableItem(Model):
    """An amount owed and safe to pay; `amount − reversed` is what is left of it.

    While `payout` is null a refund makes it smaller; from approval on its money belongs to the
    payout, and later refunds become owed back.
    """

    id = fields.CharField(max_length=32, primary_key=True)
    merchant_id = fields.CharField(max_length=32)
    partner_id = fields.CharField(max_length=32)
    key = fields.CharField(max_length=120)
    kind = fields.CharField(max_length=12)
    source_id = fields.CharField(max_length=32)
    label = fields.CharField(max_length=200)
    amount = fields.BigIntField()
    reversed = fields.BigIntField(default=0, db_default=0)
    not_before = fields.DatetimeField()
    created_at = fields.DatetimeField()
    payout: fields.ForeignKeyNullableRelation[Payout] = fields.ForeignKeyField(
        "jejaring.Payout", related_name=None, on_delete=fields.RESTRICT, null=True
    )
    payout_id: str | None

    class Meta:
        app = "jejaring"
        table = "payable_item"
        unique_together = (("merchant_id", "key"),)
        indexes = (
            ("merchant_id", "payout_id", "not_before"),
            ("partner_id", "merchant_id"),
            ("source_id",),
        )


class OwedSettlement(Model):
    """What a partner owed back, settled by hand: written off, or repaid. `waiting` for a second
    person (write-offs above the merchant's limit) it moves nothing.
    """

    id = fields.CharField(max_length=32, primary_key=True)
    merchant_id = fields.CharField(max_length=32)
    partner_id = fields.CharField(max_length=32)
    kind = fields.CharField(max_length=10)
    reference = fields.CharField(max_length=80)
    amount = fields.BigIntField()
    reason = fields.CharField(max_length=200)
    state = fields.CharField(max_length=8)
    asked_by = fields.CharField(max_length=64)
    asked_at = fields.DatetimeField()
    decided_by = fields.CharField(max_length=64, null=True)
    decided_at = fields.DatetimeField(null=True)

    class Meta:
        app = "jejaring"
        table = "owed_settlement"
        unique_together = (("merchant_id", "kind", "reference"),)
        indexes = (("merchant_id", "partner_id"),)
