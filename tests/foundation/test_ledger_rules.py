"""The ledger's rules: moves, hashes, changes, signs."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jejaring.ledger import accounts
from jejaring.ledger.rules import (
    ContentDiffers,
    Move,
    Overdrawn,
    changes,
    content_hash,
    draws,
    kept,
    may_stand,
)

PENDING = accounts.partner("org_rina", "pending")
OWED = accounts.partner("org_rina", "owed_back")
NAMES = (*accounts.MERCHANT_ACCOUNTS, PENDING, OWED)
MOVES = st.lists(
    st.builds(
        lambda pair, amount: Move(pair[0], pair[1], amount),
        st.tuples(st.sampled_from(NAMES), st.sampled_from(NAMES)).filter(lambda p: p[0] != p[1]),
        st.integers(0, 10**12),
    )
)


def test_a_move_is_never_negative() -> None:
    with pytest.raises(ValueError, match="negative"):
        Move(PENDING, OWED, -1)


def test_a_move_goes_from_one_account_to_another() -> None:
    with pytest.raises(ValueError, match="another"):
        Move(PENDING, PENDING, 1)


@pytest.mark.parametrize(
    ("account", "amount", "stands"),
    [
        (PENDING, 1, True),
        (PENDING, 0, True),
        (PENDING, -1, False),
        (OWED, -1, True),
        (OWED, 0, True),
        (OWED, 1, False),
        (accounts.CASH_OUT, -1, True),
        (accounts.CASH_OUT, 1, True),
    ],
)
def test_signs_of_partners_accounts(account: str, amount: int, stands: bool) -> None:
    assert may_stand(account, amount) is stands


@pytest.mark.parametrize(
    ("account", "change", "drawn"),
    [
        (PENDING, -1, True),
        (PENDING, 0, False),
        (PENDING, 1, False),
        (OWED, 1, True),
        (OWED, 0, False),
        (OWED, -1, False),
    ],
)
def test_what_draws_on_an_account(account: str, change: int, drawn: bool) -> None:
    assert draws(account, change) is drawn
    assert not draws(accounts.CASH_OUT, change)


@given(MOVES)
def test_an_entry_sums_to_zero(moves: list[Move]) -> None:
    assert sum(changes(moves).values()) == 0


@given(MOVES)
def test_the_order_of_moves_and_zeros_do_not_change_the_hash(moves: list[Move]) -> None:
    mixed = [*reversed(moves), Move(PENDING, OWED, 0)]
    assert content_hash("accrue", moves) == content_hash("accrue", mixed)
    assert all(move.amount for move in kept(mixed))


@given(MOVES, MOVES)
def test_other_moves_or_another_event_have_another_hash(one: list[Move], two: list[Move]) -> None:
    def flat(moves: list[Move]) -> list[tuple[str, str, int]]:
        return sorted((m.from_account, m.to_account, m.amount) for m in kept(moves))

    same = content_hash("accrue", one) == content_hash("accrue", two)
    assert same == (flat(one) == flat(two))
    assert content_hash("accrue", one) != content_hash("reverse", one)


def test_a_hash_in_the_books_is_found_again_by_any_later_version() -> None:
    moves = [Move("expense:commission", PENDING, 18_500), Move(PENDING, OWED, 0)]
    known = "93cf1fda5bca655a02bd782e2c3e94559e4a80e2227d9a0b807e817f5074dcc0"
    assert content_hash("accrue", moves) == known


def test_a_fault_says_whose_entry_and_which_accounts() -> None:
    differs = ContentDiffers("org_shop", "accrue:lin_1")
    assert (differs.merchant_id, differs.key) == ("org_shop", "accrue:lin_1")
    assert str(differs) == "org_shop: the entry accrue:lin_1 is in the books with other content"
    overdrawn = Overdrawn([PENDING, OWED])
    assert overdrawn.accounts == (PENDING, OWED)
    assert str(overdrawn) == f"overdrawn, one of: {PENDING}, {OWED}"


def test_a_partner_has_five_accounts_and_no_other() -> None:
    assert accounts.owner_of(PENDING) == "org_rina"
    with pytest.raises(ValueError, match="no such"):
        accounts.partner("org_rina", "pocket")
