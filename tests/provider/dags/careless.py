"""A DAG whose author logs secrets."""

from __future__ import annotations

import base64
import logging
import os

from airflow.sdk import dag, task

from airflow_provider_watchword import ApiHook, CredentialSensor


@dag(schedule=None)
def careless() -> None:
    """Wait until a fault has passed, then log a secret, forms of it, and a token."""
    gate = CredentialSensor(task_id="gate", http_conn_id="acme", poke_interval=0.1)

    @task
    def tell() -> None:
        log = logging.getLogger("careless")
        hook = ApiHook("acme")
        with hook.get_conn() as api:
            log.info("status: %s", api.get("/v1/me").status_code)
        secret = os.environ["WATCHWORD_SECRET_ACME"]
        log.info("secret: <%s>", secret)
        log.info("base64: <%s>", base64.b64encode(secret.encode()).decode())
        log.info("token: <%s>", hook.connection.renew_token().token.access_token)
        raise RuntimeError(f"failed with <{secret}>")

    gate >> tell()


careless()
