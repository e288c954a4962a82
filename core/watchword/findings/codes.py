"""The table of codes: everything that a check can find, what it means and what to do about it."""

from __future__ import annotations

from collections.abc import Mapping

from watchword.findings.finding import Code, Finding, Permanence, Phase, Severity, Verdict

_ROWS: list[Code] = []

_SETUP = Permanence.CONFIGURATION


def _row(  # noqa: PLR0913 - one parameter a column, used in this file alone
    name: str,
    advice: str,
    *,
    phase: Phase,
    severity: Severity = Severity.ERROR,
    permanence: Permanence = Permanence.CONFIGURATION,
    verdict: Verdict | None = Verdict.INVALID,
) -> None:
    _ROWS.append(Code(name, phase, severity, permanence, verdict, advice))


def _lint(name: str, advice: str) -> None:
    _row(name, advice, phase=Phase.LINT)


def _warn(name: str, advice: str, phase: Phase = Phase.LINT) -> None:
    _row(name, advice, phase=phase, severity=Severity.WARNING, permanence=Permanence.FINE, verdict=None)


def _network(name: str, advice: str, permanence: Permanence = Permanence.TRANSIENT) -> None:
    _row(name, advice, phase=Phase.NETWORK, permanence=permanence, verdict=Verdict.UNREACHABLE)


def _token(name: str, advice: str, permanence: Permanence = Permanence.PERMANENT) -> None:
    verdict = Verdict.UNREACHABLE if permanence is Permanence.TRANSIENT else Verdict.INVALID
    _row(name, advice, phase=Phase.TOKEN, permanence=permanence, verdict=verdict)


def _secret(name: str, advice: str, permanence: Permanence = Permanence.TRANSIENT) -> None:
    verdict = Verdict.UNREACHABLE if permanence is Permanence.TRANSIENT else Verdict.INVALID
    _row(name, advice, phase=Phase.LINT, permanence=permanence, verdict=verdict)


def _proof(name: str, advice: str, verdict: Verdict = Verdict.VALID) -> None:
    _row(
        name, advice, phase=Phase.ANSWER, severity=Severity.INFO, permanence=Permanence.FINE, verdict=verdict
    )


def _refusal(name: str, advice: str) -> None:
    _row(name, advice, phase=Phase.ANSWER, permanence=Permanence.PERMANENT)


def _doubt(name: str, advice: str, permanence: Permanence = Permanence.INCONCLUSIVE) -> None:
    _row(name, advice, phase=Phase.ANSWER, permanence=permanence, verdict=Verdict.INCONCLUSIVE)


# The document itself.
_lint("document_unreadable", "Give one JSON object.")
_lint("unknown_method", "Choose one of the methods that are named here.")
_lint("unknown_field", "Correct the name or remove the field.")
_lint("field_of_other_method", "Remove the field, or choose the method that it belongs to.")
_lint("missing_field", "Fill the field in.")
_lint("wrong_type", "Give a value of the type that is named here.")
_lint("schema_version_missing", 'Add "schema_version": 1 (the number) as the first entry of the extra.')
_lint("given_twice", "Give it in one place.")
_lint("placeholder_secret", "Enter the real secret; what is saved is a stand-in for it.")
_lint("userinfo_in_url", "Take user and password out of the URL; the method basic sends them safely.")
_lint("http_method_unsuitable", "Validate with GET, HEAD, POST, PUT, PATCH or DELETE.")
_lint("reference_unresolved", "Make the variable or file available to this process, or correct the name.")
_lint(
    "reference_not_allowed",
    "Use a name inside the deployment's allow-list (WATCHWORD_ALLOWED_REFERENCES), or have it extended.",
)
_lint("template_unresolved", 'Add the secret as "template:NAME" to secret_parameters.')
_lint("parameter_malformed", 'Write it as "header:NAME", "query:NAME", "cookie:NAME" or "body:NAME".')
_lint("url_not_absolute", "Give the complete URL, with https:// and the host.")
_lint("url_plain_http", "Use https://, or list the origin with its http:// in allowed_origins.")
_lint("test_url_not_absolute", "Give the complete URL, such as https://api.example.com/v1/me.")
_lint("test_url_plain_http", "Use https://, or list the origin with its http:// in allowed_origins.")
_lint("origin_not_allowed", "Use a URL of the API itself, or add its origin to allowed_origins.")
_lint("duplicate_query_parameter", "Remove the parameter from the URL: the connection adds it.")
_lint("header_conflict", "Leave each header, query parameter or cookie to one owner.")
_lint("header_illegal", "Remove line breaks, control characters and characters outside Latin-1.")
_lint("doubled_prefix", "Enter the token alone: the prefix is added by the method.")
_lint("username_illegal", "A user name for Basic authentication must not contain a colon (RFC 7617).")
_lint("charset_mismatch", "Set charset to utf-8, or correct the user name or password.")
_lint("token_expired_already", "Fetch a new token from the provider and save it.")
_lint(
    "key_unreadable",
    "Paste the whole private key, with its BEGIN and END lines, as the provider gave it.",
)
_lint("key_unsuitable", "Choose the algorithm that the key was made for, or give a key of that kind.")
_lint("jwt_illegal", "Correct payload or jwt_headers as it says (RFC 7515, RFC 7519).")
_warn("jti_reused", "Set lifetime to 0, unless the API takes a token more than once.")
_warn("tls_unverified", "Turn verify on; use ca_bundle for a private authority.")
_warn("key_too_short", "Ask the provider for a longer secret: a short one can be guessed (RFC 7518, 3.2).")
_warn("key_repaired", "It works as it is; save the key with its line breaks to be free of guesses.")
_lint("name_missing", "Give it one, by --name or load(…, name=…): the sign-in is kept under it.")
_lint("extra_missing", "Install the extra that is named here.")
_lint("file_missing", "Correct the path, or make the file available to this process.")
_lint("body_not_extendable", "Send a form or a JSON object, or place the credential elsewhere.")
_lint("body_not_replayable", "Send the request again: token or challenge are known by now.")
_lint("body_not_signable", "Send bytes, or a file through conn.session(): the signature covers the body.")
_lint("adapter_unsuitable", "Use the client that the connection makes, which signs in its transport.")
_warn("fields_ignored", "Clear the fields of methods that are not chosen.")
_warn("secret_in_url", "Remove it from the URL: URLs end up in logs.")
_warn("secret_in_clear", "Write {{secret:NAME}} and keep the value in secret_parameters as template:NAME.")
_warn(
    "scope_separator_suspect", "Separate scopes by spaces, or set scope_separator if this API wants commas."
)
_warn("secret_for_example", "Enter the real secret if this is an example's.")
_warn(
    "secret_surrounded",
    "Remove the blanks, quotes or line breaks around the secret unless they belong to it.",
)

