"""The console inside Airflow: who may do what, where connections are kept, and what no page ever shows."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from typing import Any

import pytest

from tests.support.airflow_site import Options
from watchword_playground import CREDENTIALS, Playground

CANARY = "canary-7f3a91c2e5d8"
"""The end of every secret that these tests store: nothing that the console sends may hold it."""

API = "https://api.example.com"
VAULT = "airflow_provider_watchword.secrets.LocalVaultBackend"

ENVIRONMENT = {
    "AIRFLOW__SECRETS__BACKEND": VAULT,
    "AIRFLOW_CONN_FROM_VARIABLE": json.dumps(
        {
            "conn_type": "watchword_bearer",
            "host": API,
            "extra": {"schema_version": 1, "method": "bearer", "bearer_token": f"variable-{CANARY}"},
        }
    ),
    "AIRFLOW_CONN_SOME_HTTP": f"http://user:http-{CANARY}@api.example.com",
}

EXTRA = {"schema_version": 1, "method": "api_key", "api_key": f"stored-{CANARY}"}


@pytest.fixture(scope="module")
def deployment(deploy: Callable[..., Any]) -> Iterator[Any]:
    with ExitStack() as stack:
        found = deploy(stack, Options(settings=tuple(ENVIRONMENT.items())))
        found.store("acme", host=API, extra=json.dumps(EXTRA), description="Orders")
        found.store("a_database", "postgres", host="db.example.com", password=f"other-{CANARY}")
        yield found


@pytest.fixture
def admin(deployment: Any) -> Any:
    return deployment.person("admin")


@pytest.fixture
def viewer(deployment: Any) -> Any:
    return deployment.person("viewer")


def test_the_menu_has_an_entry_that_opens_a_tab_of_its_own(deployment: Any) -> None:
    """Airflow's page lists the console under Admin, by a relative link and without a route of its own."""
    plugins = deployment.api("GET", "/plugins").json()["plugins"]
    [view] = [
        view for plugin in plugins if plugin["name"] == "watchword" for view in plugin["external_views"]
    ]
    assert (view["name"], view["category"], view["href"]) == ("API credentials", "admin", "watchword/")
    assert view["url_route"] is None


def test_the_list_shows_the_connections_of_every_place_and_only_those_of_watchword(
    deployment: Any, admin: Any
) -> None:
    """Database, variables and vault are listed with their API and method; other types are not."""
    assert admin.create("basic", "in_vault", home="backend", base_url=API, username="u", password=CANARY).ok
    page = admin.get().text
    assert [name for name in ("acme", "from_variable", "in_vault") if f'/connections/{name}"' in page] == [
        "acme",
        "from_variable",
        "in_vault",
    ]
    assert "api.example.com" in page
    assert "Bearer token" in page
    assert "a_database" not in page
    assert "some_http" not in page


@pytest.mark.parametrize("user", ["admin", "editor"])
def test_who_may_edit_connections_in_airflow_may_edit_them_here(deployment: Any, user: str) -> None:
    """Administrators and editors see a connection, its form and the button that validates."""
    person = deployment.person(user)
    page = person.get("/connections/acme")
    assert page.status_code == 200
    assert "/connections/acme/validate" in page.text
    assert person.get("/connections/acme/edit").status_code == 200


PAGES = ["/connections/acme", "/connections/acme/edit", "/new", "/new/api_key", "/connections/unknown"]

FORMS = {
    "/connections/acme/edit": {"action": "save", "base_url": "https://evil.example", "api_key": "evil"},
    "/connections/acme/validate": {"validation.http_method": "GET"},
    "/connections/acme/clean": {},
    "/connections/acme/remove": {},
    "/new/api_key": {"action": "save", "connection.name": "made", "base_url": API, "api_key": "evil"},
}


@pytest.mark.parametrize("path", PAGES)
def test_a_viewer_opens_no_page_of_a_connection(viewer: Any, path: str) -> None:
    """A person who may not read connections in Airflow gets no page and no form, existing or not."""
    response = viewer.get(path)
    assert response.status_code == 403
    assert "<form" not in response.text


def test_a_viewer_finds_an_empty_list(viewer: Any) -> None:
    """The list has only what a person may read, and offers no new connection to one who may make none."""
    page = viewer.get()
    assert page.status_code == 200
    assert "acme" not in page.text
    assert "/new" not in page.text


@pytest.mark.parametrize("path", FORMS)
def test_a_viewer_changes_validates_and_makes_nothing(deployment: Any, viewer: Any, path: str) -> None:
    """Every form that a viewer sends is refused for the missing right, even with a token of their own."""
    before = deployment.stored("acme")
    response = viewer.post(path, {"form_token": viewer.form_token(), **FORMS[path]})
    assert response.status_code == 403
    assert "You may not" in response.text
    assert "<form" not in response.text
    assert deployment.stored("acme") == before
    assert not deployment.exists("made")


