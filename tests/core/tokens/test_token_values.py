"""The values that come with a token: read from any response, kept in rows, bound by the document."""

from __future__ import annotations

import json
from dataclasses import replace
from urllib.parse import parse_qsl, urlsplit

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from requests import PreparedRequest, Request

from tests.support.hostile_texts import any_text
from tests.support.nightly import usually
from watchword.errors import TokenError
from watchword.http import origin_patterns
from watchword.http.cookies import Companion, effective_cookies
from watchword.http.origins import Origins, host_name
from watchword.stores import rows
from watchword.stores.memory import MemoryStore
from watchword.tokens import companions
from watchword.tokens.record import Record, StoreTime
from watchword.tokens.rescue_file import RescueFile
from watchword.tokens.token import Token
from watchword.tokens.token_response import TokenResponse
from watchword.tokens.token_values import LONGEST_VALUE, ValueRules, ValueSources
from watchword.tokens.transitions import Issued, succeed

VALUES = {"base_url": "https://acme.my.api.test", "header:X-T": "tenant-1", "cookie:r": Companion("n-1").text}
NOW = StoreTime("e", 1.0, 1.0)
BASE = "https://login.api.test/v1"

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | any_text(20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from("ab"), inner, max_size=2),
    max_leaves=8,
)
PATHS = ("a", "$[0].b", "a.b", "$.a[0]", "$..b", "header:X-A", "cookie:c", "callback:realmId", "b c")


def made_of(*pieces):
    """Return texts of these pieces, which are likely to be nearly right, and any other texts."""
    return st.lists(st.sampled_from(pieces), max_size=7).map("".join) | any_text(40)


MARKS = ("@", ":", "\\", "?", "#", "%2f", "..", "/", ":80", " ", "{{secret:x}}", "\n", "é", "*", ".", "[::1]")
HOSTS = ("a.my.api.test", "login.api.test", "evil.test", "my.api.test", "*.api.test")
URLS = made_of("https://", "//", *HOSTS, *MARKS) | st.tuples(
    st.sampled_from(("https://", "http://")),
    st.sampled_from(HOSTS),
    st.lists(st.sampled_from(MARKS), max_size=2),
).map(lambda parts: f"{parts[0]}{parts[1]}{''.join(parts[2])}")
LINES = made_of("c", "d", "=", "1", ";", " ", "Path=/x", "Domain=api.test", "Secure", "Max-Age=", "é", "\t")


def rules(*places, origins=(BASE, "https://*.my.api.test")):
    return ValueRules(BASE, Origins(origins), places)


def prepared(url=f"{BASE}/q"):
    return Request("GET", url).prepare()


def test_values_of_a_token_are_sealed_and_come_back():
    """A row holds the values with the secrets, not in the open state, and gives them back."""
    record = Record("k", token=Token("s3cret", values=VALUES))
    row = rows.to_row(record)
    assert "tenant-1" not in row.state
    assert "tenant-1" in row.secrets.decode()
    assert rows.to_record(row) == record


def test_a_row_without_values_is_that_of_earlier_releases():
    """A token without values is written as before, so that an earlier release reads it, and vice versa."""
    row = rows.to_row(Record("k", token=Token("s3cret")))
    assert "values" not in json.loads(row.secrets)
    assert rows.to_record(row).token == Token("s3cret")


@pytest.mark.parametrize("values", [[], "x", 5, {"a": 5}, {"a": None}, {"a": {"b": "c"}}])
def test_a_row_with_malformed_values_is_refused(values):
    """Values of another type than texts by name don't belong to a record."""
    row = rows.to_row(Record("k", token=Token("s3cret", values=VALUES)))
    secrets = json.dumps({**json.loads(row.secrets), "values": values}).encode()
    with pytest.raises(rows.RowMalformedError):
        rows.to_record(row._replace(secrets=secrets))


def test_a_rescue_file_keeps_the_values(tmp_path, monkeypatch):
    """A renewed token that the store could not save keeps its values; without any, the file is as before."""
    monkeypatch.setenv("WATCHWORD_HOME", str(tmp_path))
    store = MemoryStore()
    file = RescueFile(store, "k", "name")
    for values in (VALUES, {}):
        sealed = file.write(0, Issued(Token("s3cret", values=values), NOW, "f"), durable=False)
        assert ("values" in json.loads(store.unseal(sealed, file._context))["token"]) is bool(values)
        _, issued = file._opened(sealed)
        assert issued.token.values == values


