"""A cURL command becomes the document that sends the same credential."""

from __future__ import annotations

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import watchword
from tests.support.hostile_texts import HOSTILE
from tests.support.nightly import usually
from watchword.connections.imports.curl.command import convert, is_command
from watchword.connections.imports.formats import entries_in
from watchword.connections.imports.pasted import document_in
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


API_KEY = {"method": "api_key", "key_name": "X-Api-Key"}


@pytest.mark.parametrize(
    ("command", "expected"),
    [
        pytest.param(rf"curl {URL} -H $'X-Api-Key: k\u0021-1'", {"api_key": "k!-1"}, id="Chrome, bash"),
        pytest.param(rf"curl {URL} -H $'X-Api-Key: it\'s'", {"api_key": "it's"}, id="Chrome, quote"),
        pytest.param(rf"curl {URL} -H $'X-Api-Key: \xe9\x21'", {"api_key": "é!"}, id="Firefox"),
        pytest.param(rf"curl {URL} -H $'X-Api-Key: \ud83d\ude00'", {"api_key": "😀"}, id="surrogates"),
        pytest.param(rf"curl {URL} -H 'X-Api-Key: k\u0021'", {"api_key": r"k\u0021"}, id="plain quotes"),
        pytest.param(f"curl {URL} -H \"X-Api-Key: k$'1\"", {"api_key": "k$'1"}, id="not ANSI-C"),
        pytest.param(
            f'curl ^"{URL}^" ^\r\n  -H ^"X-Api-Key: a^%^21^&^^^\\^"b^\\^\\^" ^\r\n  --compressed',
            {"api_key": 'a%21&^"b\\'}, id="Chrome, cmd",
        ),
        pytest.param(f'curl "{URL}" ^\r\n  -H "X-Api-Key: k^1"', {"api_key": "k^1"}, id="older Chrome, cmd"),
        pytest.param(f"curl “{URL}” –H “X-Api-Key: k-1”", {"api_key": "k-1"}, id="a page, smart quotes"),  # noqa: RUF001 - as pages write it
        pytest.param(f"curl {URL} —header ‘X-Api-Key: k-1’", {"api_key": "k-1"}, id="a page, dash"),  # noqa: RUF001 - as above
        pytest.param(f"curl {URL} -H 'X-Api-Key: “k–1”'", {"api_key": "“k–1”"}, id="smart quotes inside"),  # noqa: RUF001 - as above
        pytest.param(f"# a\n# b\ncurl {URL} -H 'X-Api-Key: k#1' # end", {"api_key": "k#1"}, id="notes"),
        pytest.param(f"$ time curl {URL} -H 'X-Api-Key: k'", {"api_key": "k"}, id="prompt and time"),
        pytest.param(f"curl {URL} -H 'X-Api-Key: k|>1' | jq '.a > 1'", {"api_key": "k|>1"}, id="jq"),
        pytest.param(f"curl {URL} 2>/dev/null >out -H 'X-Api-Key: k' && ls", {"api_key": "k"}, id="file"),
        pytest.param(f"curl {URL} -H X-Api-Key:<your-key>", {"api_key": "<your-key>"}, id="a placeholder"),
        pytest.param(
            f"curl --connect-timeout 5 --tlsv1.2 --retry 3 --retry-delay 2 --max-redirs 3 --anyauth -4 {URL} "
            "--ssl-no-revoke -H 'X-Api-Key: k'",
            {"api_key": "k"}, id="options of the transfer",
        ),
    ],
)  # fmt: skip
def test_a_command_is_read_as_it_was_copied(command, expected):
    """Quotes of Bash, escapes of cmd, marks of a page and of a shell: the key is the one that curl sends."""
    document, remarks = convert(command)
    assert is_command(command)
    assert document == {"base_url": "https://api.example.com", "test_url": URL, **API_KEY, **expected}
    assert remarks == []


@pytest.mark.parametrize(
    ("command", "expected"),
    [
        ("-u :pat-1", {"method": "basic", "username": "", "password": "pat-1"}),
        ("-H 'Authorization: Basic OnBhdC0x'", {"method": "basic", "username": "", "password": "pat-1"}),
        ("-u :", {"method": "none"}),
        ("-H 'Accept:' -H 'X-Api-Key;'", {"method": "none"}),
        ("--cert c.pem:pw1", {"client_certificate": "c.pem", "client_key_passphrase": "pw1"}),
        ("-E c.pem --key k.pem --pass pw1", {"client_certificate": "c.pem", "client_private_key": "k.pem",
                                             "client_key_passphrase": "pw1"}),
        ("-E 'C:\\a\\c.p12:p:1' --cert-type P12", {"client_certificate": "C:\\a\\c.p12",
                                                   "client_key_passphrase": "p:1"}),
        (r"--cert 'a\:b.pem'", {"client_certificate": "a:b.pem"}),
        ("-x p.test:3128 -U 'ann:p/1'", {"proxy": "http://ann:p%2F1@p.test:3128"}),
        ("-G -d api_key=k-1 --data-urlencode 'q=a b'",
         {"method": "api_key", "add_to": "query", "key_name": "api_key", "api_key": "k-1",
          "test_url": f"{URL}?q=a%20b"}),
        ("--url-query page=1", {"test_url": f"{URL}?page=1"}),
    ],
)  # fmt: skip
def test_a_credential_without_a_header_is_kept(command, expected):
    """A password of nobody, a passphrase, a proxy's user and data in the query go where they belong."""
    document, remarks = convert(f"curl {URL} {command}")
    base = {"base_url": "https://api.example.com", "method": "none", "test_url": URL}
    assert document == {**base, **expected}
    assert remarks == []


