"""Definitions for the multiprocess executor without a document: each step reads the stored one."""

import os

import dagster as dg

from dagster_watchword import (
    ApiResource,
    GoogleSecretManagerResource,
    StoredConnectionResource,
    build_credentials_check,
)

playground_credentials = build_credentials_check("playground")


@dg.asset(deps=[playground_credentials])
def airports(playground: ApiResource, secrets: GoogleSecretManagerResource) -> dg.MaterializeResult[None]:
    """Count the airports, measure a secret, and report the number of the process."""
    with playground.session() as api:
        total = api.get("/v1/airports").json()["total"]
    length = len(secrets.fetch_secret("warehouse-password"))
    return dg.MaterializeResult(metadata={"total": total, "length": length, "process": os.getpid()})


defs = dg.Definitions(
    assets=[playground_credentials, airports],
    resources={
        "playground": StoredConnectionResource(
            name=dg.EnvVar("PLAYGROUND_NAME"), source=dg.EnvVar("PLAYGROUND_SOURCE")
        ),
        "secrets": GoogleSecretManagerResource(project_id=dg.EnvVar("GOOGLE_CLOUD_PROJECT")),
    },
    executor=dg.multiprocess_executor,
)
