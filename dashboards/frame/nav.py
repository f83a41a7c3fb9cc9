"""Where each side can go: five daily places, and more below a rule. Pure."""

from collections.abc import Collection, Container
from dataclasses import dataclass


@dataclass(frozen=True)
class Place:
    """One place of the navigation; `label` is Indonesian and translated where it is shown.

    `roles`: which of the organisation's roles see it (empty: all). `daily`: in the tab bar.
    `also`: other paths that belong to it.
    """

    key: str
    path: str
    icon: str
    label: str
    daily: bool = True
    roles: tuple[str, ...] = ()
    also: tuple[str, ...] = ()


PLACES: dict[str, tuple[Place, ...]] = {
    "merchant": (
        Place("home", "/merchant", "home", "Beranda"),
        Place("sales", "/merchant/sales", "bill", "Penjualan"),
        Place("campaigns", "/merchant/campaigns", "horn", "Kampanye", True,
              ("owner", "manager", "viewer"), ("/merchant/posts",)),
        Place("partners", "/merchant/partners", "users", "Mitra", True,
              ("owner", "manager", "viewer")),
        Place("payouts", "/merchant/payouts", "wallet", "Pencairan"),
        Place("review", "/merchant/review", "search", "Tinjauan", False),
        Place("products", "/merchant/products", "tag", "Produk", False,
              ("owner", "manager", "viewer")),
        Place("import", "/merchant/imports/new", "up", "Impor pesanan", False,
              ("owner", "manager")),
        Place("content", "/merchant/content", "cam", "Konten & testimoni", False,
              ("owner", "manager", "viewer")),
        Place("books", "/merchant/books", "book", "Pembukuan & pajak", False,
              ("owner", "finance", "viewer")),
        Place("settings", "/merchant/settings", "tune", "Pengaturan", False, ("owner", "manager")),
    ),
    "partner": (
        Place("home", "/partner", "home", "Beranda"),
        Place("campaigns", "/partner/campaigns", "horn", "Kampanye"),
        Place("links", "/partner/links", "link", "Link"),
        Place("earnings", "/partner/earnings", "wallet", "Pendapatan",
              also=("/partner/payouts", "/partner/commissions")),
        Place("account", "/partner/account", "user", "Akun"),
        Place("claims", "/partner/claims", "chat", "Pesanan chat", False),
        Place("network", "/partner/network", "users", "Jaringan saya", False),
        Place("kit", "/partner/kit", "save", "Materi promosi", False),
    ),
    "operator": (
        Place("home", "/operator", "home", "Ringkasan"),
        Place("shops", "/operator/shops", "store", "Toko"),
        Place("partners", "/operator/partners", "users", "Mitra"),
        Place("payouts", "/operator/payouts", "send", "Uang keluar"),
        Place("system", "/operator/system", "pulse", "Sistem"),
        Place("books", "/operator/books", "book", "Pembukuan", False),
        Place("review", "/operator/review", "search", "Tinjauan", False),
        Place("trail", "/operator/trail", "lock", "Jejak audit", False),
        Place("privacy", "/operator/privacy", "info", "Data pribadi", False),
        Place("settings", "/operator/settings", "tune", "Pengaturan", False),
    ),
}  # fmt: skip


def places(side: str, role: str | None, exists: Container[str] | None = None) -> tuple[Place, ...]:
    """The places of a side for a role, daily ones first; only pages in `exists`, if given."""
    return tuple(
        place
        for place in PLACES.get(side, ())
        if (not place.roles or role in place.roles) and (exists is None or place.path in exists)
    )


def unused(roles: Collection[str]) -> frozenset[str]:
    """The keys of a partner's places that nobody with these roles in campaigns has a use for: who
    only follows shares a link and reads what it brought.
    """
    only_follows = set(roles) == {"follower"}
    return frozenset({"campaigns", "claims", "network", "kit"} if only_follows else ())


def here(shown: tuple[Place, ...], path: str) -> str | None:
    """The key of the place that a path belongs to: the longest path that it starts with."""
    owned = [(own, place.key) for place in shown for own in (place.path, *place.also)]
    fitting = [one for one in owned if path == one[0] or path.startswith(f"{one[0]}/")]
    return max(fitting, key=lambda one: len(one[0]))[1] if fitting else None


def home(side: str) -> str:
    """Where a person of this side lands after signing in."""
    return f"/{side}" if side in PLACES else "/"
