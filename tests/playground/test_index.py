"""The index: cards for people, JSON for programs."""

from __future__ import annotations

import json
import re
from html import unescape
from urllib.parse import urlsplit

import pytest
import requests

import watchword
from watchword_playground import CREDENTIALS, Playground
from watchword_playground.server import SIGNED_IN

BOUND = "oauth2_client_credentials-dpop"
"""The card of the client whose tokens are bound to a key."""

BROWSER = {"Accept": "text/html,application/xhtml+xml,*/*;q=0.8"}


def test_a_program_gets_json(playground: Playground, session: requests.Session) -> None:
    """A client that doesn't ask for HTML gets the documents as JSON."""
    response = session.get(playground.url)
    assert response.headers["Content-Type"] == "application/json"
    assert list(response.json()["methods"]) == list(CREDENTIALS)


def test_a_browser_gets_a_card_for_each_method(playground: Playground, session: requests.Session) -> None:
    """Each card has a document with a test URL, a button that copies it, and a way to revoke it."""
    text = session.get(playground.url, headers=BROWSER).text
    for name in (*CREDENTIALS, BOUND):
        assert f'<section id="{name}"' in text
        assert f'data-copy="{name}-document"' in text
        assert f"/_control/revoke/{name.partition('-')[0]}</code>" in text


@pytest.mark.parametrize("method", [name for name in (*CREDENTIALS, BOUND) if name not in SIGNED_IN])
def test_the_document_of_a_card_validates(
    method: str, playground: Playground, session: requests.Session
) -> None:
    """A document that is copied from the page is valid as it is."""
    text = session.get(playground.url, headers=BROWSER).text
    [shown] = re.findall(rf'<pre id="{method}-document">(.+?)</pre>', text, re.DOTALL)
    report = watchword.load(json.loads(unescape(shown)), store="memory://").validate()
    code = {"none": "no_authentication"}.get(method, "authenticated")
    assert report.deciding.code.name == code


def test_the_page_loads_its_own_script_alone(playground: Playground, session: requests.Session) -> None:
    """The policy allows scripts of this server only, and the page names one, which is there."""
    response = session.get(playground.url, headers=BROWSER)
    assert "default-src 'none'" in response.headers["Content-Security-Policy"]
    assert "script-src 'self'" in response.headers["Content-Security-Policy"]
    assert re.findall(r'(?:src|href)="(?!#)([^"]+)"', response.text) == ["/_index.js"]
    script = session.get(f"{playground.url}/_index.js")
    assert urlsplit(script.url).netloc == urlsplit(playground.url).netloc
    assert script.headers["Content-Type"].startswith("text/javascript")
    assert "data-copy" in script.text
