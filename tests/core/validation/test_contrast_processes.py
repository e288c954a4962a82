"""One decoy a day for all processes that share a token store."""

from __future__ import annotations

import subprocess
import sys

import pytest

SECRET = "s3cret-key-0001"
PROCESSES, VALIDATIONS = 8, 13

PROGRAM = """
import sys
import watchword

url, store = sys.argv[1:]
document = {{"base_url": url, "method": "api_key", "api_key": {secret!r}}}
connection = watchword.load(document, name="acme", store=store)
for _ in range({validations}):
    report = connection.validate("/me", {options})
    assert report.deciding.code.name == {code!r}, report.summary
"""


def keys_after(serve, reply, tmp_path, code, options=""):
    """Return the keys that an API has got from 104 validations in 8 processes: `real`, `decoy` or `none`."""
    server = serve(lambda seen: reply(200 if SECRET in seen.text else 401, {"id": 1}))
    program = PROGRAM.format(secret=SECRET, validations=VALIDATIONS, options=options, code=code)
    command = [sys.executable, "-c", program, server.url, f"sqlite:///{tmp_path / 'store.db'}"]
    running = [subprocess.Popen(command) for _ in range(PROCESSES)]
    assert [process.wait(120) for process in running] == [0] * PROCESSES
    keys = [seen.headers.get("X-API-Key") for seen in server.seen]
    return ["none" if key is None else "real" if key == SECRET else "decoy" for key in keys]


@pytest.mark.timeout(180)
def test_a_hundred_validations_in_eight_processes_send_one_decoy(serve, reply, tmp_path):
    """All processes share one decoy and one call without credential; each validation makes its own call."""
    keys = keys_after(serve, reply, tmp_path, "authenticated")
    assert (keys.count("decoy"), keys.count("none")) == (1, 1)
    assert keys.count("real") == PROCESSES * VALIDATIONS


@pytest.mark.timeout(180)
def test_where_it_is_switched_off_no_process_sends_a_decoy(serve, reply, tmp_path):
    """With `decoy` off, the call without credential is made once, and no decoy at all."""
    keys = keys_after(serve, reply, tmp_path, "decoy_skipped", "decoy=False")
    assert (keys.count("decoy"), keys.count("none")) == (0, 1)
