"""Every state that a chip shows: its tone, icon and Indonesian word."""

from dataclasses import dataclass


@dataclass(frozen=True)
class State:
    """How a state looks; `label` is translated where it is shown."""

    tone: str
    icon: str
    label: str


STATES: dict[str, State] = {
    # commissions
    "pending": State("wait", "clock", "Menunggu"),
    "payable": State("info", "wallet", "Bisa dicairkan"),
    "in_payout": State("info", "send", "Sedang dikirim"),
    "paid": State("ok", "check", "Dibayar"),
    "held": State("warm", "search", "Ditinjau"),
    "rejected": State("bad", "x", "Ditolak"),
    "reversed": State("bad", "undo", "Dikoreksi"),
    "estimate": State("wait", "clock", "Estimasi"),
    # campaigns
    "draft": State("", "clock", "Draf"),
    "live": State("ok", "check", "Berjalan"),
    "paused": State("wait", "clock", "Dijeda"),
    "ended": State("", "x", "Berakhir"),
    # posts that were sent in
    "post_waiting": State("wait", "clock", "Menunggu dinilai"),
    "post_accepted": State("ok", "check", "Diterima toko"),
    "post_refused": State("bad", "x", "Ditolak"),
    # enrolments
    "requested": State("wait", "clock", "Minta bergabung"),
    "active": State("ok", "check", "Aktif"),
    # orders
    "placed": State("wait", "clock", "Dipesan"),
    "delivered": State("info", "check", "Sampai"),
    "completed": State("ok", "check", "Selesai"),
    "cancelled": State("bad", "x", "Dibatalkan"),
    "returned": State("bad", "undo", "Diretur"),
    "unattributed": State("", "info", "Tanpa mitra"),
    # payouts and runs
    "preview": State("wait", "clock", "Rancangan"),
    "approved": State("info", "check", "Disetujui"),
    "sending": State("info", "send", "Sedang dikirim"),
    "accepted": State("info", "send", "Diterima bank"),
    "unknown": State("warm", "clock", "Menunggu kabar bank"),
    "succeeded": State("ok", "check", "Dibayar"),
    "done": State("ok", "check", "Selesai"),
    "failed": State("bad", "alert", "Gagal kirim"),
    "bank_returned": State("bad", "undo", "Dikembalikan bank"),
    # shops, sites, health
    "verified": State("ok", "check", "Terverifikasi"),
    "unverified": State("wait", "clock", "Belum diverifikasi"),
    "suspended": State("bad", "lock", "Dibekukan"),
    "well": State("ok", "check", "Beres"),
    "ill": State("bad", "alert", "Perlu dilihat"),
    # stock
    "in_stock": State("ok", "check", "Tersedia"),
    "low": State("wait", "clock", "Tinggal sedikit"),
    "out": State("bad", "x", "Habis"),
}

ROLES: dict[str, str] = {
    "reseller": "Reseller",
    "buzzer": "Buzzer",
    "influencer": "Influencer",
    "follower": "Follower",
    "owner": "Pemilik",
    "manager": "Pengelola",
    "finance": "Keuangan",
    "viewer": "Pembaca",
}

SKIPPED: dict[str, str] = {
    "below_minimum": "Di bawah minimum pencairan",
    "no_method": "Belum ada rekening",
    "method_waiting": "Rekening baru masih masa tunggu",
    "nothing_left": "Habis dipotong",
    "tax_profile_missing": "Data pajak belum lengkap",
    "wallet_limit": "Melewati batas e-wallet",
}

PLATFORMS: dict[str, str] = {
    "instagram": "Instagram",
    "tiktok": "TikTok",
    "youtube": "YouTube",
    "facebook": "Facebook",
    "x": "X",
    "threads": "Threads",
    "other": "Situs lain",
}

SOURCES: dict[str, str] = {
    "website": "Situs toko",
    "whatsapp": "WhatsApp",
    "offline": "Di toko",
    "shopee": "Shopee",
    "tokopedia": "Tokopedia",
    "tiktok": "TikTok Shop",
    "lazada": "Lazada",
    "woocommerce": "WooCommerce",
    "shopify": "Shopify",
    "api": "API",
    "link": "Link",
    "click": "Klik",
    "scan": "Pindai QR",
    "coupon": "Kode mitra",
    "chat": "Chat",
    "creator": "Kreator",
    "bond": "Pelanggan tetap",
    "manual": "Keputusan toko",
    "marketplace": "Marketplace",
}
