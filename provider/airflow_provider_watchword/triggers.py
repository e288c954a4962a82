"""What watchword runs in Airflow's triggerer: a validation that waits, and a call of an API.

A trigger holds the connection's id and the arguments of the call. Airflow keeps both in its database; the
credential is looked up in the triggerer, for each validation and each call.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Sequence
from functools import partial
from typing import Any

from airflow.sdk.exceptions import AirflowNotFoundException
from airflow.triggers.base import BaseTrigger, TriggerEvent

from airflow_provider_watchword import api_call, masking, report_log, verdicts
from airflow_provider_watchword.gate import OnInconclusive, next_pause, waits
from airflow_provider_watchword.trigger_connections import connection_for_trigger
from airflow_provider_watchword.trigger_threads import on_thread
from watchword.errors import DocumentError, WatchwordError
from watchword.findings.report import Report
from watchword.validation.async_procedure import avalidate
from watchword.validation.plan import ValidationPlan


class CredentialTrigger(BaseTrigger):
    """Validates a connection until waiting doesn't help any more; the event is the last report as data.

    Args:
        http_conn_id: the connection's id.
        test_url: as in `ValidationPlan`.
        http_method: as in `ValidationPlan`.
        expected_status: as in `ValidationPlan`.
        on_inconclusive: what the sensor does if nothing was proven: `fail`, `pass` or `wait`.
        poke_interval: seconds between two validations.
        longest_interval: if given, the interval doubles each time, up to so many seconds.
        ends_at: when the sensor's time is over, in seconds since 1970; triggerers may be restarted.
    """

    def __init__(  # noqa: PLR0913 - Airflow keeps each of them
        self,
        *,
        http_conn_id: str,
        test_url: str | None,
        http_method: str,
        expected_status: Sequence[int],
        on_inconclusive: OnInconclusive,
        poke_interval: float,
        longest_interval: float | None,
        ends_at: float,
    ) -> None:
        super().__init__()  # type: ignore[no-untyped-call] # Airflow's
        self.http_conn_id = http_conn_id
        self.on_inconclusive = on_inconclusive
        self.poke_interval = poke_interval
        self.longest_interval = longest_interval
        self.ends_at = ends_at
        self._plan = ValidationPlan(test_url, http_method, frozenset(expected_status))

    def serialize(self) -> tuple[str, dict[str, Any]]:
        """Return class and arguments as plain JSON."""
        return _path(self), {
            "http_conn_id": self.http_conn_id,
            "test_url": self._plan.test_url,
            "http_method": self._plan.http_method,
            "expected_status": sorted(self._plan.expected_status),
            "on_inconclusive": self.on_inconclusive,
            "poke_interval": self.poke_interval,
            "longest_interval": self.longest_interval,
            "ends_at": self.ends_at,
        }

    async def run(self) -> AsyncIterator[TriggerEvent]:
        """Yield one event: a report, and whether the time was over."""
        interval = self.poke_interval
        while True:
            report = await self._validate()
            remaining = self.ends_at - time.time()
            is_waiting = waits(report, self.on_inconclusive)
            if not is_waiting or remaining <= 0:
                yield _Event({"report": report.as_dict(), "timed_out": is_waiting})
                return
            report_log.log_report(self.log, self.http_conn_id, report)
            pause = next_pause(report, interval, remaining)
            self.log.warning("The credential is not validated yet; trying again in %.0f s.", pause)
            await asyncio.sleep(pause)
            if self.longest_interval is not None:
                interval = min(2 * interval, self.longest_interval)

    async def _validate(self) -> Report:
        """Validate once, and note the verdict as the sensor does."""
        try:
            report = await avalidate(await connection_for_trigger(self.http_conn_id), self._plan)
        except DocumentError as error:
            report = error.report
        except AirflowNotFoundException:
            return verdicts.of_missing(self.http_conn_id, "sensor", self.task_instance)
        placed = await on_thread(
            partial(verdicts.note, self.http_conn_id, report, "sensor", self.task_instance)
        )
        await masking.masked()
        return placed


class ApiTrigger(BaseTrigger):
    """Makes one call of an API; the event holds the response, or why there is none.

    Args:
        http_conn_id: the connection's id.
        call: the call's arguments, as `api_call.Call` has them.
    """

    def __init__(self, *, http_conn_id: str, call: api_call.Call) -> None:
        super().__init__()  # type: ignore[no-untyped-call] # Airflow's
        self.http_conn_id = http_conn_id
        self.call = call

    def serialize(self) -> tuple[str, dict[str, Any]]:
        """Return class and arguments as plain JSON."""
        return _path(self), {"http_conn_id": self.http_conn_id, "call": self.call}

    async def run(self) -> AsyncIterator[TriggerEvent]:
        """Yield one event, of the kind that `api_call.event_of` returns."""
        try:
            event = await api_call.event_of(
                await connection_for_trigger(self.http_conn_id), self.call, self.http_conn_id
            )
        except (WatchwordError, AirflowNotFoundException) as error:
            event = {"error": str(error)}
        await masking.masked()
        yield _Event(event)


class _Event(TriggerEvent):
    """An event of which Airflow logs only the kind: a response may hold anything, also in base64."""

    def __init__(self, payload: dict[str, Any]) -> None:
        super().__init__(payload)  # type: ignore[no-untyped-call] # Airflow's

    def __repr__(self) -> str:
        return f"TriggerEvent<{', '.join(self.payload)}>"


def _path(trigger: BaseTrigger) -> str:
    return f"{type(trigger).__module__}.{type(trigger).__qualname__}"
