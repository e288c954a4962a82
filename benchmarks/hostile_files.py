"""The worst files of other tools that an import can get; see hostile.py."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from hostile_texts import FILE, Texts, fill, names, numbered, repeated


def files() -> Texts:
    """Return files of other tools, of variables, and of YAML."""
    doubled = [f"a{each + 1}: &a{each + 1} [{','.join([f'*a{each}'] * 9)}]" for each in range(40)]
    merged = ["a: &a {", ",".join(numbered("k#: 1", 2_000)), "}", *numbered("m#: {<<: *a}", 3_000)]
    json_files = {name: json.dumps(content) for name, content in structures().items()}
    return repeated(FILE, "a: ") | repeated(FILE, '{"a": "') | json_files | {
        "lines": "\n".join(numbered(f"AIRFLOW_CONN_A#=http://a:b@a#.test/?x={'y' * 100}", 19_000)),
        "lines of quotes": "\n".join(numbered("A#='", 19_990)),
        "a line of blanks": fill(" ", FILE, "A=1\nB=x", "y"),
        "a line of escapes": fill("\\a", FILE, 'A="'),
        "YAML of anchors": "\n".join(["a: &a [x,x]", *numbered("b#: &b# [*a,*a]", 12_000)]),
        "YAML that doubles": "\n".join(["a0: &a0 [x]", *doubled]),
        "YAML of merges": "\n".join(merged),
        "YAML of numbers": "\n".join(numbered("k#: 1.111111111111111", 20_000)),
    }  # fmt: skip


def structures() -> Mapping[str, Mapping[str, Any]]:
    """Return the content of JSON files of Postman, Airbyte, OpenAPI and Airflow."""
    bearer = {"type": "bearer", "bearer": [{"key": "token", "value": "{{v}}"}]}
    call = {"name": "a", "request": {"url": "https://a.test/x", "auth": bearer}}
    schema = "https://schema.getpostman.com/json/collection/v2.1.0/collection.json"
    steps = [f"#/definitions/a{number + 1}" for number in range(40)]
    definitions = {f"a{number}": {name: {"$ref": to} for name in "xyz"} for number, to in enumerate(steps)}
    requester = {"url_base": "https://a.test", "authenticator": {"$ref": "#/definitions/a0"}}
    stream = {"retriever": {"requester": {"type": "HttpRequester", **requester}}}
    api = {"openapi": "3.0.0", "servers": [{"url": "https://a.test"}]}
    circle, basic = {"$ref": "#/components/securitySchemes/s0"}, {"type": "http", "scheme": "basic"}
    connection = {"conn_type": "http", "host": "https://a.test", "extra": json.dumps(names("H#", 60))}
    return {
        "Postman": {
            "info": {"name": "x", "schema": schema},
            "item": [call] * 10_000,
            "variable": [{"key": "v", "value": fill("{{v}}", 9_000)}],
        },
        "Airbyte": {
            "type": "DeclarativeSource",
            "check": {},
            "version": "1",
            "definitions": definitions,
            "streams": [stream] * 2_000,
        },
        "OpenAPI of circles": {**api, "components": {"securitySchemes": names("s#", 30_000, circle)}},
        "OpenAPI of paths": {
            **api,
            "components": {"securitySchemes": {"a": basic}},
            "paths": names("/#", 20_000, {"get": {"security": [{"a": []}]}}),
        },
        "Airflow": names("c#", 1_000, connection),
    }
