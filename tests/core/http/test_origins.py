"""What of a URL is shown: never its user, however carelessly the password is written."""

from __future__ import annotations

import pytest

import watchword
from watchword.http.origins import display_url, host


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
    """A slash, a question mark or a hash that nobody escaped does not make a path of the rest of it."""
    assert display_url(url) == expected
    assert "CAN" not in host(url)


@pytest.mark.parametrize("url", ["https://user:CAN/ARY@host.test", "user:CANARY@host.test"])
def test_neither_repr_nor_findings_show_it(url):
    """Whatever is wrong with the URL."""
    connection = watchword.load({"base_url": url, "method": "none"})
    said = repr(connection) + " ".join(map(str, connection.lint()))
    assert "CAN" not in said
    assert connection.lint() != []