# The network, seen from the call's own exception.
_network("dns_not_found", "Check the host's spelling in the URL.", Permanence.CONFIGURATION)
_network("dns_temporary", "Name resolution failed for now; it is tried again.")
_network("connect_refused", "Check port and firewall; nothing listens there at the moment.")
_network("connect_timeout", "Check whether this machine may reach the host.")
_network("host_unreachable", "Check this machine's network and routes.")
_network("connection_lost", "The server or a proxy hung up before answering; try again.")
_network("read_timeout", "The server took too long; raise timeout if it is known to be slow.")
_network("proxy_error", "Check the proxy's address and whether it is up.")
_network(
    "proxy_authentication_required", "Put the proxy's user and password in proxy.", Permanence.CONFIGURATION
)
_network(
    "tls_untrusted",
    "Set ca_bundle to the certificate authority that signed the server's certificate.",
    Permanence.CONFIGURATION,
)
_network(
    "tls_hostname_mismatch",
    "Use the host name that the server's certificate is made out to.",
    Permanence.CONFIGURATION,
)
_network(
    "tls_expired", "The server's certificate has expired: its owner must renew it.", Permanence.CONFIGURATION
)
_network(
    "tls_client_certificate_required",
    "Set client_certificate and client_private_key.",
    Permanence.CONFIGURATION,
)
_network(
    "tls_failed",
    "Check that the port speaks TLS, and whether the server wants a client certificate.",
    Permanence.CONFIGURATION,
)

