"""Variables that haven't been filled in: `{{name}}`, `${NAME}`, `%NAME%`, `<name>`, `YOUR_NAME`; no I/O.

`notations` has those that secrets are compared with too.

People copy a document out of a manual, of Postman or of a deployment tool, which would have filled them in.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

from watchword.document.nested import with_logins
from watchword.document.reading import Document
from watchword.findings.codes import finding
from watchword.findings.finding import Finding
from watchword.http import path_templates
from watchword.methods.base import LOGIN_WITH
from watchword.methods.fields import Fields, about
from watchword.protocols import templates
from watchword.validation import notations

_MOST = 20
"""So many variables are named; a document has few."""

_BRACES = re.compile(r"\{\{([^{}]{0,1000})\}\}")
_OWN = re.compile(r"\s*(?:value:[^{}\s]+|username)\s*")
"""More templates of some JSON fields; each such field has findings of its own about them."""

_DOLLAR = re.compile(r"\$\{[^{}]{1,200}\}")
_PERCENT = re.compile(r"%[A-Z_][A-Z0-9_]{2,60}%")
_ANGLES = re.compile(r"<[A-Za-z][A-Za-z0-9_. :-]{0,60}>")
_YOUR_ANGLES = re.compile(r"(?i)<(?:your|my|insert|enter|replace)\b[^<>]{0,60}>")
_ID_ANGLES = re.compile(
    r"(?i)<(?:[a-z]{1,30}[-_ ])?(?:id|name|number|tenant|account|domain|region|company|key|token|secret)>"
)
"""What XML may have too, but not without an end tag."""

_YOUR_NAME = re.compile(r"(?<![A-Za-z0-9_])YOUR_[A-Z][A-Z0-9_]{1,60}")
_EXAMPLE = re.compile(
    r"(?i)(?<![a-z0-9])(?!your-server\.de)"  # a provider's own domain
    r"your[-_ ]?(?:own[-_ ]?)?(?:api|app|client|tenant|account|company|org(?:ani[sz]ation)?|"
    r"(?:sub)?domain|instance|workspace|shop|store|site|user(?:name)?|token|secret|key|project|team|realm|host|"
    r"server)(?:[-_ ]?(?:id|key|secret|name|token|domain|url))?(?![a-z0-9])"
)
_ODATA = r"(?!(?i:value|count|metadata|batch|ref|all|links|filter|select|expand|top)(?![A-Za-z0-9_]))"
_WHOLE_EXAMPLE = re.compile(rf"(?i)change[-_ ]?me|\.{{3,}}|\${_ODATA}[a-z][a-z0-9_]{{2,}}")
_WHOLE_FILLER = re.compile(r"(?i)x{3,}|todo|tbd|0{8}-(?:0{4}-){3}0{12}")
"""Words and ids that a parameter may really have, but no name or id of a client."""

_IN_URL = re.compile(rf"\{{[A-Za-z_][A-Za-z0-9_. -]{{0,60}}\}}|\${_ODATA}[A-Z][A-Z0-9_]{{2,60}}")
"""What a manual writes into a URL, where these characters have to be encoded otherwise."""

_BRACES_IN_ADDRESS = re.compile(r"(?<!\{)\{[A-Za-z_][A-Za-z0-9_. -]{0,60}\}(?!\})")
"""The same in an address within another text, such as the scope `api://{app_id}/.default`."""

_SENT = "extra_parameters"
_SENT_ADVICE = (
    "The templates of extra_parameters are {{uuid}}, {{now}} and {{now+300}}. Give a secret as an entry of "
    "secret_parameters, whole, and a value of the token's response by response_values."
)

_FREE = frozenset({_SENT, "payload"})
"""The fields whose texts the API defines: there, too, a variable may be meant as it is."""

_HEX = re.compile("%[0-9A-Fa-f]{2}")


def findings(document: Document) -> Iterator[Finding]:
    """Yield a finding for each variable in a text of the document, with the name of its field.

    Secrets have findings of their own; those must show nothing of them.
    """
    found = (
        item
        for prefix, fields in (("", document.common), *with_logins(document.method))
        for where, text, is_templated in _texts_of(fields)
        for item in _of(f"{prefix}{where}", text, is_templated=is_templated)
    )
    for number, item in enumerate(found):
        if number == _MOST:
            return
        yield item


def _texts_of(fields: Fields) -> Iterator[tuple[str, str, bool]]:
    """Yield each text that isn't secret: its field, the text, and whether the field has templates."""
    for name, info in type(fields).model_fields.items():
        description, value = about(info), getattr(fields, name)
        if description is None or description.secret or name == LOGIN_WITH:  # its fields are read one by one
            continue
        for where, text in _texts(name, value):
            yield where, text, description.templated


