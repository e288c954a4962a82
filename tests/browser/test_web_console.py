"""The console in Airflow, as people use it: build, validate, sign in, change, with and without a mouse."""

from __future__ import annotations

import json
import time

import pytest

from tests.support.airflow_site import Options
from tests.support.console_page import ConsolePage
from tests.support.nightly import rest_nightly
from watchword import METHODS as METHODS_BY_NAME
from watchword.methods.fields import secret_names
from watchword_playground import document as document_of
from watchword_playground import testable_document as example_of

METHODS = [
    "api_key", "bearer", "basic", "digest", "custom", "jwt_bearer", "oauth1", "oauth2_client_credentials",
    "session_login", "aws_sigv4", "hmac_signature",
]  # fmt: skip
BUILT = rest_nightly(
    METHODS, {"api_key", "basic", "custom", "oauth2_client_credentials", "session_login", "hmac_signature"}
)
"""A usual run tries each kind of field; other tests here fill in a bearer token."""

LOOKS = rest_nightly(["1200 light", "1200 dark", "390 light", "390 dark"], {"1200 light", "390 dark"})
"""The width of the window in pixels, and the colours."""

SIGN_IN = "oauth2_authorization_code"
SHARED = Options(teams=("blue", "green"), prefix="/team/airflow", replicas=2)
"""Two api-servers with teams, below a path; another module uses them too."""
COLLECTION = json.dumps(
    {
        "info": {
            "name": "acme",
            "schema": "https://schema.getpostman.com/json/collection/v2.1.0/collection.json",
        },
        "auth": {"type": "bearer", "bearer": [{"key": "token", "value": "{{token}}"}]},
        "item": [{"name": "me", "request": {"method": "GET", "url": "{{host}}/v1/me"}}],
    }
)


@pytest.fixture(scope="module")
def console(open_shared_page, site):
    """Give the administrator's console, on a page that the tests of a module share."""
    return ConsolePage(open_shared_page("admin"), site.url)


def signed_in_document(playground):
    own = document_of(playground.url, SIGN_IN)
    return {**own, "test_url": f"{own['base_url']}/v1/me"}


def agree(page, person="ada"):
    """Agree on the provider's page."""
    page.get_by_label("Sign in as").select_option(person)
    page.get_by_role("button", name="Allow").click()


def test_airflow_s_menu_leads_to_the_console(open_page, site):
    """Under Admin there is an entry, which opens the list."""
    page = open_page("admin")
    page.goto(f"{site.url}/")
    page.get_by_role("button", name="Admin").click()
    with page.expect_popup() as opened:
        page.get_by_role("menuitem", name="API credentials").click()
    assert "API credentials" in opened.value.get_by_role("heading").first.inner_text()


@pytest.mark.parametrize("method", BUILT)
def test_a_connection_is_built_and_proven_before_it_is_saved(console, playground, screenshot, method):
    """For each method: from New connection to a green verdict, and once more from what was saved."""
    document = example_of(playground.url, method)
    console.new(method)
    console.fill(document, name=f"built_{method}")
    assert console.validate() == "Valid"
    if method == "api_key":
        screenshot(console.page.get_by_role("main"), "console-form")
    console.save()
    assert console.validate() == "Valid"
    if method == "oauth2_client_credentials":
        screenshot(console.page, "console-connection")
    assert not any(secret in console.page.content() for secret in _secrets(document))


def _secrets(document):
    names = secret_names(METHODS_BY_NAME[document["method"]])
    texts = [value for name, value in document.items() if name in names and isinstance(value, str)]
    return [*texts, *document.get("secret_parameters", {}).values()]


def test_an_api_key_needs_three_fields_and_one_click(console, playground):
    """Base URL, key and test URL, and Validate: nothing else."""
    document = example_of(playground.url, "api_key")
    console.new("api_key")
    console.fill(
        {name: document[name] for name in ("base_url", "api_key", "test_url")} | {"method": "api_key"}
    )
    assert console.validate() == "Valid"
    assert (console.fields, console.clicks) == (3, 1)


