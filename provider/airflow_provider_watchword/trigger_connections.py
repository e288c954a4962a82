"""The connection of a trigger, looked up and loaded without blocking the triggerer's event loop for long."""

from __future__ import annotations

import asyncio
from functools import partial
from weakref import WeakKeyDictionary

from airflow.providers.common.compat.connection import get_async_connection
from airflow.sdk.exceptions import AirflowNotFoundException

import watchword
from airflow_provider_watchword import masking
from airflow_provider_watchword.documents import connection_of
from airflow_provider_watchword.missing_connections import missing
from airflow_provider_watchword.trigger_threads import on_thread

_AT_ONCE = 4
"""How many triggers look their connection up at once.

Airflow's lookup takes the event loop a millisecond or two. Triggers that a triggerer begins together would
take it one after another without a pause, and nothing else would run.
"""

_turns: WeakKeyDictionary[asyncio.AbstractEventLoop, asyncio.Semaphore] = WeakKeyDictionary()


async def connection_for_trigger(http_conn_id: str) -> watchword.Connection:
    """Return Airflow's connection with this id.

    Raises:
        AirflowNotFoundException: there is none; the message says what to do.
        DocumentError: it can't be used; its findings say why.
    """
    turns = _turns.setdefault(asyncio.get_running_loop(), asyncio.Semaphore(_AT_ONCE))
    async with turns:
        masking.start_masking_in_triggerer()
        try:
            stored = await get_async_connection(http_conn_id)
        except AirflowNotFoundException:
            raise AirflowNotFoundException(str(missing(http_conn_id))) from None
        return await on_thread(partial(connection_of, stored))
