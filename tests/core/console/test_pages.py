"""The pages of the console: a connection is built, checked, validated, kept, changed and removed."""

from __future__ import annotations

import json
import re

import pytest

from watchword import METHODS
from watchword.connections import by_name
from watchword.console.form import form_of
from watchword.document.reading import read
from watchword.stores import open_store

NEEDING_MORE = {"oauth2_authorization_code", "oauth2_device_code", "oauth2_token_exchange"}
TESTABLE = [name for name in METHODS if name not in NEEDING_MORE]
SECRET = "playground-key-2f9c41d7"


def test_the_list_names_every_connection_and_its_home(person, stored, monkeypatch, documented):
    """The list shows name, API, method and home of each, and which copy another one shadows."""
    stored("acme")
    stored("other", "basic")
    monkeypatch.setenv("WATCHWORD_CONN_ACME", json.dumps(documented("bearer")))
    page = person.get("/")
    rows = [
        re.sub(r"<[^>]+>", " ", row).split() for row in re.findall(r"<tr>.*?</tr>", page.text, re.DOTALL)[1:]
    ]
    assert [(row[0], row[2], row[-4 if "shadowed" not in row else -5]) for row in rows] == [
        ("acme", "Bearer", "environment"),
        ("acme", "API", "vault"),
        ("other", "Basic", "vault"),
    ]
    assert page.text.count("shadowed") == 1
    assert "<script>" not in page.text


def test_an_empty_list_leads_to_the_first_connection(person, words):
    """Without connections the page says so, and links to the builder."""
    assert "There are no connections here yet. Build the first one." in words(person.get("/"))


@pytest.mark.parametrize("method", METHODS)
def test_each_method_has_a_form_of_its_own_fields(person, method):
    """A form shows the method's fields and the common ones, each once, and none of other methods."""
    page = person.get(f"/new/{method}")
    assert page.status_code == 200
    shown = re.findall(r'data-field="([^"]+)"', page.text)
    assert shown == [field.name for field in form_of(method).fields]
    assert len(shown) == len(set(shown))
    before_advanced = page.text.partition("<details")[0].count('data-field="')
    assert before_advanced <= 12


@pytest.mark.parametrize("method", TESTABLE)
def test_what_is_typed_is_validated_and_kept_as_it_is(person, documented, filled, kept, method):
    """For each method: the typed fields are valid before they are kept, and the document kept is the same."""
    wanted = documented(method)
    fields = {"connection.name": "acme", **filled(wanted)}
    verdict = person.script(f"/new/{method}", fields, "validate")
    assert 'class="report valid"' in verdict.text or method == "none", verdict.text
    assert kept() is None
    answer = person.script(f"/new/{method}", fields, "save")
    assert answer.json() == {"location": "/connections/acme"}
    assert read(kept()) == read(wanted)


def test_a_draft_leaves_no_token_behind(person, documented, filled):
    """The token of a validation that isn't saved stays out of the store that tasks use."""
    typed = {"connection.name": "acme", **filled(documented("oauth2_client_credentials"))}
    answer = person.script("/new/oauth2_client_credentials", typed, "validate")
    assert 'class="report valid"' in answer.text
    assert list(open_store().records()) == []


def test_only_what_differs_from_the_default_is_kept(person, documented, filled, kept):
    """A form that shows every field keeps neither empty ones nor defaults."""
    fields = {field.name: field.default for field in form_of("api_key").fields}
    typed = {**fields, **filled(documented("api_key")), "connection.name": "acme"}
    assert person.script("/new/api_key", typed, "save").status_code == 200
    assert set(kept()) == {"method", "base_url", "api_key", "test_url"}


