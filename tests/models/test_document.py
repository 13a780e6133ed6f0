import json
import sys
from textwrap import dedent

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from handoff_sdk.models.document import DocumentError, filled_in, parse_document, read_document


@pytest.fixture(params=["with libyaml", "in Python alone"], autouse=True)
def _each_parser(request, monkeypatch):
    if request.param == "in Python alone":
        monkeypatch.delattr(yaml, "CSafeLoader", raising=False)


def value_of(text: str) -> object:
    return parse_document(text, "desk.yaml").value


def problem_of(text: str) -> str:
    with pytest.raises(DocumentError) as caught:
        parse_document(text, "desk.yaml")
    return str(caught.value)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("true", True),
        ("false", False),
        ("null", None),
        ("~", None),
        ("", None),
        ("# nothing but a comment", None),
        *((text, text) for text in ("on", "off", "yes", "no", "y", "True", "FALSE", "Null")),
        ("0", 0),
        ("-12", -12),
        ("+12", 12),
        ("007", 7),
        ("0o17", 15),
        ("0x1F", 31),
        ("1.5", 1.5),
        ("-.5e1", -5.0),
        ("5.", 5.0),
        ("1e3", 1000.0),
        *((text, text) for text in ("1_000", "0b1", "12:30", "1:30:00", "2026-01-05", "2026-01-05T09:00:00Z", ".")),
        ("'1'", "1"),
        ('"true"', "true"),
        ("!!str 1", "1"),
        ("! 1", "1"),
        ("|\n  1\n", "1\n"),
        ("[a, 1, ]", ["a", 1]),
        ("{a: {b: [c]}}", {"a": {"b": ["c"]}}),
        ("a:\nb:", {"a": None, "b": None}),
        ("on: 1\nno: 2", {"on": 1, "no": 2}),
        ("'1': x", {"1": "x"}),
        ("<<: 1", {"<<": 1}),
        ("? a\n: b", {"a": "b"}),
        ("\ufeffa: b", {"a": "b"}),
    ],
)
def test_values_are_those_of_yaml_1_2(text, expected):
    actual = value_of(text)
    assert expected == actual
    assert type(expected) is type(actual)


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("a: 1\nb: 2\na: 3", "desk.yaml:3: the key 'a' stands twice, first on line 1"),
        ("a: 1\n'a': 3", "desk.yaml:2: the key 'a' stands twice, first on line 1"),
        ("a:\n  1: x", "desk.yaml:2: a key has to be text; put it in quotes"),
        ("true: x", "desk.yaml:1: a key has to be text; put it in quotes"),
        ("{? : x}", "desk.yaml:1: a key has to be text; put it in quotes"),
        ("? [a]\n: x", "desk.yaml:1: a key has to be text; put it in quotes"),
        ("a: 1\n---\nb: 2", "desk.yaml:2: a second document begins here; one is all that is read"),
        ("a: !secret x", "desk.yaml:1: the tag !secret is not supported"),
        ("a: !!set {}", "desk.yaml:1: the tag tag:yaml.org,2002:set is not supported"),
        ("a: .inf", "desk.yaml:1: the number .inf has no form in JSON; if it is text, put it in quotes"),
        ("a: 1e999", "desk.yaml:1: the number 1e999 has no form in JSON; if it is text, put it in quotes"),
        ("a: " + "9" * 5000, "desk.yaml:1: a number of 5000 digits is too long"),
        ("a: *b", "desk.yaml:1: *b does not stand for anything complete above it"),
        ("a: &a\n  - *a", "desk.yaml:2: *a does not stand for anything complete above it"),
        ("a: b\nc: \x07", "desk.yaml:2: the character '\\x07' is not allowed"),
        ("a: \ud800", "desk.yaml:1: the character '\\ud800' is not allowed"),
        ("[" * 100_000, "desk.yaml:1: nested deeper than 100 levels"),
        ("a:\n" + "- " * 101, "desk.yaml:2: nested deeper than 100 levels"),
    ],
)
def test_what_would_surprise_is_refused_with_its_line(text, problem):
    assert problem == problem_of(text)


@pytest.mark.parametrize("text", ["a: b\nc: d: e", "a: b\nc: [1", "a: b\n\t- c", "a: b\nc: @d", "a: b\nc: 'd"])
def test_what_is_not_yaml_is_refused_with_its_line(text):
    assert problem_of(text).startswith("desk.yaml:2: ")


def test_what_was_left_open_is_named_with_the_line_it_began_on():
    assert problem_of("a: 1\nb: 'c\nd: 1\n").startswith(
        "desk.yaml:3: while scanning a quoted scalar that began on line 2, ",
    )


