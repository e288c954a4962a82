"""Patterns of origins: `https://*.my.salesforce.com` means every host below `my.salesforce.com`."""

from __future__ import annotations

import re

_PATTERN = re.compile(r"(https?)://\*\.([A-Za-z0-9.-]{1,240})(?::([0-9]{1,5}))?/?")
_LABEL = r"[a-z0-9](?:[a-z0-9_-]{0,61}[a-z0-9])?"
_DEFAULT_PORTS = {"http": "80", "https": "443"}
_LOOPBACK = "localhost"  # RFC 6761 section 6.3: every name below it is this machine

# Below these, anybody can register a name: a pattern of them would mean hosts of strangers.
_GENERIC = frozenset(
    {"ac", "co", "com", "edu", "gob", "gov", "gv", "mil", "ne", "net", "nom", "or", "org", "sch"}
)
_OPEN_TO_ALL = frozenset(
    {
        "amazonaws.com", "appspot.com", "azure-api.net", "azurecontainerapps.io", "azurestaticapps.net",
        "azurewebsites.net", "blogspot.com", "cloudapp.net", "cloudfront.net", "duckdns.org", "edgekey.net",
        "execute-api.amazonaws.com", "firebaseapp.com", "fly.dev", "github.io", "gitlab.io", "glitch.me",
        "herokuapp.com", "loca.lt", "netlify.app", "ngrok-free.app", "ngrok.app", "ngrok.io", "nip.io",
        "now.sh", "onrender.com", "pages.dev", "r2.dev", "run.app", "sslip.io", "trafficmanager.net",
        "trycloudflare.com", "vercel.app", "web.app", "workers.dev", "windows.net",
    }
)  # fmt: skip


def is_pattern(text: str) -> bool:
    """Return whether a text is meant as a pattern."""
    return "*" in text


def compiled(text: str) -> re.Pattern[str] | None:
    """Return what matches the origins that a pattern means; None for a text that is none, or means too many.

    `*` stands for one label or more at the beginning of the host. What follows must be a name that one
    owner has: two labels at least, and no public suffix, such as `com`, `co.uk` or `github.io`.
    """
    match = _PATTERN.fullmatch(text)
    if match is None:
        return None
    scheme, host, port = match[1], match[2].lower(), match[3]
    if not _has_one_owner(host):
        return None
    suffix = "" if port in {None, _DEFAULT_PORTS[scheme]} else f":{int(port)}"
    return re.compile(rf"{scheme}://(?:{_LABEL}\.)+{re.escape(host)}{suffix}/")


def _has_one_owner(host: str) -> bool:
    labels = host.split(".")
    if not all(re.fullmatch(_LABEL, label) for label in labels) or labels[-1].isdigit():
        return False
    if host == _LOOPBACK:
        return True
    is_country_s = len(labels) == 2 and len(labels[1]) == 2 and labels[0] in _GENERIC  # noqa: PLR2004 - co.uk
    return len(labels) > 1 and not is_country_s and host not in _OPEN_TO_ALL
