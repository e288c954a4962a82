"""The table of codes: everything that a check can find, its meaning and the advice for it."""

from __future__ import annotations

from collections.abc import Mapping

from watchword.findings.finding import Code, Finding, Permanence, Phase, Severity, Verdict

_ROWS: list[Code] = []

_SETUP = Permanence.CONFIGURATION


def _row(  # noqa: PLR0913 - one parameter for each column, used only in this file
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


def _elsewhere(name: str, advice: str, permanence: Permanence = _SETUP) -> None:
    _row(name, advice, phase=Phase.LINT, permanence=permanence, verdict=Verdict.INCONCLUSIVE)


def _doubt(name: str, advice: str, permanence: Permanence = Permanence.INCONCLUSIVE) -> None:
    _row(name, advice, phase=Phase.ANSWER, permanence=permanence, verdict=Verdict.INCONCLUSIVE)


# The document itself.
_lint("document_unreadable", "Give one JSON object.")
_lint(
    "import_unreadable",
    "Give a file in one of the forms that watchword connections import --help lists.",
)
_lint(
    "import_value_missing",
    "Give the values in a file (--variables FILE), or run the command without --yes: it asks for them.",
)
_lint(
    "import_choice_needed",
    "Name the one to import, in front of --from.",
)
_lint("unknown_method", "Choose one of the methods that the message names.")
_lint("unknown_field", "Correct the name, or remove the field.")
_lint("field_of_other_method", "Remove the field, or choose the method that has it.")
_lint("missing_field", "Fill in the field.")
_lint("wrong_type", "Give a value of the type that the message names.")
_lint("schema_version_missing", 'Add "schema_version": 1 (the number) as the first entry of the extra.')
_lint(
    "other_connection_type",
    "Name a connection of one of watchword's types, or convert this one: watchword connections import.",
)
_lint("given_twice", "Give it in one place only.")
_lint("placeholder_secret", "Enter the real secret: the saved value is only a placeholder.")
_lint(
    "secret_needed_again",
    "Enter the secret: a stored one only goes to the addresses that it was stored for.",
)
_lint(
    "userinfo_in_url",
    "Remove user and password from the URL, and use the method basic, which sends them in a header.",
)
_lint("http_method_unsuitable", "Validate with GET, HEAD, POST, PUT, PATCH or DELETE.")
_lint("secret_not_referenced", "Write a reference, such as env:NAME, file:PATH, gcp:NAME or local:NAME.")
_lint("reference_unresolved", "Set the variable or provide the file for this process, or correct the name.")
_lint(
    "reference_not_allowed",
    "Use a name that the deployment allows (WATCHWORD_ALLOWED_REFERENCES), or ask for it to be added there.",
)
_lint("setting_unreadable", "Correct the variable for every process of this deployment.")
_lint("template_unresolved", 'Add the secret as "template:NAME" to secret_parameters.')
_lint("variable_unfilled", "Write the value in the variable's place: watchword doesn't fill it in.")
_lint("path_illegal", "Give a value that can be a part of a URL's path.")
_lint(
    "parameter_malformed",
    'Write it as "header:NAME", "query:NAME", "cookie:NAME" or "body:NAME"; a secret of a template is '
    '"template:NAME".',
)
_lint("url_not_absolute", "Give the complete URL, with https:// and the host.")
_lint("url_plain_http", "Use https://, or list the origin with its http:// in allowed_origins.")
_lint("test_url_not_absolute", "Give the complete URL, such as https://api.example.com/v1/me.")
_lint("test_url_plain_http", "Use https://, or list the origin with its http:// in allowed_origins.")
_lint("origin_not_allowed", "Use a URL of the API itself, or add its origin to allowed_origins.")
_lint("duplicate_query_parameter", "Remove the parameter from the URL, since the connection adds it.")
_lint("header_conflict", "Set each header, query parameter or cookie in one place only.")
_lint("header_illegal", "Remove line breaks, control characters and characters outside Latin-1.")
_lint("dpop_misplaced", "Remove add_to, header_name, use_prefix and prefix, or remove dpop.")
_lint("doubled_prefix", "Enter only the token: the method adds the prefix.")
_lint(
    "username_illegal", "Use a user name without a colon: Basic authentication doesn't allow one (RFC 7617)."
)
_lint("charset_mismatch", "Set charset to utf-8, or correct the user name or password.")
_lint("token_expired_already", "Fetch a new token from the provider and save it.")
_lint(
    "key_unreadable",
    "Paste the whole private key as the provider gave it, with its BEGIN and END lines.",
)
_lint("key_unsuitable", "Choose the algorithm that the key is for, or give a key for the chosen algorithm.")
_lint(
    "client_certificate_expired",
    "Ask the authority for a new certificate, and put it into client_certificate, with its key.",
)
_lint("jwt_illegal", "Correct payload or jwt_headers as the message says (RFC 7515, RFC 7519).")
_lint("signature_misdescribed", "Correct string_to_sign or signature_parameters as the message says.")
_warn("signature_constant", "Add to string_to_sign what the API's manual names, such as {{method}}.")
_warn("signature_incomplete", "Add it to string_to_sign, unless the API's manual leaves it out.")
_warn("jti_reused", "Set lifetime to 0, unless the API accepts the same token more than once.")
_warn("tls_unverified", "Set verify to true; for a private certificate authority, set ca_bundle.")
_warn(
    "key_too_short", "Ask the provider for a longer secret, since a short one can be guessed (RFC 7518, 3.2)."
)
_warn("key_repaired", "The key works as it is. To avoid guessing, save it with its original line breaks.")
_lint(
    "name_missing",
    "Give the connection a name with --name or load(…, name=…): the sign-in is stored under it.",
)
_lint("extra_missing", "Install the extra that the message names.")
_lint("file_missing", "Correct the path, or provide the file for this process.")
_lint(
    "body_not_extendable", "Send a form or a JSON object, or place the credential in a header or the query."
)
_lint("body_not_replayable", "Send the request again: the token or challenge that it needs is known now.")
_lint(
    "body_not_signable", "Send bytes, or send a file through conn.session(): the signature covers the body."
)
_lint(
    "adapter_unsuitable",
    "Use a client that the connection creates, such as conn.session() or conn.httpx_client().",
)
_warn("fields_ignored", "Clear the fields of the methods that are not chosen.")
_warn("secret_in_url", "Remove it from the URL, since URLs are written to logs.")
_warn(
    "secret_in_clear",
    "Write {{secret:NAME}} there, and put the value into secret_parameters as template:NAME.",
)
_warn(
    "scope_separator_suspect",
    "Separate the scopes with spaces, or set scope_separator if this API requires commas.",
)
_warn("value_for_example", "Enter the real value, if this one is from an example.")
_warn("secret_for_example", "Enter the real secret, if this one is from an example.")
_warn("secret_is_file", "Give the one value that this field is for, not the whole file.")
_warn(
    "secret_surrounded",
    "Remove the spaces, quotes or line breaks around the secret, unless they belong to it.",
)

# Network faults, recognised by the call's own exception.
_network("dns_not_found", "Check the spelling of the host in the URL.", Permanence.CONFIGURATION)
_network("dns_temporary", "Try again: the name server didn't answer at the moment.")
_network(
    "connect_refused", "Check the port and the firewall: nothing accepts connections there at the moment."
)
_network("connect_timeout", "Check whether this machine is allowed to reach the host.")
_network("host_unreachable", "Check the network and the routes of this machine.")
_network("connection_lost", "Try again: the server or a proxy closed the connection before it responded.")
_network("read_timeout", "Try again; if the server is known to be slow, increase timeout.")
_network("proxy_error", "Check the address of the proxy, and whether it is running.")
_network(
    "address_not_allowed",
    "Use the URL of an API, or ask for its network to be added to WATCHWORD_ALLOWED_NETWORKS; link-local "
    "addresses and metadata services are never allowed.",
    Permanence.CONFIGURATION,
)
_network(
    "proxy_authentication_required",
    "Put the user and password for the proxy into the field proxy.",
    Permanence.CONFIGURATION,
)
_network(
    "tls_untrusted",
    "Set ca_bundle to the certificate authority that signed the server's certificate.",
    Permanence.CONFIGURATION,
)
_network(
    "tls_hostname_mismatch",
    "Use the host name that is in the server's certificate.",
    Permanence.CONFIGURATION,
)
_network(
    "tls_expired",
    "Ask the owner of the server to renew its certificate, which has expired.",
    Permanence.CONFIGURATION,
)
_network(
    "tls_client_certificate_required",
    "Set client_certificate and client_private_key.",
    Permanence.CONFIGURATION,
)
_network(
    "tls_client_certificate_refused",
    "Check that client_certificate is the one that the server's owner has registered, with its whole chain.",
    Permanence.CONFIGURATION,
)
_network(
    "tls_failed",
    "Check that the port speaks TLS, and whether the server requires a client certificate.",
    Permanence.CONFIGURATION,
)

# The token endpoint (RFC 6749 section 5.2).
_token(
    "invalid_client",
    "Check client_id and client_secret, whether the secret has expired, and whether the server requires "
    "client_auth client_secret_basic or client_secret_post; if the secret has special characters, try "
    "basic_encoding raw.",
)
_token("invalid_grant", "Check which grants and users the provider allows this client.")
_token("invalid_scope", "Request only scopes that the provider has granted to this client.")
_token("unauthorized_client", "Ask the provider to allow this grant for this client.")
_token("unsupported_grant_type", "Choose another method: this server doesn't support this grant.")
_token(
    "invalid_request", "Compare grant_body with the provider's manual: a field is missing, or is there twice."
)
_token("access_denied", "Ask the provider's administrator why it refuses this client.")
_token(
    "invalid_dpop_proof",
    "If the document has no dpop, set it to true: the server demands proofs (RFC 9449). Otherwise check this "
    "machine's clock, and that token_url is exactly the URL in the server's metadata: the proof names both.",
)
_token(
    "use_dpop_nonce",
    "If the document has no dpop, set it to true: the server demands proofs (RFC 9449). Otherwise try again: "
    "the server has refused a proof with the nonce that it gave.",
)
_token(
    "token_not_bound",
    "Have the provider bind the tokens of this client to a key, or remove dpop from the document. A token "
    "without a key is not used, because a thief could use it too.",
)
_token("token_refused", "Look up the error in the provider's manual.")
_token(
    "token_endpoint_not_found",
    "Check token_url: the server doesn't know this path.",
    Permanence.CONFIGURATION,
)
_token(
    "temporarily_unavailable",
    "Try again later: the token endpoint is overloaded or down.",
    Permanence.TRANSIENT,
)
_token("reply_not_token", "Check token_url: the response is not a token response.", Permanence.CONFIGURATION)
_token(
    "token_field_missing",
    "Set response_access_path to the field of the response that holds the token.",
    Permanence.CONFIGURATION,
)
_token(
    "token_malformed",
    "Check response_access_path: the value there can't be sent in a header.",
    Permanence.CONFIGURATION,
)
_token(
    "value_missing",
    "Look in the provider's manual where the response has the value, and correct the path.",
    Permanence.CONFIGURATION,
)
_token(
    "value_unusable",
    "Check response_values and response_base_url_path: the value there can't be used.",
    Permanence.CONFIGURATION,
)
_token("login_refused", "Check the user name and the password, and that login_body is what the API expects.")
_token(
    "login_with_refused",
    "Check the fields of login_with: that login failed, and the request for the token was not sent.",
)
_token(
    "sign_in_refused", "Check consumer_key and consumer_secret, read the server's message, and sign in again."
)
_token(
    "aws_credentials_missing",
    "Give access_key and secret_key, or a profile that exists on this machine.",
    Permanence.CONFIGURATION,
)
_token(
    "token_worthless",
    "Look at the response in the provider's manual: what it holds in place of a token proves nothing. If a "
    "lifetime of 0 or less means no end there, set default_lifetime, in seconds: then the token is taken.",
)
_token("token_error_in_200", "Look up the error in the provider's manual.")
_token(
    "sign_in_required",
    "Sign in with the command watchword login, or in the console, under the connection's name.",
)
_token(
    "refresh_outcome_unknown",
    "Wait; if this doesn't go away, sign in again. A new refresh token may have been lost.",
    Permanence.TRANSIENT,
)
_token("renewal_in_progress", "Try again: another process is requesting the token.", Permanence.TRANSIENT)
_token("authorization_pending", "Enter the code on the page, and agree.", Permanence.TRANSIENT)
_token("slow_down", "Ask less often.", Permanence.TRANSIENT)
_token("expired_token", "Begin the sign-in again, and enter the code before it expires.")
_warn(
    "no_refresh_token",
    "Sign in again when the token expires. To avoid that, request a refresh token in the provider's way: "
    'often with the scope offline_access, or with authorize_parameters such as {"access_type": "offline"}.',
    Phase.TOKEN,
)
_warn(
    "lifetime_unreadable",
    "Set response_expires_path to the field with the lifetime, or default_lifetime to its seconds. Until "
    "then the token is renewed only after the API has refused it.",
    Phase.TOKEN,
)
_warn(
    "not_revoked",
    "Revoke it at the provider, or wait: it stays valid there until it expires. It is deleted here.",
    Phase.TOKEN,
)
_warn(
    "rotation_not_persisted",
    "Repair the token store: until then the new refresh token is in an encrypted file in WATCHWORD_HOME.",
    Phase.TOKEN,
)

# The token store.
_token(
    "store_unsuitable",
    "Correct WATCHWORD_STORE: memory://, sqlite:////ABSOLUTE/PATH or postgresql+psycopg://USER:PASSWORD@HOST/NAME.",
    _SETUP,
)
_token("store_read_only", "Make the store's file and its folder writable for this process.", _SETUP)
_token("store_full", "Free some space on the store's disk.", Permanence.TRANSIENT)
_token("store_locked", "Try again: another process has locked the store.", Permanence.TRANSIENT)
_token(
    "store_unreachable",
    "Start the store's server, restore its file, or correct WATCHWORD_STORE.",
    Permanence.TRANSIENT,
)
_token("store_damaged", "Restore the store's file from a backup, or move it away and sign in again.", _SETUP)
_token(
    "store_row_replaced",
    "Find out who has changed the database. Delete the row with watchword store forget, and sign in again.",
    _SETUP,
)
_token(
    "store_on_network_disk",
    "Set WATCHWORD_HOME or WATCHWORD_STORE to a local disk, or WATCHWORD_STORE to a PostgreSQL database.",
    _SETUP,
)
_token("store_key_missing", "Set WATCHWORD_KEY to the store's key.", _SETUP)
_token("store_key_wrong", "Set WATCHWORD_KEY to the key that the store was written with.", _SETUP)
_token(
    "rescue_file_unreadable",
    "Let this process read the file, or run as the user who wrote it. Otherwise sign in again.",
    _SETUP,
)
_token("store_newer", "Upgrade watchword: this store was written by a newer version.", _SETUP)
_token(
    "store_not_shared",
    "Use a PostgreSQL database that all machines can reach: a file on one machine loses sign-ins.",
    _SETUP,
)
_warn(
    "scope_reduced",
    "Ask the provider for the missing scopes: the API will refuse calls that need them.",
    Phase.TOKEN,
)

# The places for secrets: Google Secret Manager and the vault.
_secret(
    "connection_missing",
    "Correct the name, or store the connection under it (watchword connections add).",
    _SETUP,
)
_secret("connection_exists", "Choose another name, or change the connection that has this one.", _SETUP)
_secret("connection_read_only", "Change the connection where it is kept: it can't be changed here.", _SETUP)
_secret(
    "connections_unreachable",
    "Try again; if this doesn't go away, check Airflow's metadata database: the server's log has the reason.",
)
_secret("secret_missing", "Correct the name, or store the secret under it (watchword secrets set).", _SETUP)
_secret(
    "secret_unreadable",
    "Store a connection document, or a connection in Airflow's JSON or URI format.",
    _SETUP,
)
_secret("secret_name_illegal", "Use only letters, digits, _ and -, at most 255 characters.", _SETUP)
_secret(
    "secret_too_large",
    "Put large content into a file, and refer to it with file:PATH; the limit is 64 KiB.",
    _SETUP,
)
_secret("secret_not_enabled", "Enable the version, add a new version, or pin another one.", _SETUP)
_secret(
    "secret_changed_meanwhile",
    "Look at the current value and try again: somebody else has changed it at the same time.",
)
_secret(
    "secrets_denied",
    "Grant roles/secretmanager.secretAccessor on the secret or the project to the account in use.",
    _SETUP,
)
_secret(
    "secrets_unauthenticated",
    "Give this process Google credentials: attach a service account to the machine, set "
    "GOOGLE_APPLICATION_CREDENTIALS to a key file, or run: gcloud auth application-default login.",
    _SETUP,
)
_secret(
    "secrets_throttled", "Wait: a quota of the project is used up. A longer cache time makes fewer requests."
)
_secret(
    "secrets_timeout",
    "Try again; if this doesn't go away, check the network between this machine and Google's APIs.",
)
_secret("secrets_unreachable", "Try again; if this doesn't go away, check firewall, proxy and endpoint.")
_secret("secret_corrupt", "Try again: the checksum shows that the content was altered on the way.")
_secret("secrets_refused", "Read the service's message, and check project, location and name.", _SETUP)
_secret(
    "secrets_unsuitable",
    "Give local, gcp://PROJECT or gcp://PROJECT/LOCATION; WATCHWORD_SECRETS also takes env, and a list.",
    _SETUP,
)

# A validation on another machine.
_elsewhere(
    "worker_dag_missing",
    "Put this line into a file in the DAGs folder, and wait until it was read: "
    "from airflow_provider_watchword.validation_dag import dag",
)
_elsewhere("worker_dag_paused", "Run: airflow dags unpause watchword_validation")
_elsewhere(
    "worker_run_unfinished",
    "Check whether scheduler and workers are running, or wait longer with --wait.",
    Permanence.TRANSIENT,
)
_elsewhere("worker_run_failed", "Read the log of the task in Airflow: it says why there is no report.")
_elsewhere(
    "worker_report_unreadable",
    "Install the same version of watchword on the workers and here: the report can't be read.",
)

# The API's response.
_proof("token_obtained", "The token endpoint issued a new token.")
_proof("authenticated", "The call succeeded with the credential, and a wrong credential is refused.")
_proof("expected_status_matched", "The API returned the expected status only with the credential.")
_proof(
    "decoy_skipped",
    "The call succeeded with the credential and is refused without one. No wrong credential was tried.",
)
_proof(
    "authenticated_but_forbidden",
    "Ask the provider for the missing permission or scope.",
    Verdict.VALID_BUT_LIMITED,
)
_warn(
    "clock_drift",
    "Set the clock of this machine, best with NTP, before signatures are refused.",
    Phase.ANSWER,
)
_warn(
    "credential_not_needed",
    "The credential is valid, and this call succeeds without it too: other calls may need it.",
    Phase.ANSWER,
)
_warn(
    "answers_vary",
    "Only what these answers have in common was compared; a test URL with a steady answer proves more.",
    Phase.ANSWER,
)
_warn("empty_result", "Check whether no rows are expected here: the call succeeded.", Phase.ANSWER)
_refusal("unauthorized_401", "Check the credential: it may be expired, revoked, or for another environment.")
_refusal(
    "redirect_to_login", "Check whether the credential is still valid, and whether the URL is one of the API."
)
_refusal("login_page_200", "Check the credential and the URL: the response is a sign-in page.")
_refusal("refused_in_200_body", "Check the credential: the body refuses it although the status says success.")
_refusal(
    "credential_refused_403",
    "Check the credential: it may be mistyped, expired, revoked, or for another environment.",
)
_refusal(
    "credential_refused_4xx",
    "Check the credential: a wrong one gets the same answer, and the answer is about the credential.",
)
_refusal("signature_mismatch", "Check the secret key first; then compare the lines that differ.")
_refusal("aws_key_unknown", "Check the access key: AWS doesn't know it, or it was deleted.")
_refusal("aws_token_expired", "Get new temporary credentials: the session token has expired.")
_refusal("aws_token_missing", "Add the session token: temporary credentials have three parts.")
_refusal("aws_scope_wrong", "Correct region or service: the signature was made for other ones.")
_refusal(
    "clock_skew", "Set the clock of this machine, best with NTP: signatures and tokens contain the time."
)
_refusal(
    "dpop_proof_refused",
    "Check this machine's clock, and that base_url is the address by which the API knows itself, not that of "
    "a proxy: the proof names both.",
)
_refusal(
    "nonce_used", "Check the clock, and that no proxy repeats requests: the API has seen this nonce before."
)
_refusal(
    "digest_unsupported",
    "Ask the provider for another method: this client doesn't support the API's Digest challenge.",
)
_doubt(
    "unexpected_content_type",
    "Give a test URL that returns JSON instead of a web page, or name the status in expected_status.",
)
_doubt(
    "contrast_unclear",
    "Give a test URL that returns 401 to a wrong credential, such as the user's own account.",
)
_doubt(
    "any_credential_accepted",
    "Give a test URL that checks the credential: the answer to this call doesn't depend on it.",
)
_doubt(
    "contrast_unavailable",
    "Try again later: a wrong credential got no answer that can be compared. If this doesn't go away, set "
    "decoy to false; then the verdict doesn't show that a wrong credential is refused.",
    Permanence.TRANSIENT,
)
_doubt(
    "issues_to_anyone",
    "Give a test URL: a token that this server issues to any client proves nothing.",
)
_doubt(
    "counterfactual_skipped",
    "Validate with a GET: the call succeeded, and nothing shows that it needed the credential. Other verbs "
    "are not repeated, since that could change something.",
)
_doubt("redirect_loop", "Give the final URL: the API redirects without end.")
_doubt("error_in_200_body", "Read the error in the response, and give a test URL that succeeds.")
_doubt(
    "forbidden_403",
    "Give a test URL that the credential may read: a 403 alone doesn't say what is wrong with it.",
)
_doubt(
    "blocked_by_waf", "Ask for this machine's address to be allowed: a firewall responded instead of the API."
)
_doubt("not_found_404", "Correct the test URL: a missing page proves nothing.")
_doubt("method_not_allowed_405", "Validate with a method that the API allows here.")
_doubt("unsupported_media_415", "Validate with GET, or send the content type that the API expects.")
_doubt("unexpected_status", "Give a test URL that returns 2xx, or name the status in expected_status.")
_doubt("redirect_cross_origin", "Give the final URL: the credential was not sent to the other origin.")
_doubt(
    "auth_not_required",
    "Give a test URL that needs the credential: this call succeeds with a wrong one and without one too.",
)
_doubt(
    "no_authentication",
    "Choose a method with a credential, if the API needs one: this connection sends none.",
)
_doubt("not_proven", "Give a test URL: the saved values look right, but nothing proves that they work.")
_doubt(
    "sign_in_not_tested",
    "Save the connection, sign in, and validate it then: a copy must not use up the sign-in's refresh token.",
)
_doubt("rate_limited_429", "Wait: the credential is probably valid.", Permanence.TRANSIENT)
_doubt("quota_exhausted", "Wait, or ask for a higher quota: this one is used up.", Permanence.TRANSIENT)
_row(
    "server_error_5xx",
    "Try again later: the API itself has a fault.",
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
    """Return a finding with the code of this name; raises KeyError if the table has no such code."""
    return Finding(CODES[code], message, advice, evidence or {}, retry_after)