@pytest.mark.parametrize("path", ["/", *PAGES, "/static/console.css", "/nothing?a=b"])
def test_an_anonymous_visitor_signs_in_to_airflow_and_comes_back(deployment: Any, path: str) -> None:
    """Every page leads to Airflow's sign-in, which is told the page that was asked for."""
    response = deployment.person().get(path)
    assert response.status_code == 307
    first = response.headers["Location"]
    assert first.startswith("/api/v2/auth/login?next=/watchword/")
    then = deployment.person().browser.get(f"{deployment.site.url}{first}", timeout=60, allow_redirects=False)
    assert then.status_code == 307  # it accepts the address as its own
    assert "acme" not in response.text


def test_an_anonymous_program_is_told_to_sign_in(deployment: Any) -> None:
    """A request that doesn't ask for a page is refused, and so is one with a wrong session."""
    anonymous = deployment.person()
    assert anonymous.get("/", Accept="application/json").status_code == 401
    assert anonymous.get("/", Accept="application/json", Cookie="_token=wrong").status_code == 401


@pytest.mark.parametrize("path", FORMS)
def test_an_anonymous_visitor_sends_no_form(deployment: Any, path: str) -> None:
    """No form is accepted from somebody who isn't signed in, even with somebody's token."""
    token = deployment.person("admin").form_token()
    response = deployment.person().post(path, {"form_token": token, **FORMS[path]})
    assert response.status_code == 401
    assert deployment.exists("acme")
    assert not deployment.exists("made")


@pytest.mark.parametrize(
    "headers",
    [
        {"Origin": "https://evil.example", "Sec-Fetch-Site": "cross-site"},
        {"Origin": "null", "Sec-Fetch-Site": "cross-site"},
        {"Origin": "http://127.0.0.1:1", "Sec-Fetch-Site": "same-site"},
        {"Origin": "https://evil.example", "Sec-Fetch-Site": None},
        {"Origin": "null", "Sec-Fetch-Site": None},
    ],
)
def test_another_sites_form_is_refused(deployment: Any, admin: Any, headers: dict[str, Any]) -> None:
    """A form that a page of another origin sends with the person's cookie changes nothing."""
    response = admin.post("/connections/acme/remove", {"form_token": admin.form_token()}, **headers)
    assert response.status_code == 403
    assert "another site" in response.text
    assert deployment.exists("acme")


def test_a_form_without_the_persons_own_token_is_refused(deployment: Any, admin: Any) -> None:
    """A form needs the token of the person who sends it: none, a wrong one and another person's don't do."""
    others = deployment.person("editor").form_token()
    for fields in ({}, {"form_token": "wrong"}, {"form_token": others}):
        assert admin.post("/connections/acme/remove", fields).status_code == 403
    assert deployment.exists("acme")


def test_a_proxy_may_name_the_server_by_another_name(deployment: Any, admin: Any) -> None:
    """With the session's cookie, which browsers send to one name only, any name of the server is accepted."""
    assert "acme" in admin.get("/", Host="airflow.internal.example:8443").text


def test_a_foreign_name_counts_only_with_the_cookie(deployment: Any) -> None:
    """Under a name that isn't the server's, no other credential is accepted: DNS rebinding finds nothing."""
    anonymous = deployment.person()
    bearer = {"Authorization": f"Bearer {deployment.site.token('admin')}"}
    assert "acme" in anonymous.get("/", **bearer).text
    assert anonymous.get("/", Host="rebound.example", **bearer).status_code == 421
    assert anonymous.get("/", Host="rebound.example").status_code == 307


def test_no_page_may_be_kept_or_framed(admin: Any, deployment: Any) -> None:
    """Pages, refusals and redirects alike forbid caches, frames of other sites and foreign scripts."""
    for response in (admin.get(), admin.get("/nothing"), deployment.person().get()):
        assert response.headers["Cache-Control"] == "no-store"
        assert "frame-ancestors 'self'" in response.headers["Content-Security-Policy"]
        assert "script-src 'self'" in response.headers["Content-Security-Policy"]


def test_a_connection_is_kept_as_airflows_own_form_keeps_it(
    deployment: Any, admin: Any, playground: Playground
) -> None:
    """The type is the method's; the extra has only filled fields, under the names of the form."""
    fields = dict(CREDENTIALS["oauth2_client_credentials"])
    method = fields.pop("method")
    fields["token_url"] = f"{playground.url}{fields['token_url']}"
    base_url = f"{playground.url}/oauth2_client_credentials"
    made = admin.create(method, "made_here", base_url=base_url, **fields)
    assert made.status_code == 303, made.text
    stored = deployment.stored("made_here")
    extra = json.loads(stored["extra"])
    assert stored["conn_type"] == "watchword_oauth2_client_credentials"
    assert (stored["host"], stored["login"], stored["password"]) == (base_url, None, None)
    assert list(extra)[:2] == ["schema_version", "method"]
    assert extra["grant_url"] == fields["token_url"]
    assert extra["client_secret"] == "***"
    assert set(extra) == {"schema_version", "method", "grant_url", *(fields.keys() - {"token_url"})}
    assert "empty or" not in admin.get("/connections/made_here").text
    assert fields["token_url"] in admin.get("/connections/made_here/edit").text


