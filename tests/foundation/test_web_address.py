"""The client's address: proxies are believed as far as they are trusted, and no further."""

import pytest
from starlette.requests import Request

from jejaring.settings import Settings, settings
from jejaring.web import address
from jejaring.web.address import networks, prefix, resolve

HEROKU = networks("10.0.0.0/8, 192.168.1.1 , fd00::/8")


@pytest.mark.parametrize(
    ("peer", "forwarded", "found"),
    [
        ("203.0.113.7", [], "203.0.113.7"),
        # A stranger who claims to be forwarded is not believed.
        ("203.0.113.7", ["198.51.100.1"], "203.0.113.7"),
        ("10.1.2.3", ["198.51.100.1"], "198.51.100.1"),
        # The client wrote 1.1.1.1 itself; the proxy appended whom it saw.
        ("10.1.2.3", ["1.1.1.1, 198.51.100.1"], "198.51.100.1"),
        ("10.1.2.3", ["1.1.1.1", "198.51.100.1"], "198.51.100.1"),
        ("10.1.2.3", ["1.1.1.1, 198.51.100.1, 192.168.1.1"], "198.51.100.1"),
        ("10.1.2.3", ["10.9.9.9"], "10.9.9.9"),
        ("10.1.2.3", ["nonsense"], "10.1.2.3"),
        ("10.1.2.3", ["198.51.100.1, nonsense"], "10.1.2.3"),
        ("10.1.2.3", [""], "10.1.2.3"),
        ("10.1.2.3", ["198.51.100.1:4711"], "198.51.100.1"),
        ("fd00::1", ["[2001:db8::1]:443"], "2001:db8::1"),
        ("::ffff:10.1.2.3", ["2001:db8::1"], "2001:db8::1"),
        ("fe80::1%eth0", [], "fe80::1"),
        ("", ["198.51.100.1"], "unknown"),
        ("testclient", [], "unknown"),
    ],
)
def test_the_walk_ends_at_the_first_untrusted(peer: str, forwarded: list[str], found: str) -> None:
    assert resolve(peer, forwarded, HEROKU) == found


def test_without_trusted_proxies_only_the_peer_counts() -> None:
    assert resolve("10.1.2.3", ["198.51.100.1"], networks("")) == "10.1.2.3"


def test_a_bad_list_is_refused_at_the_start() -> None:
    with pytest.raises(ValueError, match="nonsense"):
        networks("nonsense")
    with pytest.raises(ValueError, match="nonsense"):
        Settings(trusted_proxies="10.0.0.0/8, nonsense")
    assert Settings(trusted_proxies="10.0.0.0/8, ").trusted_proxies == "10.0.0.0/8, "


@pytest.mark.parametrize(
    ("given", "counted"),
    [
        ("203.0.113.7", "203.0.113.7"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
        ("unknown", "unknown"),
    ],
)
def test_limits_count_a_household(given: str, counted: str) -> None:
    assert prefix(given) == counted


def test_a_request_is_read_with_the_settings(monkeypatch: pytest.MonkeyPatch) -> None:
    changed = settings().model_copy(update={"trusted_proxies": "10.0.0.0/8"})
    monkeypatch.setattr(address, "settings", lambda: changed)
    headers = [(b"x-forwarded-for", b"198.51.100.1")]
    scope = {"type": "http", "headers": headers, "client": ("10.0.0.1", 1)}
    assert address.client(Request(scope)) == "198.51.100.1"
    assert address.client(Request(scope | {"client": None})) == "unknown"