def test_a_password_of_nobody_in_the_url_is_kept():
    """A URL that begins with a colon before its @ has a password and an empty user name."""
    document, _ = convert("curl https://:pat-1@dev.azure.com/acme")
    assert (document["method"], document["username"], document["password"]) == ("basic", "", "pat-1")
    assert document["test_url"] == "https://dev.azure.com/acme"


TOKEN_URL = "https://auth.example.com/oauth/token"
POST = {"client_id": "id-1", "client_secret": "s-1", "client_auth": "client_secret_post"}
BASIC = {"client_id": "id-1", "client_secret": "s-1", "client_auth": "client_secret_basic"}


@pytest.mark.parametrize(
    ("command", "expected"),
    [
        ("-d 'grant_type=client_credentials&client_id=id-1&client_secret=s-1'", POST),
        ("-d grant_type=client_credentials -d client_id=id-1 -d client_secret=s-1 -d scope=a%20b",
         {**POST, "scope": "a b"}),
        ("-d grant_type=client_credentials -d client_id=id-1 --data-urlencode client_secret=s-1", POST),
        ("-u id-1:s-1 -d grant_type=client_credentials", BASIC),
        ("-u id-1:s/1 -d grant_type=client_credentials",
         {**BASIC, "client_secret": "s/1", "basic_encoding": "raw"}),
        ("-H 'Authorization: Basic aWQtMTpzLTE=' -d grant_type=client_credentials", BASIC),
        ("-d 'grant_type=client_credentials&client_id=id-1&client_secret=s-1&audience=https://a.test'",
         {**POST, "grant_body": {"audience": "https://a.test"}}),
        ("""-d '{"grant_type": "client_credentials", "client_id": "id-1", "client_secret": "s-1"}'""",
         {**POST, "grant_format": "json"}),
        ("-H 'Ocp-Apim-Subscription-Key: k-1' -H 'Accept: */*' -u id-1:s-1 -d grant_type=client_credentials",
         {**BASIC, "grant_headers": {"Ocp-Apim-Subscription-Key": "{{secret:ocp_apim_subscription_key}}"},
          "secret_parameters": {"template:ocp_apim_subscription_key": "k-1"}}),
        ("-d grant_type=client_credentials -d client_id=id-1 -d client_secret=env:X",
         {**POST, "client_secret": "literal:env:X"}),
    ],
)  # fmt: skip
def test_a_command_that_asks_for_a_token_becomes_a_document_that_asks_too(command, expected):
    """The grant client_credentials, with the client in the body or in a Basic header, stays a grant."""
    document, remarks = convert(f"curl -X POST {TOKEN_URL} {command}")
    base = {"base_url": "https://auth.example.com", "token_url": TOKEN_URL}
    assert document == {**base, "method": "oauth2_client_credentials", **expected}
    assert len(remarks) == 1
    watchword.load(document)


@pytest.mark.parametrize(
    ("command", "method"),
    [
        ("-u id-1:s-1 -d grant_type=password", "basic"),
        ("-u id-1:s-1 -d name=grant_type", "basic"),
        ("-G -u id-1:s-1 -d grant_type=client_credentials", "basic"),
        ("-H 'Authorization: Bearer t' -d grant_type=client_credentials", "bearer"),
    ],
)
def test_another_request_is_not_a_request_for_a_token(command, method):
    """Other grants, other fields, a query and other credentials are read as before."""
    assert convert(f"curl {TOKEN_URL} {command}")[0]["method"] == method


@pytest.mark.parametrize(
    "options",
    ["-H @headers.txt", "-b cookies.txt", "-n", "--netrc-file f", "-K c.cfg", "--socks5 p.test", "--ntlm",
     "--negotiate", "; curl https://b.test"],
)  # fmt: skip
def test_a_credential_that_is_not_in_the_command_is_said(options):
    """What a file, another command, or an authentication that isn't offered would add is named."""
    document, remarks = convert(f"curl {URL} {options}")
    assert document["method"] == "none"
    assert len(remarks) == 1


