"""The transport options of a connection, as the HTTP libraries take them."""

from __future__ import annotations

import gc
import os
import stat
from pathlib import Path

from watchword.http.transport_options import TransportOptions

PEM = "-----BEGIN CERTIFICATE-----\nbWFkZSB1cA==\n-----END CERTIFICATE-----\n"


def test_a_certificate_that_is_given_as_text_is_in_a_private_file_while_it_is_used():
    """The file has mode 0600, survives the end of a forked child, and is deleted with the options."""
    options = TransportOptions(client_certificate=PEM)
    path = Path(options.overrides()["cert"])
    assert path.read_text() == PEM
    assert stat.S_IMODE(path.stat().st_mode) == 0o600

    child = os.fork()
    if not child:
        del options
        gc.collect()
        os._exit(0)
    assert os.waitpid(child, 0)[1] == 0
    assert path.exists()

    del options
    gc.collect()
    assert not path.exists()