def test_findings_stand_beside_their_fields_while_one_types(person, documented, filled):
    """The answer to a check names the field of each finding, and quotes no secret."""
    wrong = {"base_url": "api.example.com", "test_url": "/v1/me", "timeout": "soon"}
    typed = {**filled(documented("api_key")), **wrong, "api_key": f"{SECRET} "}
    answer = person.script("/new/api_key", typed, "check")
    found = {field: {each["code"] for each in remarks} for field, remarks in answer.json().items()}
    assert found["timeout"] == {"wrong_type"}
    assert found["base_url"] == {"url_not_absolute"}
    assert found["test_url"] == {"test_url_not_absolute"}
    assert found.keys() <= {"timeout", "base_url", "test_url", "api_key"}
    assert SECRET not in answer.text


def test_what_is_typed_is_checked_before_the_form_is_complete(person):
    """A wrong URL is said while needed fields are still empty, and nothing is said of made-up values."""
    typed = {"base_url": "api.example.com", "test_url": "/v1/me"}
    found = person.script("/new/oauth2_client_credentials", typed, "check").json()
    codes = {field: [each["code"] for each in remarks] for field, remarks in found.items()}
    assert codes == {
        "token_url": ["missing_field"],
        "client_id": ["missing_field"],
        "client_secret": ["missing_field"],
        "base_url": ["url_not_absolute"],
        "test_url": ["test_url_not_absolute"],
    }


def test_what_is_missing_is_said_at_its_field(person):
    """An empty form has a finding at each needed field, and Validate and Save do nothing."""
    answer = person.script("/new/basic", {}, "check")
    assert {name for name, each in answer.json().items() if each[0]["code"] == "missing_field"} == {
        "base_url",
        "username",
    }
    for action in ("validate", "save"):
        refused = person.script("/new/basic", {"connection.name": "acme"}, action)
        assert "Not ready yet" in refused.text


def test_without_scripts_the_page_comes_back_with_everything_but_secrets(person, documented, filled, words):
    """A plain form post shows the report, the typed texts and the findings; secrets are typed again."""
    typed = {"connection.name": "acme", **filled(documented("api_key")), "api_key": "wrong-key-of-a-stranger"}
    page = person.post("/new/api_key", {**typed, "action": "validate"})
    assert "Invalid" in words(page)
    assert f'value="{typed["base_url"]}"' in page.text
    assert "wrong-key-of-a-stranger" not in page.text
    assert "wrong-key-of-a-strange" not in page.text
    page = person.post("/new/api_key", {**typed, "timeout": "soon", "action": "save"})
    assert "The field timeout has a wrong value" in words(page)


def test_a_kept_secret_is_described_and_stays(person, stored, kept, filled):
    """An edit form describes the stored secret; left empty, it stays, and a new one replaces it."""
    former = stored()
    page = person.get("/connections/acme/edit")
    assert "set, 23 characters, ends …d7" in page.text
    assert SECRET not in page.text
    typed = {**filled(former), "api_key": "", "timeout": "12"}
    assert person.script("/connections/acme/edit", typed, "save").status_code == 200
    assert read(kept()) == read({**former, "timeout": 12})
    person.script("/connections/acme/edit", {**typed, "api_key": "another-key"}, "save")
    assert kept()["api_key"] == "another-key"


@pytest.mark.parametrize(
    "change",
    [
        {"base_url": "http://127.0.0.1:1/elsewhere"},
        {"allowed_origins": "http://127.0.0.1:1"},
        {"proxy": "http://127.0.0.1:1"},
        {"verify": "false"},
        {"ca_bundle": "/etc/another.pem"},
        {"test_url": "http://127.0.0.1:1/v1/me"},
    ],
)
def test_a_secret_that_would_go_elsewhere_is_entered_again(person, playground, stored, kept, filled, change):
    """A changed destination asks for the secret again; until then nothing is sent and nothing is kept."""
    former = stored()
    typed = {**filled(former), "api_key": "", **change}
    for action in ("check", "validate", "save"):
        answer = person.script("/connections/acme/edit", typed, action)
        assert "has to be entered again" in answer.text
    assert kept() == former
    answer = person.script("/connections/acme/edit", {**typed, "api_key": SECRET}, "check")
    assert "secret_needed_again" not in answer.text