def test_a_refresh_keeps_what_its_response_does_not_repeat():
    """Each value of the sign-in stays until a response gives another one."""
    record = Record("k", token=Token("a", refresh_token="r", values={"base_url": "x", "header:X-T": "1"}))
    issued = Issued(Token("b", values={"header:X-T": "2"}), NOW, "f", sent_refresh_token="r")
    renewed = succeed(record, issued, NOW).token
    assert renewed is not None
    assert renewed.values == {"base_url": "x", "header:X-T": "2"}
    other = replace(issued, sent_refresh_token="another")
    replaced = succeed(record, other, NOW).token
    assert replaced is not None
    assert replaced.values == {"header:X-T": "2"}


@settings(max_examples=usually(500, 10_000))
@given(JSON, st.sampled_from(PATHS), st.dictionaries(st.sampled_from(["X-A", "Y"]), any_text(9)))
def test_any_response_gives_texts_or_nothing(content, path, headers):
    """Whatever a server answers, a value is a text of bounded length, or there is none."""
    response = TokenResponse("https://a.test/", 200, headers, "", ("c=1; Path=/",))
    found = ValueSources((("header:X", path),)).in_response(response, content)
    assert all(isinstance(text, str) and 0 < len(text) <= LONGEST_VALUE + 1 for text in found.values())


@settings(max_examples=usually(500, 10_000))
@given(URLS)
def test_any_learnt_base_url_is_allowed_or_refused_with_a_finding(learnt):
    """Whatever is named as base URL, the request goes to an allowed origin, or a typed error says why not."""
    bound = rules("base_url")
    try:
        request = bound.applied(prepared(), Token("t", values={"base_url": learnt}))
    except TokenError as error:
        assert error.code in {"value_unusable", "origin_not_allowed"}
        assert "\n" not in str(error)
    else:
        host = host_name(request.url)
        assert host.endswith(".my.api.test") or host == "login.api.test"


@settings(max_examples=usually(500, 10_000))
@given(any_text(60))
def test_any_value_is_sent_whole_or_refused_with_a_finding(value):
    """Whatever is a value, header, query and path are legal with it, or nothing is sent."""
    bound = rules("header:X-T", "path:t", "query:q")
    try:
        token = Token("t", values=dict.fromkeys(bound.places, value))
        request = bound.applied(prepared(f"{BASE}/{{{{value:t}}}}/q"), token)
    except TokenError as error:
        assert error.code == "value_unusable"
    else:
        assert request.headers["X-T"] == value
        assert request.url.isascii()
        assert request.url.count("/") == prepared(f"{BASE}/x/q").url.count("/")
        assert parse_qsl(urlsplit(request.url).query, keep_blank_values=True) == [("q", value)]


@settings(max_examples=usually(500, 10_000))
@given(st.text(max_size=60), st.sampled_from(["query:q", "cookie:c", "path:t"]))
def test_any_text_of_a_server_is_sent_or_refused_with_a_finding(value, place):
    """Whatever text JSON can hold, halves of characters too, is sent in its place, or there is a finding."""
    response = TokenResponse("https://a.test/", 200, {}, "", ())
    values = ValueSources(((place, "a"),)).in_response(response, {"a": value})
    try:
        url = f"{BASE}/{{{{value:t}}}}" if place == "path:t" else BASE
        request = rules(place).applied(prepared(url), Token("t", values=values))
    except TokenError as error:
        assert error.code in {"value_unusable", "value_missing"}
    else:
        assert request.url.isascii()
        assert place != "cookie:c" or request.headers["Cookie"] == f"c={value}"


@settings(max_examples=usually(500, 10_000))
@given(st.lists(LINES, max_size=4))
def test_any_lines_of_set_cookie_give_cookies_that_can_be_sent(lines):
    """Whatever a login sets, what goes along is a legal pair, and comes back from its text."""
    found = companions.set_by(lines, "https://login.api.test/x/y")
    assert len(found) <= companions.MOST
    for text in found.values():
        companion = Companion.parse(text)
        assert companion.value.isascii()
        assert ";" not in companion.value
        assert companion.text == text