def test_a_kept_connection_works(deployment: Any, admin: Any, playground: Playground) -> None:
    """Validate, Airflow's Test button and a hook all use the connection that was made here."""
    document = playground.document("api_key")
    method = document.pop("method")
    test_url = f"{document['base_url']}/v1/me"
    assert admin.create(method, "works", **document, test_url=test_url).status_code == 303
    page = admin.submit("/connections/works/validate", {}, form="/connections/works").text
    assert "authenticated" in page
    stored = deployment.stored("works")
    tested = deployment.api("POST", "/connections/test", **{**stored, "port": 0})
    assert tested.json()["status"] is True, tested.text
    program = (
        "from airflow.models.connection import Connection;"
        "from airflow_provider_watchword.documents import connection;"
        "hook = Connection.get_connection_from_secrets('works').get_hook();"
        "print(type(hook).__name__, connection('works').validate())"
    )
    done = subprocess.run(
        [sys.executable, "-c", program],
        env=deployment.site.environment,
        capture_output=True,
        text=True,
        check=True,
        timeout=120,
    )
    assert "ApiKeyHook" in done.stdout
    assert "authenticated" in done.stdout


def test_an_edit_keeps_what_the_document_does_not_hold(deployment: Any, admin: Any) -> None:
    """Description and secret stay if nothing is typed, and a former method's password is deleted."""
    extra = json.dumps({"schema_version": 1, "method": "basic"})
    columns = {"host": API, "login": "me", "password": CANARY, "description": "Ours", "extra": extra}
    deployment.store("edited", "watchword_basic", **columns)
    assert admin.submit("/connections/edited/edit", {"base_url": API, "username": "you", "action": "save"}).ok
    assert deployment.stored("edited")["password"] == "***"
    path = "/connections/edited/edit?method=api_key"
    changed = admin.submit(path, {"base_url": API, "api_key": f"new-{CANARY}", "action": "save"})
    assert changed.status_code == 303, changed.text
    stored = deployment.stored("edited")
    assert stored["description"] == "Ours"
    assert stored["conn_type"] == "watchword_api_key"
    assert (stored["login"], stored["password"]) == (None, None)
    assert json.loads(stored["extra"]) == {"schema_version": 1, "method": "api_key", "api_key": "***"}


def test_a_connection_that_a_form_has_filled_is_cleaned_up(deployment: Any, admin: Any) -> None:
    """Airflow's own form saves every field; one button removes those that are empty or of other methods."""
    full = {**EXTRA, "grant_url": None, "scope": "", "client_id": "left over", "timeout": None}
    deployment.store("full", "watchword", host=API, extra=json.dumps(full))
    assert admin.submit("/connections/full/clean", {}, form="/connections/full").status_code == 303
    assert set(json.loads(deployment.stored("full")["extra"])) == {"schema_version", "method", "api_key"}


def test_no_page_shows_a_secret(deployment: Any, admin: Any) -> None:
    """Neither pages, headers nor logs hold a secret of the database, the vault or a variable."""
    admin.create("api_key", "with_canary", home="backend", base_url=API, api_key=f"typed-{CANARY}")
    deployment.store("broken", "watchword", host=API, extra=json.dumps({"api_key": f"broken-{CANARY}"}))
    wrong = {"base_url": "no url", "api_key": f"wrong-{CANARY}", "action": "validate"}
    answers = [
        admin.get(),
        *(admin.get(f"/connections/{name}") for name in ("acme", "from_variable", "with_canary", "broken")),
        *(admin.get(f"/connections/{name}/edit") for name in ("acme", "with_canary", "broken")),
        admin.submit("/connections/acme/edit", wrong),
        admin.submit("/connections/acme/edit", {**wrong, "action": "check"}),
        admin.create("api_key", "acme", base_url=API, api_key=f"again-{CANARY}"),
        admin.submit("/connections/acme/validate", {}, form="/connections/acme"),
    ]
    assert {answer.status_code for answer in answers} == {200, 409}
    for answer in answers:
        assert CANARY not in answer.text + str(answer.headers) + answer.url
    assert "set, " in answers[1].text
    assert CANARY not in deployment.site.log()


