from datetime import timedelta

import pytest

from handoff_sdk.cli.campaign import Selection, key_of, words

THREE_DAYS = Selection(silent_for=timedelta(days=3))


@pytest.mark.parametrize(
    ("given", "texts"),
    [
        (["Still there?"], "Still there?"),
        (["1 + 1 = 2"], "1 + 1 = 2"),
        (["https://example.com/?a=b"], "https://example.com/?a=b"),
        (["=ok=fine"], "ok=fine"),
        (["==)"], "=)"),
        (["de=Noch da?"], {"de": "Noch da?"}),
        (["pt-BR=a=b\nc"], {"pt-BR": "a=b\nc"}),
        (["de=Noch da?", "en=Still there?"], {"de": "Noch da?", "en": "Still there?"}),
        (["de=Noch da?", "Still there?"], {"und": "Still there?", "de": "Noch da?"}),
    ],
)
def test_a_text_is_for_all_or_for_a_language(given, texts):
    read = words(given)
    assert (texts, list(texts)) == (read, list(read))


def test_a_campaigns_name_follows_from_what_it_says_to_whom():
    named = key_of(THREE_DAYS, {"de": "Noch da?", "en": "Still there?"})
    assert named == key_of(Selection(silent_for=timedelta(hours=72)), {"en": "Still there?", "de": "Noch da?"})
    others = [
        key_of(THREE_DAYS, "Still there?"),
        key_of(THREE_DAYS, "still there?"),
        key_of(Selection(silent_for=timedelta(days=4)), "Still there?"),
        key_of(Selection(silent_for=timedelta(days=3), last_author="bot"), "Still there?"),
        key_of(Selection(silent_for=timedelta(days=3), brand="acme"), "Still there?"),
        key_of(Selection(silent_for=timedelta(days=3), owner="human"), "Still there?"),
        key_of(Selection(silent_for=timedelta(days=3), status="open"), "Still there?"),
    ]
    assert len({named, *others}) == 1 + len(others)


def test_it_is_the_same_in_every_process_and_version():
    assert "nudge-db9e4d906593" == key_of(THREE_DAYS, "Still there?")
