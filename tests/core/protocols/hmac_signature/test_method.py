"""The method hmac_signature: templates, what they can't be, and requests that are sent more than once."""

from __future__ import annotations

import hashlib
import hmac
import io
import json
import re
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
import requests
from hypothesis import given, settings
from hypothesis import strategies as st

import watchword
from tests.support.nightly import usually
from watchword.errors import WatchwordError
from watchword.flow import Context
from watchword.methods.hmac_signature import HmacSignature
from watchword.protocols.digests import HASH_FORMS
from watchword.protocols.hmac_signature.parts import PARTS, SECTION_WORDS, SECTIONS, WORDS
from watchword.protocols.hmac_signature.template import Template
from watchword.protocols.hmac_signature.template_misuse import unknown

SECRET = "s3cret-hmac-key"
URL = "https://api.example.com"
SENT = {"header:X-Signature": "{{signature}}", "header:X-Timestamp": "{{timestamp}}"}
GOOD = {
    "method": "hmac_signature",
    "base_url": URL,
    "hmac_secret": SECRET,
    "string_to_sign": "{{method}}{{path_and_query}}{{body}}{{timestamp}}",
    "signature_parameters": SENT,
}


def hmac_of(*parts):
    return hmac.new(SECRET.encode(), b"".join(parts), hashlib.sha256).hexdigest()


