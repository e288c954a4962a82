"""The form in which URLs are shown never holds the user, even if the password is not escaped."""

from __future__ import annotations

import pytest

import watchword
from watchword.http.origins import display_url, host, origin


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("https://user:CAN/ARY@host.test/x", "https://host.test/x"),
        ("https://user:CAN?ARY@host.test", "https://host.test"),
        ("https://user:CAN#ARY@host.test", "https://host.test"),
        ("https://user:CAN@A/RY@host.test/x", "https://host.test/x"),
        ("user:CANARY@host.test/p", "host.test/p"),
        ("user:CANARY@host.test//p", "host.test//p"),
        ("https://host.test:8443/@user/x?q=1#f", "https://host.test:8443/@user/x"),
        ("https://[::1]:80/a", "https://[::1]:80/a"),
        ("/v1/orders", "/v1/orders"),
    ],
)
def test_no_password_of_a_url_is_shown(url, expected):
    """An unescaped slash, question mark or hash in a password doesn't make the rest of it visible."""
    assert display_url(url) == expected
    assert "CAN" not in host(url)


@pytest.mark.parametrize("url", ["https://user:CAN/ARY@host.test", "user:CANARY@host.test"])
def test_neither_repr_nor_findings_show_it(url):
    """Neither the repr of a connection nor its findings show the password of a malformed URL."""
    connection = watchword.load({"base_url": url, "method": "none"})
    said = repr(connection) + " ".join(map(str, connection.lint()))
    assert "CAN" not in said
    assert connection.lint() != []


@pytest.mark.parametrize("host", ["\u00e9." * 200_000, "a" * 1000, "a@" * 1000, "xn--" * 100_000])
def test_a_url_with_a_very_long_host_has_no_origin(host):
    """A host is at most 253 characters long (RFC 1035, 2.3.4): one of a thousand is refused, not encoded."""
    assert origin(f"https://{host}test/") is None
    assert origin(f"https://a.test/{host}") == origin(f"https://a.test?{host}") == "https://a.test/"
