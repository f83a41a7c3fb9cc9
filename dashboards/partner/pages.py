"""Every page for partners, listed."""

from dashboards.partner import account, campaigns, earnings, home, keys, links, payouts
from dashboards.partner.network import circle

PAGES = [
    *home.PAGES,
    *campaigns.PAGES,
    *links.PAGES,
    *earnings.PAGES,
    *payouts.PAGES,
    *circle.PAGES,
    *account.PAGES,
    *keys.PAGES,
]
