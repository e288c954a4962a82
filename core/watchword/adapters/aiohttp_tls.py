"""The TLS of aiohttp's requests that show a client certificate."""

from __future__ import annotations

import ssl
from pathlib import Path

from watchword.http.transport_options import TransportOptions


def certificate_context(options: TransportOptions) -> ssl.SSLContext | None:
    """Return the TLS context with the connection's client certificate; None if it has none.

    The context verifies servers as the connection says, since it takes the place of the session's.

    Raises:
        DocumentError: certificate or key can't be read, or they don't belong together.
    """
    if not options.client_certificate:
        return None
    bundle = options.authorities
    if bundle:
        is_folder = Path(bundle).is_dir()
        context = ssl.create_default_context(
            cafile=None if is_folder else bundle, capath=bundle if is_folder else None
        )
    else:
        context = ssl.create_default_context()
    if not options.verify:
        context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    options.load_certificate(context)
    return context
