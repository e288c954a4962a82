"""What a body holds: its bytes become text, and its text becomes values; no I/O.

All responses are decoded here: of token endpoints, logins, sign-ins, revocations and APIs, and also what a
secret store keeps.
"""

from __future__ import annotations

import codecs
import json
import re
import zlib
from codecs import BOM_UTF8, BOM_UTF16_BE, BOM_UTF16_LE, BOM_UTF32_BE, BOM_UTF32_LE
from collections.abc import Collection
from typing import Any, Literal, NamedTuple
from urllib.parse import parse_qsl

from watchword.http.headers import FORM
from watchword.http.xml_root import DEEPEST, XmlRoot

LARGEST = 1 << 20
"""A compressed body is decompressed to so many bytes."""

_MARKS = (BOM_UTF8, BOM_UTF16_BE, BOM_UTF16_LE, BOM_UTF32_BE, BOM_UTF32_LE)

_GZIP = b"\x1f\x8b\x08"
_ZLIB_METHOD, _ZLIB_CHECK = 8, 31
_GZIP_OR_ZLIB = 47
"""The window of zlib's functions for either format, recognised by its header."""

_MOST_LAYERS = 3
"""A body that is compressed more often stays as it is."""

_MOST_MEMBERS = 100
"""Members of gzip after these are left out; servers write one."""

_OF_HOST_NAMES = frozenset({"idna", "punycode"})
"""Their decoding takes the square of a text's length."""

_CHARSET = re.compile(r"(?i);\s*charset\s*=\s*[\"']?([^\s\"';,]{1,40})")
_XML_CHARSET = re.compile(rb"^\s*<\?xml[^>]{0,100}?\bencoding\s*=\s*[\"']([A-Za-z0-9._-]{1,40})[\"']")
_GUARD = re.compile(r"(?:\)\]\}',?|while\(1\);|for\(;;\);)\s*")
"""What some servers write in front of JSON, so that no page can load it as a script."""

_MOST_FIELDS = 10_000
"""A form with more fields is read as text."""

_BLANKS = "\ufeff \t\r\n\0"


def unpacked(body: bytes, encoding: str = "") -> bytes:
    """Return what a body in gzip or deflate holds, at most `LARGEST` bytes; another body as it is.

    The format is recognised by its header, since servers declare it wrongly; only deflate without one has to
    be declared, as the Content-Encoding. A body that ends too early is decompressed as far as it goes.
    """
    for _ in range(_MOST_LAYERS):
        if not _is_compressed(body):
            break
        body = _inflated(body, _GZIP_OR_ZLIB)
    is_bare = encoding.strip().lower() == "deflate" and not _is_utf8(body)
    return _inflated(body, -zlib.MAX_WBITS) if is_bare else body


def _inflated(body: bytes, window: int) -> bytes:
    """Return the decompressed bytes of all members (RFC 1952, 2.2), or a body of another format."""
    found, rest = bytearray(), body
    for _ in range(_MOST_MEMBERS):  # each copies the rest of the body
        if not rest or len(found) >= LARGEST:
            break
        inflater = zlib.decompressobj(window)
        try:
            found += inflater.decompress(rest, LARGEST - len(found))
        except zlib.error:
            break
        rest = inflater.unused_data if inflater.unused_data.startswith(_GZIP) else b""
    return bytes(found) or body


def _is_compressed(body: bytes) -> bool:
    if body.startswith(_GZIP):
        return True
    # RFC 1950, section 2.2. Plain text may begin so too, but it is UTF-8 then.
    head = body[:2]
    is_zlib = (
        len(head) == len(b"x\x9c") and head[0] & 0x0F == _ZLIB_METHOD and head[0] >> 4 <= _ZLIB_METHOD - 1
    )
    return is_zlib and int.from_bytes(head, "big") % _ZLIB_CHECK == 0 and not _is_utf8(body)


def _is_utf8(body: bytes) -> bool:
    try:
        body.decode()
    except UnicodeDecodeError:
        return False
    return True


def charset_in(content_type: str) -> str | None:
    """Return the charset that a Content-Type declares, None without one."""
    match = _CHARSET.search(content_type[:1000])
    return match[1] if match else None


def decoded(body: bytes, charset: str | None = None) -> str:
    """Return a body's text, without byte order mark; what can't be decoded becomes U+FFFD.

    A mark, or the zero bytes of UTF-16 and UTF-32, count more than the charset that is declared, and so does
    UTF-8: text in another charset is hardly ever valid UTF-8, but many servers declare a wrong one.
    """
    body = unpacked(body)
    if body.startswith(_MARKS) or b"\0" in body[:4]:
        return _in_charset(body, json.detect_encoding(body))
    try:
        return body.decode()
    except UnicodeDecodeError:
        return _in_charset(body, charset or _declared_in_xml(body) or "utf-8")


