"""The text of a body and its values, whatever the server says about them."""

from __future__ import annotations

import gzip
import json
import time
import zlib
from urllib.parse import urlencode

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.support.nightly import usually
from watchword.http.bodies import LARGEST, charset_in, content_of, decoded, parsed, read_json, stored_text
from watchword.http.headers import FORM

TOKEN = {"access_token": "t0ken", "note": "é"}
TEXT = json.dumps(TOKEN, ensure_ascii=False)


@pytest.mark.parametrize(
    ("body", "charset", "expected"),
    [
        ("é".encode(), None, "é"),
        (b"\xe9", "latin-1", "é"),
        (b"a\xff", None, "a\ufffd"),
        ("é".encode(), "no-such-charset", "é"),
        (b"\xe9", "no-such-charset", "\ufffd"),
        ("é".encode(), "base64", "é"),
        ("é".encode(), "iso-8859-1", "é"),
        ("é€".encode("cp1252"), "windows-1252", "é€"),
        ("日本".encode("shift_jis"), "Shift_JIS", "日本"),
        ("é".encode(), "utf-16", "é"),
        (b"<?xml version='1.0' encoding='ISO-8859-1'?><a>\xe9</a>", None,
         "<?xml version='1.0' encoding='ISO-8859-1'?><a>é</a>"),
    ],
)  # fmt: skip
def test_every_body_has_a_text(body, charset, expected):
    """UTF-8 counts more than a declared charset, and bytes that can't be decoded become U+FFFD."""
    assert decoded(body, charset) == expected


