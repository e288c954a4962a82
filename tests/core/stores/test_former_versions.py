"""A store, documents and a rescue file of the former version, made by former/make_former.py."""

from __future__ import annotations

import contextlib
import json
import shutil
import sqlite3
from dataclasses import fields
from pathlib import Path
from urllib.parse import parse_qsl, quote, urlsplit

import pytest
import requests
from urllib3.util import connection as urllib3_connection

import watchword
from watchword.document.field_names import SYNONYMS, VALUE_SYNONYMS
from watchword.errors import SignInRequired
from watchword.secrets.vault import Vault
from watchword.sign_in import oauth2
from watchword.stores import open_store
from watchword.stores.encryption import new_key
from watchword.tokens.health import health
from watchword.tokens.record import Lease, Pause, Record, Refusal, StoreTime
from watchword.tokens.rescue_file import RescueFile
from watchword.tokens.token import Token
from watchword.tokens.transitions import Issued
from watchword_playground import Playground
from watchword_playground.state.tokens import Family

FORMER = Path(__file__).with_name("former")
CONTENT = json.loads((FORMER / "former.json").read_text(encoding="utf-8"))
ADDRESS = ("127.0.0.1", 8642)
"""The address of the playground that made the files."""


@pytest.fixture
def home(tmp_path, monkeypatch):
    """Give a home with copies of the former files, which the environment names."""
    folder = tmp_path / "former"
    shutil.copytree(FORMER, folder, ignore=shutil.ignore_patterns("*.py", "__pycache__"))
    for path in (folder, folder / "spill"):
        path.chmod(0o700)
    (folder / "tokens.db").chmod(0o600)
    monkeypatch.setenv("WATCHWORD_HOME", str(folder))
    monkeypatch.setenv("WATCHWORD_STORE", f"sqlite:///{folder / 'tokens.db'}")
    monkeypatch.setenv("WATCHWORD_KEY", CONTENT["key"])
    return folder


@pytest.fixture
def playground(monkeypatch):
    """Give a playground at the former address. It knows the tokens that the former one had issued."""
    connect = urllib3_connection.create_connection
    with Playground() as running:
        port = int(running.url.rpartition(":")[2])
        here = ("127.0.0.1", port)
        monkeypatch.setattr(
            urllib3_connection,
            "create_connection",
            lambda address, *rest, **options: connect(
                here if address == ADDRESS else address, *rest, **options
            ),
        )
        for name, token in {**CONTENT["tokens"], "rescued": CONTENT["rescued"]}.items():
            document = CONTENT["documents"][name]
            scopes = frozenset({"airports:read", "profile:read"})
            family = Family(document["method"], document["client_id"], "ada", scopes)
            issued = {key: value for key, value in token.items() if value}
            running._state.oauth.tokens.add({**issued, "expires_in": 600}, family, scopes)
        yield running


def connection(name, document=None):
    return watchword.load(document or CONTENT["documents"][name], name)


def call(name, document=None):
    with connection(name, document).session() as api:
        return api.get("/v1/me").status_code


def in_standard_names(document):
    """Return a document with the standard names of its fields and values."""
    named = {SYNONYMS.get(name, name): value for name, value in document.items()}
    return {name: VALUE_SYNONYMS.get(name, {}).get(value, value) for name, value in named.items()}


@pytest.mark.parametrize("rewritten", [False, True], ids=["former names", "standard names"])
@pytest.mark.parametrize("name", ["shop", "imported", "warehouse", "exchange"])
def test_stored_tokens_are_used(home, playground, name, rewritten):
    """A stored token is used without a token request, also if the document has standard names now."""
    document = CONTENT["documents"][name]
    if rewritten:
        document = in_standard_names(document)
        assert document != CONTENT["documents"][name]
    assert call(name, document) == 200
    assert playground.token_requests == 0


def test_an_expired_token_is_renewed(home, playground):
    """An expired token is renewed with the stored refresh token."""
    assert call("expired") == 200
    assert playground.grants() == {"refresh_token": 1}


def test_a_refused_refresh_token_is_not_sent_again(home, playground):
    """A sign-in whose refresh token was refused stays ended, without another token request."""
    playground._state.oauth.tokens.expire_access()
    with pytest.raises(SignInRequired, match="has ended"):
        call("ended")
    assert playground.token_requests == 0


def test_an_imported_refresh_token_stays_claimed(home, playground):
    """A document's refresh token that was imported under one name isn't used under another."""
    with pytest.raises(SignInRequired, match="under another name"):
        call("copy", CONTENT["documents"]["imported"])
    assert playground.token_requests == 0


def test_a_sign_in_that_has_begun_is_finished(home, playground):
    """A sign-in that the former version began is finished with its code."""
    query = urlsplit(CONTENT["pending"]["authorize_url"]).query
    decision = {**dict(parse_qsl(query)), "user": "ada", "decision": "allow"}
    consent = f"{playground.url}/oauth/authorize"
    response = requests.post(consent, data=decision, allow_redirects=False, timeout=60)
    # The response names the playground's real address as its issuer, not the former address.
    issuer, former_issuer = (quote(url, safe="") for url in (playground.url, "http://127.0.0.1:8642"))
    returned = response.headers["Location"].replace(issuer, former_issuer)
    assert oauth2.finish(connection("pending"), returned) == []
    assert call("pending") == 200


