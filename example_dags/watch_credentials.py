"""Once a day, keep sign-ins alive and say which of them are about to end, while there is time.

Nothing has to be told to it: the token store knows each connection whose user has signed in. The run
fails while a sign-in has ended or ends within two weeks, so that the alerting you already have fires
before an extraction does. What helps is said in the task's log: `watchword login`.
"""

from __future__ import annotations

import datetime as dt

from airflow.sdk import TriggerRule, dag, task
from airflow.sdk.exceptions import AirflowFailException

from airflow_provider_watchword import ApiHook, sign_ins

DAY = 86400.0
"""A day, in seconds."""

WARN_DAYS = 14
"""From how many days before its end on a sign-in is worth an alert."""

IDLE_DAYS = 7
"""After how many days without use a refresh token of unknown life is used, lest it lapses."""


@dag(
    schedule="@daily",
    start_date=dt.datetime(2026, 1, 1, tzinfo=dt.timezone.utc),
    catchup=False,
    tags=["watchword", "example"],
    doc_md=__doc__,
)
def watch_credentials() -> None:
    """Refresh what would lapse, each by itself, then fail where somebody has to sign in."""

    @task
    def find_what_would_lapse() -> list[str]:
        return [each.name for each in sign_ins() if each.lapses(WARN_DAYS * DAY, IDLE_DAYS * DAY)]

    @task
    def refresh(name: str) -> None:
        ApiHook(name).connection.renew_token()

    @task(trigger_rule=TriggerRule.ALL_DONE)
    def say_what_ends() -> None:
        ending = [
            f"{each.name}: {each.refusal or f'ends in {each.days_left:.0f} days'}"
            for each in sign_ins()
            if each.days_left is not None and each.days_left <= WARN_DAYS
        ]
        if ending:
            raise AirflowFailException(f"Sign in again with `watchword login`. {'; '.join(ending)}")

    refresh.expand(name=find_what_would_lapse()) >> say_what_ends()


watch_credentials()
