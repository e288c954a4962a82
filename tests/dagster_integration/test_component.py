"""One YAML file gives a resource, its credentials check and the check's schedule."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import dagster as dg
import jsonschema
import pytest
import yaml
from dagster.components.core.component_tree import ComponentTree

from dagster_watchword import ApiCredentialsComponent, ApiKeyResource, ApiResource, StoredConnectionResource
from dagster_watchword.clear_secrets import SECRET_NAMES
from dagster_watchword.component_scaffolder import CredentialsScaffolder, ScaffoldParams
from watchword import METHODS, DocumentError
from watchword.document.described_fields import fields_of
from watchword.document.method_example import example_document
from watchword_playground import Playground

CHECK = dg.AssetCheckKey(dg.AssetKey("acme_credentials"), "credentials_are_valid")
URL = "https://api.acme.test"
KEY = {"method": "api_key", "base_url": URL, "api_key": "env:ACME_KEY"}


def loaded(**attributes: Any) -> ApiCredentialsComponent:
    return ApiCredentialsComponent.from_attributes_dict(attributes=attributes)


def built(**attributes: Any) -> dg.Definitions:
    return loaded(**attributes).build_defs(ComponentTree.for_test().load_context)


def resource(definitions: dg.Definitions) -> Any:
    assert definitions.resources is not None
    return definitions.resources["acme"]


def schema() -> Mapping[str, Any]:
    model = ApiCredentialsComponent.get_model_cls()
    assert model is not None
    return model.model_json_schema()


def part_of(method: str) -> Mapping[str, Any]:
    """Return the part of the form's schema that has a method's fields."""
    (part,) = (
        part
        for part in schema()["properties"]["connection"]["anyOf"]
        if part["properties"].get("method", {}).get("const") == method
    )
    return part


def test_a_name_alone_is_a_stored_connection() -> None:
    """Without a connection, the resource is the one that is stored under the component's name."""
    assert resource(built(name="acme")) == StoredConnectionResource(name="acme")
    elsewhere = built(name="acme", connection={"stored_as": "acme_eu", "source": "local"})
    assert resource(elsewhere) == StoredConnectionResource(name="acme_eu", source="local")


@pytest.mark.parametrize("method", METHODS)
def test_what_is_scaffolded_for_a_method_is_its_resource(method: str, tmp_path: Path) -> None:
    """The file that is scaffolded for each method loads, and fits the schema of the form."""
    request = dg.ScaffoldRequest(
        "dagster_watchword.ApiCredentialsComponent", tmp_path, "yaml", None, ScaffoldParams(method=method)
    )
    CredentialsScaffolder().scaffold(request)
    content = yaml.safe_load(tmp_path.joinpath("defs.yaml").read_text(encoding="utf-8"))
    attributes = {**content["attributes"], "name": "acme"}
    jsonschema.validate(attributes["connection"], part_of(method))
    made = resource(built(**attributes))
    assert isinstance(made, ApiResource)
    assert getattr(type(made), "method", None) == method
    assert made.name == "acme"


