"""The program that made the files of this folder. It runs with the former version only, commit 3ae16fb.

Run it with a Python that has that version installed: `python make_former.py FOLDER`.

`tokens.db` is a SQLite store with tokens, a claim, a draft and secrets. `spill` holds a rescue file.
`former.json` holds the key, the documents and the values that the tests compare. All of them are made up and
public. Tokens and drafts live for 30 years, so that the tests can use them.
"""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import sys
import tempfile
from dataclasses import fields
from pathlib import Path
from typing import Any

KEY = "Zm9ybWVyLWtleS1vZi10aGlydHktdHdvLWJ5dGVzISE="
PORT = 8642
YEARS = 10**9
HOME = Path(tempfile.mkdtemp())
os.environ |= {"WATCHWORD_HOME": str(HOME), "WATCHWORD_STORE": f"sqlite:///{HOME / 'tokens.db'}"}
os.environ |= {"WATCHWORD_KEY": KEY}

from watchword.tokens.spill import Spill  # noqa: E402
from watchword.tokens.steps import Issued  # noqa: E402
from watchword.tokens.stores import clock, open_store  # noqa: E402

import watchword  # noqa: E402 - after its environment
from watchword.errors import SignInRequired  # noqa: E402
from watchword.playground import Playground, SignInWish, document  # noqa: E402
from watchword.sign_in import oauth2  # noqa: E402
from watchword.tokens import record  # noqa: E402
from watchword.tokens.token import Token  # noqa: E402

clock._boot = lambda: "the former boot"

SIGN_IN = "oauth2_authorization_code"
ACCOUNTS: dict[str, tuple[str, dict[str, Any]]] = {
    "shop": (SIGN_IN, {"client_auth": "header"}),
    "expired": ("oauth2_device_code", {"client_auth": "client_secret_post"}),
    "imported": (SIGN_IN, {"client_auth": "header"}),
    "ended": (SIGN_IN, {"client_auth": "header"}),
    "rescued": (SIGN_IN, {"client_auth": "header"}),
    "pending": (SIGN_IN, {"client_auth": "header"}),
    "warehouse": ("oauth2_client_credentials", {"client_auth": "client_secret_post"}),
    "exchange": ("oauth2_token_exchange", {"client_auth": "header"}),
}
"""The method of each connection, and the fields that its document adds to the playground's."""


def main(target: Path) -> None:
    with Playground(PORT) as playground:
        playground.oauth_settings.access_token_lifetime = YEARS
        documents = {
            name: {**document(playground.url, method), **other} for name, (method, other) in ACCOUNTS.items()
        }
        documents["imported"]["refresh_token"] = playground.sign_in()["refresh_token"]
        for name in ("shop", "expired", "ended", "rescued"):
            sign_in(playground, documents, name)
        for name in ("imported", "warehouse", "exchange"):
            call(documents, name)
        end(playground, documents)
        rescued = spill(playground, documents)
        oauth2.PATIENCE = YEARS
        begun = oauth2.begin(
            watchword.load(documents["pending"], "pending"), "http://127.0.0.1:4711/callback"
        )
    store = open_store()
    store.vault.put("api-key", b"a made-up key")
    store.vault.put("bytes", bytes(range(256)))
    records = [snapshot.record for snapshot in store.records()]
    former = {
        "key": KEY,
        "documents": documents,
        "tokens": {
            one.name: {"access_token": one.token.access_token, "refresh_token": one.token.refresh_token}
            for one in records
        },
        "rescued": rescued,
        "pending": {"authorize_url": begun.authorize_url, "state": begun.state},
        "fields": field_names(),
        "issued_fields": [field.name for field in fields(Issued)],
        "health": {one.name: [one.method, one.host, one.signs_in, one.generation] for one in records},
    }
    store.close()
    target.mkdir(exist_ok=True)
    shutil.copy(HOME / "tokens.db", target / "tokens.db")
    shutil.copytree(HOME / "spill", target / "spill", dirs_exist_ok=True)
    (target / "former.json").write_text(json.dumps(former, indent=1, ensure_ascii=False) + "\n")


def sign_in(playground: Playground, documents: dict[str, Any], name: str) -> None:
    """Store the tokens of a new sign-in. The access token of "expired" lives for a second."""
    issued = playground.sign_in(SignInWish(method=documents[name]["method"]))
    lifetime = 1 if name == "expired" else issued["expires_in"]
    given = Token(issued["access_token"], lifetime=lifetime, refresh_token=issued["refresh_token"])
    watchword.load(documents[name], name).accept_sign_in(given)


def call(documents: dict[str, Any], name: str) -> None:
    """Call the API, which requests and stores a token."""
    with watchword.load(documents[name], name).session() as api:
        assert api.get("/v1/me").status_code == 200


def end(playground: Playground, documents: dict[str, Any]) -> None:
    """Revoke the sign-in of "ended", so that the store remembers the refusal of its refresh token."""
    connection = watchword.load(documents["ended"], "ended")
    refresh_token = connection._shelf.load().record.token.refresh_token
    playground._state.oauth.tokens.revoke(refresh_token)
    with contextlib.suppress(SignInRequired):
        connection.renew_token()
    assert connection._shelf.load().record.refusal


def spill(playground: Playground, documents: dict[str, Any]) -> dict[str, str]:
    """Write the rescue file of a token that the store could not save, and return the token."""
    issued = playground.sign_in()
    shelf = watchword.load(documents["rescued"], "rescued")._shelf
    snapshot = shelf.load()
    given = Token(issued["access_token"], lifetime=YEARS, refresh_token=issued["refresh_token"])
    old = snapshot.record.token.refresh_token
    content = Issued(given, snapshot.now, shelf.guard, shown=old, reach=shelf.reach)
    Spill(shelf.store, shelf.key).write(snapshot.record.generation, content)
    return {"access_token": given.access_token, "refresh_token": given.refresh_token}


def field_names() -> dict[str, list[str]]:
    """Return the field names in a row's JSON, by the part of the record."""
    parts = {"record": record.Record, "token": Token, "time": record.Moment, "lease": record.Lease}
    parts |= {"refusal": record.Refusal, "pause": record.Pause}
    return {part: [field.name for field in fields(type_)] for part, type_ in parts.items()}


if __name__ == "__main__":
    main(Path(sys.argv[1]))
