"""Customers' tokens: what they claim, once their signature has been checked.

The algorithm is that of the key, never the one a token asks for: a secret checks HS256 and nothing else, a public key
EdDSA and nothing else. Anonymous customers have a token that the engine signed itself.

Source: api.md, Who calls; RFC 7515, RFC 7519, RFC 8725 (3.1, 3.2).
"""

from __future__ import annotations

import json
import logging
import warnings
from base64 import urlsafe_b64decode
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Annotated, Any, Final, Literal, TypeAlias

from joserfc import jwt
from joserfc.errors import JoseError, UnsupportedAlgorithmError
from joserfc.jwk import OctKey, OKPKey
from joserfc.jws import JWSRegistry
from pydantic import BaseModel, ConfigDict, Field, StringConstraints, TypeAdapter, ValidationError

from handoff_sdk.errors import ConfigError, Unauthenticated

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime

    from joserfc._rfc7515.model import JWSAlgModel

    from handoff_sdk.models.config import SigningKey

__all__ = ["AnonymousClaims", "Claims", "TokenReader", "UserClaims", "is_over"]

_log = logging.getLogger(__name__)

LEEWAY: Final = timedelta(seconds=60)
"""By how much the clocks of an application and the engine may differ."""

ANONYMOUS_FOR: Final = timedelta(days=365)
_ANONYMOUS_KID: Final = "handoff:anonymous"
_SHORTEST_SECRET: Final = 32
_LONGEST_TOKEN: Final = 8192

Text = Annotated[str, StringConstraints(pattern=r"^[^\x00]*$", max_length=255)]
Name = Annotated[str, StringConstraints(pattern=r"^[^\x00]*$", min_length=1, max_length=255)]
Moment = Annotated[float, Field(allow_inf_nan=False)]


class _Signed(BaseModel):
    model_config = ConfigDict(frozen=True)

    exp: Moment | None = None
    nbf: Moment | None = None


class UserClaims(_Signed):
    """What an application says of its customer. ``brand``: the token is good for this one alone."""

    scope: Literal["user"]
    external_id: Name
    name: Text | None = None
    email: Annotated[str, StringConstraints(pattern=r"^[^\x00]*$", max_length=320)] | None = None
    email_verified: bool | None = None
    brand: Text | None = None


class AnonymousClaims(_Signed):
    """Which anonymous customer the engine made the token for."""

    scope: Literal["anonymous"]
    sub: Name


Claims: TypeAlias = UserClaims | AnonymousClaims
_CLAIMS: Final[TypeAdapter[Claims]] = TypeAdapter(Annotated[Claims, Field(discriminator="scope")])


class _Pinned(JWSRegistry):
    """Takes the algorithms of one key, and EdDSA without a warning: applications' libraries still write that name."""

    def get_alg(self, name: str) -> JWSAlgModel:
        if name not in tuple(self.allowed or ()):  # not a set's lookup: what a token calls an algorithm may be a list
            raise UnsupportedAlgorithmError
        return self.algorithms[name]


@dataclass(frozen=True, slots=True)
class _Key:
    key: OctKey | OKPKey
    registry: JWSRegistry
    scope: str


class TokenReader:
    """Reads tokens, and writes those of anonymous customers.

    Args:
        signing_keys: The applications' keys, each with a ``kid`` of its own.
        secret: The engine's own.

    Raises:
        ConfigError: one of the keys is none.
    """

    def __init__(self, signing_keys: Iterable[SigningKey], secret: bytes) -> None:
        self._keys = {key.kid: _signing_key(key) for key in signing_keys}
        own = _Key(OctKey.import_key(secret), _pinned("HS256"), "anonymous")
        self._keys[_ANONYMOUS_KID] = own
        self._own = own

    def claims(self, token: str, now: datetime) -> Claims:
        """What ``token`` claims, once it has been found good.

        Raises:
            Unauthenticated: it is not, or not at this instant; the detail says why.
        """
        if len(token) > _LONGEST_TOKEN or not token.isascii():
            raise Unauthenticated("The bearer token is neither an API key nor a JWT.")
        kid = _kid(token)
        key = self._keys.get(kid)
        if key is None:
            raise Unauthenticated(f"The token's kid {kid!r} is not one of the signing keys.")
        try:
            decoded = jwt.decode(token, key.key, registry=key.registry).claims
            claims = _CLAIMS.validate_python(decoded)
        except ValidationError as error:
            first = error.errors(include_url=False, include_context=False, include_input=False)[0]
            named = ".".join(str(step) for step in first["loc"][1:]) or "scope"
            raise Unauthenticated(f"The token's claim {named} is not right: {first['msg']}.") from None
        except UnsupportedAlgorithmError:
            raise Unauthenticated("The token's alg is not the one of its key.") from None
        except (JoseError, ValueError, TypeError, KeyError, RecursionError):
            raise Unauthenticated("The token's signature is not valid.") from None
        if claims.scope != key.scope:
            raise Unauthenticated("The token's scope does not go with its kid.")
        if is_over(claims.exp, now):
            raise Unauthenticated("The token has expired.")
        if claims.nbf is not None and claims.nbf > (now + LEEWAY).timestamp():
            raise Unauthenticated("The token is not valid yet.")
        return claims

    def anonymous(self, customer_id: str, expires_at: datetime) -> str:
        """The token of an anonymous customer; the same for the same arguments."""
        header = {"alg": "HS256", "kid": _ANONYMOUS_KID}
        claims = {"sub": customer_id, "scope": "anonymous", "exp": int(expires_at.timestamp())}
        return jwt.encode(header, claims, self._own.key, registry=self._own.registry)


def is_over(exp: float | None, now: datetime) -> bool:
    """Whether a token that is good until ``exp`` is not any more, clocks being what they are."""
    return exp is not None and exp <= (now - LEEWAY).timestamp()


def _pinned(*algorithms: str) -> JWSRegistry:
    return _Pinned(algorithms=algorithms, strict_check_header=False)


def _kid(token: str) -> str:
    head, _, _ = token.partition(".")
    try:
        header: Any = json.loads(urlsafe_b64decode(head + "=" * (-len(head) % 4)))
    except (ValueError, RecursionError):
        raise Unauthenticated("The bearer token is neither an API key nor a JWT.") from None
    kid = header.get("kid") if isinstance(header, dict) else None
    if not isinstance(kid, str):
        raise Unauthenticated("The token's header has no kid.")
    return kid


def _signing_key(signing_key: SigningKey) -> _Key:
    if signing_key.secret is not None:
        if len(signing_key.secret.encode()) < _SHORTEST_SECRET:
            _log.warning("the secret of signing key %r is shorter than %d bytes", signing_key.kid, _SHORTEST_SECRET)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # said above, in our words
            return _Key(OctKey.import_key(signing_key.secret), _pinned("HS256"), "user")
    written = (signing_key.public_key or "").strip()
    try:
        key = OKPKey.import_key(json.loads(written) if written.startswith("{") else written)
    except (JoseError, ValueError, TypeError, KeyError, RecursionError):
        key = None
    if key is None or key.curve_name != "Ed25519":
        raise ConfigError(
            f"auth.signing_keys: the public_key of {signing_key.kid!r} is not an Ed25519 key (PEM or JWK)"
        )
    return _Key(key, _pinned("EdDSA", "Ed25519"), "user")
