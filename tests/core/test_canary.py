"""The canary: every method at DEBUG, succeeding and failing, and then everything is searched for secrets."""

from __future__ import annotations

import logging
import traceback

import pytest
import requests

import watchword
from watchword import redact
from watchword.methods.fields import secret_names
from watchword_playground import AWKWARD_CREDENTIALS, CREDENTIALS, Playground, SignInOptions, document

METHODS = sorted(set(CREDENTIALS) - {"none"})


def secrets_of(fields):
    own = {fields[name] for name in secret_names(watchword.METHODS[fields["method"]]) if fields.get(name)}
    return own | set(fields.get("secret_parameters", {}).values())


@pytest.fixture
def playground():
    with Playground() as running:
        yield running


ACCOUNTS = [(method, False) for method in METHODS] + [(method, True) for method in AWKWARD_CREDENTIALS]


@pytest.mark.parametrize(("method", "awkward"), ACCOUNTS)
def test_nothing_secret_is_shown(playground, caplog, capsys, method, awkward):
    """Success, refusal, faults, silence, a dead server: no secret in logs, output, errors or reprs."""
    fields = document(playground.url, method) | (AWKWARD_CREDENTIALS[method] if awkward else {})
    if watchword.METHODS[method].signs_in:
        wish = SignInOptions(method=method, client_id=fields["client_id"])
        fields["refresh_token"] = playground.sign_in(wish)["refresh_token"]
    caplog.set_level(logging.DEBUG)
    shown = []

    def used(connection, path="/v1/me"):
        shown.extend(
            [repr(connection), str(vars(connection)), repr(connection.auth()), repr(connection.document)]
        )
        shown.append(str(connection.validate(f"{connection.base_url}{path}", timeout=0.5).as_dict()))
        try:
            with connection.session() as api:
                response = api.get(path)
                shown.extend([response.url, str(vars(response.request)), str(response.headers)])
                response.raise_for_status()
        except (requests.RequestException, watchword.WatchwordError) as error:
            shown.extend([*traceback.format_exception(error), repr(error), str(vars(error))])

    used(watchword.load(fields, name="acme"))
    playground.fault(status=500, times=3)
    used(watchword.load(fields, name="acme"))
    playground.fault(delay=1.0, times=2)
    used(watchword.load(fields | {"timeout": 0.5}, name="acme"))
    playground.revoke(method)
    used(watchword.load(fields, name="acme"))
    used(watchword.load(fields | {"base_url": "http://127.0.0.1:9"}, name="acme"))

    output = capsys.readouterr()
    everything = "\n".join([*shown, caplog.text, output.out, output.err])
    assert "v1/me" in everything
    forms = {form for secret in secrets_of(fields) for form in redact.forms(secret)} | redact.known()
    assert sorted(form for form in forms if form in everything) == []
