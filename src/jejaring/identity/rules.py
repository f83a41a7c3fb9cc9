"""Sides, roles, scopes: who may do what. Pure."""

from dataclasses import dataclass, field

MERCHANT_SCOPES = frozenset(
    {
        "catalog",
        "campaigns",
        "sales",
        "money.read",
        "money.decide",
        "payouts.prepare",
        "payouts.approve",
        "stats",
        "webhooks",
        "keys",
    }
)
PARTNER_SCOPES = frozenset(
    {
        "join",
        "links",
        "claims",
        "content",
        "money.read",
        "method",
        "stats",
        "webhooks",
        "keys",
    }
)
OPERATOR_SCOPES = frozenset({"stats", "keys"})
SCOPES = {"merchant": MERCHANT_SCOPES, "partner": PARTNER_SCOPES, "operator": OPERATOR_SCOPES}

KINDS = ("merchant", "partner", "operator")
ROLES = ("owner", "manager", "finance", "viewer")

# What a role may do on a merchant's pages (screens.md section 2): owner everything; manager all but
# bank and members; finance sales (read), payouts, books; viewer reads.
_ROLE_MAY = {
    "owner": frozenset({"read", "edit", "sell", "prepare", "approve", "members", "settings"}),
    "manager": frozenset({"read", "edit", "sell", "prepare"}),
    "finance": frozenset({"read", "prepare", "approve"}),
    "viewer": frozenset({"read"}),
}


@dataclass(frozen=True)
class Caller:
    """Who asks: an organisation, through a person's session (`role`) or a key (`scopes`)."""

    organisation_id: str
    kind: str
    slug: str
    name: str
    zone: str
    actor: str
    role: str | None = None
    user_id: str | None = None
    user_name: str = ""
    language: str = "id"
    scopes: frozenset[str] = field(default_factory=frozenset)

    @property
    def rate_key(self) -> str:
        """What requests are counted by: the key or the user."""
        return self.actor

    def may(self, act: str) -> bool:
        """Whether this person's role allows the act (`read`, `edit`, `sell`, `prepare`, `approve`,
        …).
        """
        return self.role is not None and act in _ROLE_MAY[self.role]


def grantable(kind: str, role: str | None, held: frozenset[str]) -> frozenset[str]:
    """The scopes that a key made by this caller may carry: only an owner grants `keys`; a key made
    with a key never carries more than that key."""
    offered = SCOPES.get(kind, frozenset())
    if role is None:
        return offered & held - {"keys"}
    return offered if role == "owner" else offered - {"keys"}
