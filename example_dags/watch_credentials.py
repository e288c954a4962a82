"""Once a day, refresh sign-ins that would lapse, and report in time which of them are about to end.

It needs no configuration: the token store has each connection for which a user has signed in. The run
fails if a sign-in has ended or ends within two weeks, so that your alerting fires before an extraction
fails. The task's log says what to do: `watchword login`.
"""

from __future__ import annotations

import datetime as dt

from airflow.sdk import TriggerRule, dag, task
from airflow.sdk.exceptions import AirflowFailException

from airflow_provider_watchword import ApiHook, sign_ins

DAY = 86400.0
"""A day, in seconds."""

WARN_DAYS = 14
"""A sign-in that ends within this many days fails the run."""

IDLE_DAYS = 7
"""A refresh token without a known end is refreshed after this many days without use."""


@dag(
    schedule="@daily",
    start_date=dt.datetime(2026, 1, 1, tzinfo=dt.timezone.utc),
    catchup=False,
    tags=["watchword", "example"],
    doc_md=__doc__,
)
def watch_credentials() -> None:
    """Refresh each sign-in that would lapse, then fail if a user has to sign in again."""

    @task
    def find_lapsing() -> list[str]:
        return [sign_in.name for sign_in in sign_ins() if sign_in.lapses(WARN_DAYS * DAY, IDLE_DAYS * DAY)]

    @task
    def refresh(name: str) -> None:
        ApiHook(name).connection.renew_token()

    @task(trigger_rule=TriggerRule.ALL_DONE)
    def fail_before_the_end() -> None:
        ending = [
            f"{sign_in.name}: {sign_in.refusal or f'ends in {sign_in.days_left:.0f} days'}"
            for sign_in in sign_ins()
            if sign_in.days_left is not None and sign_in.days_left <= WARN_DAYS
        ]
        if ending:
            raise AirflowFailException(f"Sign in again with `watchword login`. {'; '.join(ending)}")

    refresh.expand(name=find_lapsing()) >> fail_before_the_end()


watch_credentials()
