"""The sign-ins of OAuth 2.0 on a command line: a browser that comes back, a pasted URL, or a code."""

from __future__ import annotations

from urllib.parse import urlsplit

from watchword.cli.browser import ANYWHERE, Way
from watchword.cli.output import say
from watchword.connection import Connection
from watchword.findings.finding import Finding
from watchword.methods.oauth2_authorization_code import OAuth2AuthorizationCode
from watchword.sign_in import device, oauth2
from watchword.sign_in.callback import ListenAddress, listen_address_of

_NOBODY_LISTENS = 8400
"""The port in a redirect URI that nobody comes to: the browser shows an error, and the URL to be pasted."""


def by_browser(connection: Connection, way: Way) -> list[Finding]:
    """Sign in with a browser on this machine, or with one elsewhere whose last URL is pasted."""
    redirect_uri = _registered(connection)
    place = listen_address_of(redirect_uri) if redirect_uri else ANYWHERE
    if way.paste or place is None:
        return _pasted(connection, way, redirect_uri)
    with way.listening(way.place(place)) as callback:
        begun = oauth2.begin(connection, _returning(redirect_uri, place, callback.url))
        callback.state = begun.state
        way.announce(begun.authorize_url, callback)
        return oauth2.finish(connection, way.visit(callback), state=begun.state)


def by_code(connection: Connection, way: Way) -> list[Finding]:
    """Sign in on any device, by a code that is typed in there."""
    begun = device.begin(connection)
    page = begun.verification_uri_complete or begun.verification_uri
    say("Open this page on any device and sign in:")
    say(page)
    say(f"It asks for this code, or shows it: {begun.user_code}")
    way.opens(page)
    return device.finish(connection, begun)


def _registered(connection: Connection) -> str:
    method = connection.document.method
    return (method.redirect_uri or "") if isinstance(method, OAuth2AuthorizationCode) else ""


def _returning(registered: str, place: ListenAddress, listened: str) -> str:
    """Return the redirect URI: to the letter as it is registered, but for a port that was left open."""
    if not registered:
        return listened
    if place.port:
        return registered
    parts = urlsplit(registered)
    return parts._replace(netloc=f"{parts.netloc}:{urlsplit(listened).port}").geturl()


def _pasted(connection: Connection, way: Way, redirect_uri: str) -> list[Finding]:
    nowhere = f"http://{ANYWHERE.host}:{way.port or _NOBODY_LISTENS}{ANYWHERE.path}"
    begun = oauth2.begin(connection, redirect_uri or nowhere)
    way.announce(begun.authorize_url)
    while True:
        answer = way.pasted("The URL that the browser ends at, be there a page or not")
        if "code=" in answer or "error=" in answer:
            return oauth2.finish(connection, answer, state=begun.state)
        # Anything else, such as what was on the clipboard before, goes nowhere.
        say("That is not where the sign-in ends: its address holds code=… or error=….", err=True)
