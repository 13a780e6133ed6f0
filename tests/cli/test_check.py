"""``handoff check``: everything that is found in a file, and the exit status."""

import json

import jsonschema
import pytest

WRONG = """\
brands: {default: {stile: social}}
groups: {support: }
agents:
  ana: {groups: [suport]}
auth:
  signing_keys: [{kid: a, secret: "${NO_SUCH_SECRET}"}]
"""
DOUBTFUL = "agents: {ana: }\n"


@pytest.fixture
def written(tmp_path):
    def write(text):
        (tmp_path / "desk.yaml").write_text(text)
        return "desk.yaml"

    return write


def test_all_errors_are_told_at_once_with_their_lines(handoff, written):
    status, out, err = handoff("check", written(WRONG))
    assert [
        "error  brands.default.stile: unknown key; did you mean 'style'? (line 1)",
        "error  agents.ana.groups[0]: there is no group 'suport'; did you mean 'support'? (line 4)",
        "error  auth.signing_keys[0].secret: the environment lacks NO_SUCH_SECRET (line 6)",
        "desk.yaml: 3 errors",
    ] == out
    assert (1, []) == (status, err)


def test_warnings_alone_are_no_failure_unless_they_are_to_be(handoff, written):
    told = [
        "warning  agents.ana: is in no group, and gets only what is for everybody; write 'groups: [...]' (line 1)",
        "desk.yaml: 1 warning",
    ]
    assert (0, told, []) == handoff("check", written(DOUBTFUL))
    assert (1, told, []) == handoff("check", "desk.yaml", "--strict")


def test_a_file_that_is_well_is_fine(handoff, written):
    assert (0, ["desk.yaml: fine"], []) == handoff("check", written(""), "--strict")


def test_what_is_no_yaml_is_an_error_with_its_line(handoff, written):
    status, out, _ = handoff("check", written("agents: {}\nagents: {}\n"))
    assert ["error  the key 'agents' stands twice, first on line 1 (line 2)", "desk.yaml: 1 error"] == out
    assert 1 == status


def test_a_file_that_cannot_be_read_is_another_failure(handoff):
    assert (2, [], ["handoff: none.yaml: No such file or directory"]) == handoff("check", "none.yaml")


def test_programs_read_the_same_as_json(handoff, written):
    status, out, _ = handoff("check", written(DOUBTFUL), "--json")
    [finding] = json.loads("\n".join(out))["findings"]
    assert (0, "warning", "agents.ana", 1) == (status, finding["level"], finding["path"], finding["line"])


def test_the_schema_needs_no_file(handoff):
    status, out, _ = handoff("check", "--schema")
    schema = json.loads("\n".join(out))
    jsonschema.Draft202012Validator.check_schema(schema)
    assert (0, "https://json-schema.org/draft/2020-12/schema") == (status, schema["$schema"])


def test_without_a_file_it_says_what_it_needs(handoff):
    status, out, err = handoff("check")
    assert (2, []) == (status, out)
    told = "Invalid value for CONFIG: give the configuration to check, or --schema."
    assert [f"handoff check: {told} Try 'handoff check --help'."] == err