IN_TEXT = [
    ("{{#bsae64}}a{{/bsae64}}", "{{#bsae64}}, which is not known"),
    ("{{#base64}}{{body}}", "{{#base64}}, which is not a whole section"),
    ("{{body}}{{/base64}}", "{{/base64}}"),
    ("{{#if_body}}{{#base64}}{{body}}{{/base64}}{{/if_body}}", "{{#if_body}}"),
    ("{{#base64}}{{metod}}{{/base64}}", "{{metod}}"),
]
IN_HEADER = [
    ("{{hmac_secret}}", "signature_misdescribed", "sign others"),
    ("{{#base64}}a:{{hmac_secret}}{{/base64}}", "signature_misdescribed", "sign others"),
    ("{{#if_body}}{{hmac_secret}}{{/if_body}}", "signature_misdescribed", "sign others"),
    ("{{#if_body}}{{body}}{{/if_body}}", "signature_misdescribed", "{{body}}"),
    ("{{#md5_raw}}a{{/md5_raw}}", "signature_misdescribed", "{{#md5_raw}}"),
    ("{{query_decoded}}", "signature_misdescribed", "query_decoded"),
    ("{{#if_body}}a\nb{{/if_body}}", "header_illegal", "line break"),
]
MISUSE = [
    *(
        ({"string_to_sign": "{{timestamp}}" + text}, "template_unresolved", words) for text, words in IN_TEXT
    ),
    *(({"signature_parameters": {**SENT, "header:X-P": text}}, *found) for text, *found in IN_HEADER),
    ({"signature_type": "hash"}, "signature_misdescribed", "anybody could make"),
    ({"signature_type": "hash", "string_to_sign": "{{hmac_secret}}"}, "signature_constant", "Nothing"),
    ({"string_to_sign": "{{metod}}{{timestamp}}"}, "template_unresolved", "{{metod}}"),
    ({"string_to_sign": "{{timestamp}}{{method"}, "template_unresolved", "{{ or }}"),
    ({"string_to_sign": "{{timestamp}}{{path+query}}"}, "template_unresolved", "{{path+query}}"),
    ({"string_to_sign": "{{timestamp}}{{method:x}}"}, "template_unresolved", "{{method:x}}"),
    ({"string_to_sign": "{{timestamp}}{{path_below}}"}, "template_unresolved", "{{path_below}}"),
    ({"string_to_sign": "{{timestamp}}{{timestamp+1h}}"}, "template_unresolved", "{{timestamp+1h}}"),
    ({"string_to_sign": "{{timestamp}}{{nonce+60}}"}, "template_unresolved", "{{nonce+60}}"),
    ({"string_to_sign": "{{timestamp}}{{timestamp:+60}}"}, "template_unresolved", "{{timestamp:+60}}"),
    ({"string_to_sign": "{{timestamp+60}}"}, "signature_misdescribed", "{{timestamp+60}} is signed and not"),
    ({"string_to_sign": "{{timestamp}}", "signature_parameters": {
        "header:X": "{{signature}}", "header:Y": "{{timestamp-5}}"}}, "signature_misdescribed", "is signed"),
    ({"signature_parameters": {**SENT, "header:X-P": "{{sorted_parameters_joined}}"}},
     "signature_misdescribed", "sorted_parameters_joined"),
    ({"string_to_sign": "{{timestamp}}{{secret:nobody}}"}, "template_unresolved", "secret:nobody"),
    ({"string_to_sign": "{{timestamp}}{{header:a b}}"}, "header_illegal", "a b"),
    ({"string_to_sign": "{{timestamp}}{{header:}}"}, "missing_field", "no name"),
    ({"string_to_sign": " "}, "missing_field", "string_to_sign is empty"),
    ({"string_to_sign": "{{timestamp}}" * 1000}, "wrong_type", "longer"),
    ({"signature_parameters": {f"header:X-{number}": "a" for number in range(51)}}, "wrong_type", "than 50"),
    ({"string_to_sign": "{{timestamp}}{{signature}}"}, "signature_misdescribed", "made of it"),
    ({"string_to_sign": "{{timestamp}}{{header:x-SIGNATURE}}"}, "signature_misdescribed", "X-Signature"),
    ({"string_to_sign": "watchword", "signature_parameters": {"header:X": "{{signature}}"}},
     "signature_constant", "Nothing"),
    ({"string_to_sign": "{{method}}"}, "signature_incomplete", "timestamp is sent and not signed"),
    ({"string_to_sign": "{{timestamp}}{{nonce}}"}, "signature_misdescribed", "nonce is signed and not sent"),
    ({"signature_parameters": {"header:X-Signature": "{{signature}}"}}, "signature_misdescribed",
     "timestamp is signed and not sent"),
    ({"signature_parameters": {"header:X-Timestamp": "{{timestamp}}"}}, "signature_misdescribed",
     "signature is not sent"),
    ({"signature_parameters": {}}, "signature_misdescribed", "signature is not sent"),
    ({"signature_parameters": {**SENT, "header:X-Api-Key": SECRET}}, "secret_in_clear", "X-Api-Key"),
    (
        {"signature_parameters": {**SENT, "header:OK-ACCESS-PASSPHRASE": "s3cret-0123"}},
        "secret_in_clear",
        "OK-ACCESS-PASSPHRASE",
    ),
    ({"signature_parameters": {**SENT, "X-Key": "a"}}, "parameter_malformed", "X-Key"),
    ({"signature_parameters": {**SENT, "header:X-Body": "{{body}}"}}, "signature_misdescribed", "{{body}}"),
    ({"signature_parameters": {**SENT, "header:X-H": "{{body_md5_raw}}"}}, "signature_misdescribed", "raw"),
    ({"signature_parameters": {**SENT, "header:X-Key": "a\nb"}}, "header_illegal", "line break"),
    ({"signature_parameters": {**SENT, "header:X Key": "a"}}, "header_illegal", "X Key"),
    ({"signature_parameters": {**SENT, "header:x-signature": "a"}}, "header_conflict", "x-signature"),
    ({"signature_parameters": {**SENT, "header:X-Key": "{{key_id}}"}}, "missing_field", "key_id is empty"),
    ({"key_id": "reports"}, "fields_ignored", "key_id is stored and not sent"),
    ({"key_id": "reports\n"}, "header_illegal", "key_id"),
    ({"hmac_secret": "zz", "key_encoding": "hex"}, "key_unreadable", "as hex"),
    ({"hmac_secret": "ü", "key_encoding": "base64"}, "key_unreadable", "as base64"),
    ({"hmac_secret": ""}, "placeholder_secret", "hmac_secret"),
    ({"hmac_secret": "-----BEGIN KEY-----\nMA==\n-----END KEY-----"}, "key_unsuitable", "PEM"),
]  # fmt: skip


