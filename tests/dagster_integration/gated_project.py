"""Definitions for the multiprocess executor, which makes the resource in each step's process."""

import os

import dagster as dg

from dagster_watchword import ApiResource, OAuth2ClientCredentialsResource, build_credentials_check

playground_credentials = build_credentials_check("playground")


@dg.asset(deps=[playground_credentials])
def airports(playground: ApiResource) -> dg.MaterializeResult[None]:
    """Count the airports, and report the number of the process."""
    with playground.session() as api:
        total = api.get("/v1/airports").json()["total"]
    return dg.MaterializeResult(metadata={"total": total, "process": os.getpid()})


defs = dg.Definitions(
    assets=[playground_credentials, airports],
    resources={
        "playground": OAuth2ClientCredentialsResource(
            name="playground",
            base_url=dg.EnvVar("PLAYGROUND_URL"),
            token_url=dg.EnvVar("PLAYGROUND_TOKEN_URL"),
            client_id="playground-client",
            client_secret=dg.EnvVar("PLAYGROUND_SECRET"),
            test_url=dg.EnvVar("PLAYGROUND_TEST_URL"),
        )
    },
    executor=dg.multiprocess_executor,
)
