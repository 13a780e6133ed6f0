"""api.md, Resources (``PUT /v1/config``): secrets are shown as ``***``, and that means the one in force."""

from __future__ import annotations

import pytest

from handoff_sdk.core.masking import masked, unmasked
from handoff_sdk.errors import ConfigError

WRITTEN = {
    "brands": {"acme": {}},
    "webhooks": [
        {"name": "crm", "url": "https://crm.example", "secret": "whsec_1"},
        {"url": "https://log.example", "secret": "${LOG_SECRET}"},
        {"url": "https://open.example"},
    ],
    "auth": {"signing_keys": [{"kid": "app", "secret": "s3cret"}]},
}


def test_what_is_shown_has_no_secret_and_is_read_as_the_one_in_force():
    shown = masked(WRITTEN)
    assert ["***", "${LOG_SECRET}", None] == [hook.get("secret") for hook in shown["webhooks"]]
    assert [{"kid": "app", "secret": "***"}] == shown["auth"]["signing_keys"]
    assert WRITTEN == unmasked(shown, WRITTEN)


def test_a_secret_stays_with_its_owner_wherever_that_stands():
    shown = masked(WRITTEN)
    shown["webhooks"].reverse()
    assert WRITTEN["webhooks"][::-1] == unmasked(shown, WRITTEN)["webhooks"]


def test_another_secret_takes_the_place_of_the_one_in_force():
    keys = [{"kid": "app", "secret": "another"}]
    assert keys == unmasked({"auth": {"signing_keys": keys}}, WRITTEN)["auth"]["signing_keys"]


def test_a_mask_that_stands_for_nothing_is_refused_with_its_place():
    lost = {"webhooks": [{"name": "crm", "secret": "***"}, {"name": "new", "secret": "***"}]}
    with pytest.raises(ConfigError) as refused:
        unmasked(lost, WRITTEN)
    assert ["webhooks[1].secret"] == [error.path for error in refused.value.errors]


@pytest.mark.parametrize("written", [{}, {"auth": None}, {"webhooks": "none"}, {"auth": {"signing_keys": ["app"]}}])
def test_what_has_no_secrets_is_shown_as_it_is(written):
    assert (written, written) == (masked(written), unmasked(written, WRITTEN))