def test_every_secret_of_a_method_is_entered_again(person, stored, filled):
    """All kept secrets are asked for again, also a stacked one, if the URL of a token endpoint changes."""
    former = stored(
        "acme", "oauth2_client_credentials", secret_parameters={"header:X-Tenant": "tenant-secret-1"}
    )
    typed = {**filled(former), "client_secret": "", "token_url": "http://127.0.0.1:1/token"}
    typed["secret_parameters.value"] = [""]
    found = person.script("/connections/acme/edit", typed, "check").json()
    again = {name for name, each in found.items() if "secret_needed_again" in {one["code"] for one in each}}
    assert again == {"client_secret", "secret_parameters"}


def test_another_login_asks_for_the_secrets_again(person, stored, filled):
    """A changed login_with may send the secrets of templates elsewhere, so they are entered again."""
    login = {"method": "api_key", "key_name": "X-Gate", "api_key": "{{secret:GATE}}"}
    former = stored(
        "acme",
        "oauth2_client_credentials",
        login_with=login,
        secret_parameters={"template:GATE": "gate-secret-1"},
    )
    typed = {**filled(former), "client_secret": "", "secret_parameters.value": [""]}
    unchanged = person.script("/connections/acme/edit", typed, "check").json()
    assert "secret_needed_again" not in str(unchanged)
    elsewhere = {
        "method": "session_login",
        "login_url": "http://127.0.0.1:1/l",
        "login_headers": {"X-Gate": "{{secret:GATE}}"},
        "response_access_path": "t",
    }
    found = person.script(
        "/connections/acme/edit", {**typed, "login_with": json.dumps(elsewhere)}, "check"
    ).json()
    again = {name for name, each in found.items() if "secret_needed_again" in {one["code"] for one in each}}
    assert again == {"client_secret", "secret_parameters"}


def test_parameters_are_added_changed_and_removed(person, stored, kept):
    """Of stacked parameters one stays by its name, one gets a new value, one goes, and one is added."""
    stored("acme", "custom")
    names = list(kept()["secret_parameters"])
    places, keys = zip(*(name.split(":", 1) for name in names), strict=True)
    typed = {
        "base_url": kept()["base_url"],
        "test_url": kept()["test_url"],
        "secret_parameters.place": [*places, "cookie"],
        "secret_parameters.name": [keys[0], keys[1], "", "sid"],
        "secret_parameters.value": ["", "new-value", "", "session-9"],
    }
    former = kept()["secret_parameters"]
    assert person.script("/connections/acme/edit", typed, "save").status_code == 200
    assert kept()["secret_parameters"] == {
        names[0]: former[names[0]],
        names[1]: "new-value",
        "cookie:sid": "session-9",
    }


@pytest.mark.parametrize(("names", "values"), [(["", ""], ["v", ""]), (["A", "A"], ["v", "w"])])
def test_a_parameter_without_a_name_of_its_own_is_refused(person, names, values):
    """A value without a name, and one name for two values, are findings at the field."""
    typed = {"secret_parameters.place": ["header"] * 2, "secret_parameters.name": names}
    found = person.script("/new/custom", {**typed, "secret_parameters.value": values}, "check").json()
    assert [each["code"] for each in found["secret_parameters"]] == ["wrong_type"]


def test_an_optional_secret_is_removed_by_its_box(person, stored, kept, filled):
    """A ticked box removes a stored secret that the method doesn't need."""
    former = stored("acme", "basic", proxy="http://u:p@127.0.0.1:3128")
    typed = {**filled(former), "password": "", "proxy": "", "proxy.remove": "yes"}
    answer = person.script("/connections/acme/edit", {**typed, "password": former["password"]}, "save")
    assert answer.status_code == 200
    assert "proxy" not in kept()