# The token endpoint (RFC 6749 section 5.2).
_token(
    "invalid_client",
    "Check client id and secret, whether the secret has expired, and whether the server wants client_auth "
    "client_secret_basic or client_secret_post; if the secret has special characters, try basic_encoding "
    "raw.",
)
_token("invalid_grant", "The grant was refused; check what the provider allows this client.")
_token("invalid_scope", "Ask only for scopes that the provider has granted to this client.")
_token("unauthorized_client", "Have the client credentials grant allowed for this client at the provider.")
_token("unsupported_grant_type", "This server has no client credentials grant; choose another method.")
_token("invalid_request", "A field is missing or doubled; compare grant_body with the provider's manual.")
_token("access_denied", "The provider refuses this client; ask its administrator.")
_token("token_refused", "Look the error's name up in the provider's manual.")
_token(
    "token_endpoint_not_found",
    "Check token_url: the server does not know this path.",
    Permanence.CONFIGURATION,
)
_token(
    "temporarily_unavailable", "The token endpoint is overloaded or down; try later.", Permanence.TRANSIENT
)
_token(
    "reply_not_token", "Check token_url: it answered something that is no token.", Permanence.CONFIGURATION
)
_token(
    "token_field_missing",
    "Set response_access_path to the field that holds the token.",
    Permanence.CONFIGURATION,
)
_token(
    "token_malformed",
    "Check response_access_path: what stands there can't be sent in a header.",
    Permanence.CONFIGURATION,
)
_token("login_refused", "Check user name and password, and that login_body is what the API wants.")
_token("sign_in_refused", "Check consumer key and secret, read what the server says, and sign in again.")
_token(
    "aws_credentials_missing",
    "Give access_key and secret_key, or a profile that exists on this machine.",
    Permanence.CONFIGURATION,
)
_token("token_error_in_200", "Look the error's name up in the provider's manual.")
_token(
    "sign_in_required",
    "Sign in, under the connection's name: watchword login DOCUMENT --name NAME.",
)
_token(
    "refresh_outcome_unknown",
    "Wait; if it stays, sign in again: watchword login. A new refresh token may have been lost on its way.",
    Permanence.TRANSIENT,
)
_token("renewal_in_progress", "Another process is asking for the token; try again.", Permanence.TRANSIENT)
_token("authorization_pending", "Type the code in on the page, and allow it.", Permanence.TRANSIENT)
_token("slow_down", "Ask more seldom.", Permanence.TRANSIENT)
_token("expired_token", "Begin the sign-in again, and type the code in before it ends.")
_warn(
    "no_refresh_token",
    "Sign in again when the token ends. For more, ask for a refresh token as the provider wants it: often "
    'by the scope offline_access, or by authorize_parameters such as {"access_type": "offline"}.',
    Phase.TOKEN,
)
_warn(
    "not_revoked",
    "Revoke it at the provider, or wait: there it is good until it ends. Here it is forgotten.",
    Phase.TOKEN,
)
_warn(
    "rotation_not_persisted",
    "Mend the token store: the new refresh token lies in an encrypted file in WATCHWORD_HOME until then.",
    Phase.TOKEN,
)

# The token store.
_token(
    "store_unsuitable",
    "Correct WATCHWORD_STORE: memory://, sqlite:////ABSOLUTE/PATH or postgresql+psycopg://USER:PASSWORD@HOST/NAME.",
    _SETUP,
)
_token("store_read_only", "Make the store's file and folder writable for this process.", _SETUP)
_token("store_full", "Make room on the store's disk.", Permanence.TRANSIENT)
_token("store_locked", "Another process holds the store; try again.", Permanence.TRANSIENT)
_token(
    "store_unreachable",
    "Bring the store back: its server is down, or its file is gone.",
    Permanence.TRANSIENT,
)
_token("store_damaged", "Restore the store's file from a copy, or move it away and sign in again.", _SETUP)
_token(
    "store_on_network_disk",
    "Set WATCHWORD_HOME or WATCHWORD_STORE to a disk of this machine, or to a PostgreSQL database.",
    _SETUP,
)
_token("store_key_missing", "Set WATCHWORD_KEY to the store's key.", _SETUP)
_token("store_key_wrong", "Set WATCHWORD_KEY to the key that the store was written with.", _SETUP)
_token("store_newer", "Upgrade watchword: a newer version has written this store.", _SETUP)
_token(
    "store_not_shared",
    "Set the store to a PostgreSQL database that all machines reach: one machine's file loses sign-ins.",
    _SETUP,
)
_warn(
    "scope_reduced",
    "The server granted less than was asked for; calls outside it will be refused.",
    Phase.TOKEN,
)

# Where secrets are kept: Google Secret Manager, the vault.
_secret("connection_missing", "Correct the name, or store it: watchword connections add NAME.", _SETUP)
_secret("secret_missing", "Correct the name, or store it: watchword secrets set NAME.", _SETUP)
_secret(
    "secret_unreadable", "Store a connection document, Airflow's JSON of a connection, or its URI.", _SETUP
)
_secret("secret_name_illegal", "Use letters, digits, _ and - alone, 255 at most.", _SETUP)
_secret(
    "secret_too_large",
    "Keep what is large in a file, and refer to it by file:PATH; 64 KiB is the limit.",
    _SETUP,
)
_secret("secret_not_enabled", "Enable the version, add a new one, or pin another.", _SETUP)
_secret("secret_changed_meanwhile", "Somebody else has changed it at the same time: look, and try again.")
_secret(
    "secrets_denied",
    "Grant roles/secretmanager.secretAccessor on the secret or the project to the account that is used here.",
    _SETUP,
)
_secret(
    "secrets_unauthenticated",
    "Give this process credentials of Google: a service account attached to the machine, a key file in "
    "GOOGLE_APPLICATION_CREDENTIALS, or: gcloud auth application-default login.",
    _SETUP,
)
_secret("secrets_throttled", "Wait: a quota of the project is used up; longer caching asks less often.")
_secret("secrets_timeout", "Try again; if it stays, check this machine's way to Google's APIs.")
_secret("secrets_unreachable", "Try again; if it stays, check firewall, proxy and endpoint.")
_secret("secret_corrupt", "Try again: the content arrived altered, by its checksum.")
_secret("secrets_refused", "Read what the service says; check project, location and name.", _SETUP)
_secret(
    "secrets_unsuitable",
    "Give local, gcp://PROJECT or gcp://PROJECT/LOCATION; in WATCHWORD_SECRETS also env, several by commas.",
    _SETUP,
)

