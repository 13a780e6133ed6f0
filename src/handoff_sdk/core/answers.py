"""What a customer's answer means: yes or no, a number, a date, a choice, or «leave that out».

People write ``ja``, ``12,50 €`` and ``3. März 2026``. Words of all the built-in languages count whatever the customer's
language is; the language decides only what would be ambiguous without it (``1.234``, ``3/4/2026``). What stays ambiguous
is no answer: asking again is cheaper than a wrong amount or date.

Source: sdk.md, A bot (forms); CLDR's number and date patterns for en, de, fr, es, pt.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import TYPE_CHECKING, Final

from handoff_sdk.models.message import FormResponseContent, TextContent

if TYPE_CHECKING:
    from collections.abc import Mapping

    from handoff_sdk.models.message import Message

__all__ = ["Answer", "answer_of", "calendar_date", "number", "plain", "skips", "yes_no"]


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back: a text, the payload of a tapped reply, or the fields of a filled-in form (``form`` names it)."""

    text: str = ""
    payload: str | None = None
    fields: Mapping[str, object] = field(default_factory=dict)
    form: str | None = None


def answer_of(message: Message) -> Answer:
    """The answer that a message is; an empty one where it holds neither text nor a form."""
    content = message.content
    if isinstance(content, TextContent):
        return Answer(text=content.text.strip(), payload=content.payload)
    if isinstance(content, FormResponseContent):
        return Answer(fields=content.fields, form=content.form)
    return Answer(text=(message.text or "").strip())


_THUMBS: Final = {"👍": " yes ", "✅": " yes ", "👎": " no ", "❌": " no "}


def plain(text: str) -> str:
    """The text's words in small letters, without accents and punctuation: what answers are compared by.

    >>> plain("Não, obrigado!")
    'nao obrigado'
    """
    for sign, word in _THUMBS.items():
        text = text.replace(sign, word)
    bare = "".join(char for char in unicodedata.normalize("NFKD", text.casefold()) if not unicodedata.combining(char))
    return " ".join(re.findall(r"\w+", bare))


_YES: Final = frozenset(
    "yes y yeah yep yup sure ok okay right correct exactly true ja j jo jawohl jep klar genau gern gerne richtig stimmt "
    "oui o ouais exact exactement si s claro vale correcto sim certo correto".split()
)
_YES_PHRASES: Final = frozenset(
    [
        "of course",
        "auf jeden fall",
        "bien sur",
        "d accord",
        "por supuesto",
        "claro que si",
        "com certeza",
        "claro que sim",
    ]
)
_NO: Final = frozenset("no n nope nah false nein nee ne non nao".split())
_NO_PHRASES: Final = frozenset(
    ["not really", "of course not", "auf keinen fall", "eher nicht", "pas vraiment", "claro que no", "claro que nao"]
)
_POLITE: Final = frozenset(
    "please thanks thank you bitte danke merci svp s il vous te plait gracias por favor obrigado obrigada".split()
)


def yes_no(text: str) -> bool | None:
    """What a text says to a question of yes or no; ``None`` where it says neither.

    >>> yes_no("Ja, bitte!"), yes_no("nope"), yes_no("maybe")
    (True, False, None)
    """
    said = plain(text)
    if said in _YES_PHRASES:
        return True
    if said in _NO_PHRASES:
        return False
    words = said.split()
    # A lone "s" or "te" is not politeness but an answer, or none.
    words = [word for word in words if word not in _POLITE or word in _YES and len(words) == 1]
    if words and all(word in _YES for word in words):
        return True
    if words and all(word in _NO for word in words):
        return False
    return None


_SKIP: Final = frozenset(
    "skip weiter uberspringen auslassen passer ignorer sauter saltar omitir siguiente pular avancar".split()
)
_DASHES: Final = frozenset({"-", "–", "—"})


def skips(text: str) -> bool:
    """Whether a text says to leave the question out.

    >>> skips("-"), skips("Überspringen"), skips("4711")
    (True, True, False)
    """
    return text.strip() in _DASHES or plain(text) in _SKIP


_DOT_DECIMALS: Final = frozenset({"en", "es-mx", "es-us", "es-419", "de-ch", "de-li", "fr-ch"})
_CURRENCIES: Final = r"(?:€|\$|£|us\$|r\$|eur|usd|gbp|chf|brl|mxn|euros?|dollars?|dolares|reais|pounds?|fr\.?)"
_AMOUNT: Final = re.compile(
    rf"(?:{_CURRENCIES})?([+-]?)(?:{_CURRENCIES})?([0-9][0-9.,]*|[.,][0-9]+)(?:{_CURRENCIES}|,-)?"
)
_GROUP: Final = 3


def number(text: str, language: str | None = None) -> Decimal | None:
    """The number that a text is, with thousands and decimals as people write them; ``None`` where it is none.

    Where a single mark stands before three digits, the language says which it is.

    >>> number("1.234,50 €"), number("1,234.50"), number("1.234", "de"), number("1.234", "en"), number("a few")
    (Decimal('1234.50'), Decimal('1234.50'), Decimal('1234'), Decimal('1.234'), None)
    """
    squeezed = re.sub(r"(?<=[0-9])[\s'’](?=[0-9]{3}(?![0-9]))", "", unicodedata.normalize("NFKC", text.casefold()))  # noqa: RUF001
    match = _AMOUNT.fullmatch(re.sub(r"\s*([^\w\s.,]+|[a-z$.]+)\s*", r"\1", squeezed.replace("−", "-").strip()))  # noqa: RUF001
    if match is None:
        return None
    sign, digits = match.groups()
    written = _with_dot(digits, _is_dot_decimal(language))
    return None if written is None else Decimal(sign + written)