@pytest.mark.parametrize(("changes", "code", "words"), MISUSE)
def test_misuse_is_found_without_a_network(changes, code, words):
    """Each way to misdescribe a signature has a finding that names it, and shows no secret."""
    found = watchword.load(GOOD | changes).lint()
    matching = [each for each in found if each.code.name == code]
    assert any(words in each.message for each in matching), found
    assert not any(SECRET in f"{each.message} {each.advice}" for each in found)


def test_a_document_of_mistakes_has_few_findings():
    """Thousands of unknown parts lead to twenty findings."""
    unknown = "".join(f"{{{{part{number}}}}}" for number in range(400))
    sent = {f"header:X-{number}": unknown for number in range(50)}
    assert len(watchword.load(GOOD | {"signature_parameters": sent}).lint()) == 20


RIGHT = [
    {},
    {"signature_type": "hash", "string_to_sign": "{{hmac_secret}}{{timestamp}}", "hash_algorithm": "MD5"},
    {"signature_parameters": {**SENT, "header:X-Bodies": "{{#sha1_hex}}{{body}}{{/sha1_hex}}"}},
    {
        "signature_parameters": {
            **SENT,
            "header:X-Old": "{{#md5_hex}}{{hmac_secret}}{{timestamp}}{{/md5_hex}}",
        }
    },
    {"signature_parameters": {**SENT, "header:X-Lines": "{{#base64}}a\nb{{/base64}}"}},
]


@pytest.mark.parametrize("changes", RIGHT)
def test_nothing_is_found_in_a_right_document(changes):
    """A document that describes a signature completely has no finding, also with a plain hash."""
    assert watchword.load(GOOD | changes).lint() == []


def test_a_misdescribed_signature_is_never_sent():
    """A connection with an error in its templates makes no client."""
    with pytest.raises(watchword.DocumentError, match="metod"):
        watchword.load(GOOD | {"string_to_sign": "{{metod}}"}).session()


GUIDE = Path(__file__).parents[4] / "docs" / "guides" / "hmac_signature.md"


def test_the_advice_and_the_guide_name_every_part():
    """Each part of the closed set is named in the advice, and in the guide by itself or by its pattern."""
    guide = GUIDE.read_text(encoding="utf-8")
    hashes = {name for name in PARTS if name.startswith(("body_md5_", "body_sha"))}
    assert len(hashes) == 2 * 15
    assert [name for name in sorted(set(PARTS) - hashes) if name not in WORDS] == []
    assert [name for name in sorted(set(PARTS) - hashes) if f"{{{{{name}}}}}" not in guide] == []
    further = SECTIONS - set(HASH_FORMS)
    assert [name for name in sorted(further) if name not in SECTION_WORDS] == []
    assert [name for name in sorted(further) if f"{{{{#{name}}}}}…{{{{/{name}}}}}" not in guide] == []


def test_every_document_of_the_guide_is_right():
    """Nothing is wrong with a document of the guide, once its secrets are known."""
    documents = re.findall(r"```json\n(.*?)```", GUIDE.read_text(encoding="utf-8"), re.DOTALL)
    assert len(documents) == 7
    for text in documents:
        document = json.loads(re.sub(r'"(?:env:|YOUR)_?[A-Z_]+"', '"MDEyMzQ1Njc4OWFiY2RlZg=="', text))
        wrong = [
            found.message for found in watchword.load(document).lint() if found.code.severity.value == "error"
        ]
        assert wrong == [], text


def test_every_template_in_the_tables_of_the_guide_is_known():
    """The templates of the guide's tables have only parts and sections that there are."""
    tables = "\n".join(line for line in GUIDE.read_text(encoding="utf-8").splitlines() if line[:1] == "|")
    templates = [text for text in re.findall(r"`([^`]+)`", tables) if "{{" in text]
    assert len(templates) > 60
    secrets = dict.fromkeys(re.findall(r"{{secret:(\w+)}}", tables), "s3cret")
    shown = [text.replace("{{header:NAME}}", "{{header:Date}}") for text in templates]
    found = [each.message for text in shown for each in unknown("the guide", Template.parse(text), secrets)]
    assert found == []


