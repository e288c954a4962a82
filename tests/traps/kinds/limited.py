"""Credentials that the API knows, for calls that they may not make; and the same words to a wrong key."""

from tests.traps.answers import FORBIDDEN, NO_KEY, REFUSED, data, empty, page, text, xml
from tests.traps.trap import limited

ROLE = data({"message": "Your role lacks the permission reports:read"}, 403)
ALIKE = "the API answers a wrong key with the same status and structure; only the words differ"

TRAPS = [
    limited("role_against_401", ROLE, REFUSED, NO_KEY),
    limited("plain_forbidden_against_401", FORBIDDEN, REFUSED, NO_KEY, form="bearer"),
    limited("empty_forbidden_against_401", empty(403), empty(401), empty(401), form="basic"),
    limited(
        "forbidden_page_against_401",
        page("<h1>403 Forbidden</h1>", 403),
        page("<h1>401</h1>", 401),
        form="basic",
    ),
    limited(
        "insufficient_scope_header",
        empty(403, (("WWW-Authenticate", 'Bearer error="insufficient_scope", scope="read"'),)),
        REFUSED,
        NO_KEY,
        form="bearer",
    ),
    limited(
        "google_scopes",
        data(
            {
                "error": {
                    "code": 403,
                    "message": "Request had insufficient authentication scopes.",
                    "status": "PERMISSION_DENIED",
                }
            },
            403,
        ),
        data({"error": {"code": 401, "message": "Invalid Credentials"}}, 401),
        form="bearer",
    ),
    limited(
        "github_resource",
        data(
            {"message": "Resource not accessible by integration", "documentation_url": "https://docs.test"},
            403,
        ),
        data({"message": "Bad credentials"}, 401),
        data({"message": "Requires authentication"}, 401),
        form="bearer",
    ),
    limited(
        "aws_not_authorized",
        data(
            {"Message": "User: arn:aws:iam::1:user/ada is not authorized to perform: execute-api:Invoke"}, 403
        ),
        data({"message": "The security token included in the request is invalid."}, 403),
        data({"message": "Missing Authentication Token"}, 403),
        form="aws",
        undecidable=ALIKE,
    ),
    limited(
        "django_permission",
        data({"detail": "You do not have permission to perform this action."}, 403),
        data({"detail": "Invalid token."}, 401),
        data({"detail": "Authentication credentials were not provided."}, 401),
        form="token_word",
    ),
    limited(
        "wrong_key_403_other_words",
        ROLE,
        data({"message": "Invalid API key"}, 403),
        NO_KEY,
        undecidable=ALIKE,
    ),
    limited(
        "wrong_key_403_other_structure",
        data({"code": "PERMISSION", "required": ["admin"], "user": "ada"}, 403),
        data({"message": "Forbidden"}, 403),
        NO_KEY,
    ),
    limited("wrong_key_400", ROLE, data({"error": "malformed key"}, 400), NO_KEY),
    limited("wrong_key_200_error", ROLE, data({"ok": False, "error": "invalid_auth"}), NO_KEY),
    limited(
        "xml_forbidden",
        xml("<error><code>PermissionDenied</code></error>", 403),
        xml("<error><code>BadKey</code></error>", 401),
        form="query",
    ),
    limited(
        "text_forbidden_mentions_login",
        text("Invalid role for this login: admin role required", 403),
        REFUSED,
        NO_KEY,
        form="basic",
    ),
    limited(
        "words_of_credential_in_403",
        data({"message": "This API key is not authorized for endpoint /v1/me"}, 403),
        REFUSED,
        NO_KEY,
    ),
    limited(
        "address_not_allowed",
        data({"message": "IP address 10.0.0.9 is not in the allowlist of this key"}, 403),
        REFUSED,
        NO_KEY,
    ),
    limited(
        "token_of_other_workspace",
        data({"error": "token is valid for workspace 7, not 9"}, 403),
        REFUSED,
        NO_KEY,
        form="bearer",
    ),
    limited(
        "license_missing",
        data({"error": "Feature not in your plan", "upgrade": "https://acme.test/plans"}, 403),
        REFUSED,
        NO_KEY,
        form="bearer",
    ),
    limited(
        "jwt_claim_missing",
        data({"message": "claim 'admin' required"}, 403),
        data({"message": "invalid signature"}, 401),
        form="jwt",
    ),
]