def test_a_page_of_one_connection_shows_no_secret(person, stored, words):
    """It shows the fields, describes the secrets, and validates with the stored values."""
    stored()
    page = person.get("/connections/acme")
    assert "API key set, 23 characters, ends …d7" in words(page)
    page = person.post("/connections/acme/validate")
    answers = "The API answered 200 with the credential, 401 with a wrong one, 401 without one"
    assert f"Valid authenticated {answers}" in words(page)


def test_a_validation_for_once_uses_its_own_url(person, stored, playground, words):
    """The test URL of a validation isn't stored, and is held to the allowed origins."""
    stored(test_url=None)
    own = {"validation.test_url": f"{playground.url}/api_key/v1/airports"}
    assert "Valid " in words(person.post("/connections/acme/validate", own))
    foreign = {"validation.test_url": "http://127.0.0.1:1/v1/me"}
    assert "origin_not_allowed" in words(person.post("/connections/acme/validate", foreign))
    assert "Inconclusive not_proven" in words(person.post("/connections/acme/validate"))


def test_a_verdict_stays_on_the_page_and_in_the_list(person, stored, playground, words):
    """Each validation of the stored connection is kept with verdict, code and place; a draft's is not."""
    former = stored()
    person.script("/connections/acme/edit", {"base_url": former["base_url"], "api_key": "wrong"}, "validate")
    assert "Verdicts" not in words(person.get("/connections/acme"))
    person.post("/connections/acme/validate")
    playground.revoke("api_key")
    try:
        page = person.post("/connections/acme/validate")
    finally:
        playground.restore("api_key")
    rows = words(page).partition("When Verdict Reason Where ")[2]
    assert rows.startswith("less than a minute ago invalid unauthorized_401 console on ")
    assert " less than a minute ago valid authenticated console on " in rows
    assert "API key vault invalid less than a minute ago" in words(person.get("/"))


def test_a_store_that_fails_hides_no_connection(person, documented, words, monkeypatch):
    """If the token store can't be read, the pages say so and show what is kept elsewhere."""
    monkeypatch.setenv("WATCHWORD_CONN_ACME", json.dumps(documented("api_key")))
    monkeypatch.setenv("WATCHWORD_SECRETS", "env")
    monkeypatch.setenv("WATCHWORD_STORE", "sqlite:///relative.db")
    for path in ("/", "/connections/acme"):
        page = person.get(path)
        assert (page.status_code, "store_" in words(page), "acme" in words(page)) == (200, True, True)


def test_superfluous_fields_are_removed_on_demand(person, stored, kept, words):
    """Empty fields and those of other methods are named, and one button removes them."""
    former = stored(bearer_token="of-another-method", username="", prefix=None)
    assert "bearer_token, prefix, username" in words(person.get("/connections/acme"))
    page = person.post("/connections/acme/clean")
    assert "It also holds" not in page.text
    assert kept() == {name: value for name, value in former.items() if name in
                      {"method", "base_url", "key_name", "api_key", "test_url"}}  # fmt: skip


def test_another_method_names_what_it_does_not_use(person, stored, kept, words, documented, filled):
    """After a change of the method the page names the filled fields that go, and saving removes them."""
    former = stored()
    page = person.get("/connections/acme/edit?method=bearer")
    assert "You filled Key name, API key, which the method Bearer token doesn't use." in words(page)
    typed = filled({**documented("bearer"), "base_url": former["base_url"], "test_url": former["test_url"]})
    person.script("/connections/acme/edit?method=bearer", typed, "save")
    assert set(kept()) == {"method", "base_url", "bearer_token", "test_url"}


def test_a_connection_is_removed(person, stored, kept):
    """The button removes the connection, and the list comes back."""
    stored()
    page = person.post("/connections/acme/remove")
    assert page.url == f"{person.origin}/"
    assert kept() is None


