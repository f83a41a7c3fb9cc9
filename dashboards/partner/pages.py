"""Every page for partners, listed."""

from dashboards.partner import account, campaigns, earnings, home, keys, links, payouts

PAGES = [
    *home.PAGES,
    *campaigns.PAGES,
    *links.PAGES,
    *earnings.PAGES,
    *payouts.PAGES,
    *account.PAGES,
    *keys.PAGES,
]