def signed(document, request, **context):
    method = watchword.load(document).credential.resolved.method
    return next(method.flow(request, Context(**context)))


def test_a_line_break_may_be_written_in_two_ways():
    r"""A line break and the two characters `\n` sign the same text."""
    request = requests.Request("GET", f"{URL}/a")
    texts = ["{{method}}\n{{timestamp}}", r"{{method}}\n{{timestamp}}", r"{{ method }}\n{{ timestamp }}"]
    made = [signed(GOOD | {"string_to_sign": text}, request.prepare(), now=lambda: 1.0) for text in texts]
    assert {each.headers["X-Signature"] for each in made} == {hmac_of(b"GET\n1")}


@pytest.mark.parametrize(
    ("form", "text"),
    [
        ("seconds", "1700000000"),
        ("milliseconds", "1700000000123"),
        ("microseconds", "1700000000123456"),
        ("iso8601", "2023-11-14T22:13:20Z"),
        ("iso8601_milliseconds", "2023-11-14T22:13:20.123Z"),
        ("iso8601_without_zone", "2023-11-14T22:13:20"),  # HTX
        ("iso8601_short_year", "231114T221320Z"),  # Coupang
        ("rfc9110", "Tue, 14 Nov 2023 22:13:20 GMT"),
        ("rfc2822", "Tue, 14 Nov 2023 22:13:20 -0000"),
    ],
)
def test_a_timestamp_has_the_form_that_the_api_requires(form, text):
    """The timestamp that is sent is the one that is signed, in each form."""
    document = GOOD | {"timestamp_format": form, "string_to_sign": "{{timestamp}}"}
    request = signed(document, requests.Request("GET", URL).prepare(), now=lambda: 1_700_000_000.123456)
    assert request.headers["X-Timestamp"] == text
    assert request.headers["X-Signature"] == hmac_of(text.encode())


@pytest.mark.parametrize(
    ("form", "text"),
    [
        ("seconds", "1700000060"),
        ("milliseconds", "1700000060123"),
        ("iso8601", "2023-11-14T22:14:20Z"),
        ("iso8601_short_year", "231114T221420Z"),
    ],
)
def test_an_offset_is_in_seconds_in_each_form(form, text):
    """A signature's end is the time of the request and so many seconds, whatever its form."""
    sent = {"header:X-Signature": "{{signature}}", "header:X-Expires": "{{ timestamp+60 }}"}
    document = GOOD | {"timestamp_format": form, "string_to_sign": "{{timestamp+60}}"}
    document |= {"signature_parameters": sent}
    assert watchword.load(document).lint() == []
    request = signed(document, requests.Request("GET", URL).prepare(), now=lambda: 1_700_000_000.123)
    assert request.headers["X-Expires"] == text
    assert request.headers["X-Signature"] == hmac_of(text.encode())


@pytest.mark.parametrize(
    ("query", "form", "joined"),
    [
        ("b=2&a=1", None, "a1b2"), ("a=x%20y&a=x+y", None, "ax yax y"), ("z=%26%3D&y=", None, "yz&="),
        ("b=2", "a=1&c=%C3%BC", "a1b2c\u00fc"), ("ab=1&a=2", None, "a2ab1"), ("", None, ""),
        ("A=1&a=2&B=3", None, "A1B3a2"),
        ("a", None, "a"), ("a=%FF", None, "a\udcff"),
    ],
)  # fmt: skip
def test_joined_parameters_are_decoded_sorted_and_nothing_is_between_them(query, form, joined):
    """Lazada and TikTok Shop sign names and values as they are meant, in the order of the names."""
    document = GOOD | {"string_to_sign": "{{path}}{{sorted_parameters_joined}}{{timestamp}}"}
    headers = {"Content-Type": "application/x-www-form-urlencoded"} if form else {}
    request = requests.Request("POST", f"{URL}/a?{query}", data=form, headers=headers).prepare()
    sent = signed(document, request, now=lambda: 1.0)
    assert sent.headers["X-Signature"] == hmac_of(f"/a{joined}1".encode("utf-8", "surrogateescape"))


