"""The files for browsers: one hash of all of them, the same wherever they are made."""

from __future__ import annotations

from gzip import decompress

import pytest

from handoff_sdk.web.assets import Assets, files_in, made_of

SOURCES = {"widget/index.js": b"// one\nlet a\n", "console/style.css": b'a::after { content: "/*"; } /* two */'}


def test_comments_are_stripped_and_strings_are_not():
    made = made_of(SOURCES)

    assert {"widget/index.js": b"let a\n", "console/style.css": b'a::after { content: "/*"; }  '} == made.files
    assert made.files == {path: decompress(packed) for path, packed in made.packed.items()}


def test_the_hash_follows_every_name_and_byte():
    made = Assets({"a.js": b"1", "b.js": b"2"})

    assert made.hash == Assets({"b.js": b"2", "a.js": b"1"}).hash
    others = ({"a.js": b"1"}, {"a.js": b"12", "b.js": b""}, {"a.js": b"1", "c.js": b"2"})
    assert 4 == len({made.hash, *(Assets(files).hash for files in others)})
    assert b'import("./assets/%s/widget/index.js");\n' % made.hash.encode() == made.loader


def test_a_wheel_serves_what_a_checkout_does(tmp_path):
    made = made_of(SOURCES)
    for path, content in made.files.items():
        file = tmp_path / path
        file.parent.mkdir(parents=True)
        file.write_bytes(content)

    assert made.hash == Assets(files_in(tmp_path)).hash


def test_only_what_browsers_load_is_found(tmp_path):
    for name in ("widget/a.js", "widget/a.py", "console/page.html", "built/widget/a.js"):
        file = tmp_path / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text("a")

    assert ["widget/a.js"] == list(files_in(tmp_path))


def test_a_source_that_is_none_is_named():
    with pytest.raises(ValueError, match=r"widget/a\.js: line 1: a string that does not end"):
        made_of({"widget/a.js": b"'"})