@pytest.mark.parametrize("quote", ["\u201c", "\u2018", "$'", '$"', "\\"])
def test_an_open_quote_is_refused(quote):
    """A quote of any kind that isn't closed is refused."""
    with pytest.raises(DocumentError, match="open quote"):
        convert(f"curl {URL} {quote}")


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
        "curl http://[::1/s3cret",
        "curl 'http://[s3cret]/'",
        "curl 'http://s3cret]/'",
        "curl https://s3cret\u2100.test/",
        f"curl {URL}" + " -H 's3cret: x'" * 500,
        f"curl {URL} -d '{'x' * 300_000}'",
        f"curl {URL} -{'s' * 200_000}",
        f"curl {URL}" + f" -{'s3cret'[0] * 60}" * 400,
    ],
)
def test_what_can_not_be_read_is_refused_without_its_content(command):
    """A broken command, an unknown option, a missing or second URL: no error shows any of it."""
    with pytest.raises(DocumentError) as caught:
        convert(command)
    assert "s3cret" not in str(caught.value)


PIECES = st.sampled_from(
    [
        *(
            " ",
            " ",
            " ",
            "\n",
            "'",
            '"',
            "\\",
            "$'",
            "=",
            ":",
            URL,
            "https://a.test/?key=1",
            "@a.test",
            "#",
            "|",
            "<",
        ),
        *("-H ", "-u ", "-d ", "-x ", "-U ", "-G", "-E ", "--json ", "--data-urlencode ", "--aws-sigv4 "),
        *("grant_type=client_credentials", "client_id=a", "aws:amz:eu:s3", "Authorization: ", "\\ud800"),
        *HOSTILE,
    ]
)


@settings(max_examples=usually(500, 10_000))
@given(st.text(max_size=60) | st.lists(PIECES, max_size=9).map("".join))
def test_any_text_is_a_document_or_a_finding(text):
    """Whatever stands behind curl ends in a document or in a typed error."""
    for command in (f"curl {text}", f"curl {URL} {text}"):
        try:
            found = entries_in(command, "acme", {})
        except DocumentError as error:
            assert error.code in {"import_unreadable", "document_unreadable"}
            continue
        assert all(entry.findings or entry.document["base_url"] for entry in found)


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
    """A text without a connection is refused with a finding."""
    assert not is_command(text)
    with pytest.raises(DocumentError):
        document_in(text, "acme")


TELEGRAM = "110201543:AAHdqTcvCH1vGWJxfSeofSAs0K5PALDsaw"


def test_a_secret_in_the_path_is_moved_to_the_secret_parameters():
    """Telegram's token stands in the URL: the document has a template there."""
    document, _ = document_in(f"curl https://api.telegram.org/bot{TELEGRAM}/getMe", "a")
    assert document["test_url"] == "https://api.telegram.org/bot{{secret:path}}/getMe"
    assert document["secret_parameters"] == {"template:path": TELEGRAM}
    found = watchword.load(document).lint()
    assert [each.code.name for each in found] == []


@pytest.mark.parametrize(
    ("command", "names"),
    [
        (f'curl -H "Authorization: Bearer $TOKEN" {URL}', ["TOKEN"]),
        (f"curl -H Authorization:${{TOKEN}} {URL}", ["TOKEN"]),
        (f'curl "{URL}?key=${{API_KEY}}"', ["API_KEY"]),
        (f'curl -u "$USER_NAME:$PASSWORD" {URL}', ["USER_NAME", "PASSWORD"]),
    ],
)
def test_a_variable_of_the_shell_is_a_value_that_the_command_lacks(command, names):
    """It is asked for like a variable of Postman's, and never stored as the secret."""
    (entry,) = entries_in(command, "a", {})
    assert list(entry.lacking) == names
    with pytest.raises(DocumentError, match=names[0]):
        document_in(command, "a")


@pytest.mark.parametrize("password", ["pa$$word", "s3cret$x", "a\\$TOKEN"])
def test_a_dollar_in_a_password_stays(password):
    """Only a name in capitals, or in braces, that isn't escaped is a variable."""
    document, _ = document_in(f'curl -u "ann:{password}" {URL}', "a")
    assert document["password"] == password.replace("\\", "")


def test_what_airflow_has_encrypted_is_a_value_that_the_export_lacks():
    """The text of Fernet opens nothing elsewhere, so it is asked for and not stored."""
    fernet = "gAAAAABk3x" + "A" * 90 + "=="
    export = {"a": {"conn_type": "http", "host": "https://api.test", "login": "u", "password": fernet}}
    (entry,) = entries_in(json.dumps(export), "a", {})
    assert dict(entry.lacking) == {"password": True}
    assert any("Fernet" in each for each in entry.remarks)