@pytest.mark.parametrize(
    ("path", "below"), [("/rest/order/get", "/order/get"), ("/other", "/other"), ("/rest", "")]
)
def test_the_path_below_another_is_signed(path, below):
    """An API that signs its own path, without that of its gateway, gets the rest of it."""
    document = GOOD | {"string_to_sign": "{{path_below:/rest}}{{timestamp}}"}
    assert watchword.load(document).lint() == []
    sent = signed(document, requests.Request("GET", f"{URL}{path}?a=1").prepare(), now=lambda: 1.0)
    assert sent.headers["X-Signature"] == hmac_of(f"{below}1".encode())


def test_increasing_nonces_increase_in_all_threads():
    """Threads that share a connection get nonces that are never equal, although the clock stands still."""
    document = GOOD | {
        "nonce_format": "increasing",
        "string_to_sign": "{{nonce}}",
        "signature_parameters": {"header:X-Signature": "{{signature}}", "header:X-Nonce": "{{nonce}}"},
    }
    method = watchword.load(document).credential.resolved.method
    context = Context(now=lambda: 1_700_000_000.0)
    barrier = threading.Barrier(8)

    def nonces():
        barrier.wait()
        requested = (requests.Request("GET", URL).prepare() for _ in range(50))
        return [int(next(method.flow(request, context)).headers["X-Nonce"]) for request in requested]

    with ThreadPoolExecutor(8) as pool:
        found = [each.result() for each in [pool.submit(nonces) for _ in range(8)]]
    assert all(each == sorted(each) for each in found)
    assert len({number for each in found for number in each}) == 400
    assert min(min(each) for each in found) == 1_700_000_000_000_000


BODIES = {
    "bytes": (lambda: b"s\x00\xff", b"s\x00\xff"),
    "text": (lambda: "s\u00fc", "s\u00fc".encode()),
    "file": (lambda: io.BytesIO(b"s\x00\xff"), b"s\x00\xff"),
    "nothing": (lambda: None, b""),
}


@pytest.mark.parametrize("kind", BODIES)
def test_the_body_that_is_signed_is_the_body_that_is_sent(serve, reply, kind):
    """Bytes, text and files are signed as they are sent; a file is left where it was."""
    make, sent = BODIES[kind]
    server = serve(reply())
    document = GOOD | {"base_url": server.url, "string_to_sign": "{{body}}{{body_sha256_hex}}{{timestamp}}"}
    with watchword.load(document).session() as session:
        assert session.post("/upload", data=make()).status_code == 200
    (seen,) = server.seen
    assert seen.body == sent
    text = (sent, hashlib.sha256(sent).hexdigest().encode(), seen.headers["X-Timestamp"].encode())
    assert seen.headers["X-Signature"] == hmac_of(*text)


def test_a_stream_is_refused_only_if_it_is_signed(serve, reply):
    """A stream that can be read once is refused if the body is signed, and sent if it is not."""
    server = serve(reply())
    with (
        watchword.load(GOOD | {"base_url": server.url}).session() as session,
        pytest.raises(watchword.RequestError, match="can't be read twice"),
    ):
        session.post("/upload", data=iter([b"a", b"b"]))
    assert server.seen == []
    with watchword.load(
        GOOD | {"base_url": server.url, "string_to_sign": "{{timestamp}}"}
    ).session() as session:
        assert session.post("/upload", data=iter([b"a", b"b"])).status_code == 200


@pytest.mark.parametrize("body", [b"{}", io.BytesIO(b"a=1")])
def test_a_body_that_is_no_form_takes_no_signature(body):
    """A signature that goes into the form is refused for any other body."""
    document = GOOD | {"signature_parameters": {**SENT, "body:signature": "{{signature}}"}}
    request = requests.Request("POST", URL, data=body, headers={"Content-Type": "application/json"})
    with pytest.raises(watchword.RequestError, match="isn't a form"):
        signed(document, request.prepare())


