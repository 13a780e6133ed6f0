"""Which customers may come, as a configuration writes it.

Source: config.md (``auth``).
"""

from __future__ import annotations

from typing import Annotated, Self, TypeAlias

from pydantic import Field, field_validator, model_validator

from .section import FROM_LIST, Section, refusal, written_as

__all__ = ["Auth", "Origin", "SigningKey"]

Origin: TypeAlias = Annotated[
    str,
    written_as(r"[a-z][a-z0-9+.-]*://[^/?#\s]+", "an origin like 'https://shop.example.com', without a path"),
]
"""A web site, as browsers name it."""


class SigningKey(Section):
    """What customers' tokens with the header ``kid`` are checked with: HS256 a secret, EdDSA a public key (PEM)."""

    kid: Annotated[str, Field(min_length=1)]
    secret: Annotated[str, Field(min_length=1)] | None = Field(default=None, repr=False)
    public_key: Annotated[str, Field(min_length=1)] | None = None

    @model_validator(mode="after")
    def _has_one_key(self) -> Self:
        if (self.secret is None) == (self.public_key is None):
            raise refusal("needs either 'secret' or 'public_key'")
        return self


class Auth(Section):
    """Which customers may come: with which tokens, whether without one, and from which web sites."""

    signing_keys: Annotated[tuple[SigningKey, ...], FROM_LIST] = ()
    anonymous: bool = True
    origins: Annotated[tuple[Origin, ...], FROM_LIST] = ()

    @field_validator("signing_keys", mode="after")
    @classmethod
    def _have_kids_of_their_own(cls, keys: tuple[SigningKey, ...]) -> tuple[SigningKey, ...]:
        if len({key.kid for key in keys}) < len(keys):
            raise refusal("every key needs a kid of its own")
        return keys
