"""What people decide in the demo: posts, an extra, a hold and an appeal, a dispute, a credit."""

from collections.abc import Awaitable, Callable, Iterator
from datetime import datetime, timedelta

from campaigns.content import judge, submit
from campaigns.goodwill.give import Gift, give
from jejaring.demo.build import Share, Stage
from referrals.commissions.models import Commission
from referrals.intake import dispute, recredit
from referrals.intake.dispute import DisputeDraft
from referrals.intake.recredit import Wanted
from referrals.orders.models import Sale
from referrals.orders.rules import Shop
from referrals.posts import accept
from referrals.review import appeal, decide

BATIK, KOPI = "batik-laras", "kopi-bukit-gayo"
Act = Callable[[], Awaitable[object]]


def scenes(stage: Stage, end: datetime) -> Iterator[tuple[datetime, Act]]:
    """Each with its instant, in the days before `end`."""
    office = _Office(stage)
    told: list[tuple[float, Act]] = [
        (
            19,
            lambda: office.post("putri", "https://www.instagram.com/reel/DJjlamprang1/", "accept"),
        ),
        (9, office.extra),
        (6, lambda: office.post("reza", "https://vt.tiktok.com/ZSdemo01/", "refuse")),
        (5, office.disputed),
        (4, office.doubt),
        (2, office.found),
        (1, lambda: office.post("dimas", "https://www.instagram.com/p/DJbuketan02/", None)),
    ]
    for days, act in told:
        yield end - timedelta(days=days), act


class _Office:
    """The people of the shops, and those of their partners who hear from them."""

    def __init__(self, stage: Stage) -> None:
        self.stage = stage

    def _share(self, shop: str, partner: str) -> Share:
        return next(s for s in self.stage.shares if (s.shop, s.partner) == (shop, partner))

    async def post(self, partner: str, url: str, answer: str | None) -> None:
        """A post sent in to the batik shop; accepted, refused, or still waiting."""
        place, shop = self._share(BATIK, partner).place, self.stage.shops[BATIK]
        sent = await submit.submit(self.stage.partners[partner], place, url, "Sudah tayang, Kak.")
        if answer == "accept":
            await accept.accept(shop.organisation_id, sent.row.id, shop.actor)
        elif answer == "refuse":
            await judge.refuse(shop.organisation_id, sent.row.id, "post_no_ad_mark", shop.actor)

    async def extra(self) -> None:
        """Money by hand for an order that nobody wrote down."""
        why = "Pesanan lewat telepon yang tidak tercatat. Terima kasih, Sari!"
        await give(self.stage.shops[BATIK], Gift("sari", 15_000, why, "TAMBAHAN-1"))

    async def doubt(self) -> None:
        """A commission is held, and its partner objects."""
        shop, partner = self.stage.shops[BATIK], self.stage.partners["yanti"]
        own = Commission.filter(merchant_id=shop.organisation_id, state="pending", reversed=0)
        row = await own.filter(partner_id=partner.organisation_id).order_by("-created_at").first()
        if row is not None:
            await decide.hold(shop.organisation_id, row.id, "buyer_unclear", shop.actor)
            text = "Pembelinya tetangga saya, Bu Ratna. Silakan dihubungi."
            await appeal.file(partner.organisation_id, row.id, text, partner.actor)

    async def disputed(self) -> None:
        """A buyer's bank takes a part of what was paid back."""
        shop = self.stage.shops[KOPI]
        sales = Sale.filter(merchant_id=shop.organisation_id, state="delivered")
        sale = await sales.order_by("-placed_at").first()
        if sale is not None:
            draft = DisputeDraft("DSP-1", "lost", 30_000)
            await dispute.dispute(Shop(shop.organisation_id), sale.id, draft, shop.actor)

    async def found(self) -> None:
        """An order that nobody was credited for is given to who brought it."""
        shop = self.stage.shops[BATIK]
        place = self._share(BATIK, "agus").place
        credited = await Commission.filter(merchant_id=shop.organisation_id).values_list("sale_id")
        sales = Sale.filter(merchant_id=shop.organisation_id, state="delivered")
        sales = sales.exclude(id__in=[one for (one,) in credited if one is not None])
        sale = await sales.order_by("-placed_at").first()
        if sale is not None:
            wanted = Wanted(place, "Pembeli menyebut nama Agus di WhatsApp.", shop.actor)
            await recredit.recredit(Shop(shop.organisation_id), sale.id, wanted)
