"""Text that people type, normalised."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jejaring.kit import text


@pytest.mark.parametrize(
    ("name", "slug"),
    [
        ("Kopi Bukit Gayo!", "kopi-bukit-gayo"),
        ("  Batik—Laras  ", "batik-laras"),
        ("Café Déjà Vu", "cafe-deja-vu"),
        ("日本", ""),
        ("---", ""),
    ],
)
def test_slugs(name: str, slug: str) -> None:
    assert text.slug(name) == slug


@given(st.text(max_size=200), st.integers(1, 60))
def test_a_slug_is_short_plain_and_settled(name: str, limit: int) -> None:
    slug = text.slug(name, limit)
    assert len(slug) <= limit
    assert all(c in "abcdefghijklmnopqrstuvwxyz0123456789-" for c in slug)
    assert text.slug(slug, limit) == slug


@pytest.mark.parametrize("typed", ["SARI10", "sari10", " sari 10 ", "Sari\t10", "ｓａｒｉ10"])
def test_a_coupon_is_the_same_however_it_is_typed(typed: str) -> None:
    assert text.fold_code(typed) == "SARI10"


@pytest.mark.parametrize(
    ("typed", "number"),
    [
        ("0812-3456-7890", "+6281234567890"),
        ("+62 812 3456 7890", "+6281234567890"),
        ("6281234567890", "+6281234567890"),
        ("(0812) 34567890", "+6281234567890"),
        ("+65 6123 4567", "+6561234567"),
        ("12", None),
        ("0812 555", None),
        ("halo", None),
        ("", None),
        ("0812345678901234567", None),
    ],
)
def test_phones(typed: str, number: str | None) -> None:
    assert text.phone(typed) == number


@pytest.mark.parametrize(
    ("typed", "address"),
    [
        (" Rina@Example.COM ", "rina@example.com"),
        ("a@b", None),
        ("@b.id", None),
        ("rina", None),
        ("a b@c.id", None),
        ("a@b@c.id", None),
        ("", None),
        ("x" * 250 + "@a.id", None),
    ],
)
def test_addresses(typed: str, address: str | None) -> None:
    assert text.email(typed) == address


@pytest.mark.parametrize(
    ("typed", "person"),
    [
        ("r.i.na+toko@Gmail.com", "rina@gmail.com"),
        ("rina@gmail.com", "rina@gmail.com"),
        ("+toko@gmail.com", "+toko@gmail.com"),  # nothing left: not everybody's address
        ("rina", None),
    ],
)
def test_one_person_behind_many_addresses(typed: str, person: str | None) -> None:
    assert text.person_email(typed) == person


@pytest.mark.parametrize(
    ("number", "shown"),
    [("+6281234567890", "0812-3456-7890"), ("+62811", "0811"), ("+6561234567", "+6561234567")],
)
def test_phones_are_shown_as_people_write_them(number: str, shown: str) -> None:
    assert text.shown_phone(number) == shown


@pytest.mark.parametrize(
    ("name", "letters"),
    [("Rina Wulandari", "RW"), ("rina", "R"), ("Siti Nur Aisyah", "SN"), ("", "?"), ("…", "?")],
)
def test_initials(name: str, letters: str) -> None:
    assert text.initials(name) == letters
