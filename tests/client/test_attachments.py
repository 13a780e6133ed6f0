"""Files to send in messages."""

import pytest

from handoff_sdk.errors import InvalidRequest

PNG = b"\x89PNG\r\n\x1a\n"


async def test_a_file_is_sent_as_it_is(handoff_api, tmp_path):
    (tmp_path / "töpfe.png").write_bytes(PNG)

    told = await handoff_api.client.attachments.upload(tmp_path / "töpfe.png")

    assert ("att_1", "image/png") == (told.id, told.type)
    assert [PNG] == handoff_api.sent("attachments.upload")
    headers = handoff_api["attachments.upload"].calls.last.request.headers
    assert ("image/png", "attachment; filename*=UTF-8''t%C3%B6pfe.png") == (
        headers["Content-Type"],
        headers["Content-Disposition"],
    )
    assert headers["Idempotency-Key"]


async def test_bytes_have_a_name_and_may_have_a_type(handoff_api):
    await handoff_api.client.attachments.upload(PNG, name="a", type="image/png")

    assert "image/png" == handoff_api["attachments.upload"].calls.last.request.headers["Content-Type"]


@pytest.mark.parametrize("said", [{}, {"name": "noending"}, {"type": "image/png"}])
async def test_what_it_is_has_to_be_known(handoff_api, said):
    with pytest.raises(InvalidRequest, match="name: say what the file is called"):
        await handoff_api.client.attachments.upload(PNG, **said)
