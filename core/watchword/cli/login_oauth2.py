"""The sign-ins of OAuth 2.0 on a command line: a browser that comes back, a pasted URL, or a device code."""

from __future__ import annotations

from urllib.parse import urlsplit

from watchword.cli.browser import DEFAULT_ADDRESS, FIXED_PORT, LoginOptions
from watchword.cli.output import say
from watchword.connection import Connection
from watchword.findings.finding import Finding
from watchword.http.durations import in_words
from watchword.methods.oauth2_authorization_code import OAuth2AuthorizationCode
from watchword.sign_in import device, oauth2
from watchword.sign_in.callback import ListenAddress, listen_address_of


def sign_in_by_browser(connection: Connection, options: LoginOptions) -> list[Finding]:
    """Sign in with a browser on this machine, or with another one whose last URL the user pastes."""
    redirect_uri = _registered_redirect_uri(connection)
    address = listen_address_of(redirect_uri) if redirect_uri else DEFAULT_ADDRESS
    if options.paste or address is None:
        return _sign_in_by_pasting(connection, options, redirect_uri)
    with options.listening(options.with_port(address)) as callback:
        used_uri = _redirect_uri(redirect_uri, address, callback.url)
        begun = oauth2.begin(connection, used_uri)
        callback.state = begun.state
        options.announce(begun.authorize_url, callback)
        options.explain(used_uri, is_port_free=not (address.port or options.port))
        with callback.showing_result(connection.name or "the API"):
            return oauth2.finish(connection, options.visited(callback), state=begun.state)


def sign_in_by_device_code(connection: Connection, options: LoginOptions) -> list[Finding]:
    """Sign in on any device, by a code that the user types in there."""
    begun = device.begin(connection)
    page = begun.verification_uri_complete or begun.verification_uri
    say("Open this page on any device and sign in:")
    say(page)
    say(f"The page asks for this code, or shows it: {begun.user_code}")
    say(f"The code ends in {in_words(begun.expires_in)}; this command waits until then.")
    options.opens(page)
    return device.finish(connection, begun)


def _registered_redirect_uri(connection: Connection) -> str:
    method = connection.document.method
    return (method.redirect_uri or "") if isinstance(method, OAuth2AuthorizationCode) else ""


def _redirect_uri(registered: str, address: ListenAddress, callback_url: str) -> str:
    """Return the redirect URI: exactly as registered, except that a port is added if it has none."""
    if not registered:
        return callback_url
    if address.port:
        return registered
    parts = urlsplit(registered)
    return parts._replace(netloc=f"{parts.netloc}:{urlsplit(callback_url).port}").geturl()


def _sign_in_by_pasting(connection: Connection, options: LoginOptions, redirect_uri: str) -> list[Finding]:
    unused = f"http://{DEFAULT_ADDRESS.host}:{options.port or FIXED_PORT}{DEFAULT_ADDRESS.path}"
    begun = oauth2.begin(connection, redirect_uri or unused)
    options.announce(begun.authorize_url)
    options.explain(redirect_uri or unused)
    while True:
        pasted = options.pasted("The URL that the browser ends at, even if it shows an error")
        if "code=" in pasted or "error=" in pasted:
            return oauth2.finish(connection, pasted, state=begun.state)
        # Other text, such as an old clipboard's content, is not sent anywhere.
        say("That is not where the sign-in ends: its URL contains code=… or error=….", err=True)