def _is_dot_decimal(language: str | None) -> bool:
    tag = (language or "en").casefold()
    return tag in _DOT_DECIMALS or (tag.split("-")[0] in _DOT_DECIMALS)


def _with_dot(digits: str, dot_decimal: bool) -> str | None:  # noqa: FBT001 - private, and there is no third one
    """Digits with a dot for the decimals and no grouping; ``None`` where the marks make no number."""
    marks = [char for char in digits if char in ".,"]
    if not marks:
        return digits
    last = marks[-1]
    if len(set(marks)) > 1:
        decimal: str | None = last
    elif len(marks) > 1:
        decimal = None
    else:
        before, after = digits.split(last)
        could_group = len(after) == _GROUP and 0 < len(before) <= _GROUP and not before.startswith("0")
        decimal = None if could_group and (last == ".") != dot_decimal else last
    whole, fraction = digits, ""
    if decimal is not None:
        whole, _, fraction = digits.rpartition(decimal)
        if decimal in whole:
            return None
    groups = re.split(r"[.,]", whole)
    if len(groups) > 1 and (not 0 < len(groups[0]) <= _GROUP or any(len(group) != _GROUP for group in groups[1:])):
        return None
    return f"{''.join(groups) or '0'}.{fraction}" if fraction else "".join(groups)


_MONTHS: Final = (
    "january januar janner janvier enero janeiro",
    "february februar fevrier febrero fevereiro",
    "march marz maerz mars marzo marco",
    "april avril abril",
    "may mai mayo maio",
    "june juni juin junio junho",
    "july juli juillet julio julho",
    "august aout agosto",
    "september septembre septiembre setembro",
    "october oktober octobre octubre outubro",
    "november novembre noviembre novembro",
    "december dezember decembre diciembre dezembro",
)
_MONTH_NUMBERS: Final = {word: index for index, words in enumerate(_MONTHS, 1) for word in words.split()}
_SHORTEST_MONTH: Final = 3
_MONTH_FIRST: Final = frozenset({"en-us", "en-ph"})
_ORDINAL: Final = r"(?:st|nd|rd|th|er|o|a)?"
_DAY_MONTH_YEAR: Final = re.compile(
    rf"(?:the )?([0-9]{{1,2}}){_ORDINAL} (?:of |de )?([a-z]+) (?:de |del )?([0-9]{{4}})"
)
_MONTH_DAY_YEAR: Final = re.compile(rf"([a-z]+) (?:the )?([0-9]{{1,2}}){_ORDINAL} ([0-9]{{4}})")
_YEAR_FIRST: Final = re.compile(r"([0-9]{4})([-/.])([0-9]{1,2})\2([0-9]{1,2})")
_YEAR_LAST: Final = re.compile(r"([0-9]{1,2})([-/.])\s?([0-9]{1,2})\2\s?([0-9]{4}|[0-9]{2})")
_MONTHS_A_YEAR: Final = 12
_CENTURY_TURN: Final = 70
_CENTURY: Final = 100


def calendar_date(text: str, language: str | None = None) -> date | None:
    """The date that a text is; ``None`` where it is none, or where day and month cannot be told apart.

    >>> calendar_date("3. März 2026"), calendar_date("3/4/2026", "fr"), calendar_date("3/4/2026")
    (datetime.date(2026, 3, 3), datetime.date(2026, 4, 3), None)
    """
    written = unicodedata.normalize("NFKC", text).strip()
    if match := _YEAR_FIRST.fullmatch(written):
        return _date(int(match[1]), int(match[3]), int(match[4]))
    if match := _YEAR_LAST.fullmatch(written):
        return _year_last(match, language)
    words = plain(written)
    if match := _DAY_MONTH_YEAR.fullmatch(words):
        return _date(int(match[3]), _month(match[2]), int(match[1]))
    if match := _MONTH_DAY_YEAR.fullmatch(words):
        return _date(int(match[3]), _month(match[1]), int(match[2]))
    return None


def _year_last(match: re.Match[str], language: str | None) -> date | None:
    first, second, year = int(match[1]), int(match[3]), int(match[4])
    if len(match[4]) == 2:  # noqa: PLR2004 - "26"
        year += 2000 if year < _CENTURY_TURN else 2000 - _CENTURY
    tag = (language or "en").casefold()
    unclear = tag == "en" and match[2] != "." and first != second and max(first, second) <= _MONTHS_A_YEAR
    if unclear:
        return None
    month_first = (tag in _MONTH_FIRST and match[2] != ".") or second > _MONTHS_A_YEAR
    return _date(year, first, second) if month_first else _date(year, second, first)


def _month(word: str) -> int:
    """The number of a month's name, or of its beginning; 0 where it is none, or more than one's."""
    if len(word) < _SHORTEST_MONTH:
        return 0
    found = {index for name, index in _MONTH_NUMBERS.items() if name.startswith(word)}
    return found.pop() if len(found) == 1 else 0


def _date(year: int, month: int, day: int) -> date | None:
    try:
        return date(year, month, day)
    except ValueError:
        return None
