"""Keys derived from SECRET_KEY: sealed fields (AES-256-GCM) and blind indexes (HMAC-SHA256).

docs/decisions/0004-keys.md says which key does what and what a rotation means.
"""

import base64
import binascii
import hashlib
import hmac
from functools import lru_cache

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from jejaring import world
from jejaring.settings import settings

# Stored blind indexes are compared for years, so they come from the first key ever.
STABLE = frozenset({"buyer", "account", "reference"})
_NONCE = 12
_MARK = "s1"


class UnreadableError(ValueError):
    """A sealed text that was changed, is of another context, or whose key is not in the ring."""


@lru_cache(maxsize=8)
def _ring(secret_key: str, old_keys: str) -> tuple[str, ...]:
    """Every secret, newest first."""
    olds = [part.strip() for part in old_keys.split(",")]
    return (secret_key, *[part for part in olds if part and part != secret_key])


def _secrets() -> tuple[str, ...]:
    given = settings()
    return _ring(given.secret_key, given.old_secret_keys)


@lru_cache(maxsize=64)
def _derived(secret: str, purpose: str) -> bytes:
    """32 bytes for one purpose: HKDF-SHA256, so that no key tells anything about another."""
    info = f"jejaring/1/{purpose}".encode()
    return HKDF(algorithm=SHA256(), length=32, salt=None, info=info).derive(secret.encode())


@lru_cache(maxsize=16)
def key_id(secret: str) -> str:
    """A key's public name: 8 hex letters of a value derived for nothing else."""
    return _derived(secret, "id").hex()[:8]


def fingerprints() -> list[str]:
    """The ring's key ids, newest first: a backup keeps them instead of the keys."""
    return [key_id(secret) for secret in _secrets()]


@lru_cache(maxsize=16)
def _cipher(secret: str) -> AESGCM:
    return AESGCM(_derived(secret, "fields"))


def seal(text: str, context: str = "") -> str:
    """`s1.KEYID.BASE64` of the text under the newest key, with a fresh random nonce.

    `context` (a row's id, a column) is bound to it: the seal opens only with the same one.
    """
    secret = _secrets()[0]
    name = key_id(secret)
    nonce = world.random_bytes(_NONCE)
    bound = f"{_MARK}.{name}.{context}".encode()
    sealed = nonce + _cipher(secret).encrypt(nonce, text.encode(), bound)
    return f"{_MARK}.{name}.{base64.urlsafe_b64encode(sealed).decode()}"


def unseal(sealed: str, context: str = "") -> str:
    """The text of a seal made with any key of the ring. Raises UnreadableError."""
    mark, _, rest = sealed.partition(".")
    name, _, body = rest.partition(".")
    secret = next((s for s in _secrets() if key_id(s) == name), None)
    if mark != _MARK or secret is None:
        raise UnreadableError("not sealed with a key of this ring")
    try:
        raw = base64.urlsafe_b64decode(body.encode())
        bound = f"{_MARK}.{name}.{context}".encode()
        return _cipher(secret).decrypt(raw[:_NONCE], raw[_NONCE:], bound).decode()
    except (InvalidTag, ValueError, binascii.Error) as exc:
        raise UnreadableError("the seal is broken or of another context") from exc


def is_stale(sealed: str) -> bool:
    """Whether the seal was made with an older key and should be sealed anew when written next."""
    return not sealed.startswith(f"{_MARK}.{key_id(_secrets()[0])}.")


def blind(purpose: str, text: str) -> str:
    """64 hex letters that stand for the text: equal texts of one purpose give equal ones.

    `buyer`, `account` and `reference` come from the oldest key of the ring and so never rotate;
    all others (`session`, `visitor`, `login`) from the newest.
    """
    ring = _secrets()
    secret = ring[-1] if purpose in STABLE else ring[0]
    return hmac.new(_derived(secret, purpose), text.encode(), hashlib.sha256).hexdigest()


def digest(secret: str) -> str:
    """SHA-256 of a random secret of 100 bits or more (a key, a code, a link): no salt needed."""
    return hashlib.sha256(secret.encode()).hexdigest()
