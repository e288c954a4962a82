"""`conn.dlt_auth()`: the connection as auth for dlt's REST API source and its REST client."""

from __future__ import annotations

from typing import Any

from requests import PreparedRequest

from watchword.adapters.auth import SigningAuth
from watchword.adapters.extras import missing_extra
from watchword.redact import NeverPickled

try:
    from dlt.common.configuration.specs.base_configuration import configspec
    from dlt.sources.helpers.rest_client.auth import AuthConfigBase
except ModuleNotFoundError as missing:
    raise missing_extra("dlt") from missing


@configspec
class DltAuth(NeverPickled, AuthConfigBase):
    """`SigningAuth` in the form that dlt requires: a configuration, here without fields.

    dlt copies and prints configurations: copying this returns the same object, and its text is the
    connection's name.
    """

    def __init__(self, signing: SigningAuth, name: str) -> None:
        self._signing = signing
        self._name = name

    def __call__(self, request: PreparedRequest) -> PreparedRequest:
        """Authenticate the request in place."""
        return self._signing(request)

    def copy(self) -> DltAuth:
        """Return the object itself, since nothing in it can be changed."""
        return self

    def __copy__(self) -> DltAuth:
        return self

    def __deepcopy__(self, _: dict[int, Any]) -> DltAuth:
        return self

    def __eq__(self, other: object) -> bool:
        return self is other

    def __hash__(self) -> int:
        return id(self)

    def __repr__(self) -> str:
        return f"DltAuth({self._name})"

    __str__ = __repr__
