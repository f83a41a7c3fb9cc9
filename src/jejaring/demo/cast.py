"""Who there is in the demo: three shops, twelve partners. Nobody is a real person."""

from dataclasses import dataclass
from typing import Any

OPERATOR = "operator@demo.example"
PRODUCT = tuple[str, str, int, str, str]


@dataclass(frozen=True)
class CampaignPlan:
    """A campaign as its merchant sends it, and the handles of those who join."""

    name: str
    body: dict[str, Any]
    joins: tuple[tuple[str, str], ...]


@dataclass(frozen=True)
class ShopPlan:
    """A shop, its owner, its goods (sku, name, price, category, description) and campaigns."""

    slug: str
    name: str
    city: str
    about: str
    owner: str
    phone: str
    site: str
    products: tuple[PRODUCT, ...]
    campaigns: tuple[CampaignPlan, ...]


@dataclass(frozen=True)
class PartnerPlan:
    """A partner: handle, name, phone, and where they are paid (kind, provider, number)."""

    handle: str
    name: str
    phone: str
    method: tuple[str, str, str] | None


PARTNERS = (
    PartnerPlan("rina", "Rina Wulandari", "081200000101", None),
    PartnerPlan("dimas", "Dimas Prasetyo", "081200000102", ("bank", "bca", "8900114821")),
    PartnerPlan("sari", "Sari Handayani", "081200000103", ("bank", "bri", "002301000456789")),
    PartnerPlan("yanti", "Yanti Lestari", "081200000104", ("ewallet", "dana", "081200000104")),
    PartnerPlan("agus", "Agus Setiawan", "081200000105", ("bank", "mandiri", "1410099887766")),
    PartnerPlan("maya", "Maya Kusuma", "081200000106", ("bank", "bca", "5220334455")),
    PartnerPlan("putri", "Putri Anggraini", "081200000107", ("bank", "bni", "0311223344")),
    PartnerPlan("reza", "Reza Firmansyah", "081200000108", ("ewallet", "gopay", "081200000108")),
    PartnerPlan("bayu", "Bayu Nugroho", "081200000109", ("bank", "bsi", "7123456789")),
    PartnerPlan("tono", "Tono Wijaya", "081200000110", ("ewallet", "ovo", "081200000110")),
    PartnerPlan("lina", "Lina Marlina", "081200000111", ("ewallet", "dana", "081200000111")),
    PartnerPlan("hendra", "Hendra Gunawan", "081200000112", ("bank", "bca", "6040778899")),
)

_ALL = ["reseller", "buzzer", "influencer", "follower"]


def _percent(name: str, rate_bp: int, **more: Any) -> dict[str, Any]:
    return {"name": name, "when": {}, "pay": {"kind": "percent", "rate_bp": rate_bp}, **more}


