"""The places that Airflow asks for a connection, in order, for `watchword doctor NAME`."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path


def places(name: str) -> Iterator[tuple[str, Callable[[], bool]]]:
    """Yield a title for each place, and a function that says whether the connection is there.

    Raises:
        FileNotFoundError: Airflow isn't set up on this machine; its import would create files.
    """
    home = Path(os.environ.get("AIRFLOW_HOME", "~/airflow")).expanduser()
    config = Path(os.environ.get("AIRFLOW_CONFIG", home / "airflow.cfg")).expanduser()
    if not config.exists():
        raise FileNotFoundError(str(config))
    # The metastore's backend imports the model when it is asked, which takes many seconds at first.
    import airflow.models.connection  # noqa: F401, PLC0415 - import time, and see above
    from airflow.configuration import ensure_secrets_loaded  # noqa: PLC0415 - see above

    for backend in ensure_secrets_loaded():
        title = getattr(backend, "title", type(backend).__name__)
        yield title, partial(_has, backend.get_connection, name)


def _has(find: Callable[[str], object], name: str) -> bool:
    return find(name) is not None