def test_the_schedule_runs_the_check_alone(
    playground: Playground, instance: dg.DagsterInstance, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The schedule is on from the start, and its run evaluates the check without materializing anything."""
    document = playground.document("api_key")
    monkeypatch.setenv("ACME_KEY", document["api_key"])
    definitions = built(
        name="acme",
        connection={**document, "api_key": "env:ACME_KEY", "test_url": f"{playground.url}/api_key/v1/me"},
        schedule="0 * * * *",
        timezone="Europe/Berlin",
    )
    repository = definitions.get_repository_def()
    schedule = repository.get_schedule_def("acme_credentials_schedule")
    assert schedule.default_status is dg.DefaultScheduleStatus.RUNNING
    assert (schedule.cron_schedule, schedule.execution_timezone) == ("0 * * * *", "Europe/Berlin")
    result = repository.get_job(schedule.job_name).execute_in_process(instance=instance)
    (found,) = result.get_asset_check_evaluations()
    assert found.passed
    assert found.asset_check_key == CHECK
    assert not result.filter_events(lambda event: event.is_step_materialization)


def test_the_options_of_the_check_are_attributes() -> None:
    """Test URL, method, statuses, severity and retries of the check come from the file."""
    definitions = built(name="acme", connection=KEY, on_inconclusive="warn", blocking=False, retries=2)
    gate = definitions.get_assets_def("acme_credentials")
    (spec,) = gate.check_specs
    assert spec.blocking is False
    assert gate.op.retry_policy is not None
    assert gate.op.retry_policy.max_retries == 2
    with pytest.raises(ValueError, match="retries"):
        loaded(name="acme", retries=99)


SECRET = "made-up-s3cret"

WRONG: Mapping[str, tuple[dict[str, Any], str, str]] = {
    "a secret": ({"connection": {**KEY, "api_key": SECRET}}, "secret_not_referenced", "connection.api_key"),
    "marked as literal": (
        {"connection": {**KEY, "api_key": f"literal:{SECRET}"}},
        "secret_not_referenced",
        "connection.api_key",
    ),
    "Dagster's template": (
        {"connection": {**KEY, "api_key": "{{ env.ACME_KEY }}"}},
        "secret_not_referenced",
        "connection.api_key",
    ),
    "a secret parameter": (
        {"connection": {**KEY, "secret_parameters": {"header:X-Id": SECRET}}},
        "secret_not_referenced",
        "connection.secret_parameters.header:X-Id",
    ),
    "a login's body": (
        {
            "connection": {
                "method": "session_login",
                "base_url": URL,
                "login_url": URL,
                "login_body": {"password": SECRET},
            }
        },
        "secret_not_referenced",
        "connection.login_body.password",
    ),
    "a proxy's password": (
        {"connection": {**KEY, "proxy": f"http://ann:{SECRET}@proxy.test:3128"}},
        "secret_not_referenced",
        "connection.proxy",
    ),
    "a misspelt field": ({"connection": {**KEY, "api_kee": SECRET}}, "unknown_field", "api_kee"),
    "no connection": ({"connection": SECRET}, "wrong_type", "connection"),
    "another place": ({"api_key": SECRET}, "unknown_field", "api_key"),
    "a stored one's field": ({"connection": {"api_kee": SECRET}}, "unknown_field", "api_kee"),
}


@pytest.mark.parametrize(("wrong", "code", "field"), WRONG.values(), ids=WRONG)
def test_a_wrong_file_is_refused_without_its_secret(wrong: dict[str, Any], code: str, field: str) -> None:
    """The error that Dagster shows names the field and says what to write, and never quotes the value.

    Dagster's check of the file by the schema passes: it would quote the whole connection.
    """
    connection = wrong.get("connection", {})
    if isinstance(connection, dict):
        jsonschema.validate(connection, schema()["properties"]["connection"])
    with pytest.raises(DocumentError) as error:
        built(name="acme", **wrong)
    assert error.value.code == code
    assert field in str(error.value)
    assert SECRET not in str(error.value)
    if code == "secret_not_referenced":
        assert "Write a reference, such as env:NAME" in str(error.value)


@pytest.mark.parametrize(
    ("attributes", "remedy"),
    [
        ({"shedule": "@daily"}, "Did you mean schedule?"),
        ({"timezone": "Europe/Berlin"}, "Add a schedule, or remove timezone."),
        ({"connection": {**KEY, "api_key": "{{ env.ACME_KEY }}"}}, "templates are not filled in"),
        ({"connection": {**KEY, "base_url": f"https://ann:{SECRET}@acme.test"}}, "use the method basic"),
    ],
)
def test_a_wrong_file_s_remedy_fits_its_cause(attributes: dict[str, Any], remedy: str) -> None:
    """A misspelt attribute, a time zone alone, a template and a URL's password get a remedy that fits."""
    with pytest.raises(DocumentError) as error:
        built(name="acme", **attributes)
    assert remedy in str(error.value)
    assert SECRET not in str(error.value)


def test_a_file_without_a_name_is_refused_without_its_secret() -> None:
    """Pydantic's own error for a missing field would quote all others."""
    with pytest.raises(DocumentError, match="missing_field: The attribute name is missing") as error:
        loaded(connection={**KEY, "api_kee": SECRET})
    assert SECRET not in str(error.value)


def test_templates_of_dagster_and_of_watchword_go_together(monkeypatch: pytest.MonkeyPatch) -> None:
    """Dagster fills in plain text fields; {{secret:NAME}} in a mapping is left to watchword."""
    monkeypatch.setenv("ACME_HOST", "api.acme.test")
    body = {"user": "ann", "password": "{{secret:password}}"}
    connection = {
        "method": "session_login",
        "base_url": "https://{{ env.ACME_HOST }}",
        "login_url": "https://{{ env.ACME_HOST }}/login",
        "login_body": body,
        "secret_parameters": {"template:password": "env:ACME_PASSWORD"},
    }
    made = resource(built(name="acme", connection=connection))
    assert made.base_url == URL
    assert made.login_body == body


def test_the_form_shows_the_fields_of_one_method() -> None:
    """Each method's part of the schema has its own fields alone; the form is editable and has an order."""
    for method in METHODS:
        part = part_of(method)
        assert part["title"] == METHODS[method].title
        assert part["properties"].keys() - {"method"} == fields_of(method).keys()
        assert part["additionalProperties"] is False
    stored, *_ = schema()["properties"]["connection"]["anyOf"]
    assert set(stored["properties"]) == {"stored_as", "source"}
    assert schema()["x-app-managed"] is True
    assert schema()["title"] == "API credentials"


def test_the_form_asks_for_references_in_secret_fields() -> None:
    """A secret field takes what has the form of a URI, as each reference has; a key or password hasn't."""
    api_key = part_of("api_key")["properties"]["api_key"]
    assert api_key["format"] == "uri"
    assert "api_key" in SECRET_NAMES
    assert "the secret itself is refused" in api_key["description"]


PROJECT = """\
[project]
name = "fresh"
version = "0.1"

[tool.dg]
directory_type = "project"

[tool.dg.project]
root_module = "fresh"
"""

DEFINITIONS = """\
from pathlib import Path
from dagster import definitions, load_from_defs_folder

@definitions
def defs():
    return load_from_defs_folder(path_within_project=Path(__file__).parent)
"""


@pytest.fixture
def run_dg(tmp_path: Path) -> Callable[..., subprocess.CompletedProcess[str]]:
    """Make a fresh project, and return a function that runs Dagster's command in it."""
    package = tmp_path / "src" / "fresh"
    package.joinpath("defs").mkdir(parents=True)
    files = {
        tmp_path / "pyproject.toml": PROJECT,
        package / "__init__.py": "",
        package / "defs" / "__init__.py": "",
        package / "definitions.py": DEFINITIONS,
        tmp_path / "dagster.yaml": "telemetry:\n  enabled: false\n",
    }
    for path, text in files.items():
        path.write_text(text, encoding="utf-8")
    environment = {**os.environ, "DAGSTER_HOME": str(tmp_path), "PYTHONPATH": str(tmp_path / "src")}
    dg_command = str(Path(sys.executable).with_name("dg"))

    def run(*arguments: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [dg_command, *arguments],
            cwd=tmp_path,
            env={**environment, "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}"},
            check=False,
            capture_output=True,
            text=True,
        )

    return run


def test_dagsters_command_knows_the_component(
    run_dg: Callable[..., subprocess.CompletedProcess[str]], tmp_path: Path
) -> None:
    """In a fresh project the component is listed and scaffolded, and what is scaffolded loads.

    A literal secret is refused with the field's name.
    """
    listed = run_dg("list", "components", "--json")
    assert listed.returncode == 0, listed.stderr
    assert "dagster_watchword.ApiCredentialsComponent" in {
        component["key"] for component in json.loads(listed.stdout)["items"]
    }
    done = run_dg(
        "scaffold", "defs", "dagster_watchword.ApiCredentialsComponent", "acme", "--method", "api_key"
    )
    assert done.returncode == 0, done.stderr
    path = tmp_path / "src" / "fresh" / "defs" / "acme" / "defs.yaml"
    attributes = yaml.safe_load(path.read_text(encoding="utf-8"))["attributes"]
    assert attributes == {"name": "acme", "connection": example_document("api_key")}
    checked = run_dg("check", "defs")
    assert checked.returncode == 0, checked.stdout + checked.stderr
    secret_in_file = path.read_text(encoding="utf-8").replace(attributes["connection"]["api_key"], SECRET)
    path.write_text(secret_in_file, encoding="utf-8")
    refused = run_dg("check", "defs")
    assert refused.returncode == 1
    shown = refused.stdout + refused.stderr
    assert "secret_not_referenced: The field connection.api_key holds the secret itself." in shown
    assert SECRET not in shown


def test_an_unknown_method_is_not_scaffolded() -> None:
    """The scaffolder's own error lists the methods."""
    with pytest.raises(ValueError, match="the methods are none, api_key"):
        ScaffoldParams(method="apikey")
    assert ApiKeyResource.method in METHODS
