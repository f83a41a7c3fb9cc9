"""Charts, places, typed amounts: every branch, and laws."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dashboards.frame import charts, icons, nav, rules, states
from dashboards.frame.charts import Bar


@pytest.mark.parametrize(
    ("text", "amount"),
    [
        ("150000", 150_000), ("150.000", 150_000), ("Rp 150.000", 150_000), ("rp150,000", 150_000),
        ("1.250.000", 1_250_000), ("Rp. 5", 5), ("150.000,-", 150_000), ("0", 0), (" 7 ", 7),
        ("1.50", None), ("1,5", None), ("-5", None), ("", None), ("seribu", None),
        ("1.000,000", None), ("9999999999999", None),
    ],
)  # fmt: skip
def test_amounts_are_read_as_people_write_them(text: str, amount: int | None) -> None:
    assert rules.read_rupiah(text) == amount


@given(st.integers(0, 10**12))
def test_an_amount_that_we_show_can_be_typed_back(amount: int) -> None:
    assert rules.read_rupiah(f"Rp{amount:,}".replace(",", ".")) == amount


@pytest.mark.parametrize(("text", "number"), [("12", 12), ("1.200", 1200), ("Rp12", None)])
def test_numbers_are_not_money(text: str, number: int | None) -> None:
    assert rules.read_number(text) == number


@pytest.mark.parametrize(
    ("text", "rate"),
    [("12", 1200), ("12,5", 1250), ("12.5%", 1250), ("0,25", 25), ("100 %", 10_000),
     ("120", 12_000), ("12,555", None), ("-1", None), ("", None)],
)  # fmt: skip
def test_rates_become_basis_points(text: str, rate: int | None) -> None:
    assert rules.read_rate(text) == rate


@pytest.mark.parametrize(
    ("text", "day"),
    [("2026-11-24", date(2026, 11, 24)), ("24/11/2026", date(2026, 11, 24)),
     ("1.2.2026", date(2026, 2, 1)), ("31/02/2026", None), ("besok", None)],
)  # fmt: skip
def test_days_are_read_in_both_orders(text: str, day: date | None) -> None:
    assert rules.read_day(text) == day


def test_values_of_a_message_are_cut_and_numbers_are_numbers() -> None:
    found = rules.flash_values({"pesan": "x", "a": "12", "b": "007", "c": "z" * 500, "d e": "1"})
    assert found == {"a": 12, "b": "007", "c": "z" * 120}


@pytest.mark.parametrize(
    ("code", "tone"), [("no_order", "bad"), ("wait_x", "wait"), ("info_x", ""), ("saved", "ok")]
)
def test_a_messages_tone_is_in_its_code(code: str, tone: str) -> None:
    assert rules.tone(code) == tone


@pytest.mark.parametrize(
    ("agent", "app"),
    [("Mozilla/5.0 (iPhone) Instagram 300.0", "Instagram"), ("x BytedanceWebview/1", "TikTok"),
     ("Mozilla [FBAN/FB4A]", "Facebook"), ("Mozilla/5.0 Chrome/120", None)],
)  # fmt: skip
def test_apps_own_browsers_are_recognised(agent: str, app: str | None) -> None:
    assert rules.webview(agent) == app


BALANCE = {"pending": 212_490, "held": 0, "payable": 357_370, "in_payout": 0, "paid": 1_540_000,
           "owed_back": 18_000}  # fmt: skip


def test_the_strip_shows_parts_in_fixed_order_and_stripes_what_is_uncertain() -> None:
    drawn = charts.segments(BALANCE)
    assert [s.key for s in drawn] == ["pending", "payable", "paid", "owed_back"]
    assert drawn[0].fill == "url(#parang)"
    assert drawn[1].fill is None
    assert charts.segments({}) == []


@given(st.dictionaries(st.sampled_from([k for k, _ in charts.PARTS]), st.integers(1, 10**12),
                       min_size=1))  # fmt: skip
def test_the_strip_fills_its_width_exactly(balance: dict[str, int]) -> None:
    drawn = charts.segments(balance)
    wide = sum(round(float(s.width[:-1]) * 100) for s in drawn) + 50 * (len(drawn) - 1)
    assert wide == 10_000
    assert all(float(s.width[:-1]) >= 1 for s in drawn)


def test_four_balances_are_always_named() -> None:
    assert [k for k, _, _ in charts.shown_parts({})] == list(charts.ALWAYS)
    assert "held" in [k for k, _, _ in charts.shown_parts({"held": 1})]


@given(st.integers(0, 10**13))
def test_a_charts_top_is_round_and_not_below_its_bars(value: int) -> None:
    top = charts.ceiling(value)
    assert top >= max(value, 2)
    assert top % 2 == 0 or top == 15 or top % 5 == 0
    assert top <= max(2 * value, 2)


@pytest.mark.parametrize(
    ("value", "indonesian", "english"),
    [(0, "0", "0"), (999, "999", "999"), (700_000, "700 rb", "700K"), (1_400_000, "1,4 jt", "1.4M"),
     (2_000_000_000, "2 M", "2B")],
)  # fmt: skip
def test_axis_labels_are_short(value: int, indonesian: str, english: str) -> None:
    assert charts.short(value) == indonesian
    assert charts.short(value, "en") == english


def test_a_tile_is_exact_below_a_hundred_million() -> None:
    assert charts.tile(18_556_000, "Rp18.556.000") == "Rp18.556.000"
    assert charts.tile(182_800_000, "Rp182.800.000") == "Rp182,8 jt"


@pytest.mark.parametrize("count", [0, 1, 3, 5, 6, 14, 30, 31])
def test_a_chart_needs_no_view_box_and_titles_every_bar(count: int) -> None:
    series = [Bar(f"{n} Nov", n * 10, f"<{n}>") for n in range(count)]
    drawn = charts.bars(series, 'a "sentence"')
    assert "viewBox" not in drawn
    assert "style" not in drawn
    assert drawn.count("<title>") == count
    assert "<0>" not in drawn
    assert drawn.count('y="164"') <= 6
    assert drawn.count(" hi") == (1 if count > 1 else 0)


def test_a_chart_highlights_what_it_is_told_to() -> None:
    drawn = charts.bars([Bar("a", 5, "5"), Bar("b", 9, "9")], "s", highlight=0)
    assert 'class="b hi"' in drawn.partition("<title>a")[0]
    with pytest.raises(ValueError, match="31"):
        charts.bars([Bar("a", 1, "1")] * 32, "s")


def test_the_sprite_holds_what_is_used_and_no_more() -> None:
    assert charts.sprite(icons.drawings(), [], stripes=False) == ""
    drawn = charts.sprite(icons.drawings(), ["home", "x"], stripes=True)
    assert drawn.count("<symbol") == 2
    assert 'id="parang2"' in drawn


def test_each_side_has_five_daily_places() -> None:
    for side in nav.PLACES:
        assert len([p for p in nav.places(side, "owner") if p.daily]) == 5


def test_a_role_sees_its_places_only() -> None:
    finance = {p.key for p in nav.places("merchant", "finance")}
    assert {"sales", "payouts", "books"} <= finance
    assert not {"campaigns", "settings"} & finance
    assert nav.places("merchant", "owner", {"/merchant"}) == (nav.PLACES["merchant"][0],)
    assert nav.places("nobody", "owner") == ()


def test_a_path_belongs_to_the_longest_place() -> None:
    shown = nav.places("merchant", "owner")
    assert nav.here(shown, "/merchant/sales/sal_1") == "sales"
    assert nav.here(shown, "/merchant") == "home"
    assert nav.here(shown, "/menu") is None
    assert nav.home("partner") == "/partner"
    assert nav.home("other") == "/"


def test_every_icon_that_is_named_is_drawn() -> None:
    named = {s.icon for s in states.STATES.values()}
    named |= {p.icon for places in nav.PLACES.values() for p in places}
    assert named <= set(icons.drawings())


@pytest.mark.parametrize(
    ("commission", "line", "part"),
    [
        ((5_400, 704), (45_000, 5_870), (5_870, 45_000)),
        ((5_400, 705), (45_000, 5_870), None),
        ((5_400, 0), (45_000, 0), None),
        ((5_400, 5_400), (45_000, 45_000), None),
        ((0, 0), (0, 0), None),
    ],
)
def test_a_refunded_part_explains_what_was_taken_only_where_it_does(
    commission: tuple[int, int], line: tuple[int, int], part: tuple[int, int] | None
) -> None:
    assert rules.part_back(commission, line) == part
