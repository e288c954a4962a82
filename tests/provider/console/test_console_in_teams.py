"""The console of an Airflow with teams, below a path and with two servers that take turns."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from typing import Any

import pytest

from tests.support.airflow_site import Options

PREFIX = "/team/airflow"
API = "https://api.example.com"
EXTRA = json.dumps({"schema_version": 1, "method": "api_key", "api_key": "made-up-key-0123456789"})


@pytest.fixture(scope="module")
def deployment(deploy: Callable[..., Any]) -> Iterator[Any]:
    with ExitStack() as stack:
        found = deploy(stack, Options(teams=("alpha", "beta"), prefix=PREFIX, replicas=2))
        for name, team in [("of_alpha", "alpha"), ("of_beta", "beta"), ("of_all", None)]:
            found.store(name, host=API, extra=EXTRA, team_name=team)
        yield found


@pytest.fixture
def editor(deployment: Any) -> Any:
    """A member of the team alpha."""
    return deployment.person("editor")


def test_a_member_sees_the_connections_of_their_team_and_of_all(deployment: Any, editor: Any) -> None:
    """The list has the member's own and everybody's connections; the administrator's has all of them."""
    found = re.findall(r'/connections/(of_\w+)"', editor.get().text)
    assert found == ["of_all", "of_alpha"]
    everything = re.findall(r'/connections/(of_\w+)"', deployment.person("admin").get().text)
    assert everything == ["of_all", "of_alpha", "of_beta"]


@pytest.mark.parametrize("action", ["", "/edit"])
def test_another_teams_connection_has_no_page(editor: Any, action: str) -> None:
    """A member of one team doesn't open a page of another team's connection."""
    assert editor.get(f"/connections/of_alpha{action}").status_code == 200
    assert editor.get(f"/connections/of_beta{action}").status_code == 403


@pytest.mark.parametrize("action", ["edit", "validate", "clean", "remove"])
def test_another_teams_connection_takes_no_form(deployment: Any, editor: Any, action: str) -> None:
    """No form of a member changes, validates or removes another team's connection."""
    before = deployment.stored("of_beta")
    fields = {"form_token": editor.form_token(), "action": "save", "base_url": API}
    assert editor.post(f"/connections/of_beta/{action}", fields).status_code == 403
    assert deployment.stored("of_beta") == before


def test_an_edit_keeps_the_team(deployment: Any, editor: Any) -> None:
    """Forms aren't read as JSON, which Airflow's own check does with teams, and the team of a row stays."""
    fields = {"base_url": API, "key_name": "X-Key", "action": "save"}
    assert editor.submit("/connections/of_alpha/edit", fields).status_code == 303
    stored = deployment.stored("of_alpha")
    assert stored["team_name"] == "alpha"
    assert json.loads(stored["extra"])["key_name"] == "X-Key"


def test_another_teams_name_is_taken(deployment: Any, editor: Any) -> None:
    """A name that another team uses can't be taken away from it."""
    made = editor.create("api_key", "of_beta", base_url=API, api_key="k" * 20)
    assert made.status_code == 403
    assert deployment.stored("of_beta")["team_name"] == "beta"


def test_every_link_stays_below_the_path(deployment: Any, editor: Any) -> None:
    """Links, forms, styles and the redirect after saving begin with the path of the deployment."""
    for path in ("/", "/new", "/new/oauth2_authorization_code", "/connections/of_all"):
        text = editor.get(path).text
        links = re.findall(r'(?:href|src|action)="(/[^"]*)"', text)
        assert links
        assert [link for link in links if not link.startswith(f"{PREFIX}/watchword/")] == []
    assert f"{deployment.site.url}/watchword/callback" in editor.get("/new/oauth2_authorization_code").text
    assert editor.get("/static/console.css").status_code == 200
    saved = editor.submit(
        "/connections/of_all/edit", {"base_url": API, "key_name": "X-Key", "action": "save"}
    )
    assert saved.headers["Location"] == f"{PREFIX}/watchword/connections/of_all"


def test_an_anonymous_visitor_signs_in_below_the_path(deployment: Any) -> None:
    """The sign-in and the way back are below the path of the deployment."""
    location = deployment.person().get("/connections/of_all").headers["Location"]
    assert location == f"{PREFIX}/api/v2/auth/login?next={PREFIX}/watchword/connections/of_all"
    accepted = deployment.person().browser.get(
        f"{deployment.site.origin}{location}", timeout=60, allow_redirects=False
    )
    assert accepted.status_code == 307


def test_a_form_of_one_server_is_accepted_by_the_other(deployment: Any, editor: Any) -> None:
    """The servers share the key that signs forms, so a page of one is answered by the other."""
    proxy = deployment.site.proxy
    proxy.only = 0
    page = editor.get("/connections/of_all/edit").text
    fields = dict(re.findall(r'name="(form_token|connection.version)" value="([^"]+)"', page))
    assert set(fields) == {"form_token", "connection.version"}
    proxy.only = 1
    before = proxy.requests[1]
    values = {"base_url": API, "key_name": "X-Other", "action": "save"}
    assert editor.post("/connections/of_all/edit", {**fields, **values}).status_code == 303
    proxy.only = None
    assert proxy.requests[1] == before + 1
    assert json.loads(deployment.stored("of_all")["extra"])["key_name"] == "X-Other"
