"""Texts for customers: the engine's own words, how a language is chosen, and how blanks are filled in.

Source: lifecycle.md, 5 and 7; config.md (``language``, and ``say`` under Actions).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from handoff_sdk.errors import FieldError, TemplateError
from handoff_sdk.models.template import filled, problem_of

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["LINES", "check_texts", "in_language", "rendered"]

LINES: dict[str, dict[str, str]] = {
    "queued": {
        "en": (
            "You are in line{% if queue.position %} at position {{ queue.position }}{% endif %}; a person will answer "
            "you here.{% if queue.wait_minutes %} It should take no more than {{ queue.wait_minutes }} min.{% endif %}"
        ),
        "de": (
            "Sie sind in der Warteschlange{% if queue.position %} an Position {{ queue.position }}{% endif %}; hier "
            "antwortet Ihnen ein Mensch.{% if queue.wait_minutes %} Es sollte höchstens {{ queue.wait_minutes }} Min. "
            "dauern.{% endif %}"
        ),
        "fr": (
            "Vous êtes dans la file d'attente{% if queue.position %} en position {{ queue.position }}{% endif %} ; une "
            "personne vous répondra ici.{% if queue.wait_minutes %} Cela devrait prendre au plus "
            "{{ queue.wait_minutes }} min.{% endif %}"
        ),
        "es": (
            "Está en la cola{% if queue.position %} en la posición {{ queue.position }}{% endif %}; una persona le "
            "responderá aquí.{% if queue.wait_minutes %} No debería tardar más de {{ queue.wait_minutes }} min."
            "{% endif %}"
        ),
        "pt": (
            "Você está na fila{% if queue.position %} na posição {{ queue.position }}{% endif %}; uma pessoa vai "
            "responder aqui.{% if queue.wait_minutes %} Não deve demorar mais de {{ queue.wait_minutes }} min."
            "{% endif %}"
        ),
    },
    "closed": {
        "en": "Nobody is here right now. We have your message and will answer here when we are back.",
        "de": "Im Moment ist niemand da. Wir haben Ihre Nachricht und antworten hier, sobald wir wieder da sind.",
        "fr": "Personne n'est là pour le moment. Nous avons votre message et répondrons ici à notre retour.",
        "es": "Ahora mismo no hay nadie. Tenemos su mensaje y responderemos aquí cuando volvamos.",
        "pt": "Não há ninguém aqui agora. Temos a sua mensagem e responderemos aqui quando voltarmos.",
    },
    "accepted": {
        "en": "{{ agent.name | default: 'A person' }} is with you now.",
        "de": "{{ agent.name | default: 'Ein Mensch' }} ist jetzt für Sie da.",
        "fr": "{{ agent.name | default: 'Une personne' }} est maintenant avec vous.",
        "es": "{{ agent.name | default: 'Una persona' }} está ahora con usted.",
        "pt": "{{ agent.name | default: 'Uma pessoa' }} está agora com você.",
    },
    "slipped": {
        "en": (
            "It takes longer than we said. You are still in line{% if queue.position %} at position "
            "{{ queue.position }}{% endif %}."
        ),
        "de": (
            "Es dauert länger, als wir gesagt haben. Sie sind weiter in der Warteschlange{% if queue.position %} an "
            "Position {{ queue.position }}{% endif %}."
        ),
        "fr": (
            "Cela prend plus de temps que prévu. Vous êtes toujours dans la file d'attente{% if queue.position %} en "
            "position {{ queue.position }}{% endif %}."
        ),
        "es": (
            "Está tardando más de lo que dijimos. Sigue en la cola{% if queue.position %} en la posición "
            "{{ queue.position }}{% endif %}."
        ),
        "pt": (
            "Está demorando mais do que dissemos. Você continua na fila{% if queue.position %} na posição "
            "{{ queue.position }}{% endif %}."
        ),
    },
    "left": {
        "en": "You are not in line any more.",
        "de": "Sie sind nicht mehr in der Warteschlange.",
        "fr": "Vous n'êtes plus dans la file d'attente.",
        "es": "Ya no está en la cola.",
        "pt": "Você não está mais na fila.",
    },
    "nobody_available": {
        "en": "Sorry, nobody is available right now.",
        "de": "Leider ist gerade niemand verfügbar.",
        "fr": "Désolé, personne n'est disponible pour le moment.",
        "es": "Lo sentimos, ahora mismo no hay nadie disponible.",
        "pt": "Lamentamos, ninguém está disponível no momento.",
    },
    "back": {
        "en": "Our team has handed you back to the assistant.",
        "de": "Unser Team hat Sie an den Assistenten zurückgegeben.",
        "fr": "Notre équipe vous a remis entre les mains de l'assistant.",
        "es": "Nuestro equipo le ha devuelto al asistente.",
        "pt": "Nossa equipe devolveu você ao assistente.",
    },
    "session_ended": {
        "en": "This chat has ended.",
        "de": "Dieser Chat ist beendet.",
        "fr": "Cette discussion est terminée.",
        "es": "Este chat ha terminado.",
        "pt": "Este chat foi encerrado.",
    },
    "survey": {
        "en": "How did we do?",
        "de": "Wie zufrieden sind Sie mit uns?",
        "fr": "Êtes-vous satisfait de notre aide ?",
        "es": "¿Qué le ha parecido nuestra ayuda?",
        "pt": "Como foi o nosso atendimento?",
    },
    "survey_good": {"en": "Good", "de": "Gut", "fr": "Bien", "es": "Bien", "pt": "Bom"},
    "survey_bad": {"en": "Bad", "de": "Schlecht", "fr": "Mal", "es": "Mal", "pt": "Ruim"},
}


def in_language(texts: Mapping[str, str], *languages: str | None) -> str:
    """The text in the first of ``languages`` there is one for (``de-AT`` also finds ``de``), else the first text.

    >>> in_language({"en": "Hello", "de": "Hallo"}, None, "de-AT")
    'Hallo'
    """
    for language in languages:
        if language is None:
            continue
        for name in (language, language.split("-")[0]):
            if name in texts:
                return texts[name]
    return next(iter(texts.values()))


def rendered(texts: Mapping[str, str], values: Mapping[str, object], *languages: str | None) -> str:
    """The text of a language with its blanks filled in; a value that is missing is empty.

    >>> rendered({"en": "Hello {{ customer.name }}"}, {"customer": {"name": "Mia"}})
    'Hello Mia'
    """
    return filled(in_language(texts, *languages), values)


def check_texts(texts: Mapping[str, str], path: str) -> None:
    """Let only texts through that can be rendered; ``path`` is where they stand in the request.

    Raises:
        TemplateError: One of them is not valid Liquid, or does what is not allowed; the text says what.
    """
    problems = {f"{path}.{language}".rstrip("."): problem_of(text) for language, text in texts.items()}
    errors = [FieldError(place, problem) for place, problem in problems.items() if problem is not None]
    if errors:
        raise TemplateError("\n".join(f"{error.path}: {error.message}" for error in errors), errors)