def test_an_error_tells_its_parts():
    with pytest.raises(DocumentError) as caught:
        parse_document("a: 1\na: 2", "desk.yaml")
    error = caught.value
    assert ("desk.yaml", 2, "the key 'a' stands twice, first on line 1") == (error.name, error.line, error.problem)


def test_an_alias_is_the_value_that_it_names():
    assert {"a": {"x": [1]}, "b": {"x": [1]}, "c": "t", "d": "t", "t": 2} == value_of(
        "a: &a {x: [1]}\nb: *a\nc: &t t\nd: *t\n*t : 2",
    )


def test_aliases_of_aliases_are_bounded():
    doubled = "".join(f"l{n + 1}: &l{n + 1} [*l{n}, *l{n}]\n" for n in range(40))
    assert problem_of(f"l0: &l0 [laugh]\n{doubled}").endswith("aliases stand for more than 1000000 characters")


def test_a_long_text_with_many_aliases_is_bounded_too():
    text = "x" * 10_000
    assert problem_of(f"- &a {text}\n" + "- *a\n" * 200).startswith("desk.yaml:101: aliases stand for more")


def test_every_place_has_its_line():
    document = parse_document(
        dedent("""\
            name: Solved
            config:
              agents: {ana: {},
                ben: {groups: [a,
                  b]}}
            steps:
              - agent: ana
                status: online
              -
                customer: mia
                says: >
                  Hello
                  there
            shared: &s
              deep: 1
            again: *s
            """),
        "solved.yaml",
    )
    lines = {
        (): 1,
        ("name",): 1,
        ("config",): 2,
        ("config", "agents"): 3,
        ("config", "agents", "ana"): 3,
        ("config", "agents", "ben"): 4,
        ("config", "agents", "ben", "groups", 1): 5,
        ("steps", 0): 7,
        ("steps", 0, "status"): 8,
        ("steps", 1): 10,
        ("steps", 1, "says"): 11,
        ("shared", "deep"): 15,
        ("again",): 16,
        ("again", "deep"): 15,
    }
    assert lines == {path: document.line(path) for path in lines}


def test_what_is_not_there_has_the_line_of_what_should_hold_it():
    document = parse_document("a: 1\nb:\n  c: [d]\n", "desk.yaml")
    assert 2 == document.line(("b", "missing", "deeper"))
    assert 3 == document.line(("b", "c", 7))
    assert 1 == document.line(("a", "x"))
    assert 1 == document.line(("nothing",))
    assert 1 == parse_document("", "desk.yaml").line(("a",))


# Beyond these JSON writes two escapes for one character, which YAML refuses, or none for one that YAML wants escaped.
TEXT = st.text(st.characters(max_codepoint=0xFFFF, exclude_categories=["Cs"], exclude_characters="\x7f"), max_size=100)
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | TEXT,
    lambda children: st.lists(children) | st.dictionaries(TEXT, children),
    max_leaves=20,
)


@given(JSON)
def test_json_is_yaml(value):
    assert value == value_of(json.dumps(value))


def test_a_long_scenario_has_a_line_for_each_step():
    step = "  - customer: c{}\n    says: Hello\n"
    document = parse_document("steps:\n" + "".join(step.format(n) for n in range(2_000)), "long.yaml")
    assert [2 * n + 2 for n in range(2_000)] == [document.line(("steps", n)) for n in range(2_000)]


def test_a_file_is_a_document_of_its_path(tmp_path):
    path = tmp_path / "desk.yaml"
    path.write_bytes(b"\xef\xbb\xbfa: \xc3\xa9\r\n")
    document = read_document(path)
    assert (str(path), {"a": "é"}) == (document.name, document.value)


def test_a_file_that_is_not_utf_8_is_refused_with_its_line(tmp_path):
    path = tmp_path / "desk.yaml"
    path.write_bytes(b"a: b\nc: \xe9\n")
    with pytest.raises(DocumentError) as caught:
        read_document(path)
    assert f"{path}:2: not UTF-8 text" == str(caught.value)


def test_without_pyyaml_the_error_says_what_to_install(monkeypatch):
    monkeypatch.setitem(sys.modules, "yaml", None)
    with pytest.raises(ModuleNotFoundError, match=r"install 'handoff-sdk\[server\]'"):
        parse_document("a: b", "desk.yaml")


def test_variables_are_filled_in_and_missing_ones_are_told_where():
    value = {"a": "${A}/${A}", "b": ["${C} ${A} ${B} ${C}", "$A", "${1}", 3], "${A}": None}
    expected = ({"a": "x/x", "b": ["${C} x ${B} ${C}", "$A", "${1}", 3], "${A}": None}, {("b", 0): ["B", "C"]})
    assert expected == filled_in(value, {"A": "x"})


def test_what_a_variable_holds_is_not_filled_in_again():
    assert (["${B}"], {}) == filled_in(["${A}"], {"A": "${B}", "B": "secret"})
