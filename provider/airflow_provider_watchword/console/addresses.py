"""The addresses of the console: those that are surely its own, its root, and where a visitor signs in."""

from __future__ import annotations

from ipaddress import ip_address
from urllib.parse import quote, urlsplit

from starlette.requests import Request

from airflow_provider_watchword.console import PATH, internals


def is_ours(request: Request) -> bool:
    """Return whether a request names a host that is surely this server.

    An attacker's page can let its own name point to this server (DNS rebinding), but no address, no name of
    this machine, and not the name in `[api] base_url`.
    """
    name = _host_name(request.headers.get("host", ""))
    return name == "localhost" or _is_address(name) or (name != "" and name == _configured_name())


def is_accepted(request: Request) -> bool:
    """Return whether a request may go on: under a foreign name only without credentials beside the cookie.

    SimpleAuthManager without users treats every request as one of the administrator.
    """
    return is_ours(request) or "authorization" not in request.headers


def root_url(request: Request) -> str:
    """Return the console's absolute URL without a slash at the end."""
    configured = internals.base_url()
    if configured:
        return f"{configured}/{PATH}"
    return f"{request.url.scheme}://{request.url.netloc}{request.scope.get('root_path', '')}"


def sign_in_url(request: Request) -> str:
    """Return the path of Airflow's sign-in, which leads back to the page that was asked for."""
    airflow = request.base_url.path.rstrip("/")
    page = request.url.path + (f"?{request.url.query}" if request.url.query else "")
    return f"{airflow}/api/v2/auth/login?next={quote(page, safe='/')}"


def _configured_name() -> str:
    return _host_name(urlsplit(internals.base_url()).netloc)


def _host_name(authority: str) -> str:
    """Return the host in `host:port`, lower case; "" if there is none."""
    try:
        return urlsplit(f"//{authority}").hostname or ""
    except ValueError:
        return ""


def _is_address(name: str) -> bool:
    try:
        ip_address(name)
    except ValueError:
        return False
    return True
