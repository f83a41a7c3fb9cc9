"""Every page of the operator, listed."""

from dashboards.operator import home, money, partners, shops, system

PAGES = [*home.PAGES, *shops.PAGES, *partners.PAGES, *money.PAGES, *system.PAGES]
