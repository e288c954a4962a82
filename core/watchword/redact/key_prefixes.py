"""The published beginnings of keys, which tell their kind and don't belong to the secret."""

from __future__ import annotations

DISTINCT = (
    "sk_live_", "sk_test_", "pk_live_", "pk_test_", "rk_live_", "rk_test_", "rzp_live_", "rzp_test_",
    "github_pat_", "ghp_", "gho_", "ghu_", "ghs_", "ghr_", "glpat-", "gldt-", "xoxb-", "xoxp-", "xoxa-",
    "xoxr-", "xapp-", "shpat_", "shpca_", "shppa_", "shpss_", "pat-na1-", "pat-eu1-", "sk-ant-", "sk-proj-",
    "dop_v1_", "lin_api_", "PMAK-", "NRAK-", "glsa_",
)  # fmt: skip
"""Those that no ordinary word begins with: a long text after one of them is a key."""

PREFIXES = (
    *DISTINCT,
    "whsec_", "SG.", "AKIA", "ASIA", "AIza", "ya29.", "sk-", "hf_", "ntn_", "secret_", "figd_", "dapi",
    "npm_", "pypi-", "sq0atp-", "sq0csp-", "phc_", "phx_", "key-", "EAAB", "APP_USR-",
)  # fmt: skip
"""All of them, the longer before the shorter that it begins with."""
