"""The chart of accounts, and its convention.

A move takes a positive amount *from → to*: from is debited, to is credited;
`balance(to) += a, balance(from) −= a`. So the sum over all accounts of a merchant is zero. Partner
accounts are ≥ 0, except `owed_back`, which is ≤ 0 and shown positive.
"""

EXPENSE_COMMISSION = "expense:commission"
EXPENSE_TAX_BORNE = "expense:tax_borne"
EXPENSE_BANK_FEE = "expense:bank_fee"
EXPENSE_WRITE_OFF = "expense:write_off"
TAX_PPH21 = "tax:pph21"
TAX_PPH23 = "tax:pph23"
TAX_TO_CORRECT = "tax:to_correct"
CASH_OUT = "cash_out"
MERCHANT_ACCOUNTS = (
    EXPENSE_COMMISSION,
    EXPENSE_TAX_BORNE,
    EXPENSE_BANK_FEE,
    EXPENSE_WRITE_OFF,
    TAX_PPH21,
    TAX_PPH23,
    TAX_TO_CORRECT,
    CASH_OUT,
)
PARTNER_PARTS = ("pending", "held", "payable", "in_payout", "owed_back")


def partner(partner_id: str, part: str) -> str:
    """`partner:{id}:{part}`; ValueError for a part that is not in PARTNER_PARTS."""
    if part not in PARTNER_PARTS:
        raise ValueError(f"no such partner account: {part}")
    return f"partner:{partner_id}:{part}"


def is_partner(account: str) -> bool:
    """Whether the account is a partner's, and so has a stored balance."""
    return account.startswith("partner:")


def owner_of(account: str) -> str:
    """The partner id in a partner account's name."""
    return account.split(":")[1]