def test_a_person_signs_in_from_an_empty_form_to_a_green_verdict(open_page, site, playground, screenshot):
    """With PKCE: the form, the provider's page, the verdict, and the sign-out that revokes."""
    began = time.monotonic()
    console = ConsolePage(open_page("admin", allowed=(playground.url,)), site.url)
    console.new(SIGN_IN)
    console.fill(signed_in_document(playground), name="acme_signed_in")
    console.save("Save and sign in")
    assert "Nobody has signed in yet" in console.text()
    console.press("Sign in")
    screenshot(console.page, "console-sign-in")
    console.follow("Continue to ")
    agree(console.page)
    console.page.wait_for_url(f"{console.url}/connections/acme_signed_in*")
    assert "airports:read" in console.text()
    assert console.validate() == "Valid"
    screenshot(console.page, "console-signed-in")
    print(f"from the empty form to the green verdict: {time.monotonic() - began:.1f} s")  # noqa: T201 - a figure
    console.press("Sign out")
    assert "the provider has revoked it" in console.text()
    console.follow("Back to acme_signed_in")
    assert "Nobody has signed in yet" in console.text()


def test_what_was_pasted_stays_until_it_is_right(open_page, site):
    """A refusal costs no second paste, and says which values to add; what is left out is told at the end."""
    console = ConsolePage(open_page("admin", expected=("400",)), site.url)
    page = console.page
    page.goto(f"{console.url}/import")
    page.get_by_label("Connection name").fill("pasted")
    page.get_by_label("Text").fill(COLLECTION)
    console.press("Save")
    assert "one line each: host=…, token=…" in page.get_by_role("alert").inner_text()
    assert page.get_by_label("Text").input_value() == COLLECTION
    page.get_by_label("Values").fill("token=pasted-token-7\nhost=https://api.acme.test")
    console.save()
    assert "pasted-token-7" not in page.content()
    page.goto(f"{console.url}/import")
    page.get_by_label("Connection name").fill("left_out")
    page.get_by_label("Text").fill(
        "curl https://api.acme.test/v1 -H 'X-Api-Key: pasted-key-8' --compressed -d x=1"
    )
    console.press("Save")
    page.get_by_role("heading", name="left_out is saved").wait_for()
    console.follow("Continue")
    assert "pasted-key-8" not in page.content()


def test_a_secret_is_replaced(console, playground):
    """A wrong key is refused before it is saved; the right one is kept by leaving its field empty."""
    document = example_of(playground.url, "api_key")
    console.new("api_key")
    console.fill(document, name="replaced")
    console.save()
    console.follow("Edit")
    field = console.page.locator("#f-api_key")
    assert field.input_value() == ""
    assert field.get_attribute("placeholder") == "set, 23 characters, ends …d7"
    field.fill("another-key-which-is-wrong")
    assert console.validate() == "Invalid"
    field.fill("")
    assert console.validate() == "Valid"
    console.save()
    assert console.validate() == "Valid"


def test_findings_appear_while_a_person_types(console):
    """A wrong URL is said beside its field without a click, and goes when it is right."""
    console.new("bearer")
    url = console.page.locator("#f-base_url")
    url.fill("api.example.com")
    beside = console.page.locator('[data-field="base_url"] .remark')
    assert "not a complete URL" in beside.inner_text()
    assert url.get_attribute("aria-invalid") == "true"
    assert console.page.locator('[data-field="bearer_token"] .remark').count() == 0
    url.fill("https://api.example.com")
    beside.wait_for(state="detached")


def test_the_list_is_filtered_and_sorted_in_the_page(console, screenshot):
    """Typing filters without a request, and a click on a column's head sorts."""
    console.show_list()
    rows = console.page.locator("tbody tr:visible")
    everything = rows.count()
    assert everything > 5
    requests = []
    console.page.on("request", lambda request: requests.append(request.url))
    console.page.get_by_label("Filter").fill("built_oauth aws")
    assert rows.count() == 0
    console.page.get_by_label("Filter").fill("built_ basic")
    assert rows.count() == 1
    console.page.get_by_label("Filter").fill("")
    console.page.get_by_role("button", name="Name").click()
    console.page.get_by_role("button", name="Name").click()
    names = [row.inner_text() for row in console.page.locator("tbody th").all()]
    assert names == sorted(names, reverse=True)
    assert requests == []
    screenshot(console.page, "console-list")


