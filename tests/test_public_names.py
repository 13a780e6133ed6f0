"""What ``import handoff_sdk`` gives, and what it costs."""

import json
import subprocess
import sys
from importlib.metadata import version
from inspect import isclass

import pytest

import handoff_sdk
from handoff_sdk import errors

HEAVY = ["aiohttp", "asyncio", "httpx", "httpx_aiohttp", "pydantic", "sqlalchemy", "tenacity", "yaml"]


def modules_after(statement):
    """The heavy modules that a fresh interpreter has imported after a statement."""
    program = f"{statement}\nimport json, sys\nprint(json.dumps([name for name in {HEAVY!r} if name in sys.modules]))"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)  # noqa: S603 - ours
    return json.loads(done.stdout)


def test_the_public_names_are_sorted_and_each_once():
    assert sorted(set(handoff_sdk.__all__)) == handoff_sdk.__all__


@pytest.mark.parametrize("name", handoff_sdk.__all__)
def test_each_public_name_is_there(name):
    assert getattr(handoff_sdk, name) is not None
    assert name in dir(handoff_sdk)


def test_every_error_a_user_can_meet_is_public():
    tree = {name for name, kind in vars(errors).items() if isclass(kind) and issubclass(kind, errors.HandoffError)}

    assert tree <= set(handoff_sdk.__all__)


def test_what_is_not_there_is_said_to_be_missing():
    with pytest.raises(AttributeError, match="has no attribute 'nothing'"):
        handoff_sdk.nothing  # noqa: B018 - asking is the point


def test_the_version_is_that_of_the_package():
    assert handoff_sdk.__version__ == version("handoff-sdk")


def test_importing_the_package_imports_nothing_heavy():
    assert modules_after("import handoff_sdk") == []


@pytest.mark.parametrize("name", ["Bot", "HandoffClient", "Retries"])
def test_the_client_and_the_bot_import_no_engine(name):
    assert not {"aiohttp", "sqlalchemy", "yaml"} & set(modules_after(f"from handoff_sdk import {name}"))


def test_a_noun_imports_no_client():
    assert set(modules_after("from handoff_sdk import Message")) <= {"pydantic", "asyncio"}
