"""Texts with blanks: what they say, and that none of them takes time, memory or the clock."""

from __future__ import annotations

import sys
import time

import pytest

from handoff_sdk.models.template import LONGEST, filled, problem_of

FILTERS = (
    "append, capitalize, default, downcase, first, join, last, lstrip, prepend, remove, rstrip, size, slice, squish, "
    "strip, strip_newlines, truncate, truncatewords, upcase"
)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("Hello", "Hello"),
        ("Hello {customer} }} %}", "Hello {customer} }} %}"),
        ("Hello {{ customer.name }}", "Hello Mia"),
        ("Hello {{ customer.nam }}{{ custmer.name.first }}", "Hello "),
        ("Hello {{ customer.nick | default: 'you' }}", "Hello you"),
        ("{{ customer.name | upcase | append: '!' }}", "MIA!"),
        ("{% if customer.vip %}Dear{% else %}Hello{% endif %} {{ customer['name'] }}", "Hello Mia"),
        (
            "Your items: {% for item in cart %}{{ item }}{% unless forloop.last %}, {% endunless %}{% endfor %}",
            "Your items: a, b",
        ),
        ("Your items: {{ cart | join: ', ' }}", "Your items: a, b"),
        ("{% assign name = customer.name %}{% capture hi %}Hi {{ name }}{% endcapture %}{{ hi }}", "Hi Mia"),
        ("{% raw %}{{ as it is }}{% endraw %}{% comment %}no{% endcomment %}", "{{ as it is }}"),
        ("{{ customer.html }}", "<b>&</b>"),
        ("#{{ number }}", "#7"),
    ],
)
def test_blanks_are_filled_in(text, said):
    values = {"customer": {"name": "Mia", "html": "<b>&</b>"}, "cart": ["a", "b"], "number": 7}
    assert said == filled(text, values)


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("", f"has to have 1 to {LONGEST} characters"),
        ("x" * (LONGEST + 1), f"has to have 1 to {LONGEST} characters"),
        (" \n", "says nothing"),
        ("{{ customer.name", "is not valid Liquid: expected '}}', found end of file"),
        ("{% if a %}x", "is not valid Liquid: expected tag endif, found end of expression"),
        ("{% include 'secrets' %}x", "is not valid Liquid: unexpected tag 'include'"),
        ("{% if a %}{{ a | nope }}{% endif %}x", f"there is no filter 'nope'; there are {FILTERS}"),
        ("{{ 'now' | date: '%s' }}", f"there is no filter 'date'; there are {FILTERS}"),
        ("{{ 'a' | truncate: 'b' }}", "is not valid Liquid: truncate expected an integer, found str"),
        ("{% for i in (1..3) %}{{ i }}{% endfor %}", "has a range, and ranges are not supported"),
        ("{% if a == (1..3) %}x{% endif %}y", "has a range, and ranges are not supported"),
        ("{{ customer.name }}", "says nothing where the values are missing; give them a default"),
        ("x{{ a" + "[b" * 900 + "]" * 900 + " }}", "is nested too deeply"),
        ("x{{ a" + "[b" * 1350 + "]" * 1350 + " }}", "is not valid Liquid: unexpected liquid parsing error"),
        ("{% if a %}" * 25 + "x" + "{% endif %}" * 25 + "y", "is nested too deeply"),
        (
            "{% assign a = 'aaaaaaaaaa' %}" + "{% assign a = a | append: a %}" * 9 + "{{ a }}",
            f"says more than {LONGEST} characters",
        ),
        (
            "{% assign a = 'aaaaaaaaaa' %}" + "{% assign a = a | append: a %}" * 100 + "{{ a }}",
            "is not valid Liquid: local namespace limit reached",
        ),
        (
            "{% capture a %}" + "a" * 2000 + "{% endcapture %}" + "{{ a }}" * 100,
            "is not valid Liquid: output stream limit reached",
        ),
    ],
)
def test_what_cannot_be_said_is_told(text, problem):
    assert problem == problem_of(text)


@pytest.mark.parametrize("text", ["Hello", "Hello {{ customer.name }}", "{{ customer.name | default: 'Hello' }}"])
def test_the_rest_has_no_problem(text):
    assert problem_of(text) is None


@pytest.mark.parametrize(
    "values",
    [
        {"items": ["a"] * 1001},
        {"items": ["a" * 500] * 100},
        {"items": 7},
        {"items": ["x" * 4096, "y"]},
    ],
    ids=["too many", "too much", "no list", "too long"],
)
def test_values_that_a_text_cannot_take_count_as_missing(values):
    assert "Items: " == filled("Items: {% for item in items %}{{ item }}{% endfor %}", values)


def test_values_that_leave_nothing_to_say_count_as_missing():
    text = "{% unless customer.name %}Hello{% endunless %}"
    assert ("Hello", "Hello") == (filled(text, {"customer": {"name": "Mia"}}), filled(text, {}))


def test_loops_in_loops_end_soon():
    text = "Hi" + "{% for a in list %}" * 8 + "x" + "{% endfor %}" * 8
    assert problem_of(text) is None
    began = time.perf_counter()
    assert "Hi" == filled(text, {"list": [1, 2, 3, 4, 5, 6, 7, 8, 9]})
    assert time.perf_counter() - began < 1


def test_without_liquid_only_the_engine_that_says_it_checks_it(monkeypatch):
    monkeypatch.setitem(sys.modules, "liquid.exceptions", None)
    assert problem_of("{{ customer.name") is None
    assert "says nothing" == problem_of(" ")
