"""XML documents as objects: the same paths lead into them as into JSON, and none does harm."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.support.nightly import usually
from watchword.http.jsonpaths import as_jsonpath, flaw, takes_one_pass, whole
from watchword.http.xml_root import DEEPEST
from watchword.http.xml_values import read_xml
from watchword.tokens.token_response import value_at

CONCUR = """<?xml version="1.0" encoding="utf-16"?>
<Access_Token xmlns:i="http://www.w3.org/2001/XMLSchema-instance">
  <Instance_Url>https://www.example.com/</Instance_Url>
  <Token> xmlToken01 </Token><Expiration_date>6/1/2031 2:24:46 PM</Expiration_date>
</Access_Token>"""
TABLEAU = """<tsResponse xmlns="http://tableau.com/api">
<credentials token="HvZ|1" estimatedTimeToExpiration="177:13:20"><site id="9a8b" contentUrl=""/></credentials>
</tsResponse>"""
SALESFORCE = """<soapenv:Envelope
xmlns:soapenv="http://schemas.xmlsoap.org/soap/envelope/" xmlns="urn:partner"><soapenv:Body><loginResponse>
<result><sessionId>00D!AQ</sessionId><sessionSecondsValid>7200</sessionSecondsValid></result></loginResponse></soapenv:Body></soapenv:Envelope>"""
QUICKBASE = (
    '<?xml version="1.0"?><qdbapi><errcode>0</errcode><ticket>2_b</ticket><udata>mydata</udata></qdbapi>'
)
CDATA = "<r><t><![CDATA[a&b]]></t></r>"
TYPED = '<r><t type="string">abc</t><t2 nil="true"/></r>'


@pytest.mark.parametrize(
    ("document", "path", "value"),
    [
        *((CONCUR, path, "xmlToken01") for path in (
            "Access_Token.Token", "$.Access_Token.Token", "//Token", "/Access_Token/Token", "$..Token",
            "Token",
            "Access_Token['Token']", "//Access_Token/Token", "/Access_Token/Token/text()",
            "$['Access_Token'].Token",
        )),
        *((TABLEAU, path, "HvZ|1") for path in (
            "credentials.token", "tsResponse.credentials.token", "//credentials/@token", "//@token",
            "$..credentials['@token']",
        )),
        (TABLEAU, "credentials.estimatedTimeToExpiration", "177:13:20"),
        (TABLEAU, "credentials.site.id", "9a8b"),
        (SALESFORCE, "//sessionId", "00D!AQ"),
        (SALESFORCE, "//soapenv:Body/loginResponse/result/sessionId", "00D!AQ"),
        (SALESFORCE, "Envelope.Body.loginResponse.result.sessionSecondsValid", "7200"),
        (QUICKBASE, "ticket", "2_b"),
        (CDATA, "//t", "a&b"),
        (TYPED, "r.t", "abc"),
        ("<r><t>1</t><t>2</t></r>", "r.t[1]", "2"),
        ("<access_token>abc</access_token>", "access_token", "abc"),
        ("<r><a>x<b>y</b></a></r>", "r.a.b", "y"),
    ],
)  # fmt: skip
def test_a_path_leads_to_an_element_or_an_attribute(document, path, value):
    """Concur's, Tableau's, Salesforce's and Quickbase's tokens are found by a JSONPath or as by XPath."""
    assert value_at(read_xml(document), path) == value
    assert flaw(as_jsonpath(path)) is None


def test_an_element_without_text_has_no_value():
    """An empty element, one that is nil, and an element of elements don't count as text."""
    assert value_at(read_xml("<r><t/></r>"), "//t") == ""
    assert not isinstance(value_at(read_xml(TYPED), "r.t2"), str)
    assert not isinstance(value_at(read_xml(CONCUR), "Access_Token"), str)


LEAK = "/etc/hostname"


@pytest.mark.parametrize(
    "document",
    [
        "", "a", "<", "<a", "<a>", "<a></b>", "<a/><b/>", "<a b=1/>", "<a>\0</a>", "<a>\x01</a>",
        "<a>&b;</a>",
        f'<!DOCTYPE r [<!ENTITY x SYSTEM "file://{LEAK}">]><r>&x;</r>',
        f'<!DOCTYPE r SYSTEM "file://{LEAK}"><r/>',
        '<!DOCTYPE r [<!ENTITY a "aa"><!ENTITY b "&a;&a;">]><r>&b;</r>',
        "<!DOCTYPE html><html><body>Sign in</body></html>",
        '<!DOCTYPE r [<!ENTITY % p "x">]><r/>',
        "<a>" * (DEEPEST + 1) + "</a>" * (DEEPEST + 1),
        "<r>" + "<a/>" * 20_001 + "</r>",
    ],
)  # fmt: skip
def test_a_broken_or_hostile_document_is_refused(document):
    """No DTD is read, and with it no entity of the document's own making; depth and number are limited."""
    assert read_xml(document) is None


def test_an_include_is_only_an_element():
    """XInclude and stylesheets are not followed."""
    include = (
        f'<r><xi:include xmlns:xi="http://www.w3.org/2001/XInclude" href="file://{LEAK}" parse="text"/></r>'
    )
    assert value_at(read_xml(include), "r.include.href") == f"file://{LEAK}"
    assert value_at(read_xml(f'<?xml-stylesheet href="file://{LEAK}"?><r>x</r>'), "r") == "x"


@pytest.mark.parametrize(
    ("path", "jsonpath"),
    [
        ("//Token", "$..Token"), ("/a/b", "$.a.b"), ("/a//b", "$.a..b"), ("//a/@b", "$..a['@b']"),
        ("//ns:a", "$..a"), ("/a/text()", "$.a"), ("//a-b", "$..a-b"), ("//a.b", "$..['a.b']"),
        ("//*", "$..*"),
        ("/", "/"), ("//", "//"), ("/a[1]", "/a[1]"), ("//a[@b='c']", "//a[@b='c']"), ("a/b", "a/b"),
        ("/a b", "/a b"), ("access_token", "access_token"), ("$..a", "$..a"),
    ],
)  # fmt: skip
def test_paths_as_for_xml_become_jsonpaths(path, jsonpath):
    """Names and attributes are translated; a path with an index or a condition stays as it is."""
    assert as_jsonpath(path) == jsonpath


NAMES = st.sampled_from(["a", "b", "Token", "ns:a", "@x", "*", "text()", "..", "[1]", "'", "é"])


@settings(max_examples=usually(500, 10_000))
@given(
    document=st.text(alphabet="<>/ab =\"'&;!-[]?:x\n", max_size=60)
    | st.recursive(
        st.text(alphabet="xy&<", max_size=3),
        lambda inner: st.lists(inner, max_size=3).map(lambda parts: f"<a b='c'>{''.join(parts)}</a>"),
        max_leaves=6,
    ),
    path=st.lists(st.sampled_from(["/", "//", "."]) | NAMES, max_size=6).map("".join),
)
def test_any_document_and_any_path_end_in_a_value_or_none(document, path):
    """No text and no path raises anything, and a translated path is a JSONPath or keeps its flaw."""
    root = read_xml(document)
    assert root is None or len(root) == 1
    value_at(root or {}, path)
    translated = as_jsonpath(path)
    assert translated == path or takes_one_pass(whole(translated)) or flaw(translated)
