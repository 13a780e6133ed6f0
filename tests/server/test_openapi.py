"""The OpenAPI document: valid, whole, and what the routes really take."""

from __future__ import annotations

import inspect
import json
from collections import Counter

import pytest
from openapi_spec_validator import OpenAPIV31SpecValidator

from handoff_sdk.errors import BY_CODE
from handoff_sdk.server.openapi import document
from handoff_sdk.server.table import ROUTES


@pytest.fixture(scope="module")
def spec():
    return json.loads(document(ROUTES))


def operations(spec):
    return [operation for methods in spec["paths"].values() for operation in methods.values()]


def test_it_is_valid(spec):
    assert [] == [error.message for error in OpenAPIV31SpecValidator(spec).iter_errors()]


def test_every_route_is_in_it_once(spec):
    routes = Counter((route.method.lower(), route.path) for route in ROUTES)
    told = Counter((method, path) for path, methods in spec["paths"].items() for method in methods)

    assert routes == told
    assert {1} == set(routes.values())


def test_operations_have_names_of_their_own(spec):
    names = [operation["operationId"] for operation in operations(spec)]

    assert sorted(set(names)) == sorted(names)


@pytest.mark.parametrize("route", ROUTES, ids=lambda route: f"{route.method} {route.path}")
def test_handlers_take_what_their_row_says(route):
    taken = list(inspect.signature(route.handler).parameters)[1:]
    annotations = {name: route.handler.__annotations__[name] for name in taken}

    expected = {}
    if route.command is not None:
        expected["command"] = route.command.__name__
    if route.query is not None:
        expected["query"] = route.query.__name__
    assert expected == annotations


def test_what_comes_from_the_path_is_not_in_a_body(spec):
    body = spec["components"]["schemas"]["PostMessage"]

    assert "conversation_id" not in body["properties"]
    assert ["content"] == body["required"]


def test_a_body_says_which_kind_of_content_it_brings(spec):
    schemas = spec["components"]["schemas"]

    assert ["type", "text"] == schemas["TextContentInput"]["required"]
    assert "type" not in schemas["TextContent"].get("required", ())


def test_a_name_in_the_path_looks_as_its_field_in_the_command_does(spec):
    register, start = spec["paths"]["/v1/bots/{bot}"]["put"], spec["paths"]["/v1/conversations/{conversation_id}"]

    assert "^[A-Za-z0-9][A-Za-z0-9_.@-]{0,63}$" == register["parameters"][0]["schema"]["pattern"]
    assert {"type": "string", "minLength": 1, "maxLength": 255} == start["get"]["parameters"][0]["schema"]


def test_bodies_are_strict_at_any_depth_and_answers_are_not(spec):
    schemas = spec["components"]["schemas"]

    assert schemas["PostMessage"]["additionalProperties"] is False
    assert schemas["TextContentInput"]["additionalProperties"] is False
    assert schemas["CustomerProfileInput"]["additionalProperties"] is True
    assert "additionalProperties" not in schemas["TextContent"]


def test_refusals_name_their_codes(spec):
    handoff = spec["paths"]["/v1/conversations/{conversation_id}/handoff"]["post"]["responses"]

    assert {"201", "400", "401", "403", "404", "409", "413", "415", "422", "429", "503"} == handoff.keys()
    conflict = handoff["409"]["content"]["application/problem+json"]["schema"]["allOf"][1]["properties"]["code"]["enum"]
    assert ["already_open", "control_lost"] == conflict


def test_every_code_in_it_is_one_that_clients_know(spec):
    codes = {
        code
        for operation in operations(spec)
        for answer in operation["responses"].values()
        for content in answer["content"].values()
        for part in content["schema"].get("allOf", ())
        for code in part.get("properties", {}).get("code", {}).get("enum", ())
    }

    assert codes <= BY_CODE.keys()


def test_every_post_takes_an_idempotency_key(spec):
    for path, methods in spec["paths"].items():
        if "post" in methods:
            names = [parameter["name"] for parameter in methods["post"]["parameters"]]
            assert "Idempotency-Key" in names, path