def _declared_in_xml(body: bytes) -> str | None:
    match = _XML_CHARSET.match(body)
    return match[1].decode("ascii") if match else None


def _in_charset(body: bytes, charset: str) -> str:
    try:
        return body.decode("utf-8" if codecs.lookup(charset).name in _OF_HOST_NAMES else charset, "replace")
    except (LookupError, ValueError):  # no charset of texts, or no name at all
        return body.decode("utf-8", "replace")


def stored_text(content: bytes) -> str:
    """Return the text that a secret store or a file keeps, without byte order mark.

    Raises:
        UnicodeDecodeError: it is neither UTF-8 nor, by its zero bytes, UTF-16 or UTF-32: a character in
            place of another would make a secret wrong.
    """
    content = unpacked(content)
    has_zeros = b"\0" in content[:6] and (content.startswith(_MARKS) or b"\0" in content[:4])
    return content.decode(json.detect_encoding(content) if has_zeros else "utf-8-sig")


def read_json(text: str | bytes) -> Any:  # noqa: ANN401 - any JSON value
    """Return a text's JSON value; raises ValueError if it isn't JSON, or is nested too deeply."""
    try:
        return json.loads(text)
    except RecursionError:
        raise ValueError("the JSON is nested too deeply") from None


def parsed(text: str) -> object:
    """Return the JSON object or list in a body, whatever its declared type; None if it holds neither."""
    text = text.lstrip(_BLANKS)
    if not text.startswith(("{", "[")):
        return None
    try:
        return read_json(text)
    except ValueError:
        return None


class Content(NamedTuple):
    """What a response holds: the format that it is in, whatever it declares, and its value.

    An XML document is an object too; see `watchword.http.xml_values`.
    """

    kind: Literal["json", "form", "xml", "text", "nothing"]
    value: object = None

    @property
    def holds_objects(self) -> bool:
        """Whether it is an object or a list of objects, in which a path may lead to a value."""
        value = self.value
        return isinstance(value, dict) or (
            isinstance(value, list) and any(isinstance(each, dict) for each in value)
        )

    @property
    def fields(self) -> dict[str, Any] | None:
        """The object that it is or, as some servers send it, the only one in a list; else None.

        In XML it is the root element's.
        """
        value = self.value
        if isinstance(value, XmlRoot):
            return value.element
        if isinstance(value, list) and len(value) == 1:
            value = value[0]
        return value if isinstance(value, dict) else None


def content_of(text: str, media_type: str = "", names: Collection[str] = ()) -> Content:
    """Return what a response holds: JSON, XML, a form, or lines of names and values.

    Args:
        text: the body.
        media_type: what it is declared as, in lower case; JSON and XML are recognised by themselves.
        names: a form that is not declared as one is recognised by one of these names.
    """
    text = text.strip(_BLANKS)
    text = text[guard.end() :] if (guard := _GUARD.match(text)) else text
    if not text:
        return Content("nothing")
    if text.startswith("<"):
        from watchword.http.xml_values import read_xml  # noqa: PLC0415 - few servers send XML

        root = read_xml(text)
        return Content("text") if root is None or root.is_page else Content("xml", root)
    try:
        value = read_json(text)
    except ValueError:
        form = _form(text, media_type, names)
        return Content("text") if form is None else Content("form", form)
    if isinstance(value, str) and value.lstrip().startswith("{"):  # some frameworks encode JSON twice
        value = parsed(value) or value
    return Content("text") if _is_too_deep(value, text) else Content("json", value)


def _form(text: str, media_type: str, names: Collection[str]) -> dict[str, str] | None:
    """Return a form's fields. Any text with a `=` parses as one: it is recognised by type or names."""
    if text.count("&") > _MOST_FIELDS:
        return None
    form = dict(parse_qsl(text, keep_blank_values=True))
    if media_type == FORM or not form.keys().isdisjoint(names):
        return form
    lines = (line.partition("=") for line in text.splitlines())
    pairs = {name.strip(): value.strip() for name, separator, value in lines if separator}
    return None if pairs.keys().isdisjoint(names) else pairs


def _is_too_deep(value: object, text: str) -> bool:
    """Return whether objects and lists are nested too deeply; most texts have too few of them for that."""
    if text.count("[") + text.count("{") <= DEEPEST:
        return False
    level = [value]
    for _ in range(DEEPEST):
        level = [child for item in level for child in _parts(item) if isinstance(child, (dict, list))]
    return bool(level)


def _parts(value: object) -> Collection[object]:
    return value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