def test_a_viewer_and_somebody_anonymous_are_turned_away(open_page, site, console):
    """A viewer sees neither a connection nor a form; somebody anonymous is sent to Airflow's sign-in."""
    page = open_page("viewer", expected=("403",))
    page.goto(f"{site.url}/watchword/")
    assert "built_api_key" not in page.content()
    assert page.get_by_role("link", name="New connection").count() == 0
    page.goto(f"{site.url}/watchword/connections/built_api_key")
    assert "You may not" in page.get_by_role("main").inner_text()
    stranger = open_page(None)
    stranger.goto(f"{site.url}/watchword/connections/built_api_key")
    stranger.wait_for_url("**/auth/**")


def test_a_keyboard_is_enough(open_page, site, playground):
    """Without a mouse: the form is filled in, validated and saved."""
    page = open_page("admin")
    console = ConsolePage(page, site.url)
    page.goto(f"{console.url}/new/bearer")
    document = example_of(playground.url, "bearer")
    reached = []
    for name, text in (("connection-name", "by_keyboard"), *((f"f-{key}", document[key]) for key in
                       ("base_url", "bearer_token", "test_url"))):  # fmt: skip
        _tab_to(page, name)
        page.keyboard.type(text)
        reached.append(name)
    _tab_to(page, "action=validate")
    page.keyboard.press("Enter")
    assert console.verdict() == "Valid"
    _tab_to(page, "action=save")
    page.keyboard.press("Enter")
    page.wait_for_url(f"{console.url}/connections/by_keyboard")
    assert len(reached) == 4


def _tab_to(page, target):
    """Press the tab key until an element has the focus: one with this id, or with this name and value."""
    for _ in range(60):
        page.keyboard.press("Tab")
        focus = page.evaluate("({ id: document.activeElement.id, pair: document.activeElement.name + '=' +"
                              " document.activeElement.value })")  # fmt: skip
        if target in (focus["id"], focus["pair"]):
            assert page.evaluate("document.activeElement.matches(':focus-visible')")
            return
    pytest.fail(f"the tab key doesn't reach {target}")


@pytest.mark.parametrize("kind", LOOKS)
def test_every_page_can_be_used_by_everybody(open_page, site, playground, console, axe, kind):
    """No page has a serious fault for people with disabilities, or is wider than a telephone."""
    width, scheme = kind.split()
    look = ConsolePage(open_page("admin", width=int(width), scheme=scheme), site.url)
    document = signed_in_document(playground)
    name = f"looked_at_{width}_{scheme}"
    look.new(SIGN_IN)
    look.fill(document, name=name)
    look.save("Save and sign in")
    faults = {}
    paths = ["/", "/new", "/import", "/new/api_key", f"/new/{SIGN_IN}", "/new/custom", f"/connections/{name}",
             "/connections/built_api_key", "/connections/built_custom/edit"]  # fmt: skip
    for path in paths:
        look.page.goto(look.url + path)
        faults[path] = (axe.faults(look.page), look.overflows())
    look.show("built_api_key")
    look.press("Validate")
    look.verdict()
    faults["a report"] = (axe.faults(look.page), look.overflows())
    look.show(name)
    look.press("Sign in")
    faults["a sign-in"] = (axe.faults(look.page), look.overflows())
    assert {path: found for path, found in faults.items() if found != ([], False)} == {}
    assert len(faults) == len(paths) + 2


def test_a_sign_in_that_one_replica_began_ends_on_another(open_page, sites, playground):
    """Behind a path, with teams and two api-servers: one begins the sign-in, the other one finishes it."""
    shared = sites(SHARED)
    console = ConsolePage(open_page("admin", on=shared, allowed=(playground.url,)), shared.url)
    shared.proxy.only = 0
    try:
        console.new(SIGN_IN)
        console.fill(signed_in_document(playground), name="acme_shared")
        console.save("Save and sign in")
        console.press("Sign in")
        shared.proxy.only = 1
        console.follow("Continue to ")
        agree(console.page)
        console.page.wait_for_url(f"{console.url}/connections/acme_shared*")
        shared.proxy.only = 0
        assert console.validate() == "Valid"
    finally:
        shared.proxy.only = None
