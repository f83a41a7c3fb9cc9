"""Text that people type: slugs, codes, phones, e-mails, initials; normalised once, here."""

import re
import unicodedata

_SLUG = re.compile(r"[^a-z0-9]+")


def slug(name: str, limit: int = 60) -> str:
    """`Kopi Bukit Gayo!` → `kopi-bukit-gayo`; ASCII, at most `limit` characters; may be empty."""
    flat = "".join(c for c in unicodedata.normalize("NFKD", name) if not unicodedata.combining(c))
    return _SLUG.sub("-", flat.lower()).strip("-")[:limit].strip("-")


def fold_code(code: str) -> str:
    """A coupon as it is compared: NFKC, no spaces, upper case (`sari 10` → `SARI10`)."""
    return "".join(unicodedata.normalize("NFKC", code).split()).upper()


def phone(raw: str) -> str | None:
    """An Indonesian or international number as E.164 (`0812-3456-7890` → `+6281234567890`), else
    None.
    """
    import phonenumbers  # noqa: PLC0415 — start-up time

    try:
        parsed = phonenumbers.parse(raw, "ID")
    except phonenumbers.NumberParseException:
        return None
    # A half-typed Indonesian number is "possible" too: it could be one of an area.
    short = parsed.country_code == 62 and (parsed.national_number or 0) < 10_000_000
    if short or not phonenumbers.is_possible_number(parsed):
        return None
    return phonenumbers.format_number(parsed, phonenumbers.PhoneNumberFormat.E164)


def email(raw: str) -> str | None:
    """Trimmed, lower case; None unless it looks like an address (one @, a dot after it)."""
    flat = raw.strip().lower()
    local, at, host = flat.partition("@")
    if not local or not at or "." not in host or re.search(r"[\s@]", local + host):
        return None
    return flat if len(flat) <= 254 else None


def person_email(raw: str) -> str | None:
    """The address of the *person*: dots and +tags before the @ folded away (self-referral rule)."""
    flat = email(raw)
    if flat is None:
        return None
    local, _, host = flat.partition("@")
    person = local.partition("+")[0].replace(".", "") or local
    return f"{person}@{'gmail.com' if host == 'googlemail.com' else host}"


def shown_phone(e164: str) -> str:
    """`+6281234567890` → `0812-3456-7890`; other countries in international form."""
    if not e164.startswith("+62"):
        return e164
    digits = "0" + e164[3:]
    return "-".join(part for part in (digits[:4], digits[4:8], digits[8:]) if part)


def initials(name: str) -> str:
    """`Rina Wulandari` → `RW`: first letters of the first two words."""
    words = [w for w in re.split(r"\W+", name) if w]
    return "".join(w[0] for w in words[:2]).upper() or "?"