def _texts(where: str, value: object) -> Iterator[tuple[str, str]]:
    if isinstance(value, str):
        yield where, value
    elif isinstance(value, Mapping):
        for key, item in value.items():
            yield from _texts(f"{where}, {str(key)[:40]!r}", item)
    elif isinstance(value, (list, tuple)):
        for item in value:
            yield from _texts(where, item)


def _of(where: str, text: str, *, is_templated: bool) -> Iterator[Finding]:
    field = where.partition(",")[0].rpartition(".")[2]
    is_url = field.endswith(("_url", "_endpoint", "_uri"))
    address, _, query = text.partition("?") if field == "test_url" else (text, "", "")
    if is_url:
        address = notations.marks_decoded(address)
    certain = [] if is_templated else list(_in_braces(where, address))
    if field == _SENT:
        yield from _of_other_fields(where, text)
    address = path_templates.without_templates(address) if is_url else address
    certain += _certain(address, is_url=is_url)
    doubtful = [*_certain(query, is_url=False), *_doubtful(address, is_url=is_url)]
    if field in _FREE:
        certain, doubtful = [], [*certain, *(each for each in doubtful if not _is_prose(each, text))]
    elif _WHOLE_FILLER.fullmatch(text.strip()):
        doubtful.append(text.strip())
    for variable in dict.fromkeys(certain):
        yield _unfilled(where, variable)
    for variable in dict.fromkeys(doubtful):
        if not any(variable in known for known in certain):
            message = f"The field {where} has {variable[:40]!r}, which looks like an example."
            yield finding("value_for_example", message)


def _of_other_fields(where: str, text: str) -> Iterator[Finding]:
    """Yield the templates of other fields in what is sent with every request, where they aren't filled in."""
    for match in _BRACES.finditer(text):
        is_known = templates.is_known(match[1]) or _OWN.fullmatch(match[1])
        if is_known and not templates.is_fresh(match[1]):
            # No API has a template of the other kinds of its own.
            code = "template_unresolved" if ":" in match[1] else "value_for_example"
            message = f"The field {where} has {match[0][:40]!r}, which isn't filled in there."
            yield finding(code, message, advice=_SENT_ADVICE)


def _in_braces(where: str, text: str) -> Iterator[str]:
    """Yield the templates in a text that watchword doesn't fill in."""
    is_json = "," in where or "." in where
    for match in _BRACES.finditer(text):
        if not (is_json and (templates.is_known(match[1]) or _OWN.fullmatch(match[1]))):
            yield match[0]


def _certain(text: str, *, is_url: bool) -> list[str]:
    """Return what can only be a variable, unless the API takes any text there."""
    angles = _ANGLES if is_url or _ANGLES.fullmatch(text.strip()) else _YOUR_ANGLES
    patterns = (_DOLLAR, _YOUR_NAME, angles, *(() if "</" in text else (_ID_ANGLES,)))
    certain = [match[0] for pattern in patterns for match in pattern.finditer(text)]
    if is_url:
        certain += notations.certain_in_url(text)
    elif notations.whole(text.strip()) == "certain":
        certain.append(text.strip())
    return [*certain, *([text.strip()] if _PERCENT.fullmatch(text.strip()) else [])]


def _doubtful(text: str, *, is_url: bool) -> list[str]:
    """Return what looks like an example, and may be real."""
    percent = [match[0] for match in _PERCENT.finditer(text) if not _is_encoding(match, text)]
    in_address = (_IN_URL,) if is_url else (_BRACES_IN_ADDRESS,) if "://" in text else ()
    patterns = (_EXAMPLE, *in_address)
    doubtful = [*percent, *(match[0] for pattern in patterns for match in pattern.finditer(text))]
    doubtful += notations.doubtful_in_url(text) if is_url else notations.doubtful_in(text)
    is_example = _WHOLE_EXAMPLE.fullmatch(text.strip()) or notations.whole(text.strip()) == "doubtful"
    return [*doubtful, *([text.strip()] if is_example else [])]


def _is_prose(example: str, text: str) -> bool:
    """Return whether what looks like an example is a part of a sentence or of a query."""
    return " " in example or (_EXAMPLE.fullmatch(example) is not None and example != text.strip())


def _is_encoding(match: re.Match[str], text: str) -> bool:
    """Return whether a match may be between percent-encoded characters: `%C3abc%A4` has no variable."""
    return bool(_HEX.match(match[0]) and _HEX.match(text, match.end() - 1))


def _unfilled(where: str, variable: str) -> Finding:
    message = f"The field {where} holds the variable {variable[:40]!r} in place of a value."
    return finding("variable_unfilled", message)