def test_many_cookies_are_bounded():
    """A login that sets thousands of cookies gives as many as a browser keeps."""
    lines = [f"c{number}={'v' * 100}; Path=/" for number in range(5000)]
    assert len(companions.set_by(lines, "https://a.test/")) == companions.MOST
    assert len(effective_cookies(lines)) == 5000


PATTERNS = {
    "https://*.my.salesforce.com": ["https://acme.my.salesforce.com/", "https://a.b.my.salesforce.com/"],
    "https://*.zohoapis.eu": ["https://www.zohoapis.eu/"],
    "https://*.api.crm.dynamics.com": ["https://org1.api.crm.dynamics.com/"],
    "https://*.docusign.net": ["https://na3.docusign.net/", "https://eu.docusign.net/"],
    "https://*.pipedrive.com": ["https://acme.pipedrive.com/"],
    "https://*.api.gong.io": ["https://us-123.api.gong.io/"],
    "https://*.adobesign.com": ["https://api.na1.adobesign.com/"],
    "https://*.myshopify.com": ["https://acme.myshopify.com/"],
    "https://*.execute-api.eu-central-1.amazonaws.com": [
        "https://a1.execute-api.eu-central-1.amazonaws.com/"
    ],
    "https://*.example.co.uk:8443/": ["https://a.example.co.uk:8443/"],
    "http://*.localhost:8080": ["http://a.localhost:8080/"],
    "HTTPS://*.Example.com": [],
    "https://*.EXAMPLE.com": ["https://a.example.com/"],
}
NOT_MATCHED = [
    "https://my.salesforce.com/", "https://evilmy.salesforce.com/", "https://my.salesforce.com.evil.test/",
    "http://acme.my.salesforce.com/", "https://acme.my.salesforce.com:8443/", "https://acme.my.salesforce.com.",
    "https://acme.my.salesforce.com@evil.test/", "https://.my.salesforce.com/", "https://a..my.salesforce.com/",
]  # fmt: skip


@pytest.mark.parametrize("pattern", PATTERNS)
def test_a_pattern_means_the_hosts_below_its_name(pattern):
    """Each provider's instances match its pattern, by scheme and port too."""
    origins = Origins((pattern,))
    assert all(origins.covers(f"{url}x?y=1") for url in PATTERNS[pattern])
    assert origins.allowed == ()


@pytest.mark.parametrize("url", NOT_MATCHED)
def test_a_pattern_means_no_other_host(url):
    """Neither the name itself, nor a longer name, nor another scheme or port matches."""
    assert not Origins(("https://*.my.salesforce.com",)).covers(url)


@settings(max_examples=usually(500, 10_000))
@given(URLS)
def test_any_text_is_a_pattern_or_none(text):
    """Whatever is written as a pattern, it means hosts below one owner's name, or nothing."""
    pattern = origin_patterns.compiled(text)
    if pattern is not None:
        assert not pattern.fullmatch("https://evil.test/")
        assert not pattern.fullmatch("https://evil.com/")
        assert text.count("*") == 1


def test_a_path_of_the_learnt_url_replaces_that_of_the_base_url():
    """Without a path the base URL's stays; what is beyond the base URL's path keeps its own."""
    bound = rules("base_url")

    def moved(learnt, url):
        request: PreparedRequest = bound.applied(prepared(url), Token("t", values={"base_url": learnt}))
        return request.url

    instance = "https://acme.my.api.test"
    assert moved(instance, f"{BASE}/q?a=1") == f"{instance}/v1/q?a=1"
    assert moved(f"{instance}/x/", f"{BASE}/q") == f"{instance}/x/q"
    assert moved(f"{instance}/x", "https://login.api.test/v12") == f"{instance}/v12"
    assert moved(instance, "https://login.api.test:443/v1/q") == f"{instance}/v1/q"
    assert moved(instance, "https://b.my.api.test/next") == "https://b.my.api.test/next"
