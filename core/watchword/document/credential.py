"""A connection's credential in use: its document resolved, its token, and where that token is stored."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING

from watchword.document import secret_files
from watchword.document.deployment_policy import DeploymentPolicy
from watchword.document.reading import Document
from watchword.document.resolution import Resolved, resolve, secret_texts
from watchword.document.secret_files import FileStates
from watchword.findings.codes import finding
from watchword.findings.finding import Finding
from watchword.http import path_templates
from watchword.http.origins import origin
from watchword.redact import NeverPickled

if TYPE_CHECKING:
    from watchword.stores.contracts import Store
    from watchword.tokens.acquire import AcquiredToken
    from watchword.tokens.stored_token import StoredCredential
    from watchword.tokens.token import Token
    from watchword.tokens.token_cache import TokenCache
    from watchword.tokens.token_source import TokenSource


class Credential(NeverPickled):
    """What a document authenticates with; each part is made when it is first needed.

    Args:
        document: the document, as it was read.
        name: the connection's name, which tokens are stored under.
        policy: which references may be resolved and which addresses called; None allows all.
        store: the token store or its URL; that of the environment if left out.
        arguments: those of the command `watchword` for the connection, such as `airflow:acme`.
    """

    def __init__(
        self,
        document: Document,
        name: str | None = None,
        policy: DeploymentPolicy | None = None,
        store: Store | str | None = None,
        arguments: str = "",
    ) -> None:
        self.document = document
        self.name = name
        self._policy = policy
        self._given_store = store
        self._arguments = arguments
        self._files: FileStates = {}

    @property
    def store(self) -> Store:
        """The token store: the one that was given, otherwise the one that the environment names."""
        if self._given_store is None or isinstance(self._given_store, str):
            from watchword.stores import open_store  # noqa: PLC0415 - methods without a token need no store

            return open_store(self._given_store)
        return self._given_store

    @cached_property
    def resolved(self) -> Resolved:
        """The document's content, ready for use; raises DocumentError if a reference can't be resolved.

        A failure isn't kept: the next use tries again, since a secret's source may be down for a moment.
        """
        self._files = secret_files.states_of(secret_texts(self.document))
        return resolve(self.document, self._policy)

    def reread(self) -> bool:
        """Have the secrets read anew if one of their files has changed, and return whether that is so.

        What is in use keeps the secrets that it was made with.
        """
        if not self._files or not secret_files.have_changed(self._files):
            return False
        for name in ("resolved", "source", "token_cache", "stored"):
            self.__dict__.pop(name, None)
        return True

    @property
    def is_present(self) -> bool:
        """Whether requests carry anything that a validation could prove."""
        certificate = self.resolved.transport.client_certificate
        return self.resolved.method.has_credential or bool(self._stacked) or bool(certificate)

    @property
    def _stacked(self) -> tuple[object, ...]:
        """The secrets that requests carry beside the method's, also those in a path."""
        common = self.document.common
        in_path = path_templates.names(f"{common.base_url}/{common.test_url or ''}", "secret")
        return (*self.resolved.secrets, *in_path)

    @cached_property
    def source(self) -> TokenSource | None:
        """Where the token comes from; None if requests carry no token."""
        method, secrets = self.resolved.method, self.resolved.template_secrets
        if not self.document.has_login:
            return method.token_source(secrets)
        from watchword.document.logins import source_of  # noqa: PLC0415 - few requests for tokens have a login

        return source_of(method, secrets)

    @cached_property
    def token_cache(self) -> TokenCache | None:
        """The process's cache of the token; None if requests carry no token."""
        if self.source is None:
            return None
        from watchword.tokens.token_caches import token_cache_for  # noqa: PLC0415 - many methods have no token

        return token_cache_for(self.source, self.resolved.transport, self.stored, self.resolved)

    @cached_property
    def stored(self) -> StoredCredential | None:
        """What the token is stored under; None if no other process could use the token."""
        from watchword.tokens.stored_token import StoredCredential  # noqa: PLC0415 - many methods have no token
        from watchword.tokens.token_source import StoredSource  # noqa: PLC0415 - many methods have no token

        source = self.source
        if not isinstance(source, StoredSource):
            return None
        transport = self.resolved.transport
        return StoredCredential(
            self.store, self.name or "", source, transport, self._token_destinations, self._arguments
        )

    def renew_token(self) -> AcquiredToken:
        """Have a new token issued even if the current one is good, and use it from now on.

        If the server never renews a sign-in, the current token comes back, and is not new.

        Raises:
            TokenError: no token was issued.
            TypeError: requests carry no token.
        """
        if self.token_cache is None:
            raise TypeError("this method has no token")
        return self.token_cache.renew()

    def token_remarks(self, token: Token) -> list[Finding]:
        """Return warnings: fewer scopes than the document asks for, or an end that can't be read."""
        from watchword.tokens.lifetimes import unread_end  # noqa: PLC0415 - many methods have no token

        remarks = unread_end(token)
        if token.scope is None:
            return remarks
        missing = sorted(self.document.method.scopes - set(token.scope.replace(",", " ").split()))
        message = f"The server did not grant: {', '.join(missing)}."
        return [finding("scope_reduced", message), *remarks] if missing else remarks

    @property
    def _token_destinations(self) -> tuple[str, ...]:
        """Where the tokens of a sign-in may go: editing a document must not send them elsewhere."""
        if not self.document.method.signs_in:
            return ()
        common, method, transport = self.document.common, self.resolved.method, self.resolved.transport
        urls = (getattr(method, name) for name in method.token_urls)
        destinations = {origin(url) or url for url in urls if url}
        proxy = (transport.proxy or "").rpartition("@")[2]  # its password may change
        verification = f"{transport.verify} {transport.ca_bundle}"
        if learnt := getattr(method, "response_base_url_path", None):
            destinations.add(f"base URL at {learnt}")
        return (*sorted(destinations), "", *sorted(common.origins.described), proxy, verification)
