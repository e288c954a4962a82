"""The canary: each method succeeds and fails at log level DEBUG, then all output is searched for secrets."""

from __future__ import annotations

import logging
import re
import traceback

import pytest
import requests

import watchword
from watchword import redact
from watchword.methods.fields import secret_names
from watchword_playground import (
    AWKWARD_CREDENTIALS,
    BOUND_CREDENTIALS,
    CREDENTIALS,
    Playground,
    SignInOptions,
    document,
)

JWT = re.compile(r"eyJ[\w-]{10,}\.")
"""The header of a JWT: of those that methods sign, and of the proofs of a token's key."""

METHODS = sorted(set(CREDENTIALS) - {"none"})


def secrets_of(fields):
    own = {fields[name] for name in secret_names(watchword.METHODS[fields["method"]]) if fields.get(name)}
    return own | set(fields.get("secret_parameters", {}).values())


@pytest.fixture
def playground():
    with Playground() as running:
        yield running


ACCOUNTS = {
    **{method: (method, {}) for method in METHODS},
    **{f"{method}-awkward": (method, other) for method, other in AWKWARD_CREDENTIALS.items()},
    **{f"{method}-dpop": (method, other) for method, other in BOUND_CREDENTIALS.items()},
}


@pytest.mark.parametrize(("method", "other"), ACCOUNTS.values(), ids=ACCOUNTS)
def test_nothing_secret_is_shown(playground, caplog, capsys, method, other):
    """Logs, output, errors and reprs show no secret, after successes and after failures of all kinds."""
    fields = document(playground.url, method) | other
    if watchword.METHODS[method].signs_in:
        options = SignInOptions(method=method, client_id=fields["client_id"])
        fields["refresh_token"] = playground.sign_in(options)["refresh_token"]
    caplog.set_level(logging.DEBUG)
    output_of_calls = []

    def use(connection, path="/v1/me"):
        output_of_calls.extend(
            [repr(connection), str(vars(connection)), repr(connection.auth()), repr(connection.document)]
        )
        output_of_calls.append(
            str(connection.validate(f"{connection.base_url}{path}", timeout=0.5).as_dict())
        )
        try:
            with connection.session() as api:
                response = api.get(path)
                output_of_calls.extend([response.url, str(vars(response.request)), str(response.headers)])
                response.raise_for_status()
        except (requests.RequestException, watchword.WatchwordError) as error:
            output_of_calls.extend([*traceback.format_exception(error), repr(error), str(vars(error))])

    use(watchword.load(fields, name="acme"))
    playground.fault(status=500, times=3)
    use(watchword.load(fields, name="acme"))
    playground.fault(delay=1.0, times=2)
    use(watchword.load(fields | {"timeout": 0.5}, name="acme"))
    playground.revoke(method)
    use(watchword.load(fields, name="acme"))
    use(watchword.load(fields | {"base_url": "http://127.0.0.1:9"}, name="acme"))

    output = capsys.readouterr()
    everything = "\n".join([*output_of_calls, caplog.text, output.out, output.err])
    assert "v1/me" in everything
    forms = {form for secret in secrets_of(fields) for form in redact.forms(secret)} | redact.known()
    assert sorted(form for form in forms if form in everything) == []
    assert JWT.findall(everything) == []
