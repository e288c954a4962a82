"""Bodies that are broken, deep, huge or compressed to a bomb, and headers of the same kind."""

import gzip
import zlib

from tests.traps.answers import NO_KEY, REFUSED, ROWS, Answer, data, fault, moved, page, raw, text, xml
from tests.traps.trap import bad, good, irrelevant, unknown

JSON = "application/json"
PACKED = (("Content-Encoding", "gzip"),)
DEEP = raw(b"[" * 50_000 + b"]" * 50_000, JSON)
DEEP_OBJECTS = raw(b'{"a":' * 20_000 + b"1" + b"}" * 20_000, JSON)
KEYS = raw(b"{" + b",".join(b'"k%d":1' % number for number in range(90_000)) + b"}", JSON)
BOMB = raw(gzip.compress(b'{"a": "' + b" " * 20_000_000 + b'"}'), JSON, headers=PACKED)
LAUGHS = xml(
    '<?xml version="1.0"?><!DOCTYPE l [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;">'
    '<!ENTITY c "&b;&b;&b;&b;&b;&b;&b;&b;"><!ENTITY d "&c;&c;&c;&c;&c;&c;&c;&c;">]><l>&d;</l>'
)
FOREIGN = xml('<!DOCTYPE l [<!ENTITY f SYSTEM "file:///etc/hostname">]><l>&f;</l>')
DEEP_XML = xml("<a>" * 20_000 + "</a>" * 20_000)
BROKEN_UTF8 = raw(b'{"name": "\xff\xfe\xfa", "id": 1}', JSON)
HALF_JSON = raw(b'{"items": [{"id": 1}, {"id": 2', JSON)
NO_CHARSET = raw(b'{"id": 1}', "application/json; charset=klingon")
NOT_PACKED = raw(b'{"id": 1}', JSON, headers=PACKED)
DEFLATED = raw(zlib.compress(b'{"id": 1, "total": 2}'), JSON, headers=(("Content-Encoding", "deflate"),))
NOT_A_NUMBER = raw(b'{"value": NaN, "limit": Infinity}', JSON)
LARGE_NUMBER = raw(b'{"value": ' + b"9" * 20_000 + b"}", JSON)
TWICE = raw(b'{"ok": true, "ok": true, "id": 1}', JSON)
SURROGATE = raw(b'{"name": "\\ud800", "id": 1}', JSON)
ZERO_BYTES = raw(b'{"id": 1}' + b"\0" * 50, JSON)
MANY_HEADERS = Answer(200, b'{"id": 1}', tuple((f"X-H{number}", "x" * 50) for number in range(60)))
ONE_LINE = text("x" * 900_000)
SLOW_PATTERN = text("error " * 50_000 + "!")
OPEN_TAGS = page("<div " * 50_000)
PASSWORDS = page("<input type='text'" * 30_000)
LONG_LOCATION = moved("https://id.acme.test/" + "a" * 20_000)

BODIES = {
    "deep_lists": DEEP,
    "deep_objects": DEEP_OBJECTS,
    "many_keys": KEYS,
    "gzip_bomb": BOMB,
    "xml_laughs": LAUGHS,
    "xml_foreign_entity": FOREIGN,
    "deep_xml": DEEP_XML,
    "broken_utf8": BROKEN_UTF8,
    "half_json": HALF_JSON,
    "unknown_charset": NO_CHARSET,
    "deflated": DEFLATED,
    "not_a_number": NOT_A_NUMBER,
    "large_number": LARGE_NUMBER,
    "keys_twice": TWICE,
    "lone_surrogate": SURROGATE,
    "zero_bytes": ZERO_BYTES,
    "many_headers": MANY_HEADERS,
    "one_long_line": ONE_LINE,
    "error_words_repeated": SLOW_PATTERN,
}

TRAPS = [
    *(good(f"{name}_proven", body, REFUSED, NO_KEY, timeout=6.0) for name, body in BODIES.items()),
    *(irrelevant(f"{name}_any_key", body, body, NO_KEY, timeout=6.0) for name, body in BODIES.items()),
    irrelevant("open_tags_for_all", OPEN_TAGS),
    irrelevant("open_fields_for_all", PASSWORDS),
    good("rows_against_deep_lists", ROWS, DEEP, NO_KEY),
    good("rows_against_many_keys", ROWS, KEYS, NO_KEY),
    good("rows_against_open_tags", ROWS, OPEN_TAGS, NO_KEY),
    good("rows_against_long_location", ROWS, LONG_LOCATION, NO_KEY, form="bearer"),
    good("rows_against_xml_laughs", ROWS, LAUGHS, NO_KEY),
    unknown("not_packed_as_said", NOT_PACKED),
    unknown("status_line_alone", fault("cut", b"")),
    unknown("half_a_gzip_body", raw(gzip.compress(b'{"id": 1, "name": "ada"}')[:20], JSON, headers=PACKED)),
    bad(
        "refusal_after_a_megabyte",
        text(" " * 1_100_000 + '{"error": "invalid key"}'),
        none=NO_KEY,
        undecidable="the refusal stands beyond what is read",
    ),
    bad(
        "refusal_in_bytes",
        raw(b"\x00\x01error: invalid api key\x00", "application/octet-stream"),
        none=NO_KEY,
    ),
    irrelevant("length_of_key_in_header", lambda asked: raw(b"{}", JSON, headers=(("X-Seen", asked.value),))),
    irrelevant("numbered_answers_any_key", lambda asked: data({"call": asked.count}), none=NO_KEY),
]
