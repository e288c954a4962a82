"""A local API that truly verifies each way of authenticating, for the demo, for trying things and for tests.

It checks credentials with other people's code (FastAPI's security utilities, oauthlib's server side, joserfc
and botocore) and imports nothing of watchword, so that the two sides can't share a mistake.
Every credential it accepts is made up and public; it listens on the loopback interface alone.

    with Playground() as playground:
        connection = watchword.load(document(playground.url, "bearer"))
"""

try:
    from watchword.playground.app import create_app
    from watchword.playground.credentials import (
        ASSERTING_CREDENTIALS,
        AWKWARD_CREDENTIALS,
        CREDENTIALS,
        document,
    )
    from watchword.playground.faults import Fault
    from watchword.playground.oauth_settings import OAuthSettings
    from watchword.playground.server import Playground, serve
    from watchword.playground.sign_in import SignInWish
except ModuleNotFoundError as missing:
    library = (missing.name or "").partition(".")[0]
    if library == "watchword":
        raise
    raise ImportError(
        f'watchword.playground needs {library}: pip install "watchword[playground]"', name=library
    ) from missing

__all__ = [
    "ASSERTING_CREDENTIALS",
    "AWKWARD_CREDENTIALS",
    "CREDENTIALS",
    "Fault",
    "OAuthSettings",
    "Playground",
    "SignInWish",
    "create_app",
    "document",
    "serve",
]
