"""Terms in words: each condition and limit is said, in both languages, and the example is right."""

from datetime import UTC, datetime
from typing import Any

import pytest

from campaigns.terms.explain import Message, example, sentences
from campaigns.terms.rules import Policy, Price, Recruiter, Rule, Terms, When
from campaigns.terms.steps import Step
from campaigns.terms.words import paragraph, words
from jejaring.web import language

DAY = datetime(2026, 11, 24, 5, tzinfo=UTC)


def some(*values: str) -> frozenset[str]:
    return frozenset(values)


FULL = Terms(
    rules=(
        Rule(
            "Batik",
            "percent",
            When(
                product_id=some("prd_1"),
                sku=some("A", "B", "C"),
                category=some("batik"),
                role=some("influencer", "buzzer"),
                partner=some("rina"),
                tier=some("gold"),
                channel=some("coupon"),
                item=some("direct"),
                new_buyer=True,
                min_line=1_000,
                min_order=100_000,
                min_quantity=2,
                from_=DAY,
                until=datetime(2026, 12, 1, tzinfo=UTC),
            ),
            rate_bp=1_250,
            max_per_order=50_000,
            max_per_partner_month=1_000_000,
        ),
        Rule("Lama", "per_order", When(new_buyer=False), amount=5_000),
        Rule("Satuan", "per_item", When(min_quantity=3), amount=1_000),
    ),
    attribution=Policy("first_touch", 14, coupon_beats_click=False),
    hold_days=3,
    max_per_partner_month=2_000_000,
    buyer_discount_bp=500,
)


def test_every_condition_and_limit_is_said_in_indonesian() -> None:
    assert paragraph("id", sentences(FULL, {"prd_1": "Kemeja Jlamprang"})) == [
        "Batik: komisi 12,5% dari harga barang, untuk buzzer atau influencer, untuk kategori "
        "batik, untuk produk Kemeja Jlamprang, untuk SKU A, B atau C, untuk mitra rina, untuk "
        "tingkat emas, lewat kode mitra, untuk produk yang ada di link, kalau pembelinya baru di "
        "toko ini, kalau barang itu dibeli minimal Rp1.000, kalau pesanannya minimal Rp100.000, "
        "kalau dibeli minimal 2 buah, mulai 24 Nov 2026, 12.00 WIB, sampai sebelum 1 Des 2026, "
        "07.00 WIB.",
        "Batik: paling banyak Rp50.000 per pesanan.",
        "Batik: paling banyak Rp1.000.000 per mitra per bulan.",
        "Lama: Rp5.000 per pesanan, kalau pembelinya pernah belanja di toko ini.",
        "Satuan: Rp1.000 per barang, kalau dibeli minimal 3 buah.",
        "Penjualan lain tidak mendapat komisi.",
        "Semua komisi bersama-sama paling banyak Rp2.000.000 per mitra per bulan.",
        "Yang dihitung adalah mitra pertama yang linknya dibuka, paling lama 14 hari sebelum "
        "pesanan.",
        "Kode mitra hanya dihitung kalau tidak ada klik.",
        "Dihitung dari harga barang setelah diskon, tanpa ongkir, pajak, dan biaya COD.",
        "Komisi bisa dicairkan 3 hari setelah pesanan diterima pembeli.",
        "Pembeli yang memakai kode mitra mendapat diskon 5%.",
    ]


def test_the_zone_of_the_shop_is_kept() -> None:
    told = paragraph("en", sentences(FULL), "Asia/Jayapura")
    assert "from 24 Nov 2026, 14:00 WIT" in told[0]


def test_simple_terms_read_simply_in_english() -> None:
    terms = Terms((Rule("A", "percent", When(role=some("buzzer")), rate_bp=500),
                   Rule("B", "percent", rate_bp=1000)))  # fmt: skip
    assert paragraph("en", sentences(terms))[:2] == [
        "A: 5% of the price of the goods, for buzzers.",
        "B: 10% of the price of the goods, for every other sale.",
    ]
    alone = paragraph("en", sentences(Terms((Rule("B", "percent", rate_bp=0),))))
    assert alone[0] == "B: 0% of the price of the goods, for every sale."
    assert "Other sales earn no commission." not in alone


