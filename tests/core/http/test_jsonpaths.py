"""JSONPaths that take one pass over a response are used; all others are refused, in documents and in use."""

from __future__ import annotations

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import watchword
from tests.support.nightly import usually
from tests.support.work import calls
from watchword.http import jsonpaths
from watchword.http.body_rules import MOST_RULES, BodyRules
from watchword.tokens.token_response import value_at

USUAL = {
    "authed_user.access_token": "user-token",
    "$.data[0].token": "first",
    "data[0]['token']": "first",
    '$["data"][-1].token': "last",
    "$..refresh_token": "refresh",
    "$..['refresh_token']": "refresh",
    "$..sessions[?@.active == true].id": 7,
    "$.sessions[?@.active==true].id": 7,
    "$.sessions[?(@.active==true && @.kind != 'old')].id": 7,
    "$.sessions[?@.tags[0] == 'x' || !@.tags].id": 7,
    "$.sessions[?@.active and @.id > 6.5].id": 7,
    "$.sessions[?true == @.active].id": 7,
    "$.errors[*].code": "expired",
    "$.errors[1:].code": "invalid",
    "$.errors[::-1].code": "invalid",
    "$.*.access_token": "user-token",
    "$.authed_user.*": "user-token",
    "access-token": "dashed",
    "$['quoted \\'name\\'']": "quoted",
    "urn:acme:token": "urn",
    "a.b": "dotted",
    "Access Token (new)": "spaced",
    "$.missing.token | $.authed_user.access_token": "user-token",
    "authed_user.access_token | access-token": "user-token",
    "$..missing | data[7].token | $..refresh_token": "refresh",
    "//missing | //refresh_token": "refresh",
    "$['or | else']": "or else",
}
CONTENT = {
    "authed_user": {"access_token": "user-token"},
    "data": [{"token": "first"}, {"token": "last"}],
    "nested": [{"deep": {"refresh_token": "refresh"}}],
    "sessions": [{"id": 6, "active": False, "tags": [1]}, {"id": 7, "active": True, "tags": ["x"]}],
    "errors": [{"code": "expired"}, {"code": "invalid"}],
    "access-token": "dashed",
    "quoted 'name'": "quoted",
    "urn:acme:token": "urn",
    "a.b": "dotted",
    "Access Token (new)": "spaced",
    "or | else": "or else",
}

COSTLY = [
    "$..[?$.r[?@.a==9]]",
    "$.r[?@.a[?@.b==1]]",
    "$.r[?@.a == $.b]",
    "$[$.a]",
    "$[a.b]",
    "$..a..b",
    "..a..b",
    "$..*..*",
    "$..[?@..a]",
    "$..[?@.* == 1]",
    "$..[?@[*]]",
    "$..[?@[0:9] == 1]",
    "$..[?@.a == @.b]",
    "$..[?@ == @]",
    "$..[?count(@..*) > 1]",
    "$..[?length(@.a) > 1]",
    "$..[?value(@..a) == 1]",
    "$..[?match(@.a, '(a+)+$')]",
    "$..[?search(@.a, '(a+)+$')]",
    "$..[?@.a =~ /(a+)+$/]",
    "$..[?@.a in $.b]",
    "$..[?@.a in ['x']]",
    "$..[?@.a contains 'x']",
    "$..[?@.a <> 1]",
    "$..[?((@.a == 1))]",
    "$..[?" + "(" * 400 + "@.a" + ")" * 400 + "]",
    "$..[?" + "!" * 400 + "@.a]",
    "$['a','a']['a','a']",
    "$[*,*][*,*][*,*]",
    "$[0,0]",
    "$[?@.a, ?@.a]",
    "$..a & $..b",
    "$.a | $..b..c",
    "$.a || $.b",
    "$.a | $.b | $.c | $.d | $.e | $.f",
    "$..[~'a']",
    "$..~",
    "$..[~?@.a]",
    "$.[#]",
    "$..[?# == 'a']",
    "$..[?_.a == 1]",
    "^..[?@.a]",
    "$[99999999999999999999999]",
    "$[0:99999999999999999999999]",
    "$" + "[*]" * 400,
    "$." + ".".join("a" * 600),
    "$..[?@.a == " + "9" * 5000 + "]",
    "$..[?@.a == 1e999999999]",
]


@pytest.mark.parametrize("path", USUAL)
def test_usual_paths_are_used(path):
    """Names, indices, slices, wildcards, one descent and simple filters find their value."""
    assert jsonpaths.flaw(path) is None
    assert value_at(CONTENT, path) == USUAL[path]


@pytest.mark.parametrize("path", COSTLY)
def test_costly_paths_find_nothing(path):
    """A path that may take more than one pass is not even tried."""
    assert value_at(CONTENT, path) is None
    with pytest.raises(ValueError, match=r"JSONPath|characters"):
        BodyRules({path: 1})


TOKEN = {"token_url": "https://auth.test/token", "client_id": "a", "client_secret": "abcd"}
DOCUMENTS = {
    "oauth2_client_credentials": TOKEN,
    "oauth2_device_code": {**TOKEN, "device_authorization_endpoint": "https://auth.test/device"},
    "session_login": {"login_url": "https://auth.test/login", "username": "a", "password": "abcd"},
}


@pytest.mark.parametrize(
    "path", ["$..token", "$[0]", "$[?@.token]", "$.token", "data.token", "$[*].token", "$[0,1]"]
)
@pytest.mark.parametrize(
    "text", ["[", "{", '{"token": "t"}', '[{"token": "t"}]', ' {"token"', "[1, 2", "", "t", b"[", 7]
)
def test_what_is_no_object_has_no_values_inside(text, path):
    """A response that is one text, as bare tokens are, isn't parsed as JSON once more to be searched."""
    assert value_at(text, path) is None
    assert value_at(text, "$") == text