@pytest.mark.parametrize(
    "encoded",
    [
        *(TEXT.encode(name) for name in ("utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "utf-32")),
        TEXT.encode("utf-32-le"),
        gzip.compress(TEXT.encode(), mtime=0),
        gzip.compress(TEXT.encode("utf-16"), mtime=0),
        gzip.compress(gzip.compress(TEXT.encode(), mtime=0), mtime=0),
        zlib.compress(TEXT.encode()),
        zlib.compress(TEXT.encode(), 9),
        json.dumps(TEXT).encode(),
        b" \r\n" + TEXT.encode() + b"\n ",
        b"[" + TEXT.encode() + b"]",
    ],
)  # fmt: skip
@pytest.mark.parametrize("media_type", ["application/json", "text/plain", "text/html", "", FORM])
def test_json_is_read_in_each_encoding_under_each_type(encoded, media_type):
    """Marks, UTF-16, compression that the transport has not undone, and JSON in a JSON text are read."""
    assert content_of(decoded(encoded, "iso-8859-1"), media_type).fields == TOKEN


@pytest.mark.parametrize(
    ("text", "media_type", "fields"),
    [
        ("access_token=t0ken&scope=a+b", "text/plain", {"access_token": "t0ken", "scope": "a b"}),
        (')]}\'\n{"t": "1"}', "application/json", {"t": "1"}),
        ('while(1);{"t": "1"}', "text/plain", {"t": "1"}),
        ("t=1&u=", FORM, {"t": "1", "u": ""}),
        ("SID=DQ\nLSID=x\nAuth=t=0\n", "text/plain", {"SID": "DQ", "LSID": "x", "Auth": "t=0"}),
        ("#\n#Mon Nov 30\nAUTHTOKEN=bad\nRESULT=TRUE", "text/plain", {"AUTHTOKEN": "bad", "RESULT": "TRUE"}),
        ("<r><Auth>t</Auth></r>", "text/plain", {"Auth": "t"}),
        ('{"a": 1}', "application/xml", {"a": 1}),
        ("a=b is what it says", "text/plain", None),
        ("<html><body>a</body></html>", "text/html", None),
        ("t0ken", "text/plain", None),
        ("", "application/json", None),
        ("[1, 2]", "application/json", None),
        ("<a>", "application/xml", None),
    ],
)
def test_forms_lines_and_xml_are_recognised(text, media_type, fields):
    """GitHub's form, Google's and Zoho's lines, and XML are read; a page and a sentence are not."""
    names = {"access_token", "Auth", "AUTHTOKEN"}
    assert content_of(text, media_type, names).fields == fields


@pytest.mark.parametrize(
    ("header", "charset"),
    [
        ("application/json; charset=utf-16", "utf-16"), ('text/plain;Charset="latin-1"; a=b', "latin-1"),
        ("text/plain", None), ("text/plain; charset=", None), ("charset=utf-8", None), ("", None),
    ],
)  # fmt: skip
def test_the_declared_charset_is_read_from_the_content_type(header, charset):
    """It is a parameter, in quotes or not."""
    assert charset_in(header) == charset


@pytest.mark.parametrize("text", ["", "{", "token_expired", "[" * 100_000, b"\xff\xfe\xfd"])
def test_text_that_is_not_json_raises_one_error(text):
    """Broken, too deep and undecodable JSON all raise ValueError."""
    with pytest.raises(ValueError):  # noqa: PT011 - its text is never shown
        read_json(text)


def test_a_body_is_json_whatever_its_type_says():
    """An object or a list is found behind a byte order mark; a number or text is none of them."""
    assert parsed('\ufeff \r\n{"a": 1}') == {"a": 1}
    assert [parsed(text) for text in ("1", '"a"', "null", "<p>", "{", "[" * 100_000)] == [None] * 6


def test_what_a_store_keeps_is_read_exactly_or_not_at_all():
    """A secret in another charset is refused: a wrong character would make it a wrong secret."""
    for name in ("utf-8", "utf-8-sig", "utf-16", "utf-32"):
        assert stored_text("s3crét".encode(name)) == "s3crét"
    for content in (b"s3cr\xe9t", "s3crét".encode("utf-16") + b"\0"):
        with pytest.raises(UnicodeDecodeError):
            stored_text(content)


BOMBS = {
    "gzip": gzip.compress(b" " * (64 << 20), mtime=0),
    "gzip in gzip": gzip.compress(gzip.compress(b" " * (16 << 20), mtime=0), mtime=0),
    "many members": gzip.compress(b"a", mtime=0) * (8 * LARGEST // 21),
    "lists": b"[" * LARGEST,
    "closed lists": b"[" * 50_000 + b"]" * 50_000,
    "empty lists": b"[" + b"[],".ljust(3) * 300_000 + b"1]",
    "elements": b"<a>" * (LARGEST // 3),
    "siblings": b"<r>" + b"<a/>" * (LARGEST // 5) + b"</r>",
    "attributes": b"<r " + b" ".join(b'a%d=""' % number for number in range(100_000)) + b"/>",
    "entities": b'<!DOCTYPE r [<!ENTITY a "' + b"x" * 1000 + b'">]><r>' + b"&a;" * 100_000 + b"</r>",
    "form": b"&a=b" * (LARGEST // 4),
    "lines": b"a=b\n" * (LARGEST // 4),
    "digits": b"1" * LARGEST,
    "host names": b"a\xe9-" * (LARGEST // 3),
}  # fmt: skip


@pytest.mark.parametrize("bomb", BOMBS)
def test_a_hostile_body_costs_little(bomb):
    """A bomb is decompressed to a limit, and what is too deep or has too many parts has no value."""
    begun = time.process_time()
    text = decoded(BOMBS[bomb], "punycode")
    content = content_of(text, "", {"a"})
    assert len(text) <= LARGEST
    assert content.kind in {"text", "nothing", "json", "form"}
    assert time.process_time() - begun < 20  # no measurement: the square of the length would take hours


PIECES = st.sampled_from(["{", "}", "[", "]", '"', ":", ",", "<", ">", "/", "a", "=", "&", "\n", "\0",
 "\ufeff", "é",
                          "<a>", "</a>", "<!DOCTYPE", "<![CDATA[", "]]>", "<?xml", "&lt;",
                          '{"a":', "1e9"])  # fmt: skip


@settings(max_examples=usually(500, 10_000))
@given(
    body=st.binary(max_size=60)
    | st.tuples(
        st.lists(PIECES, max_size=20).map("".join),
        st.sampled_from(["utf-8", "utf-16", "utf-32", "utf-8-sig"]),
    ).map(lambda pair: pair[0].encode(pair[1])),
    packs=st.integers(0, 4),
    charset=st.none()
    | st.sampled_from(["utf-8", "utf-16", "latin-1", "idna", "punycode", "utf-7", "hex", "\0"]),
    media_type=st.sampled_from(["", FORM, "text/plain", "application/json", "text/xml"]),
)
def test_any_body_has_a_content(body, packs, charset, media_type):
    """Any bytes under any declaration have a text and a content, without an error."""
    for _ in range(packs):
        body = gzip.compress(body, 1, mtime=0)
    content = content_of(decoded(body, charset), media_type, {"a"})
    assert content.fields is None or isinstance(content.fields, dict)
    assert not content.holds_objects or isinstance(content.value, (dict, list))


def test_a_form_of_very_many_fields_is_text():
    """A form holds a token beside ten thousand fields, but isn't taken apart if there are more."""
    assert content_of("access_token=t" + "&a=1" * 10_000, FORM).kind == "form"
    assert content_of("access_token=t" + "&a=1" * 10_001, FORM).kind == "text"


@given(st.dictionaries(st.text(min_size=1, max_size=5), st.text(max_size=5), min_size=1))
def test_a_declared_form_comes_back_as_it_was_written(fields):
    """Names and values of a form are read exactly."""
    text = urlencode(fields)
    if read_json_or_none(text) is None:
        assert content_of(text, FORM).fields == fields


def read_json_or_none(text):
    try:
        return read_json(text)
    except ValueError:
        return None
