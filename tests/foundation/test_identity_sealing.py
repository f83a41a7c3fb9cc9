"""Sealed fields and blind indexes, before and after a rotation of SECRET_KEY."""

import pytest

from jejaring.identity import sealing
from jejaring.identity.sealing import UnreadableError, blind, seal, unseal
from jejaring.settings import settings


@pytest.fixture
def ring(monkeypatch: pytest.MonkeyPatch) -> "type[Ring]":
    """Sets the key ring: `ring.of("new", "old, oldest")`."""
    Ring.patch = monkeypatch
    return Ring


class Ring:
    """The key ring of a test."""

    patch: pytest.MonkeyPatch

    @classmethod
    def of(cls, secret: str, olds: str = "") -> None:
        """These keys, newest first."""
        changed = settings().model_copy(update={"secret_key": secret, "old_secret_keys": olds})
        cls.patch.setattr(sealing, "settings", lambda: changed)


@pytest.mark.parametrize("text", ["", "1234567890", "Rekening Bu Sari ☕", "x" * 5000])
def test_what_is_sealed_opens_again_and_says_nothing(text: str) -> None:
    sealed = seal(text)
    assert unseal(sealed) == text
    assert seal(text) != sealed
    assert not text or text not in sealed


def test_a_seal_opens_only_in_its_context() -> None:
    sealed = seal("1234567890", "method:1")
    assert unseal(sealed, "method:1") == "1234567890"
    with pytest.raises(UnreadableError):
        unseal(sealed, "method:2")


@pytest.mark.parametrize("broken", ["", "1234567890", "s1", "s1.00000000.AAAA", "s2.x.y"])
def test_what_is_no_seal_is_unreadable(broken: str) -> None:
    with pytest.raises(UnreadableError):
        unseal(broken)


def test_a_changed_seal_is_unreadable() -> None:
    sealed = seal("1234567890")
    for at in (len(sealed) - 3, sealed.rindex(".") + 1):
        letter = "A" if sealed[at] != "A" else "B"
        with pytest.raises(UnreadableError):
            unseal(sealed[:at] + letter + sealed[at + 1 :])
    for body in ("%%%", "é", "AA"):
        with pytest.raises(UnreadableError):
            unseal(sealed[: sealed.rindex(".") + 1] + body)


def test_old_keys_open_and_new_ones_seal(ring: type[Ring]) -> None:
    ring.of("first")
    sealed, buyer, session = seal("x"), blind("buyer", "+62812"), blind("session", "t")
    assert not sealing.is_stale(sealed)
    ring.of("second", "first")
    assert unseal(sealed) == "x"
    assert sealing.is_stale(sealed)
    assert blind("buyer", "+62812") == buyer
    assert blind("session", "t") != session
    ring.of("third", "second, first,")
    assert unseal(sealed) == "x"
    assert blind("buyer", "+62812") == buyer
    assert len(sealing.fingerprints()) == 3
    ring.of("third")
    with pytest.raises(UnreadableError):
        unseal(sealed)


def test_a_current_key_repeated_among_the_old_is_one_key(ring: type[Ring]) -> None:
    ring.of("first", "first")
    assert len(sealing.fingerprints()) == 1


def test_purposes_do_not_meet() -> None:
    made = {blind(p, "+6281234567890") for p in ("buyer", "account", "visitor", "session")}
    assert len(made) == 4
    assert all(len(m) == 64 for m in made)
