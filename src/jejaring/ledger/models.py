"""Entries, their postings, and the partners' balances. Text keys, no foreign keys."""

from tortoise import fields
from tortoise.models import Model


class Entry(Model):
    """One event in the books, unique by its business key within a merchant."""

    id = fields.BigIntField(primary_key=True)
    merchant_id = fields.CharField(max_length=32)
    key = fields.CharField(max_length=160)
    event = fields.CharField(max_length=30)
    content_hash = fields.CharField(max_length=64)
    at = fields.DatetimeField()
    memo: dict[str, object] = fields.JSONField(default=dict)

    class Meta:
        app = "jejaring"
        table = "ledger_entry"
        unique_together = (("merchant_id", "key"),)
        indexes = (("merchant_id", "at"),)


class Posting(Model):
    """A positive amount moved from one account to another."""

    id = fields.BigIntField(primary_key=True)
    entry_id = fields.BigIntField()
    merchant_id = fields.CharField(max_length=32)
    from_account = fields.CharField(max_length=64)
    to_account = fields.CharField(max_length=64)
    amount = fields.BigIntField()

    class Meta:
        app = "jejaring"
        table = "ledger_posting"
        indexes = (("entry_id",), ("merchant_id", "from_account"), ("merchant_id", "to_account"))


class Balance(Model):
    """A partner account's balance, kept beside the postings and checked against them."""

    id = fields.BigIntField(primary_key=True)
    merchant_id = fields.CharField(max_length=32)
    account = fields.CharField(max_length=64)
    amount = fields.BigIntField(default=0, db_default=0)

    class Meta:
        app = "jejaring"
        table = "ledger_balance"
        unique_together = (("merchant_id", "account"),)
        indexes = (("account",),)