def _ids(value: Any) -> set[str]:
    if isinstance(value, Message):
        return {value.id} | {i for v in value.values.values() for i in _ids(v)}
    if isinstance(value, tuple | list):
        return {i for v in value for i in _ids(v)}
    return set()


@pytest.mark.parametrize("lang", language.LANGUAGES)
def test_every_message_has_its_words(lang: str) -> None:
    told = _ids([*sentences(FULL), example(FULL, 1)])
    assert all(language.known(lang, message) for message in told)


def test_the_example_is_of_the_broadest_rule_and_computed() -> None:
    terms = Terms(
        (
            Rule("A", "percent", When(role=some("buzzer")), rate_bp=500),
            Rule("B", "percent", rate_bp=1000, max_per_order=15_000),
        )
    )
    assert words("id", example(terms, 185_000)) == (
        "Contoh: 1 barang seharga Rp185.000 terjual, totalnya Rp185.000; komisi Anda Rp15.000 (B)."
    )


@pytest.mark.parametrize(
    ("when", "quantity"),
    [
        (When(min_order=100_001), 3),
        (When(min_line=50_000), 1),
        (When(min_quantity=4, until=DAY), 4),
        (When(from_=DAY, new_buyer=False), 1),
        (FULL.rules[0].when, 2),
    ],
)
def test_the_example_sells_what_the_rule_asks_for(when: When, quantity: int) -> None:
    told = example(Terms((Rule("A", "percent", when, rate_bp=1000),)), 50_000)
    assert told.values["quantity"] == quantity
    assert told.values["amount"] == 5_000 * quantity


def test_an_example_of_a_free_product_takes_a_price() -> None:
    assert example(Terms((Rule("A", "percent", rate_bp=1000),)), 0).values["price"] == 1


TIERS = (Step(0, 500), Step(1_000_000, 700), Step(5_000_000, 1_000))
EVENTS = Terms(
    rules=(
        Rule("Bertingkat", "tiers", mode="marginal", steps=TIERS),
        Rule("Semua", "tiers", mode="whole", steps=TIERS[:1]),
        Rule("Ulang", "recurring", rate_bp=300, months=6),
        Rule("Klik", "per_click", amount=200, max_per_day=20_000),
        Rule("Bonus", "bonus", amount=50_000, at_sales=10),
        Rule("Omzet", "bonus", When(category=some("batik")), amount=50_000, at_volume=2_000_000),
        Rule("Unggah", "per_post", amount=25_000),
        Rule("Ulas", "per_post", When(role=some("follower")), amount=5_000),
    ),
    recruiter=Recruiter(1_000, 30),
    bond_days=90,
    prices={"prd_1": Price(80_000, 90_000, 120_000)},
)


def test_rules_of_the_month_and_of_events_are_said() -> None:
    told = paragraph("en", sentences(EVENTS))
    assert told[0] == (
        "Bertingkat: by steps of what you sell in a month, for every sale: 5% up to Rp1,000,000, "
        "7% from Rp1,000,000 to Rp5,000,000, 10% above Rp5,000,000. Each part has its own rate."
    )
    assert told[3] == "Klik: Rp200 per click, at most Rp20,000 a day, for every link."
    assert "Bonus: a bonus of Rp50,000 for 10 orders in a month, of all your sales." in told
    assert "Other sales earn no commission." in told
    post = told.index("Unggah: Rp25,000 per accepted post, for every post.")
    assert told[post + 1].startswith("For influencers and buzzers. Send the post's address in")
    assert told[post + 3].startswith("Send the post's address in")
    ids = _ids(list(sentences(EVENTS)))
    assert all(language.known(lang, i) for lang in language.LANGUAGES for i in ids)


@pytest.mark.parametrize("rule", EVENTS.rules)
@pytest.mark.parametrize("lang", language.LANGUAGES)
def test_every_kind_has_an_example_in_words(rule: Rule, lang: str) -> None:
    told = example(Terms((rule,)), 100_000)
    assert all(language.known(lang, i) for i in _ids(told))
    assert words(lang, told)


def test_clicks_of_the_example_stop_at_the_days_limit() -> None:
    rule = Rule("Klik", "per_click", amount=500, max_per_day=20_000)
    assert example(Terms((rule,)), 1).values["total"] == 20_000
