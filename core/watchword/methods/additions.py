"""What a document's JSON fields add to a request for a token: fields of the body, and headers."""

from __future__ import annotations

import time
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field

from watchword.findings.codes import finding
from watchword.findings.finding import Finding, errors
from watchword.flow import random_nonce
from watchword.http import headers
from watchword.http.json_value import JsonValue
from watchword.protocols import templates
from watchword.protocols.oauth2.client import CLIENT_TEMPLATES
from watchword.protocols.templates import FreshValues, TemplateSecrets
from watchword.redact import NeverPickled


@dataclass(frozen=True)
class Additions(NeverPickled):
    """Fields of the body and headers to add or replace; null leaves one out.

    `own` are the values of the templates that these fields have beside `{{secret:NAME}}`.
    """

    body: Mapping[str, JsonValue] = field(default_factory=dict)
    headers: Mapping[str, JsonValue] = field(default_factory=dict)
    own: Mapping[str, str] = field(default_factory=dict, repr=False)

    def to_body(
        self, secrets: TemplateSecrets, client: Mapping[str, str], fresh: FreshValues
    ) -> dict[str, JsonValue]:
        """Return the fields, filled in; `client` has the values of the client's own templates."""
        return self._filled(self.body, secrets, client, fresh)

    def to_headers(
        self, secrets: TemplateSecrets, client: Mapping[str, str], fresh: FreshValues
    ) -> dict[str, str]:
        """Return the headers, filled in; `client` has the values of the client's own templates."""
        filled = self._filled(self.headers, secrets, client, fresh)
        return {name: str(value).strip() for name, value in filled.items() if value is not None}

    def findings(
        self, names: tuple[str, str], secrets: TemplateSecrets, client: Collection[str]
    ) -> Iterator[Finding]:
        """Yield what is wrong in the fields.

        Args:
            names: those of the JSON fields for the body and for the headers.
            secrets: the secrets of templates.
            client: the templates that the client's authentication method gives.
        """
        for name in sorted(CLIENT_TEMPLATES.difference(client)):
            if templates.mentions([dict(self.body), dict(self.headers)], {name}):
                message = f"{' or '.join(names)} has {{{{{name}}}}}, which this client_auth does not give."
                advice = "Set client_auth to client_secret_post; to private_key_jwt for {{client_assertion}}."
                yield finding("template_unresolved", message, advice=advice)
        known = (*self.own, *CLIENT_TEMPLATES)
        template_findings = [
            each
            for name, content in zip(names, (self.body, self.headers), strict=True)
            for each in templates.findings(name, content, secrets, own=known, with_fresh=True)
        ]
        yield from template_findings
        if not errors(template_findings):
            fresh = FreshValues(time.time(), random_nonce)
            for name, value in self.to_headers(secrets, dict.fromkeys(known, "value"), fresh).items():
                yield from headers.name_findings(name, "header")
                yield from headers.value_findings(value, f"the token request's header {name[:40]}")

    def _filled(
        self,
        content: Mapping[str, JsonValue],
        secrets: TemplateSecrets,
        client: Mapping[str, str],
        fresh: FreshValues,
    ) -> dict[str, JsonValue]:
        own = {**self.own, **client}
        return {name: templates.fill_own(value, secrets, own, fresh) for name, value in content.items()}