# What the API answered.
_proof("token_obtained", "The token endpoint issued a new token.")
_proof("authenticated", "The call succeeded with the credential and is refused without it.")
_proof("expected_status_matched", "The expected status was answered with the credential only.")
_proof("counterfactual_skipped", "The call succeeded; the same call without the credential was not made.")
_proof(
    "counterfactual_unavailable", "The call succeeded; the same call without the credential got no answer."
)
_proof(
    "authenticated_but_forbidden",
    "Ask the provider for the missing right or scope.",
    Verdict.VALID_BUT_LIMITED,
)
_warn("clock_drift", "Set this machine's clock, best by NTP, before signatures are refused.", Phase.ANSWER)
_warn("empty_result", "The call succeeded and returned no rows.", Phase.ANSWER)
_refusal("unauthorized_401", "Check the credential: expired, revoked, or of another environment.")
_refusal("redirect_to_login", "The API sends the caller to sign in: check credential and URL.")
_refusal("login_page_200", "A sign-in page came back: check credential and URL.")
_refusal("refused_in_200_body", "The answer says so although its status is a success: check the credential.")
_refusal(
    "credential_refused_403", "Check the credential: mistyped, expired, revoked, or of another environment."
)
_refusal("signature_mismatch", "Check the secret key first; then compare the lines that differ.")
_refusal("aws_key_unknown", "Check the access key: AWS does not know it, or it was deleted.")
_refusal("aws_token_expired", "Fetch new temporary credentials: the session token has ended.")
_refusal("aws_token_missing", "Add the session token: temporary credentials have three parts.")
_refusal("aws_scope_wrong", "Correct region or service: the signature is made for others.")
_refusal("clock_skew", "Set this machine's clock, best by NTP: signatures and tokens hold the time.")
_refusal("nonce_used", "Check that no proxy repeats requests, and the clock: the API has seen this nonce.")
_refusal("digest_unsupported", "The API's Digest challenge asks for what this client does not know.")
_doubt(
    "unexpected_content_type",
    "A web page came back: give a test URL that answers JSON, or name the status in expected_status.",
)
_doubt("contrast_unclear", "Give a test URL that answers 401 without the credential.")
_doubt("redirect_loop", "Give the final URL: the API redirects again and again.")
_doubt("error_in_200_body", "Read the error in the answer; give a test URL that succeeds.")
_doubt(
    "forbidden_403",
    "Nothing says whether the credential or its rights are at fault: give a test URL that it may read.",
)
_doubt("blocked_by_waf", "A firewall answered instead of the API: have this machine's address allowed.")
_doubt("not_found_404", "Correct the test URL: a missing page proves nothing.")
_doubt("method_not_allowed_405", "Validate with a method that the API allows here.")
_doubt("unsupported_media_415", "Validate with GET, or send the body type that the API wants.")
_doubt("unexpected_status", "Give a test URL that answers 2xx, or name the status in expected_status.")
_doubt("redirect_cross_origin", "Give the final URL: the credential was not sent to the other origin.")
_doubt("auth_not_required", "The call succeeds without the credential too: give a test URL that needs it.")
_doubt("no_authentication", "This connection sends no credential, so there is nothing to prove.")
_doubt("not_proven", "The saved values look right; not proven: give a test URL.")
_doubt(
    "sign_in_not_tested",
    "Use the sensor, or watchword validate: the Test button sees a copy without the sign-in.",
)
_doubt("rate_limited_429", "Wait: the credential is probably valid.", Permanence.TRANSIENT)
_doubt("quota_exhausted", "The quota is used up: wait or have it raised.", Permanence.TRANSIENT)
_row(
    "server_error_5xx",
    "The API has a fault of its own; try later.",
    phase=Phase.ANSWER,
    permanence=Permanence.TRANSIENT,
    verdict=Verdict.UNREACHABLE,
)

CODES: Mapping[str, Code] = {row.name: row for row in _ROWS}
"""Every code by its name."""


def finding(
    code: str,
    message: str,
    *,
    advice: str = "",
    evidence: dict[str, str] | None = None,
    retry_after: float | None = None,
) -> Finding:
    """Return a finding of the code of that name; KeyError where the table has none."""
    return Finding(CODES[code], message, advice, evidence or {}, retry_after)