def test_a_name_is_never_taken_twice(person, stored, kept, documented, filled):
    """A new connection doesn't replace one of the same name."""
    former = stored()
    typed = {"connection.name": "acme", **filled(documented("bearer"))}
    refused = person.script("/new/bearer", typed, "save")
    assert (refused.status_code, "There is a connection" in refused.text) == (409, True)
    assert kept() == former


def test_a_change_meanwhile_is_not_overwritten(person, stored, vault, kept, filled, monkeypatch):
    """If somebody else changes a connection between reading and writing, their change stays."""
    former = stored()
    original = by_name.keep
    other = {**former, "timeout": 99}

    def keep_late(store, name, content):
        original(store, name, content)

    monkeypatch.setattr(by_name, "keep", keep_late)
    host_read = by_name.document_of
    reads = []

    def read(store, name):
        reads.append(name)
        if len(reads) == 2:  # the write's own look
            original(vault, "acme", other)
        return host_read(store, name)

    monkeypatch.setattr(by_name, "document_of", read)
    refused = person.script("/connections/acme/edit", {**filled(former), "timeout": "12"}, "save")
    assert "while it was edited here" in refused.text
    monkeypatch.undo()
    assert len(reads) >= 2


@pytest.mark.parametrize("name", ["", " ", "a/b", "../x", "a b", "<b>", "n" * 300, "ä"])
def test_an_illegal_name_is_refused_in_words(person, documented, filled, name):
    """A name that can't be stored is refused with a reason, and nothing fails."""
    typed = {"connection.name": name, **filled(documented("api_key"))}
    refused = person.script("/new/api_key", typed, "save")
    assert refused.status_code == 400
    assert "<b>" not in refused.text


def test_what_is_in_the_environment_is_shown_and_never_written(person, documented, monkeypatch, words):
    """A connection of a variable can be looked at and validated, but not edited or removed."""
    monkeypatch.setenv("WATCHWORD_CONN_ACME", json.dumps(documented("api_key")))
    page = person.get("/connections/acme")
    assert "kept in environment" in words(page)
    assert "Edit" not in words(page)
    assert "Remove" not in words(page)
    assert "Valid" in words(person.post("/connections/acme/validate"))
    for path in ("edit", "remove", "clean"):
        assert person.post(f"/connections/acme/{path}", {"action": "save"}).status_code == 409
    assert person.get("/connections/acme/edit").status_code == 409


def test_an_unreadable_connection_is_listed_with_its_fault(person, vault, words):
    """A connection that can't be read has a page that says why, and can be removed."""
    vault.put(by_name.secret_name("acme"), b"{not json")
    assert "acme" in words(person.get("/"))
    assert "not valid JSON" in words(person.get("/connections/acme"))
    assert person.get("/connections/acme/edit").status_code == 409
    assert person.post("/connections/acme/validate").status_code == 200
    assert person.post("/connections/acme/remove").status_code == 200
    assert vault.get(by_name.secret_name("acme")) is None


@pytest.mark.parametrize(
    "path", ["/new/nothing", "/connections/nobody", "/nowhere", "/connections/nobody/edit"]
)
def test_what_does_not_exist_is_said_on_a_page(person, path):
    """An unknown path, method or connection is a 404 with the console's page."""
    page = person.get(path)
    assert (page.status_code, "Back to the list" in page.text) == (404, True)


def test_html_in_names_and_answers_is_text(person, stored, serve, reply, words):
    """Markup in a stored field, and in an API's refusal, is shown as text."""
    server = serve(reply(403, "<script>alert(1)</script> you may not", {"Content-Type": "text/plain"}))
    stored("acme", base_url=server.url, test_url=f"{server.url}/x", key_name="X-<img src=x>")
    page = person.get("/connections/acme")
    assert "<img" not in page.text
    assert "X-<img src=x>" in words(page)
    stored("acme", base_url=server.url, test_url=f"{server.url}/x")
    page = person.post("/connections/acme/validate")
    assert "<script>alert" not in page.text
    assert "alert(1)" in words(page)
