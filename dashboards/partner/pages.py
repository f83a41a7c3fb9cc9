"""Every page for partners, listed."""

from dashboards.frame.roles import framed
from dashboards.partner import account, campaigns, earnings, home, keys, links, payouts
from dashboards.partner.network import circle

_OWN = [
    *home.PAGES,
    *campaigns.PAGES,
    *links.PAGES,
    *earnings.PAGES,
    *payouts.PAGES,
    *circle.PAGES,
    *account.PAGES,
    *keys.PAGES,
]
PAGES = [framed(page) for page in _OWN]
