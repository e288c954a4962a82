"""A cURL command becomes the document that sends the same credential."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

import watchword
from watchword.connections.curl_import import convert, is_command
from watchword.connections.pasted import document_in
from watchword.errors import DocumentError

URL = "https://api.example.com/v1/me"


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        ("-H 'Authorization: Bearer tok-1'", {"method": "bearer", "bearer_token": "tok-1"}),
        ("--oauth2-bearer tok-1", {"method": "bearer", "bearer_token": "tok-1"}),
        ("-u ann:s3cret", {"method": "basic", "username": "ann", "password": "s3cret"}),
        ("-u sk_test_1:", {"method": "basic", "username": "sk_test_1"}),
        ("-H 'Authorization: Basic YTpiYzpk'", {"method": "basic", "username": "a", "password": "bc:d"}),
        ("--digest --user ann:s3cret", {"method": "digest", "username": "ann", "password": "s3cret"}),
        ('-H "X-API-Key: k-1"', {"method": "api_key", "key_name": "X-API-Key", "api_key": "k-1"}),
        ("-sSXGET -H 'X-API-Key: k-1'", {"method": "api_key", "key_name": "X-API-Key", "api_key": "k-1"}),
        (
            "-H 'X-Client-Key: a' -H 'X-Client-Secret: b' -H 'Tenant: t'",
            {
                "method": "custom",
                "secret_parameters": {"header:X-Client-Key": "a", "header:X-Client-Secret": "b"},
                "extra_parameters": {"header:Tenant": "t"},
            },
        ),
        (
            "--aws-sigv4 aws:amz:eu-west-1:execute-api -u AKID:s3cret",
            {"method": "aws_sigv4", "region": "eu-west-1", "service": "execute-api",
             "access_key": "AKID", "secret_key": "s3cret"},
        ),
        ("-b 'sid=1'", {"method": "custom", "secret_parameters": {"header:Cookie": "sid=1"}}),
        ("--compressed -H 'sec-ch-ua: x' -H 'User-Agent: y'", {"method": "none"}),
    ],
)  # fmt: skip
def test_the_credential_of_a_command_is_that_of_its_document(options, expected):
    """Each way to give curl a credential becomes the method that sends it; the URL becomes the test URL."""
    document, remarks = convert(f"curl {options} '{URL}'")
    assert document == {"base_url": "https://api.example.com", "test_url": URL, **expected}
    assert remarks == []
    assert watchword.load(document).lint() == []


def test_a_key_in_the_query_becomes_an_api_key():
    """One parameter with a secret's name is the key; the others stay in the test URL."""
    document, _ = convert(f"$ curl '{URL}?page=1&api_key=a%2Fb&size=2#top'")
    assert document == {
        "base_url": "https://api.example.com",
        "method": "api_key",
        "add_to": "query",
        "key_name": "api_key",
        "api_key": "a/b",
        "test_url": f"{URL}?page=1&size=2",
    }


@pytest.mark.parametrize("end", ["\\\n", "\\\r\n", "^\r\n", "`\n"])
def test_a_command_of_several_lines_is_read(end):
    """The line ends of Unix's and Windows' shells are read."""
    document, _ = convert(f"curl {end}  -H 'Authorization: Bearer tok-1' {end}  {URL}\n")
    assert document["bearer_token"] == "tok-1"


def test_what_is_left_out_is_said():
    """A body, another verb and --insecure are left out, each with a remark that shows no value."""
    document, remarks = convert(f"curl -k -X POST -d password=s3cret {URL}")
    assert "verify" not in document
    assert len(remarks) == 2
    assert "s3cret" not in str(remarks)


@pytest.mark.parametrize(
    "command",
    [
        "curl",
        "curl 's3cret",
        "curl --unknown s3cret",
        "curl -H",
        "curl s3cret",
        f"curl {URL} {URL}?s3cret",
        "curl /v1",
        f"curl {URL}" + " -H 's3cret: x'" * 500,
        f"curl {URL} -d '{'x' * 300_000}'",
    ],
)
def test_what_can_not_be_read_is_refused_without_its_content(command):
    """A broken command, an unknown option, a missing or second URL: no error shows any of it."""
    with pytest.raises(DocumentError) as caught:
        convert(command)
    assert "s3cret" not in str(caught.value)


@given(st.text(max_size=60))
def test_any_text_is_a_document_or_a_finding(text):
    """Whatever stands behind curl ends in a document or in a typed error."""
    try:
        document, _ = convert(f"curl {text}")
    except DocumentError:
        return
    assert document["test_url"].startswith(document["base_url"])


@pytest.mark.parametrize(
    ("text", "method"),
    [
        (f"  curl {URL} -u a:b", "basic"),
        ('{"method": "bearer", "bearer_token": "t", "base_url": "https://a.test"}', "bearer"),
        ('{"conn_type": "http", "host": "https://a.test", "login": "a", "password": "b"}', "basic"),
        ("http://a:b@a.test", "basic"),
    ],
)
def test_each_form_of_a_connection_may_be_pasted(text, method):
    """A command, a document, and Airflow's JSON and URI of a connection are told apart."""
    assert document_in(text, "acme")[0]["method"] == method


@pytest.mark.parametrize("text", ["", "hello", "[1]", "{", "curly https://a.test", "{}", '"curl"'])
def test_other_texts_are_refused(text):
    """A text that is no connection is refused with a finding."""
    assert not is_command(text)
    with pytest.raises(DocumentError):
        document_in(text, "acme")
