"""Customers: who writes. ``external_id`` is the embedding application's id, unique over all brands.

Source: api.md, Who calls; facts on authentication.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Final
from zoneinfo import ZoneInfo, available_timezones

from pydantic import AfterValidator, ConfigDict, Field, StringConstraints, model_validator

from .nearest import did_you_mean
from .noun import Command, Identifier, Instant, JsonObject, Noun
from .section import refusal

__all__ = ["BlockCustomer", "Customer", "CustomerProfile", "UpdateCustomer"]


def _known_zone(name: str) -> str:
    try:
        ZoneInfo(name)
    except (KeyError, ValueError, OSError):
        advice = did_you_mean(name, available_timezones()) or "; use a name such as 'Europe/Berlin'"
        raise refusal(f"{name!r} is not a time zone{advice}") from None
    return name


Language = Annotated[str, StringConstraints(pattern=r"^[A-Za-z]{2,3}(-[A-Za-z0-9]{2,8})*$")]
TimeZone = Annotated[str, AfterValidator(_known_zone)]


_THE_DESKS_OWN: Final = ("id", "blocked", "blocked_reason", "created_at")


class CustomerProfile(Command):
    """What an application knows of its customer. Further keys become ``attributes`` (``plan: gold``).

    They may stand in ``attributes`` too, as they do where a customer is read.
    """

    model_config = ConfigDict(extra="allow")

    external_id: Identifier | None = None
    name: str | None = Field(default=None, max_length=255)
    email: str | None = Field(default=None, max_length=320)
    language: Language | None = None
    timezone: TimeZone | None = None

    @model_validator(mode="before")
    @classmethod
    def _flat(cls, given: object) -> object:
        if not isinstance(given, Mapping):
            return given
        named = given.get("attributes", {})
        if not isinstance(named, Mapping):
            message = "'attributes' has to be an object: {plan: gold}"
            raise ValueError(message)  # noqa: TRY004 - pydantic makes a problem of ValueErrors alone
        theirs = {key: value for key, value in given.items() if key != "attributes"}
        for key in _THE_DESKS_OWN:
            if key in theirs or key in named:
                raise ValueError(f"{key!r} is the desk's to say")
        return {**named, **theirs}

    @property
    def attributes(self) -> JsonObject:
        """The keys that are not fields."""
        return dict(self.__pydantic_extra__ or {})


class UpdateCustomer(CustomerProfile):
    """Change a customer's profile: keys given are set, ``null`` clears, keys not given stay."""


class BlockCustomer(Command):
    """Keep a customer from writing, or let them again; ``reason`` is for staff."""

    customer_id: Identifier
    blocked: bool = True
    reason: str | None = Field(default=None, max_length=255)


class Customer(Noun):
    """A customer. ``anonymous`` ones have no ``external_id`` until they sign in.

    A ``blocked`` one writes nothing and starts no conversation; ``blocked_reason`` says why.
    """

    id: Identifier
    external_id: Identifier | None = None
    name: str | None = None
    email: str | None = None
    language: str | None = None
    timezone: str | None = None
    attributes: JsonObject = Field(default_factory=dict)
    blocked: bool = False
    blocked_reason: str | None = None
    created_at: Instant

    @property
    def anonymous(self) -> bool:
        """Whether the customer never signed in."""
        return self.external_id is None
