import pytest

from handoff_sdk.errors import Conflict
from handoff_sdk.ports import ApiKey

from .builders import at

BOT = ApiKey("key_b", "bot", b"\x00\xffhash", at(1), "Ada")
ADMIN = ApiKey("key_a", "admin", b"other", at(2))


async def test_keys_come_oldest_first(store):
    assert [] == await store.keys()
    for key in (ADMIN, BOT):
        await store.add_key(key)
    assert [BOT, ADMIN] == await store.keys()


async def test_a_key_is_dropped_once(store):
    await store.add_key(BOT)
    assert await store.drop_key("key_b") is True
    assert await store.drop_key("key_b") is False
    assert [] == await store.keys()


async def test_two_keys_have_not_the_same_id(store):
    await store.add_key(BOT)
    with pytest.raises(Conflict):
        await store.add_key(ApiKey("key_b", "admin", b"other", at()))
    assert [BOT] == await store.keys()


async def test_a_secret_is_made_once_for_each_name(store):
    first = await store.secret("tokens")

    assert 32 == len(first)
    assert first == await store.secret("tokens")
    assert first != await store.secret("cookies")
