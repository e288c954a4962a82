"""Any request that fits the app's description, and many that don't, is answered without a failure."""

from __future__ import annotations

import schemathesis
from hypothesis import HealthCheck, given, settings

from tests.support.nightly import usually
from watchword.console.form import form_of

NAMES = [
    "connection.name",
    "connection.home",
    "text",
    "action",
    "validation.http_method",
    "validation.test_url",
    "handle",
    "redirected_url",
    "waits",
]


def described(app, token):
    """Return the app's OpenAPI schema, with the inputs of its forms as bodies of its POST operations."""
    schema = app.openapi()
    inputs = [*NAMES, *(field.name for field in form_of("api_key").fields)]
    properties = {name: {"type": "string", "maxLength": 200} for name in inputs}
    properties |= {f"secret_parameters.{part}": {"type": "string"} for part in ("place", "name", "value")}
    properties["form_token"] = {"type": "string", "enum": [token]}
    body = {
        "type": "object",
        "properties": properties,
        "required": ["form_token"],
        "additionalProperties": False,
    }
    for operations in schema["paths"].values():
        if "post" in operations:
            content = {"application/x-www-form-urlencoded": {"schema": body}}
            operations["post"]["requestBody"] = {"required": True, "content": content}
    return schema


def test_no_request_makes_the_console_fail(console, person, stored, caplog):
    """Whatever a person with every right sends to a route, no answer is a 5xx and no error is logged."""
    stored()
    schema = schemathesis.openapi.from_dict(described(console.app, person.form_token()))
    seen, tries = [], usually(10, 25)
    cookies = person.session.cookies.get_dict()
    headers = {"Origin": person.origin, "Sec-Fetch-Site": "same-origin"}

    for operation in (each.ok() for each in schema.get_all_operations()):
        strategy = operation.as_strategy()

        @settings(max_examples=tries, deadline=None, database=None, suppress_health_check=list(HealthCheck))
        @given(case=strategy)
        def call(case):
            answer = case.call(base_url=person.origin, headers=headers, cookies=cookies, timeout=60)
            seen.append((case.method, case.path, answer.status_code))

        call()
    assert len(seen) >= 100
    assert [each for each in seen if each[2] >= 500] == []
    assert [record.getMessage() for record in caplog.records if "failed" in record.getMessage()] == []
