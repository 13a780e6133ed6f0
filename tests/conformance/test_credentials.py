import asyncio

from handoff_sdk.ports import Credential

from .builders import at

SESSION = Credential("hash-b", "session", "ana", at(2), at(60))
LINK = Credential("hash-a", "link", "ana", at(1), at(10))
PASSWORD = Credential("password:ana", "password", "ana", at(0), secret="$argon2id$...")


async def test_credentials_of_an_agent_come_oldest_first(store):
    for credential in (SESSION, LINK, PASSWORD):
        await store.keep_credential(credential)

    assert [PASSWORD, LINK, SESSION] == await store.credentials("ana")
    assert [] == await store.credentials("ben")
    assert [SESSION, None] == [await store.credential(name) for name in ("hash-b", "hash-c")]


async def test_a_credential_is_replaced_by_one_with_its_id(store):
    await store.keep_credential(SESSION)
    longer = Credential("hash-b", "session", "ana", at(2), at(90))
    await store.keep_credential(longer)

    assert [longer] == await store.credentials("ana")


async def test_a_credential_is_prolonged_as_long_as_it_is_there(store):
    await store.keep_credential(SESSION)
    assert await store.prolong_credential("hash-b", at(90))
    assert at(90) == (await store.credential("hash-b")).expires_at

    await store.drop_credential("hash-b")
    assert not await store.prolong_credential("hash-b", at(99))
    assert [] == await store.credentials("ana")


async def test_of_many_who_drop_a_credential_one_is_told_so(store):
    await store.keep_credential(LINK)

    assert [False] * 4 + [True] == sorted(await asyncio.gather(*(store.drop_credential("hash-a") for _ in range(5))))


async def test_what_is_over_is_forgotten_and_passwords_are_not(store):
    for credential in (SESSION, LINK, PASSWORD):
        await store.keep_credential(credential)
    await store.forget_credentials(at(10))
    assert 3 == len(await store.credentials("ana"))

    await store.forget_credentials(at(11))
    assert [PASSWORD, SESSION] == await store.credentials("ana")
