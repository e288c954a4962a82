"""The connection form of all methods is derived from the core's fields and committed as a file."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import airflow
import jsonschema
import pytest
from airflow._shared.secrets_masker import should_hide_value_for_key
from airflow.api_fastapi.core_api.services.ui.connections import HookMetaService
from airflow.sdk.providers_manager_runtime import ProvidersManagerTaskRuntime

from airflow_provider_watchword.forms import complete
from airflow_provider_watchword.forms.schema import FORM_NAMES, STANDARD
from airflow_provider_watchword.generate import provider_info
from airflow_provider_watchword.get_provider_info import INFO_FILE, get_provider_info
from watchword import METHODS
from watchword.document.common_fields import CommonFields
from watchword.document.field_names import SYNONYMS
from watchword.methods.fields import Section, about, secret_names

FIELDS = complete.conn_fields()
MODELS = [CommonFields, *METHODS.values()]
SECRETS = {name for model in MODELS for name in secret_names(model)}
DESCRIBED = {name for model in MODELS for name, field in model.model_fields.items() if about(field)}


def test_the_committed_file_is_up_to_date() -> None:
    """The committed file is what `make generate` writes from the current fields."""
    assert json.loads(INFO_FILE.read_text(encoding="utf-8")) == provider_info()


def test_every_field_of_the_core_is_in_the_form() -> None:
    """The form has exactly the core's fields; three of them are columns of Airflow."""
    renamed = {FORM_NAMES.get(name, name) for name in DESCRIBED - STANDARD.keys()}
    assert set(FIELDS) == renamed | {"schema_version", "method"}


def test_reading_the_information_imports_nothing_of_ours() -> None:
    """Reading the provider information, as every Airflow process does, imports no module of watchword."""
    program = (
        "import sys; from airflow_provider_watchword.get_provider_info import get_provider_info;"
        "get_provider_info(); print(sorted(m for m in sys.modules if m.split('.')[0] in"
        " {'airflow', 'watchword', 'requests', 'pydantic'}))"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


@pytest.mark.parametrize("schema", ["provider.yaml.schema.json", "provider_info.schema.json"])
def test_the_information_follows_airflows_schemas(schema: str) -> None:
    """The information follows the schema of provider.yaml and the one that Airflow checks at run time."""
    rules = json.loads((Path(airflow.__file__).parent / schema).read_text(encoding="utf-8"))
    info = get_provider_info()
    if schema.startswith("provider.yaml"):
        jsonschema.validate(info["connection-types"], rules["properties"]["connection-types"])
    else:
        jsonschema.validate(info, rules)


@pytest.mark.parametrize("name", sorted(DESCRIBED | set(FIELDS)))
def test_airflow_hides_exactly_the_secret_fields(name: str) -> None:
    """Airflow's masker, which goes by names, hides each secret field and no other."""
    if name in FORM_NAMES:
        assert SYNONYMS[FORM_NAMES[name]] == name
        assert name not in FIELDS
        assert should_hide_value_for_key(name)  # which is why it has another name
        return
    assert should_hide_value_for_key(name) is (name in SECRETS)


def test_the_schema_version_is_the_first_key_of_a_saved_extra() -> None:
    """`schema_version` is the first field; the form hides it, and saves fields in order."""
    assert next(iter(FIELDS)) == "schema_version"
    schema = FIELDS["schema_version"]["schema"]
    assert (schema["type"], schema["const"], schema["default"]) == ("integer", 1, 1)


def test_only_switches_have_a_default_beside_it() -> None:
    """Fields have no default in the form, because Airflow would save a masked one as asterisks.

    Switches have one: otherwise `verify` would be shown as off although certificates are verified.
    """
    defaults = {
        name: info["schema"]["default"] for name, info in FIELDS.items() if "default" in info["schema"]
    }
    switches = {
        "use_prefix": True,
        "body_hash": False,
        "dpop": False,
        "pkce": True,
        "single_use_refresh": False,
    }
    assert defaults == {"schema_version": 1, "decoy": True, "verify": True, **switches}


def test_what_may_be_left_out_may_be_null() -> None:
    """Every optional field may be null; only the method must be chosen."""
    strict = [name for name, field in FIELDS.items() if "null" not in field["schema"]["type"]]
    assert strict == ["schema_version", "method"]


def test_secrets_are_masked_while_they_are_typed() -> None:
    """Secret fields are masked inputs, except PEM text, whose line breaks would be lost, and objects."""
    formats = {name: FIELDS[name]["schema"].get("format") for name in SECRETS if name in FIELDS}
    keys = {"client_private_key", "jwt_secret", "private_key"}
    assert {name for name, kind in formats.items() if kind != "password"} == keys | {"secret_parameters"}
    assert {formats[name] for name in keys} == {"multiline"}


def test_shared_fields_offer_the_choices_of_all_methods() -> None:
    """A field offers the choices of all methods, because the form doesn't change with the method."""
    assert FIELDS["add_to"]["schema"]["enum"] == ["header", "query", "cookie", "body"]
    assert FIELDS["method"]["schema"]["enum"] == list(METHODS)
    assert "Used by: api_key, bearer" in FIELDS["add_to"]["description"]


def test_sections_come_in_their_order() -> None:
    """The sections appear in their defined order."""
    sections = list(dict.fromkeys(field["schema"]["section"] for field in FIELDS.values()))
    assert sections == [section.value for section in Section if section.value in sections]


def test_shared_fields_have_one_label() -> None:
    """A field of several methods has the same label in each."""
    labels: dict[str, set[str]] = {}
    for model in MODELS:
        for name, field in model.model_fields.items():
            if description := about(field):
                labels.setdefault(name, set()).add(f"{description.label} in {description.section}")
    assert {name: each for name, each in labels.items() if len(each) > 1} == {}


@pytest.mark.filterwarnings("ignore:ProvidersManager.hooks is deprecated")  # Airflow 3.2's own page uses it
def test_airflow_shows_the_connection_type() -> None:
    """Airflow's data for the form has the connection type, its name and every field in order."""
    [meta] = [meta for meta in HookMetaService.hook_meta_data() if meta.connection_type == "watchword"]
    assert meta.hook_name == "HTTP API: all methods"
    assert meta.extra_fields is not None
    assert list(meta.extra_fields) == list(FIELDS)
    assert meta.standard_fields is not None
    assert meta.standard_fields.host is not None
    assert meta.standard_fields.host.title == "Base URL"


def test_airflow_finds_the_hook() -> None:
    """Airflow imports the hook's class for a connection of this type."""
    hook = ProvidersManagerTaskRuntime().hooks["watchword"]
    assert hook is not None
    assert hook.connection_id_attribute_name == "http_conn_id"
