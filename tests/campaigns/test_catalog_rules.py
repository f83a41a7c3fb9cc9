"""Hosts and addresses: normalised, public, on the marketplace's own hosts."""

import pytest

from campaigns.catalog.rules import CHANNELS, Fault, shop_url, site_host, web_url


@pytest.mark.parametrize(
    ("text", "host"),
    [
        ("BatikLaras.ID", "batiklaras.id"),
        (" toko.batiklaras.id. ", "toko.batiklaras.id"),
        ("kopié.id", "xn--kopi-epa.id"),
        ("xn--kopi-epa.id", "xn--kopi-epa.id"),
        ("", None),
        ("batiklaras", None),
        ("localhost", None),
        ("printer.local", None),
        ("127.0.0.1", None),
        ("[::1]", None),
        ("2130706433", None),
        ("0x7f.1", None),
        ("batiklaras.id:8443", None),
        ("https://batiklaras.id", None),
        ("batiklaras.id/toko", None),
        ("a@batiklaras.id", None),
        ("-batik.id", None),
        ("ba_tik.id", None),
        ("ba..tik.id", None),
        ("a" * 64 + ".id", None),
        (".".join(["abcdefghij"] * 24), None),
    ],
)
def test_a_host_is_normalised_or_refused(text: str, host: str | None) -> None:
    assert site_host(text) == host


@pytest.mark.parametrize(
    ("text", "url"),
    [
        ("https://Batiklaras.id", "https://batiklaras.id"),
        ("https://batiklaras.id:443/p?a=1&b=2#x", "https://batiklaras.id/p?a=1&b=2#x"),
        ("https://batiklaras.id/kemeja-é", "https://batiklaras.id/kemeja-%C3%A9"),
        ("https://kopié.id/a", "https://xn--kopi-epa.id/a"),
        ("http://batiklaras.id/", None),
        ("javascript:alert(1)", None),
        ("//batiklaras.id/", None),
        ("https://batiklaras.id:8443/", None),
        ("https://batiklaras.id:x/", None),
        ("https://a:b@batiklaras.id/", None),
        ("https://10.0.0.1/", None),
        ("https://[::1]/", None),
        ("https://[/", None),
        ("https://batiklaras.id/a b", None),
        ("https://batiklaras.id\\@evil.id/", None),
        ("https://batiklaras.id/" + "a" * 500, None),
    ],
)
def test_an_address_is_written_plainly_or_refused(text: str, url: str | None) -> None:
    assert web_url(text) == url


@pytest.mark.parametrize(
    ("channel", "text", "expected"),
    [
        ("website", "https://batiklaras.id/k", "https://batiklaras.id/k"),
        ("website", "https://www.batiklaras.id/k", Fault("site_not_verified", "www.batiklaras.id")),
        ("website", "ftp://batiklaras.id/k", Fault("bad_url")),
        ("shopee", "https://shopee.co.id/x-i.1.2", "https://shopee.co.id/x-i.1.2"),
        ("tokopedia", "https://www.tokopedia.com/a/b", "https://www.tokopedia.com/a/b"),
        ("tiktok", "https://vt.tiktok.com/ZS1/", "https://vt.tiktok.com/ZS1/"),
        ("lazada", "https://www.lazada.co.id/products/a-i1.html",
         "https://www.lazada.co.id/products/a-i1.html"),
    ],
)  # fmt: skip
def test_an_address_belongs_to_its_channel(channel: str, text: str, expected: str | Fault) -> None:
    assert shop_url(channel, text, ["batiklaras.id"]) == expected


@pytest.mark.parametrize("channel", CHANNELS[1:])
def test_a_look_alike_of_a_marketplace_is_refused(channel: str) -> None:
    for host in ("shopee.co.id.evil.id", "evil-tokopedia.com", "tiktok.com.evil.id"):
        found = shop_url(channel, f"https://{host}/a", [])
        assert isinstance(found, Fault)
        assert (found.code, found.host) == ("wrong_marketplace", host)
