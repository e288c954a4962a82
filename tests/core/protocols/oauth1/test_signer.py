"""Signed requests: header, query, body, body hash, and bodies that can't be signed."""

from __future__ import annotations

import io
import re
from urllib.parse import unquote

import pytest
import requests

import watchword
from watchword.flow import Context
from watchword.protocols.oauth1.signature import base_string_uri

CONTEXT = Context(now=lambda: 1191242096.9, nonce=lambda: "kllo9940pd9333jh")
PHOTOS = {
    "consumer_key": "dpf43f3p2l4k3l03",
    "consumer_secret": "kd94hf93k423kf44",
    "access_token": "nnch734d00sl2jdk",
    "token_secret": "pfkkdhi9sl3r4s00",
}
FORM = {"Content-Type": "application/x-www-form-urlencoded"}


def method(**fields):
    document = {"base_url": "https://photos.example.net", "method": "oauth1", **PHOTOS, **fields}
    return watchword.load(document).authenticator().method


def signed(request, context=CONTEXT, **fields):
    prepared = request.prepare()
    assert list(method(**fields).flow(prepared, context)) == [prepared]
    return prepared


def get(url="http://photos.example.net/photos?file=vacation.jpg&size=original", **options):
    return requests.Request("GET", url, **options)


def post(url="http://photos.example.net/photos", **options):
    return requests.Request("POST", url, **options)


def parameters(header):
    return {name: unquote(value) for name, value in re.findall(r'(\w+)="([^"]*)"', header)}


def test_the_photo_of_core_1_0():
    """The whole flow produces the signature of OAuth Core 1.0 appendix A.5."""
    header = signed(get(), realm="http://photos.example.net/").headers["Authorization"]
    assert header.startswith(
        'OAuth realm="http://photos.example.net/", oauth_consumer_key="dpf43f3p2l4k3l03", '
    )
    assert parameters(header) == {
        "realm": "http://photos.example.net/",
        "oauth_consumer_key": "dpf43f3p2l4k3l03",
        "oauth_token": "nnch734d00sl2jdk",
        "oauth_signature_method": "HMAC-SHA1",
        "oauth_signature": "tR3+Ty81lMeYAr/Fid0kMTYa/WM=",
        "oauth_timestamp": "1191242096",
        "oauth_nonce": "kllo9940pd9333jh",
        "oauth_version": "1.0",
    }


def test_the_photo_by_rsa(vectors):
    """The whole flow produces the signature of the published RSA example, without a token."""
    request = get("http://photos.example.net/photos?file=vacaction.jpg&size=original")
    context = Context(now=lambda: 1196666512, nonce=lambda: "13917289812797014437")
    fields = {"access_token": None, "token_secret": None, "consumer_secret": None}
    pem = vectors["private_key"]["pem"]
    made = signed(request, context, signature_method="RSA-SHA1", private_key=pem, **fields)
    found = parameters(made.headers["Authorization"])
    assert "oauth_token" not in found
    assert found["oauth_signature"] == vectors["requests"][-1]["signature"]


def test_a_realm_is_quoted():
    """Quotes and backslashes in a realm are escaped."""
    assert signed(get(), realm='a"b\\').headers["Authorization"].startswith('OAuth realm="a\\"b\\\\", ')


def test_in_the_query_the_url_stays_as_it_is():
    """Encoded parameters are appended to a query, which keeps its bytes; a fragment is not sent."""
    url = "http://photos.example.net/photos?a=b+c&d='%2F*#part"
    made = signed(get(url), add_to="query").url
    assert made.startswith(
        "http://photos.example.net/photos?a=b+c&d='%2F*&oauth_consumer_key=dpf43f3p2l4k3l03&"
    )
    assert made.endswith("%3D")
    assert "?oauth_consumer_key" in signed(get("http://photos.example.net/"), add_to="query").url


def test_a_next_link_that_echoes_our_parameters_is_signed_anew():
    """Parameters that an API repeats from the last request are replaced; the API's own are kept."""
    first = signed(get(), add_to="query").url
    later = Context(now=lambda: 1191242099, nonce=lambda: "another")
    second = signed(get(f"{first}&page=2"), later, add_to="query").url
    assert second == signed(get("http://photos.example.net/photos?file=vacation.jpg&size=original&page=2"),
                            later, add_to="query").url  # fmt: skip
    assert second.count("oauth_signature=") == 1


def test_in_the_body_a_form_is_continued():
    """Parameters are appended to a form of bytes or text, and its length is updated."""
    for data in ("c2&a3=2+q", b"c2&a3=2+q"):
        made = signed(post(data=data, headers=FORM), add_to="body")
        assert made.body.startswith(b"c2&a3=2+q&oauth_consumer_key=dpf43f3p2l4k3l03&")
        assert made.headers["Content-Length"] == str(len(made.body))
        assert "Authorization" not in made.headers


def test_in_the_body_an_empty_one_becomes_a_form():
    """A POST without a body gets a form."""
    made = signed(post(), add_to="body")
    assert made.body.startswith(b"oauth_consumer_key=")
    assert made.headers["Content-Type"] == FORM["Content-Type"]
    assert made.headers["Content-Length"] == str(len(made.body))


@pytest.mark.parametrize(
    "request_",
    [
        get(),
        post(json={"a": 1}),
        post(data=b"raw"),
        post(data=io.BytesIO(b"a=b"), headers=FORM),
        post(files={"a": b"b"}),
        post(headers={"Content-Type": "application/json"}),
    ],
)
def test_a_body_that_is_no_form_can_t_take_the_parameters(request_):
    """A GET, JSON, bytes, a stream or a multipart body is refused before anything is sent."""
    with pytest.raises(watchword.RequestError) as error:
        signed(request_, add_to="body")
    assert error.value.code == "body_not_extendable"