def test_the_bytes_of_a_form_stay_as_they_are():
    """The signature is appended to a form whose bytes stay what the caller sent."""
    document = GOOD | {"string_to_sign": "{{body}}{{timestamp}}", "signature_parameters": {
        "header:X-Timestamp": "{{timestamp}}", "body:sig": "{{signature}}"}}  # fmt: skip
    headers = {"Content-Type": "application/x-www-form-urlencoded"}
    request = requests.Request("POST", URL, data=b"a=1%20b&c=%e4&a=2", headers=headers)
    sent = signed(document, request.prepare(), now=lambda: 1.0)
    assert sent.body == b"a=1%20b&c=%e4&a=2&sig=" + hmac_of(b"a=1%20b&c=%e4&a=21").encode()


def test_each_try_and_each_hop_has_its_own_signature(serve, reply):
    """A retry, a redirect within the origin and a link of the last page are signed anew."""
    document = GOOD | {
        "string_to_sign": "{{url}}{{nonce}}",
        "retries": 2,
        "signature_parameters": {"query:n": "{{nonce}}", "query:sig": "{{signature}}"},
    }
    answers = [
        reply(503, headers={"Retry-After": "0"}),
        reply(302, headers={"Location": "/b?page=2&n=old&sig=old"}),
        reply(),
    ]
    server = serve(lambda _: answers.pop(0))
    with watchword.load(document | {"base_url": server.url}).session() as session:
        assert session.get("/a?page=1").status_code == 200
    assert [seen.path.partition("&n=")[0] for seen in server.seen] == ["/a?page=1"] * 2 + ["/b?page=2"]
    for seen in server.seen:
        address, _, signature = seen.path.rpartition("&sig=")
        nonce = address.rpartition("&n=")[2]
        assert signature == hmac_of(f"{server.url}{address}{nonce}".encode())
    assert len({seen.path.rpartition("&n=")[2] for seen in server.seen}) == 3


TEMPLATE_TEXTS = st.lists(
    st.sampled_from(
        [
            *(f"{{{{{name}}}}}" for name in PARTS),
            "{{header:X-A}}",
            "{{timestamp+60}}",
            "{{timestamp-9}}",
            "{{path_below:/a}}",
            "{{secret:T}}",
            *(f"{{{{#{name}}}}}" for name in sorted(SECTIONS)),
            *(f"{{{{/{name}}}}}" for name in sorted(SECTIONS)),
            *(f"{{{{#{name}}}}}a{{{{nonce}}}}{{{{/{name}}}}}" for name in sorted(SECTIONS)),
            "{{",
            "}}",
            "\\n",
        ]
    )
    | st.text(max_size=10),
    max_size=8,
).map("".join)
PLACES = st.sampled_from(["header:", "query:", "cookie:", "body:", "path:", ""])
SENDING = st.dictionaries(st.tuples(PLACES, st.text(max_size=8)).map("".join), TEMPLATE_TEXTS, max_size=4)


@settings(max_examples=usually(500, 10_000), deadline=None)
@given(
    TEMPLATE_TEXTS,
    SENDING,
    st.sampled_from(["utf8", "base64", "hex"]),
    st.sampled_from(["hmac", "hash"]),
    st.binary(max_size=50),
)
def test_any_template_is_refused_or_signs(to_sign, sending, encoding, signature_type, body):
    """Any templates lead to typed findings that show no secret, or to a signed request."""
    document = GOOD | {
        "key_id": "reports",
        "key_encoding": encoding,
        "signature_type": signature_type,
        "string_to_sign": to_sign,
        "signature_parameters": sending,
        "secret_parameters": {"template:T": "s3cret-template"},
    }
    try:
        connection = watchword.load(document)
        found = connection.lint()
        assert not any(SECRET in f"{each.message}{each.advice}" for each in found)
        flow = connection.authenticator().flow(requests.Request("POST", f"{URL}/a?b=1", data=body).prepare())
        assert next(flow).url.startswith(f"{URL}/a")
    except WatchwordError as error:
        assert error.findings
        assert SECRET not in str(error)


def test_a_repr_shows_neither_secret_nor_key():
    """The fields and what signs are shown without the secret."""
    method = watchword.load(GOOD).credential.resolved.method
    assert isinstance(method, HmacSignature)
    method.flow(requests.Request("GET", URL).prepare(), Context()).send(None)
    assert SECRET not in f"{method!r} {vars(method)['_signer']!r}"
