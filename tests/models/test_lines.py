"""What a brand may say about the engine's lines, and what is refused."""

import pytest

from handoff_sdk.errors import ConfigError
from handoff_sdk.models.config import DeskConfig
from handoff_sdk.models.lines import Lines


def lines(written):
    return DeskConfig.parse({"brands": {"default": {"lines": written}}}).brands["default"].lines


def test_false_mutes_a_text_rewords_and_nothing_is_the_engines_own():
    read = lines({"queued": False, "left": {"en": "Bye."}, "position": False})
    assert ({}, {"en": "Bye."}, None) == (read.words("queued"), read.words("left"), read.words("back"))
    assert (False, True) == (read.position, Lines().position)


def test_what_is_written_out_is_read_again():
    written = {"queued": False, "left": {"en": "Bye."}}
    assert written == lines(written).model_dump(mode="json", exclude_defaults=True)
    assert lines(written) == lines(lines(written).model_dump(mode="json"))


@pytest.mark.parametrize(
    ("written", "path", "problem"),
    [
        ({"qeued": False}, "qeued", "unknown key; did you mean 'queued'?"),
        ({"queued": True}, "queued", "has to be false, or a text by language"),
        ({"queued": "Wait."}, "queued", "has to be false, or a text by language"),
        ({"queued": {}}, "queued", "is empty; write false to mute the line"),
        ({"queued": {"en": "{{ queue.position"}}, "queued.en", "is not valid Liquid"),
        ({"queued": {"english": "Wait."}}, "queued.english", "is not a language"),
        ({"position": {"en": "Wait."}}, "position", "has to be true or false"),
    ],
)
def test_anything_else_is_refused_by_its_path(written, path, problem):
    with pytest.raises(ConfigError) as refused:
        lines(written)
    (error,) = refused.value.errors
    assert f"brands.default.lines.{path}" == error.path
    assert problem in error.message
