"""The tools of these tests notice what they are for."""

from __future__ import annotations

import pytest

from tests.support.airflow_site import Options, Site
from tests.support.chromium import Watch


@pytest.mark.parametrize(
    ("script", "event", "fault"),
    [
        ("console.error('a mistake')", "console", "console: a mistake"),
        ("setTimeout(() => { throw new Error('a mistake') })", "weberror", "error: a mistake"),
        (
            "fetch('http://fonts.example/').catch(() => 0)",
            "requestfailed",
            "request to another origin: http://fonts.example/",
        ),
    ],
)
def test_faults_of_a_page_are_noticed(chromium, script, event, fault):
    """An error and a request to another origin are faults; an expected error isn't, unless it is absent."""
    with chromium.new_context() as context:
        strict, lenient, disappointed = (
            Watch(context, [], each) for each in ([], ["mistake", "fonts"], ["zebra"])
        )
        page = context.new_page()
        with context.expect_event(event):
            page.evaluate(script)
    assert any(each.startswith(fault) for each in strict.faults), strict.faults
    assert not any(fault in each for each in lenient.faults)
    assert "expected, but absent: zebra" in disappointed.faults


def test_axe_finds_a_fault(chromium, axe):
    """A picture without a text is a fault, also on a page whose policy allows no script."""
    head = '<html lang="en"><head><title>A page</title>'
    policy = '<meta http-equiv="Content-Security-Policy" content="script-src \'none\'">'
    with chromium.new_context() as context:
        page = context.new_page()
        page.set_content(f'{head}{policy}</head><body><main><h1>A page</h1><img src="data:,">')
        assert [fault.split(": ")[1] for fault in axe.faults(page)] == ["image-alt"]
        page.set_content(f"{head}</head><body><main><h1>A page</h1>")
        assert axe.faults(page) == []


@pytest.fixture(scope="module")
def shared(sites) -> Site:
    """Return two api-servers with teams, below a path."""
    return sites(Options(teams=("blue", "green"), prefix="/team/airflow", replicas=2))


def test_replicas_take_turns(shared):
    """Both servers get requests, below the path alone, and what one of them stores the other one has."""
    connection = {"connection_id": "acme", "conn_type": "watchword", "team_name": "blue"}
    with shared.session("admin") as api:
        shared.proxy.only = 0
        api.post(f"{shared.url}/api/v2/connections", json=connection, timeout=30).raise_for_status()
        shared.proxy.only = 1
        stored = api.get(f"{shared.url}/api/v2/connections/acme", timeout=30).json()
        shared.proxy.only = None
        before = list(shared.proxy.requests)
        for _ in range(2):
            assert api.get(f"{shared.url}/api/v2/version", timeout=30).ok
        assert api.get(f"{shared.origin}/api/v2/version", timeout=30).status_code == 404
    assert stored["team_name"] == "blue"
    assert [now - then for now, then in zip(shared.proxy.requests, before, strict=True)] == [1, 1]


@pytest.mark.parametrize(("user", "status"), [("admin", 200), ("editor", 200), ("viewer", 403)])
def test_users_have_their_roles(shared, user, status):
    """Admin and editor may read connections of their team, and a viewer may not."""
    with shared.session(user) as api:
        assert api.get(f"{shared.url}/api/v2/connections", timeout=30).status_code == status


def test_a_page_is_signed_in(open_page, shared):
    """A user's page is signed in, below the path, and somebody anonymous is asked to sign in."""
    page = open_page("editor", on=shared)
    page.goto(f"{shared.url}/connections")
    page.get_by_role("button", name="Add Connection").wait_for()
    page = open_page(None, on=shared, expected=("401",))
    page.goto(f"{shared.url}/connections")
    page.wait_for_url(f"{shared.url}/auth/login**")
