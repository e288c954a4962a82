"""What is wrong in one template of a signature, whatever the others say."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import chain

from watchword.findings.codes import finding
from watchword.findings.finding import Finding
from watchword.http import headers
from watchword.protocols.hmac_signature.parts import (
    BELOW,
    CONDITIONS,
    NOT_SENT,
    ONE_WAY,
    PARTS,
    SECRET,
    SECTION_WORDS,
    SECTIONS,
    WORDS,
)
from watchword.protocols.hmac_signature.template import BEGIN, END, Part, Section, Template
from watchword.protocols.templates import TemplateSecrets

_LONGEST_QUOTE = 40


def unknown(field: str, template: Template, secrets: TemplateSecrets) -> Iterator[Finding]:
    """Find parts and sections that there aren't."""
    for part in dict.fromkeys(template.parts):
        yield from _part(field, part, secrets)
    for section in template.sections:
        if section.name not in SECTIONS:
            message = f"{field} has the section {_quoted(BEGIN + section.name)}, which is not known."
            advice = f"The sections are {SECTION_WORDS} (such as {{{{#sha256_hex}}}}…{{{{/sha256_hex}}}})."
            yield finding("template_unresolved", message, advice=advice)
    for text in template.texts:
        if "{{" in text or "}}" in text:
            message = f"{field} has {{{{ or }}}} that belongs to no part."
            advice = "Write a part as {{NAME}}, without other braces beside or in it."
            yield finding("template_unresolved", message, advice=advice)


def unsendable(field: str, template: Template) -> Iterator[Finding]:
    """Find the secret itself among what is sent, and bytes that no header or parameter can hold."""
    shown = list(_shown(template))
    readable = [
        piece.content.parts for piece in shown if isinstance(piece, Section) and piece.name not in ONE_WAY
    ]
    if Part(SECRET) in (*shown, *chain.from_iterable(readable)):
        message = f"{field} has {{{{{SECRET}}}}}, so anybody who reads a request could sign others."
        yield finding("signature_misdescribed", message, advice="Send {{signature}}, not the secret.")
    for piece in dict.fromkeys(shown):
        if isinstance(piece, str):
            yield from headers.value_findings(piece, f"an entry of {field}")
        elif piece.name in NOT_SENT:
            begin = BEGIN if isinstance(piece, Section) else ""
            message = (
                f"{field} has {_quoted(begin + piece.name)}, whose bytes no header or parameter can hold."
            )
            yield finding("signature_misdescribed", message, advice="Send a hash of it in hex or base64.")


def _part(field: str, part: Part, secrets: TemplateSecrets) -> Iterator[Finding]:
    if part.name == "header":
        yield from headers.name_findings(part.argument, "header")
    elif part.name == "secret":
        if part.argument not in secrets:
            missing = _quoted(f"secret:{part.argument}", _LONGEST_QUOTE + len("secret:"))
            message = f"{field} refers to {missing}, which secret_parameters does not have."
            yield finding("template_unresolved", message)
    elif part.name[:1] in {BEGIN, END}:
        name = part.name[1:][:_LONGEST_QUOTE]
        message = f"{field} has {_quoted(part.name)}, which is not a whole section."
        advice = f"Write {{{{#{name}}}}}…{{{{/{name}}}}} around a text without another section in it."
        yield finding("template_unresolved", message, advice=advice)
    elif not (part.name == BELOW if part.argument else part.name in PARTS):
        yield _no_part(field, _quoted(str(part)))


def _shown(template: Template) -> Iterator[str | Part | Section]:
    """Yield the pieces that are sent as they are: those in a section with a condition too."""
    for piece in template.pieces:
        if isinstance(piece, Section) and piece.name in CONDITIONS:
            yield from piece.content.pieces
        else:
            yield piece


def _no_part(field: str, what: str) -> Finding:
    return finding(
        "template_unresolved",
        f"{field} has {what}, which is not known.",
        advice=f"The parts are header:NAME, secret:NAME, {WORDS} (such as {{{{body_sha256_hex}}}}).",
    )


def _quoted(name: str, longest: int = _LONGEST_QUOTE) -> str:
    return f"{{{{{name[:longest]}}}}}"