def test_only_forms_are_signed_with_the_parameters():
    """A form's fields are signed, with any parameters of its content type; other bodies are not."""

    def signature(**options):
        return parameters(signed(post(**options)).headers["Authorization"])["oauth_signature"]

    nothing = signature()
    assert signature(json={"c2": ""}) == signature(data="c2=") == signature(files={"a": b"b"}) == nothing
    form = signature(data={"c2": ""})
    assert form != nothing
    for kind in ("application/x-www-form-urlencoded; charset=utf-8", "Application/X-WWW-Form-URLEncoded"):
        assert signature(data="c2", headers={"Content-Type": kind}) == form
    assert signature(data=io.BytesIO(b"c2="), headers=FORM) == form
    assert signature(data=io.StringIO("c2="), headers=FORM) == form


def test_a_streamed_form_is_sent_from_where_it_stood():
    """Signing reads a file and restores its position."""
    file = io.BytesIO(b"skipped&a=b")
    file.seek(8)
    signed(post(data=file, headers=FORM))
    assert file.read() == b"a=b"


def test_the_host_header_that_is_sent_is_the_one_that_is_signed():
    """The base string uses a caller's Host header (section 3.4.1.2)."""
    tunnelled = signed(post("http://127.0.0.1:8080/a", headers={"Host": "photos.example.net"}))
    direct = signed(post("http://photos.example.net/a"))
    assert tunnelled.headers["Authorization"] == direct.headers["Authorization"]


@pytest.mark.parametrize("number", [0, 1])
def test_published_body_hashes(vectors, number):
    """The hash is that of the body, or of an empty body, as in the appendix of the extension."""
    vector = vectors["body_hash"][number]
    context = Context(now=lambda: vector["timestamp"], nonce=lambda: vector["nonce"])
    request = requests.Request(vector["method"], "http://www.example.com/resource", data=vector.get("body"))
    found = parameters(signed(request, context, body_hash=True).headers["Authorization"])
    assert found["oauth_body_hash"] == vector["hash"]


@pytest.mark.parametrize(
    ("signature_method", "size"), [("HMAC-SHA1", 28), ("HMAC-SHA256", 44), ("HMAC-SHA512", 88)]
)
@pytest.mark.parametrize("add_to", ["header", "query"])
def test_the_body_is_hashed_as_the_signature_is(signature_method, size, add_to):
    """The hash function is that of the signature method, and the hash is a parameter like the others."""
    made = signed(post(json={"a": 1}), body_hash=True, signature_method=signature_method, add_to=add_to)
    where = made.headers["Authorization"] if add_to == "header" else made.url
    encoded = re.search(r'oauth_body_hash="?([^"&]*)', where)[1]
    assert len(unquote(encoded)) == size


def test_forms_and_plaintext_have_no_body_hash():
    """A form and PLAINTEXT get no body hash: the form is signed already, and PLAINTEXT signs nothing."""
    assert "body_hash" not in signed(post(data={"a": "b"}), body_hash=True).headers["Authorization"]
    plain = signed(post(json={}), body_hash=True, signature_method="PLAINTEXT")
    assert "body_hash" not in plain.headers["Authorization"]


def test_a_file_is_hashed_and_put_back():
    """A file is hashed in chunks, and sent whole."""
    content = b"x" * ((1 << 20) + 5)
    file = io.BytesIO(content)
    streamed = signed(post(data=file), body_hash=True).headers["Authorization"]
    assert file.tell() == 0
    assert streamed == signed(post(data=content), body_hash=True).headers["Authorization"]


def closed():
    file = io.BytesIO(b"a")
    request = post(data=file).prepare()
    file.close()
    return request


class Pipe(io.RawIOBase):
    def readable(self):
        return True


@pytest.mark.parametrize(
    "prepared", [post(data=iter([b"a"])).prepare(), post(data=Pipe()).prepare(), closed()]
)
def test_a_stream_that_can_t_be_read_twice_can_t_be_signed(prepared):
    """A generator, a pipe or a closed file is refused if its body must be signed."""
    with pytest.raises(watchword.RequestError) as error:
        next(method(body_hash=True).flow(prepared, CONTEXT))
    assert error.value.code == "body_not_signable"
    next(method().flow(prepared, CONTEXT))


def test_each_request_has_a_nonce_of_its_own():
    """Two requests within one second differ in nonce and signature."""
    both = [parameters(signed(get(), Context()).headers["Authorization"]) for _ in range(2)]
    assert both[0]["oauth_nonce"] != both[1]["oauth_nonce"]
    assert both[0]["oauth_signature"] != both[1]["oauth_signature"]


def test_the_key_is_read_once(monkeypatch, rsa_key):
    """The RSA key is parsed and validated once for any number of requests."""
    from watchword.protocols.keys import reading  # noqa: PLC0415 - beside its only use

    read = []
    original = reading._loaded
    monkeypatch.setattr(reading, "_loaded", lambda *given: read.append(1) or original(*given))
    made = method(signature_method="RSA-SHA256", private_key=rsa_key.private)
    for _ in range(3):
        next(made.flow(get().prepare(), CONTEXT))
    assert read == [1]


def test_the_path_that_is_signed_is_the_one_that_requests_sends():
    """Dots, blanks, escapes and slashes of a path are signed in the form in which requests prepares them."""
    prepared = get("http://h.test/a/../b c/%7e%c3%a9/x%2fy//z|?q#f").prepare()
    assert base_string_uri(prepared.url) == f"http://h.test{prepared.path_url.partition('?')[0]}"
