"""Public parameters that are new in each request, with each client."""

from __future__ import annotations

import re
from urllib.parse import parse_qs, urlsplit
from uuid import UUID

import pytest

import watchword

FIELDS = {"method": "bearer", "base_url": "https://api.test", "bearer_token": "s3cret-token-1"}
PARAMETERS = {
    "header:X-Correlation-Id": "{{uuid}}",
    "header:X-Route": "/v1/{{name}}",
    "query:sent": "v1.{{ now-30 }}",
}


def test_a_parameter_of_templates_is_filled_anew_in_each_request(send, serve, reply):
    """Each request has its own id and time; braces that watchword doesn't know are the API's."""
    server = serve(reply(200))
    document = {"method": "custom", "base_url": server.url, "extra_parameters": PARAMETERS}
    made = watchword.load(document | {"secret_parameters": {"header:X-Key": "s3cret-key-1"}})
    for _ in range(2):
        send(made, "GET", f"{server.url}/a")
    ids = {str(UUID(seen.headers["X-Correlation-Id"])) for seen in server.seen}
    assert len(ids) == len(server.seen) == 2
    assert {seen.headers["X-Route"] for seen in server.seen} == {"/v1/{{name}}"}
    for seen in server.seen:
        assert re.fullmatch(r"v1\.\d{10}", parse_qs(urlsplit(seen.path).query)["sent"][0])


def test_the_caller_s_own_value_goes_before_a_template(serve, reply):
    """A caller that sends a request again under its first id gives the id itself."""
    server = serve(reply(200))
    made = watchword.load({"method": "none", "base_url": server.url, "extra_parameters": PARAMETERS})
    with made.session() as session:
        session.get("/a", headers={"X-Correlation-Id": "mine"})
    assert server.seen[0].headers["X-Correlation-Id"] == "mine"


@pytest.mark.parametrize(
    ("value", "code"),
    [
        ("{{uuid}}", None),
        ("{{now}}-{{ now + 5 }}", None),
        ("Key {{secret:key}}", "template_unresolved"),
        ("{{value:site}}", "template_unresolved"),
        ("{{username}}", "value_for_example"),
        ("{{x5t}}", "value_for_example"),
    ],
)
def test_a_template_that_is_filled_in_elsewhere_only_is_found(value, code):
    """No template of another field is sent as it stands without a word."""
    found = watchword.load(FIELDS | {"extra_parameters": {"header:X-A": value}}).lint()
    assert [item.code.name for item in found] == ([code] if code else [])
