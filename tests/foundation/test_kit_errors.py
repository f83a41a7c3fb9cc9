"""Errors carry codes, statuses, fields and values, and no wording."""

import pytest

from jejaring.kit import errors
from jejaring.kit.errors import BadField, Invalid


@pytest.mark.parametrize(
    ("error", "status", "code"),
    [
        (errors.Refusal("x"), 400, "x"),
        (errors.Unauthenticated("key_needed"), 401, "key_needed"),
        (errors.Forbidden("wrong_side"), 403, "wrong_side"),
        (errors.NotFound(), 404, "not_found"),
        (errors.NotFound("link_unknown"), 404, "link_unknown"),
        (errors.Conflict("order_exists"), 409, "order_exists"),
        (errors.Invalid(), 422, "invalid"),
        (errors.TooMany(7), 429, "too_many"),
    ],
)
def test_statuses_and_codes(error: errors.Refusal, status: int, code: str) -> None:
    assert (error.status, error.code, str(error)) == (status, code, code)


def test_values_ride_along() -> None:
    assert errors.Conflict("order_exists", order_id="INV-1").values == {"order_id": "INV-1"}


def test_one_bad_field_and_many() -> None:
    assert Invalid.at("/a", "blank", limit=3).fields == (BadField("/a", "blank", {"limit": 3}),)
    many = Invalid(fields=[BadField("/a", "blank"), BadField("/b", "blank")])
    assert [f.pointer for f in many.fields] == ["/a", "/b"]


def test_too_many_says_when_to_come_back() -> None:
    assert errors.TooMany(7).headers == {"Retry-After": "7"}
    assert errors.TooMany(7).values == {"seconds": 7}
