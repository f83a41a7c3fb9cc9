"""Banks and e-wallets that a partner can be paid to: a dated table, and what an account looks like.

Source: the national three-digit clearing codes and usual account lengths as collected in the
project's study of Indonesia, section 2.5 (lengths are a habit of the banks, not a rule: an unusual
one warns, it is never refused). E-wallets: their account is the phone number.
"""

from dataclasses import dataclass

from jejaring.kit import text

AS_OF = "2026-11-24"
BANK = "bank"
EWALLET = "ewallet"


@dataclass(frozen=True)
class Provider:
    """A bank (with its three-digit code and usual account lengths) or an e-wallet."""

    code: str
    kind: str
    name: str
    bank_code: str = ""
    lengths: tuple[int, ...] = ()


def _bank(code: str, name: str, bank_code: str, *lengths: int) -> Provider:
    return Provider(code, BANK, name, bank_code, lengths)


_ALL = (
    _bank("bca", "BCA", "014", 10),
    _bank("mandiri", "Bank Mandiri", "008", 13),
    _bank("bni", "BNI", "009", 10),
    _bank("bri", "BRI", "002", 15),
    _bank("bsi", "Bank Syariah Indonesia", "451", 10),
    _bank("btn", "BTN", "200", 16),
    _bank("cimb", "CIMB Niaga", "022", 13, 14),
    _bank("permata", "Bank Permata", "013", 10, 11, 12, 13, 14, 15, 16),
    _bank("danamon", "Bank Danamon", "011"),
    _bank("jago", "Bank Jago", "542"),
    _bank("seabank", "SeaBank", "535"),
    _bank("maybank", "Maybank Indonesia", "016"),
    _bank("panin", "Panin Bank", "019"),
    _bank("uob", "UOB Indonesia", "023"),
    _bank("ocbc", "OCBC Indonesia", "028"),
    _bank("bjb", "Bank BJB", "110"),
    _bank("dki", "Bank DKI (Bank Jakarta)", "111"),
    _bank("muamalat", "Bank Muamalat", "147"),
    _bank("sinarmas", "Bank Sinarmas", "153"),
    _bank("smbc", "SMBC Indonesia (BTPN, Jenius)", "213"),
    _bank("mega", "Bank Mega", "426"),
    _bank("neo", "Bank Neo Commerce", "490"),
    _bank("raya", "Bank Raya", "494"),
    _bank("blu", "blu (BCA Digital)", "501"),
    _bank("superbank", "Superbank", "562"),
    _bank("allo", "Allo Bank", "567"),
    Provider("dana", EWALLET, "DANA"),
    Provider("ovo", EWALLET, "OVO"),
    Provider("gopay", EWALLET, "GoPay"),
    Provider("shopeepay", EWALLET, "ShopeePay"),
    Provider("linkaja", EWALLET, "LinkAja"),
)
PROVIDERS = {provider.code: provider for provider in _ALL}
_SEPARATORS = str.maketrans("", "", " .-\u00a0")


def account(provider: Provider, raw: str) -> str | None:
    """The account number as it is stored: a bank's digits (6 to 34 of them, spaces, dots and
    dashes dropped), a wallet's phone as `08…` (other countries in E.164); None if it is neither.
    """
    if provider.kind == EWALLET:
        phone = text.phone(raw)
        return None if phone is None else wallet(phone)
    digits = raw.translate(_SEPARATORS)
    fits = digits.isascii() and digits.isdigit() and 6 <= len(digits) <= 34
    return digits if fits else None


def wallet(phone: str) -> str:
    """A phone in E.164 as a wallet's number."""
    return phone.replace("+62", "0", 1)


def is_unusual(provider: Provider, number: str) -> bool:
    """Whether the number has another length than this bank's accounts usually have."""
    return bool(provider.lengths) and len(number) not in provider.lengths