def test_a_secrets_backend_shadows_the_database(deployment: Any, admin: Any) -> None:
    """The connection of the backend is the one that is shown, and the list marks the other one."""
    admin.create(
        "bearer", "twice", home="backend", base_url="https://vault.example", bearer_token=f"v-{CANARY}"
    )
    deployment.store("twice", host="https://database.example", extra=json.dumps(EXTRA))
    page = admin.get("/connections/twice").text
    assert "https://vault.example" in page
    assert "kept in vault" in page
    row = next(row for row in admin.get().text.split("<tr>") if "database.example" in row)
    assert "shadowed" in row
    form = {"base_url": "https://vault.example", "header_name": "X-Token", "action": "save"}
    assert admin.submit("/connections/twice/edit", form).status_code == 303
    assert deployment.stored("twice")["host"] == "https://database.example"
    removed = admin.submit("/connections/twice/remove", {}, form="/connections/twice")
    assert removed.status_code == 303
    assert "https://database.example" in admin.get("/connections/twice").text


def test_a_variables_connection_is_only_shown(deployment: Any, admin: Any) -> None:
    """A connection in AIRFLOW_CONN_… is shown and validated, but neither changed, removed nor replaced."""
    page = admin.get("/connections/from_variable").text
    assert "kept in environment" in page
    assert "/remove" not in page
    path = "/connections/from_variable"
    assert "/edit" not in page
    for action in ("edit", "remove", "clean"):
        refused = admin.submit(
            f"{path}/{action}", {"base_url": API, "action": "save"}, form="/connections/acme"
        )
        assert refused.status_code == 409
        assert "write the environment" in refused.text
    assert admin.create("api_key", "from_variable", base_url=API, api_key="k" * 20).status_code == 409
    assert not deployment.exists("from_variable")


@pytest.mark.parametrize("name", ["a_database", "some_http"])
def test_a_connection_of_another_type_is_out_of_reach(deployment: Any, admin: Any, name: str) -> None:
    """A person who guesses its name can't read, change, validate, remove or replace it."""
    before = deployment.api("GET", f"/connections/{name}").text
    fields = {"form_token": admin.form_token(), "action": "save", "base_url": API, "api_key": "k" * 20}
    assert admin.get(f"/connections/{name}").status_code == 404
    assert admin.get(f"/connections/{name}/edit").status_code == 404
    for action in ("edit", "validate", "clean", "remove"):
        assert admin.post(f"/connections/{name}/{action}", fields).status_code == 404
    for home in ("database", "backend"):
        made = admin.create("api_key", name, home=home, base_url=API, api_key="k" * 20)
        assert "There is a connection" in made.text
    assert deployment.api("GET", f"/connections/{name}").text == before


def test_a_form_that_is_older_than_the_connection_is_refused(deployment: Any, admin: Any) -> None:
    """What somebody changes while a form is open isn't undone by it."""
    deployment.store("contested", host=API, extra=json.dumps(EXTRA))
    page = admin.get("/connections/contested/edit").text
    version = page.split('name="connection.version" value="')[1].split('"')[0]
    deployment.store("contested", host=API, extra=json.dumps({**EXTRA, "key_name": "Key"}))
    fields = {"connection.version": version, "form_token": admin.form_token(), "base_url": API}
    refused = admin.post("/connections/contested/edit", {**fields, "key_name": "X-Key", "action": "save"})
    assert refused.status_code == 409
    assert json.loads(deployment.stored("contested")["extra"])["key_name"] == "Key"


@pytest.mark.parametrize("name", ["", "with space", "a/b", "<b>", "x" * 300])
def test_an_impossible_name_is_refused(admin: Any, name: str) -> None:
    """A name that Airflow or a URL can't have is refused in words."""
    refused = admin.create("api_key", name, base_url=API, api_key="k" * 20)
    assert refused.status_code == 400
    assert "name of a connection" in refused.text or "a name" in refused.text


def test_the_audit_log_says_who_did_what(deployment: Any) -> None:
    """Creating, changing and removing are noted like those of the REST API, with the person and the name."""
    editor = deployment.person("editor")
    for home in ("database", "backend"):
        name = f"noted_in_{home}"
        editor.create("api_key", name, home=home, base_url=API, api_key=f"k-{CANARY}")
        editor.submit(f"/connections/{name}/edit", {"base_url": API, "key_name": "X-Key", "action": "save"})
        editor.submit(f"/connections/{name}/remove", {}, form=f"/connections/{name}")
        entries = deployment.api("GET", "/eventLogs?limit=100&order_by=-event_log_id").json()["event_logs"]
        own = [each for each in entries if name in (each["extra"] or "")]
        events = ["delete_connection", "patch_connection", "post_connection"]
        assert [(each["event"], each["owner"]) for each in own] == [(event, "editor") for event in events]
        assert CANARY not in json.dumps(own)