def test_a_rescue_file_is_adopted(home, playground):
    """The token in a rescue file is saved in the store and used, and the file is removed."""
    assert len(list((home / "spill").iterdir())) == 1
    connection("rescued").renew_token()
    assert playground.grants() == {"refresh_token": 1}
    assert list((home / "spill").iterdir()) == []
    [record] = [s.record for s in open_store().records() if s.record.name == "rescued"]
    assert record.generation == CONTENT["health"]["rescued"][-1] + 2


def test_secrets_are_read(home):
    """The vault of a former store returns its secrets."""
    vault = Vault(open_store())
    assert sorted(vault.names()) == ["api-key", "bytes"]
    assert vault.get("api-key") == b"a made-up key"
    assert vault.get("bytes") == bytes(range(256))


def test_health_is_reported(home):
    """The health of each stored token is reported, with its method and host."""
    found = {each.name: each for each in health(open_store())}
    assert {name: [each.method, each.host, each.signs_in] for name, each in found.items()} == {
        name: values[:3] for name, values in CONTENT["health"].items()
    }
    assert [name for name, each in found.items() if each.has_ended] == ["ended"]
    assert found["expired"].can_renew
    assert found["expired"].ends < 0 < found["shop"].ends


def test_rekeying_encrypts_a_former_store(home, playground, monkeypatch):
    """After rekeying, the store opens with the new key only, and its tokens, secrets and draft are there."""
    key = new_key()
    rows = open_store(key=f"{key},{CONTENT['key']}").rekey()
    assert rows >= len(CONTENT["health"]) + 3
    monkeypatch.setenv("WATCHWORD_KEY", key)
    assert call("shop") == 200
    assert playground.token_requests == 0
    assert Vault(open_store()).get("api-key") == b"a made-up key"
    assert open_store().take_draft(CONTENT["pending"]["state"])


@pytest.mark.parametrize("name", list(CONTENT["documents"]))
def test_documents_with_former_names_load(name):
    """A document with the former field names loads without findings."""
    assert [each for each in connection(name).lint() if each.severity == "error"] == []


TIMES = ("obtained", "signed_in", "refresh_obtained", "used", "renewed")
NOW = StoreTime("boot", 1.0, 2.0)
FULL = Record(
    key="key",
    token=Token("access", refresh_token="refresh"),
    lease=Lease("owner", NOW),
    pause=Pause(NOW, "code", "message"),
    refusal=Refusal("of", "code", "message", NOW),
    **dict.fromkeys(TIMES, NOW),
)


def test_records_have_the_former_field_names(place):
    """A record is stored with exactly the field names of the former version."""
    place.key = place.key or new_key()
    place.open().change("key", lambda _, __: FULL)
    [(state,)] = place.run("SELECT state FROM watchword_tokens")
    state = json.loads(state)
    former = {part: set(names) for part, names in CONTENT["fields"].items()}
    hidden = {each.name for each in fields(Token) if not each.repr}
    assert set(state) == former["record"] - {"generation"}
    assert set(state["token"]) == former["token"] - hidden
    for name in TIMES:
        assert set(state[name]) == former["time"]
    for name in ("lease", "pause", "refusal"):
        assert set(state[name]) == former[name]
    assert place.open().load("key").record == FULL


def test_the_former_version_reads_new_rescue_files(home):
    """A rescue file has the field names that the former version passes to its constructor."""
    store = open_store()
    rescue_file = RescueFile(store, "key", "name")
    rescue_file.write(
        1,
        Issued(FULL.token, NOW, "request", sent_refresh_token="sent", token_destinations="to"),
        durable=True,
    )
    content = json.loads(store.unseal(rescue_file.path.read_bytes(), "spill key"))
    assert set(content) == {"generation", *CONTENT["issued_fields"]}
    assert set(content["token"]) == set(CONTENT["fields"]["token"])
    assert set(content["at"]) == set(CONTENT["fields"]["time"])


def test_an_upgraded_store_has_the_tables_of_a_new_one(home, sqlite):
    """A former store gets the tables, columns and schema version of a new one at its first use."""
    open_store().records()
    sqlite.open().change("key", lambda record, _: record)
    columns = "SELECT m.name, c.name, c.type FROM sqlite_master m, pragma_table_info(m.name) c ORDER BY 1, 2"
    version = "SELECT value FROM watchword_meta WHERE name = 'version'"
    former = type(sqlite)(f"sqlite:///{home / 'tokens.db'}")
    for query in (columns, version):
        assert sqlite.run(query) == former.run(query)


def test_an_upgrade_seals_every_row(home):
    """A former store's records, claim, draft and secrets are each read, and all of them are rekeyed."""
    records = [snapshot.record for snapshot in open_store().records()]
    assert {record.name for record in records if record.token} == set(CONTENT["health"])
    former = sqlite3.connect(home / "tokens.db")
    with contextlib.closing(former):
        [(claims,)] = former.execute("SELECT count(*) FROM watchword_claims").fetchall()
        assert former.execute("SELECT count(*) FROM watchword_claims WHERE seal IS NULL").fetchone() == (0,)
    assert claims == 1
    assert open_store().rekey() == len(records) + claims + len(["draft"]) + len(["api-key", "bytes"])
