"""watchword: HTTP-API authentication for data teams.

One connection document becomes authenticated requests anywhere:

    conn = watchword.load(document)
    with conn.session() as api:
        api.get("/v1/orders")
    report = conn.validate("https://api.example.com/v1/me")
"""

from watchword.connection import Connection, load
from watchword.diagnosis import Finding, Report, Verdict
from watchword.errors import CredentialsError, DocumentError, RequestError, TokenError, WatchwordError
from watchword.methods import METHODS

__all__ = [
    "METHODS",
    "Connection",
    "CredentialsError",
    "DocumentError",
    "Finding",
    "Report",
    "RequestError",
    "TokenError",
    "Verdict",
    "WatchwordError",
    "load",
]

__version__ = "0.1.0"