@pytest.mark.parametrize("path", COSTLY)
@pytest.mark.parametrize(
    ("method", "field"),
    [
        ("oauth2_client_credentials", "response_access_path"),
        ("oauth2_client_credentials", "response_expires_path"),
        ("oauth2_device_code", "response_refresh_path"),
        ("oauth2_device_code", "response_refresh_expires_path"),
        ("session_login", "response_access_path"),
        ("session_login", "response_expires_path"),
    ],
)
def test_costly_paths_are_errors_of_the_document(method, field, path):
    """Lint names the field, and no client is made."""
    document = {"base_url": "https://api.test", "method": method, **DOCUMENTS[method]}
    if method == "session_login":
        document["response_access_path"] = "token"
    made = watchword.load({**document, field: path}, name="acme")
    (found,) = [item for item in made.lint() if field in item.message]
    assert found.code.name == "wrong_type"
    assert len(found.message) < 200
    with pytest.raises(watchword.DocumentError):
        made.session()


@pytest.mark.parametrize("path", USUAL)
def test_usual_paths_are_no_errors_of_the_document(path):
    """A document with a usual path, or a plain name of any form, can be used."""
    document = {"base_url": "https://api.test", "method": "session_login", **DOCUMENTS["session_login"]}
    assert watchword.load({**document, "response_access_path": path}).lint() == []


def test_many_rules_are_refused():
    """Each response is searched by each rule of refresh_on_body, so there may be only so many."""
    rules = {f"error{number}": 1 for number in range(MOST_RULES + 1)}
    document = {
        "base_url": "https://api.test",
        "method": "api_key",
        "api_key": "abcd",
        "refresh_on_body": rules,
    }
    (found,) = watchword.load(document).lint()
    assert found.code.name == "wrong_type"
    del rules["error0"]
    assert watchword.load(document).lint() == []


WIDE = [lambda size: {"r": [{"a": number} for number in range(size)]}]
DEEP = [lambda size: {"r": [nested(90) for _ in range(size // 90 + 1)]}]


def nested(depth):
    value = {"a": 1}
    for _ in range(depth):
        value = {"a": value, "b": [value]} if depth < 5 else {"a": value}
    return value


@pytest.mark.parametrize("shape", [*WIDE, *DEEP], ids=["wide", "deep"])
@pytest.mark.parametrize(
    "path",
    [
        "$..zz",
        "$..[?@.a == 'zz'].b",
        "$..[?@.a == 'y' || @.a == 'z' || !@.a && @.b].zz",
        "$..*.zz",
        "$..[*][*][*].zz",
        "$..[::-1].zz",
        "$[*][*][*][*].zz",
    ],
)
def test_the_work_grows_as_the_response_does(path, shape):
    """Eight times the response takes about eight times the steps, for every kind of path that is allowed."""
    small, large = shape(200), shape(1600)
    value_at(small, path)  # loads the library
    assert calls(lambda: value_at(large, path)) < 12 * calls(lambda: value_at(small, path))


def test_a_response_too_large_for_its_path_is_an_error_of_the_response():
    """Many values are searched with few steps, but not with many; names and indices need no search."""
    content = {"data": [{"token": "first"}, *([] for _ in range(20_000))]}
    many = f"$..[?{' || '.join(['@.a==1'] * 50)}]"
    assert value_at(content, "$..token") == "first"
    assert value_at(content, "data[0].token") == "first"
    with pytest.raises(watchword.TokenError) as refused:
        value_at(content, many)
    assert refused.value.code == "reply_not_token"
    assert "too large" in str(refused.value)
    assert not BodyRules({many: 1, "error": 1}).match(json.dumps(content).encode())


def test_names_and_indices_are_followed_as_the_library_does():
    """Paths of names and indices alone give what a search by the library gives."""
    import jsonpath  # noqa: PLC0415 - beside its only use

    content = {"a": {"b": [1, 2], "": 3}}
    for path in [
        "$",
        "$.a",
        "a.b[0]",
        "a.b[-1]",
        "a.b[2]",
        "a.b[-3]",
        "a.b.c",
        "a['b'][0]",
        '$["a"]',
        "a['']",
        "$.x",
        "a[0]",
        "$[0]",
    ]:
        found = list(jsonpaths.at_keys(content, jsonpaths.keys(path)))
        assert found == jsonpath.findall(jsonpaths.whole(path), content)


STEPS = [
    "[?$.a]",
    "[?(@.a==@.b)]",
    "[?count(@.*)>1]",
    ".a",
    "..a",
    "[*]",
    "[0]",
    "[?@.a]",
    "[?@.a==1]",
    ".*",
    "..*",
    "['b']",
    "[1:]",
    "[0,0]",
    "[?@..a]",
    " | $",
]
NAMES = st.sampled_from(STEPS)


@settings(max_examples=usually(500, 10_000))
@given(st.lists(NAMES, max_size=6).map("".join))
def test_no_combination_of_steps_takes_more_than_its_share(steps):
    """Whatever a path is made of, the steps of its search stay below a multiple of response and path."""
    content = {"a": [{"a": [1] * 5, "b": {"a": 1}} for _ in range(30)], "b": [[{"a": 1}] * 5] * 5}
    size = json.dumps(content).count(",")
    path = f"${steps}"
    work = calls(lambda: value_at(content, path))
    assert work < 150 * size * (len(steps) + 2) / 3 + 20_000  # loading and compiling included
