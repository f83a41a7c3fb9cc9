"""Every page of the operator, listed."""

from dashboards.operator import home, money, partners, review, shops, system

PAGES = [
    *home.PAGES,
    *shops.PAGES,
    *partners.PAGES,
    *money.PAGES,
    *review.PAGES,
    *system.PAGES,
]
