"""lifecycle.md, 2.2: who no longer has the word is refused, and nothing reaches the customer."""

import pytest

from handoff_sdk.errors import ControlLost, InvalidRequest, SessionEnded
from handoff_sdk.models.command import EndSession
from handoff_sdk.models.event import Actor
from handoff_sdk.models.message import Author

from .desk import Desk, types


def desk_owned_by(owner: str) -> Desk:
    """A desk whose conversation has been handed off and back once before."""
    desk = Desk(brand={"bot": "none" if owner == "nobody" else "ada"})
    desk.customer_says()
    if owner != "nobody":
        desk.hand_off()
    desk.ends("customer")
    if owner == "human":
        desk.customer_says()
        desk.hand_off()
        desk.takes("ana")
    assert owner == desk.conversation.owner
    return desk


@pytest.mark.parametrize("owner", ["bot", "human", "nobody"])
@pytest.mark.parametrize("behind", [0, 1, 2])
@pytest.mark.parametrize("bot", ["ada", "bob"])
def test_a_bot_speaks_only_as_the_owner_in_the_epoch_that_it_read(owner, behind, bot):
    desk = desk_owned_by(owner)
    epoch = desk.conversation.epoch - behind
    if (owner, behind, bot) == ("bot", 0, "ada"):
        assert ["message.created"] == types(desk.bot_says("Hi", epoch=epoch))
        assert "Hi" == desk.texts()[-1]
    else:
        with desk.refused(ControlLost):
            desk.bot_says("Hi", epoch=epoch, bot=bot)
        assert "Hi" not in desk.texts()


@pytest.mark.parametrize("owner", ["human", "nobody"])
def test_a_bots_notes_are_fenced_as_its_words_are(owner):
    desk = desk_owned_by(owner)
    note = desk.message("psst", author=Author(type="bot", id="ada"), visibility="internal", epoch=3)
    with desk.refused(ControlLost):
        desk.does(note, desk.actor("bot"))


def test_a_bot_that_owns_the_conversation_leaves_a_note_that_customers_do_not_see():
    desk = desk_owned_by("bot")
    note = desk.message("psst", author=Author(type="bot", id="ada"), visibility="internal", epoch=3)
    assert [None] == [event.public_seq for event in desk.does(note, desk.actor("bot")).events]


def test_a_bot_names_the_epoch_that_it_read():
    desk = desk_owned_by("bot")
    with desk.refused(InvalidRequest) as refused:
        desk.does(desk.message("Hi", author=Author(type="bot", id="ada")), desk.actor("bot"))
    assert "epoch" in refused.value.detail


@pytest.mark.parametrize(
    ("epoch", "ticket", "error"),
    [
        ("stale", None, ControlLost),
        ("stale", "live", ControlLost),
        ("stale", "not live", ControlLost),
        ("current", "not live", SessionEnded),
        (None, "not live", SessionEnded),
        (None, None, None),
        ("current", None, None),
        (None, "live", None),
        ("current", "live", None),
    ],
)
def test_an_agent_who_names_an_epoch_or_a_ticket_is_held_to_it(epoch, ticket, error):
    desk = desk_owned_by("human")
    first, second = (ticket.id for ticket in desk.thread.tickets)
    named = {
        "epoch": {"stale": desk.conversation.epoch - 1, "current": desk.conversation.epoch, None: None}[epoch],
        "ticket_id": {"not live": first, "live": second, None: None}[ticket],
    }
    if error is None:
        assert ["message.created"] == types(desk.agent_says("Hi", **named))
    else:
        with desk.refused(error):
            desk.agent_says("Hi", **named)


@pytest.mark.parametrize("owner", ["bot", "nobody"])
def test_an_agent_who_names_a_ticket_that_returned_does_not_take_over(owner):
    desk = desk_owned_by(owner)
    with desk.refused(SessionEnded):
        desk.agent_says("Hi", ticket_id=desk.ticket.id)
    with desk.refused(ControlLost):
        desk.agent_says("Hi", ticket_id=desk.ticket.id, epoch=desk.conversation.epoch - 1)
    with desk.refused(ControlLost):
        desk.agent_says("Hi", epoch=desk.conversation.epoch - 1)


@pytest.mark.parametrize("owner", ["bot", "nobody"])
@pytest.mark.parametrize("names_epoch", [False, True])
def test_an_agent_who_names_the_present_or_nothing_means_now(owner, names_epoch):
    desk = desk_owned_by(owner)
    epoch = desk.conversation.epoch
    desk.agent_says("Hi", epoch=epoch if names_epoch else None)
    assert ("human", epoch + 1) == (desk.conversation.owner, desk.conversation.epoch)


@pytest.mark.parametrize(
    ("who", "epoch", "ticket", "error"),
    [
        ("agent", "stale", "live", ControlLost),
        ("agent", "stale", "not live", ControlLost),
        ("agent", "current", "not live", SessionEnded),
        ("agent", "current", "live", None),
        ("agent", None, None, None),
        ("bot", "stale", None, ControlLost),
        ("bot", "current", None, None),
        ("customer", None, None, None),
    ],
)
def test_who_ends_a_session_is_fenced_by_what_they_name(who, epoch, ticket, error):
    desk = desk_owned_by("human")
    first, second = (ticket.id for ticket in desk.thread.tickets)
    named = {
        "epoch": {"stale": desk.conversation.epoch - 1, "current": desk.conversation.epoch, None: None}[epoch],
        "ticket_id": {"not live": first, "live": second, None: None}[ticket],
    }
    if error is None:
        desk.ends(who, **named)
        assert ("ended", who) == (desk.conversation.session, desk.conversation.ended_by)
    else:
        with desk.refused(error):
            desk.ends(who, **named)


def test_a_bot_ends_its_own_session_and_no_other_bots():
    desk = Desk()
    desk.customer_says()
    command = EndSession(conversation_id=desk.conversation.id, epoch=1)
    with desk.refused(ControlLost):
        desk.does(command, Actor(type="bot", id="bob"))
    assert ["message.created", "session.ended"] == types(desk.does(command, desk.actor("bot")))
    assert ("bot", 1, "bot") == (desk.conversation.owner, desk.conversation.epoch, desk.conversation.ended_by)
