"""The sensor and `ApiOperator` in a real triggerer."""

from __future__ import annotations

import base64
from pathlib import Path

import pytest

from watchword_playground import CREDENTIALS, Playground

from .airflow_fleet import Fleet

pytestmark = pytest.mark.timeout(480)  # with the start of a fleet

METHOD = "oauth2_client_credentials"


@pytest.mark.parametrize("fleet", ["LocalExecutor"], indirect=True)
def test_the_triggerer_proves_and_calls(fleet: Fleet, playground: Playground) -> None:
    """A sensor and an operator over three pages end well in the triggerer, and no log shows a secret."""
    playground.oauth_settings.delay = 0.0
    playground.fault(status=503, path="/oauth", times=1)
    path = f"/{METHOD}/v1/airports"
    before = playground.counts().get(path, 0)
    run, _ = fleet.begin("deferred", METHOD)
    states = fleet.states(run)
    assert states == {"gate": ["success"], "pages": ["success"], "rows_are_complete": ["success"]}, (
        fleet.errors()
    )
    assert playground.counts()[path] - before == 3
    logs = {
        str(log): log.read_text(errors="replace") for log in fleet.home.glob("logs/dag_id=deferred/**/*.log*")
    }
    triggers = [text for name, text in logs.items() if ".trigger." in Path(name).name]
    assert len(triggers) == 2
    assert "server_error" in "".join(triggers) or "temporarily_unavailable" in "".join(triggers)
    assert "TriggerEvent<response>" in "".join(triggers)
    secret = CREDENTIALS[METHOD]["client_secret"]
    pair = base64.b64encode(f"{CREDENTIALS[METHOD]['client_id']}:{secret}".encode()).decode()
    assert [name for name, text in logs.items() if secret in text or pair in text or '"items"' in text] == []
