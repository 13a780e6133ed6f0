"""What a widget has to know of its brand before anybody writes.

Source: api.md, Resources (``GET /v1/widget``).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from handoff_sdk.core.hours import is_open, opens_at, schedule_of
from handoff_sdk.core.texts import rendered
from handoff_sdk.errors import Forbidden, NotFound
from handoff_sdk.models.attachment import ATTACHMENT_BYTES, ATTACHMENT_TYPES
from handoff_sdk.models.brand import DEFAULT_BRAND
from handoff_sdk.models.customer import Language
from handoff_sdk.models.message import LONGEST_TEXT
from handoff_sdk.models.nearest import did_you_mean
from handoff_sdk.models.noun import Command, Identifier, Instant, Noun
from handoff_sdk.server.origins import require_listed
from handoff_sdk.server.route import Route
from handoff_sdk.web import languages

if TYPE_CHECKING:
    from aiohttp import web

    from handoff_sdk.server.call import Call

__all__ = ["ROUTES"]

_LANGUAGE = "en"


class WidgetQuery(Command):
    """Which brand's, and the language of its texts; the brand's own by default."""

    brand: Identifier = DEFAULT_BRAND
    language: Language | None = None


class WidgetLimits(Noun):
    """What a customer may send."""

    message_characters: int
    attachment_bytes: int
    attachment_types: list[str]


class Widget(Noun):
    """A brand as its customers see it.

    ``open``: people are there now; else ``opens_at`` says when they come next, if they do. ``texts.closed`` is what
    is said while they are not. ``languages`` are those of the widget's own words, ``language`` the brand's.
    ``persona`` is whom the bot speaks as, ``messaging`` whether conversations are taken, ``anonymous`` whether also
    of those who have not signed in.
    """

    brand: str
    name: str
    open: bool
    opens_at: Instant | None
    texts: dict[str, str]
    languages: list[str]
    language: str
    limits: WidgetLimits
    survey: bool
    persona: str | None
    messaging: bool
    anonymous: bool


async def read(call: Call, query: WidgetQuery) -> web.StreamResponse:
    """Tell what a widget has to know."""
    config, now = call.desk.config, call.desk.clock.now()
    brand = config.brands.get(query.brand)
    if brand is None:
        raise NotFound(f"There is no brand {query.brand!r}{did_you_mean(query.brand, config.brands)}")
    require_listed(call.request.headers.get("Origin"), call.request.host, query.brand, config)
    schedule = schedule_of(query.brand, config)
    there = is_open(schedule, now)
    texts = {"closed": rendered(brand.closed_text, {}, query.language, brand.language)} if brand.closed_text else {}
    return call.told(
        Widget(
            brand=query.brand,
            name=brand.name or query.brand,
            open=there,
            opens_at=None if there else opens_at(schedule, now),
            texts=texts,
            languages=list(languages()),
            language=brand.language or _LANGUAGE,
            limits=WidgetLimits(
                message_characters=LONGEST_TEXT,
                attachment_bytes=ATTACHMENT_BYTES,
                attachment_types=list(ATTACHMENT_TYPES),
            ),
            survey=brand.survey,
            persona=brand.bot_name,
            messaging=brand.messaging,
            anonymous=config.auth.anonymous,
        )
    )


ROUTES = (
    Route(
        method="GET",
        path="/v1/widget",
        handler=read,
        summary="What a widget has to know of its brand: whether people are there, its texts, what may be sent",
        who=None,
        query=WidgetQuery,
        answer=Widget,
        errors=(Forbidden, NotFound),
    ),
)
