"""What a visitor's browser loads for the widget is small, and is what a checkout and a wheel serve."""

import json
import re

from tests.web.conftest import spoken

from handoff_sdk.web import assets, languages

MOST = 20_000
"""Bytes, compressed as they are served."""


def test_the_widget_is_loaded_in_few_bytes():
    packed = assets().packed
    words = max(len(packed[f"words/{language}.js"]) for language in languages())
    assert len(assets().loader) + len(packed["widget/index.js"]) + words <= MOST


def test_all_of_it_comes_with_one_file_but_for_the_words():
    widget = assets().files["widget/index.js"].decode()
    assert [] == re.findall(r"^import\b.*", widget, flags=re.MULTILINE)
    assert ["`../words/${language}.js`"] == re.findall(r"import\(([^)]+)\)", widget)
    [there] = re.findall(r"THERE=(\[[^]]+])", widget)
    assert list(languages()) == json.loads(there)
    assert ("ar", "de", "en", "es", "fr", "he", "pt") == languages()


def test_all_languages_have_the_same_words_with_the_same_blanks():
    blanks = {
        language: {name: sorted(re.findall(r"\{\w+\}", text)) for name, text in spoken(language).items()}
        for language in languages()
    }
    assert len(blanks["en"]) > 40
    assert dict.fromkeys(languages(), blanks["en"]) == blanks
