"""A local API that verifies the credentials of every method, for the demo, for experiments and for tests.

It verifies them with independent code (FastAPI's security utilities, oauthlib's server side, joserfc and
botocore) and imports nothing of watchword, so that client and server can't share a mistake. Every credential
that it accepts is made up and public. It listens on the loopback interface only.

    with Playground() as playground:
        connection = watchword.load(document(playground.url, "bearer"))
"""

try:
    from watchword_playground.api.app import create_app
    from watchword_playground.credentials import (
        ASSERTING_CREDENTIALS,
        AWKWARD_CREDENTIALS,
        BOUND_CREDENTIALS,
        CREDENTIALS,
        document,
        testable_document,
    )
    from watchword_playground.oauth.sign_in import SignInOptions
    from watchword_playground.server import Playground, serve
    from watchword_playground.state.faults import Fault
    from watchword_playground.state.oauth_settings import OAuthSettings
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
    "BOUND_CREDENTIALS",
    "CREDENTIALS",
    "Fault",
    "OAuthSettings",
    "Playground",
    "SignInOptions",
    "create_app",
    "document",
    "serve",
    "testable_document",
]
