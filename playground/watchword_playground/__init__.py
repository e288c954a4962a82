"""A local API that truly verifies each way of authenticating, for the demo, for trying things and for tests.

It checks credentials with other people's code (FastAPI's security utilities, oauthlib's server side, joserfc
and botocore) and imports nothing of watchword, so that the two sides can't share a mistake.
Every credential it accepts is made up and public; it listens on the loopback interface alone.

    with Playground() as playground:
        connection = watchword.load(document(playground.url, "bearer"))
"""

try:
    from watchword_playground.app import create_app
    from watchword_playground.credentials import (
        ASSERTING_CREDENTIALS,
        AWKWARD_CREDENTIALS,
        CREDENTIALS,
        document,
    )
    from watchword_playground.faults import Fault
    from watchword_playground.oauth.settings import OAuthSettings
    from watchword_playground.server import Playground, serve
    from watchword_playground.sign_in import SignInOptions
except ModuleNotFoundError as missing:
    library = (missing.name or "").partition(".")[0]
    if library == "watchword_playground":
        raise
    raise ImportError(
        f'watchword_playground needs {library}: pip install "watchword[playground]"', name=library
    ) from missing

__all__ = [
    "ASSERTING_CREDENTIALS",
    "AWKWARD_CREDENTIALS",
    "CREDENTIALS",
    "Fault",
    "OAuthSettings",
    "Playground",
    "SignInOptions",
    "create_app",
    "document",
    "serve",
]