SHOPS = (
    ShopPlan(
        "batik-laras",
        "Batik Laras",
        "Pekalongan",
        "Batik tulis dan cap dari Pekalongan, dikerjakan dua belas pengrajin tetangga.",
        "Laras Setyowati",
        "081200000201",
        "batiklaras.example",
        (
            ("KEMEJA-JLP", "Kemeja Jlamprang", 185_000, "kemeja", "Katun prima, cap halus."),
            ("SELENDANG-BKT", "Selendang Buketan", 240_000, "selendang", "Sutra, batik tulis."),
            ("DASTER-01", "Daster Kawung", 95_000, "daster", "Rayon adem, busui friendly."),
            ("MASKER-03", "Masker Batik isi 3", 45_000, "aksesori", "Dua lapis, bisa dicuci."),
        ),
        (
            CampaignPlan(
                "Selebgram Batik",
                {
                    "audience": ["influencer"],
                    "joining": "approval",
                    "product_ids": [],
                    "questions": ["Akun media sosial Anda?"],
                    "terms": {
                        "rules": [
                            {
                                "name": "Lewat kode",
                                "when": {"channel": ["coupon"]},
                                "pay": {"kind": "percent", "rate_bp": 1500},
                                "max_per_order": 75_000,
                            },
                            _percent("Lewat link", 1000),
                            {
                                "name": "Postingan",
                                "when": {},
                                "pay": {"kind": "per_post", "amount": 50_000},
                                "max_per_partner_month": 200_000,
                            },
                        ]
                    },
                },
                (("dimas", "influencer"), ("putri", "influencer"), ("reza", "influencer")),
            ),
            CampaignPlan(
                "Batik Akhir Tahun",
                {
                    "audience": _ALL,
                    "joining": "open",
                    "product_ids": [],
                    "budget": 5_000_000,
                    "terms": {"rules": [_percent("Semua barang", 1200)]},
                },
                (
                    ("rina", "reseller"),
                    ("sari", "buzzer"),
                    ("yanti", "reseller"),
                    ("agus", "reseller"),
                    ("lina", "follower"),
                    ("hendra", "follower"),
                ),
            ),
        ),
    ),
    ShopPlan(
        "kopi-bukit-gayo",
        "Kopi Bukit Gayo",
        "Takengon",
        "Kopi arabika Gayo dari kebun sendiri, disangrai tiap Selasa.",
        "Bukit Alam",
        "081200000202",
        "kopibukit.example",
        (
            ("GAYO-250", "Kopi Gayo 250 g", 65_000, "kopi", "Medium roast, asam lembut."),
            ("GAYO-1000", "Kopi Gayo 1 kg", 235_000, "kopi", "Untuk kedai dan kantor."),
            ("CASCARA", "Cascara 100 g", 38_000, "teh", "Teh kulit kopi, manis alami."),
        ),
        (
            CampaignPlan(
                "Panen Raya Gayo",
                {
                    "audience": ["reseller", "buzzer"],
                    "joining": "approval",
                    "product_ids": [],
                    "tier_rule": {"by": "orders", "silver": 3, "gold": 8},
                    "terms": {
                        "attribution": {"model": "first_touch", "window_days": 14},
                        "hold_days": 3,
                        "rules": [
                            {
                                "name": "Kiloan, mitra emas",
                                "when": {"sku": ["GAYO-1000"], "tier": ["gold"]},
                                "pay": {"kind": "per_item", "amount": 25_000},
                            },
                            {
                                "name": "Kiloan",
                                "when": {"sku": ["GAYO-1000"]},
                                "pay": {"kind": "per_item", "amount": 20_000},
                            },
                            {
                                "name": "Lainnya",
                                "when": {},
                                "pay": {"kind": "per_item", "amount": 5_000},
                            },
                        ],
                    },
                },
                (
                    ("rina", "reseller"),
                    ("maya", "reseller"),
                    ("bayu", "buzzer"),
                    ("tono", "buzzer"),
                    ("agus", "reseller"),
                ),
            ),
        ),
    ),
    ShopPlan(
        "keripik-bu-sri",
        "Keripik Tempe Bu Sri",
        "Malang",
        "Keripik tempe Sanan, digoreng pagi, dikirim sore.",
        "Sri Wahyuni",
        "081200000203",
        "keripikbusri.example",
        (
            ("TEMPE-ORI", "Keripik Tempe Original", 18_000, "keripik", "200 g, renyah."),
            ("TEMPE-PDS", "Keripik Tempe Pedas", 19_000, "keripik", "200 g, cabai asli."),
            ("PAKET-10", "Paket Oleh-oleh isi 10", 165_000, "paket", "Campur rasa, siap bagi."),
        ),
        (
            CampaignPlan(
                "Oleh-oleh Akhir Tahun",
                {
                    "audience": _ALL,
                    "joining": "open",
                    "product_ids": [],
                    "budget": 3_000_000,
                    "terms": {
                        "hold_days": 5,
                        "rules": [
                            {
                                "name": "Tiap pesanan",
                                "when": {"min_order": 50_000},
                                "pay": {"kind": "per_order", "amount": 7_500},
                                "max_per_partner_month": 400_000,
                            },
                            _percent("Pesanan kecil", 800),
                        ],
                        "max_per_partner_month": 500_000,
                    },
                },
                (
                    ("yanti", "reseller"),
                    ("dimas", "influencer"),
                    ("sari", "buzzer"),
                    ("tono", "buzzer"),
                    ("maya", "reseller"),
                    ("hendra", "follower"),
                ),
            ),
        ),
    ),
)
