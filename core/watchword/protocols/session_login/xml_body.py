"""The body of a login as XML, such as that of a SOAP service: a text with templates; no I/O."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from itertools import chain

from requests import PreparedRequest, Request

from watchword import redact
from watchword.findings.codes import finding
from watchword.findings.finding import Finding
from watchword.http.json_value import JsonValue
from watchword.tokens.token_response import WHOLE

_EXAMPLE = '{"$": "<login><user>{{username}}</user><pass>{{secret:password}}</pass></login>"}'
_HEADERS = {"Accept": "text/xml, application/xml", "Content-Type": "text/xml; charset=utf-8"}
_TEMPLATE = re.compile(r"\{\{[^{}]{1,1000}\}\}")
_ELEMENT = re.compile(r"<(?:[\w.-]{1,60}:)?([\w.-]{1,60})(?:\s[^<>]*)?>([^<>{}]+)</")
_ATTRIBUTE = re.compile(r"\s(?:(?!xmlns:)[\w.-]{1,60}:)?([\w.-]{1,60})\s{0,9}=\s{0,9}[\"']([^\"'<>{}]+)[\"']")


def xml_request(
    http_method: str, url: str, body: Mapping[str, JsonValue], headers: Mapping[str, str]
) -> PreparedRequest:
    """Return the request to the absolute `url`; a document's headers replace those of XML."""
    text = str(body[WHOLE])
    return Request(http_method, url, headers={**_HEADERS, **headers}, data=text.encode()).prepare()


def escaped(values: Mapping[str, str]) -> dict[str, str]:
    """Return the values of templates as text and attributes of XML hold them."""
    from html import escape  # noqa: PLC0415 - it loads a table of all entities

    return {name: escape(value, quote=True) for name, value in values.items()}


def findings(body: Mapping[str, JsonValue], login_format: str) -> Iterator[Finding]:
    """Yield what is wrong with a body that is XML, or looks so."""
    text = body.get(WHOLE)
    if login_format != "xml":
        if isinstance(text, str) and text.lstrip().startswith("<"):
            message = (
                f"login_body has XML at $, but login_format {login_format} does not send it as the body."
            )
            yield finding("wrong_type", message, advice="Set login_format to xml.")
        return
    if not isinstance(text, str) or len(body) > 1:
        message = "With login_format xml, login_body needs one entry: $, with the whole body as text."
        yield finding("wrong_type", message, advice=f"Write login_body as {_EXAMPLE}.")
    elif not _is_well_formed(text):
        message = "The body in login_body is not well-formed XML, or has a DTD."
        yield finding("wrong_type", message, advice="Close each element, and write & as &amp; and < as &lt;.")
    else:
        for name, content in chain(_ELEMENT.findall(text), _ATTRIBUTE.findall(text)):
            if content.strip() and redact.names_credential(name):
                yield finding("secret_in_clear", f"login_body seems to hold a secret in clear, as {name!r}.")


def _is_well_formed(text: str) -> bool:
    from watchword.http.xml_values import read_xml  # noqa: PLC0415 - few logins are XML

    return read_xml(_TEMPLATE.sub("x", text)) is not None
