"""Tell Airflow's masker every secret, so that what a task or a trigger prints shows none of them.

Airflow masks values whose key looks secret. It misses nested values, derived forms such as the base64 of
a password, and tokens. The core reports each of them by value.
"""

from __future__ import annotations

import asyncio
from concurrent.futures import Future
from threading import Lock
from typing import Any

from airflow.sdk.execution_time import task_runner
from airflow.sdk.log import mask_secret

from watchword import forks, redact

_lock = Lock()
_subscribed = False
_told_masker = False


class _Triggerer:
    """The masker of a triggerer, which is in its supervisor: that process writes the triggers' logs.

    No thread waits for the answers: the event loop that receives them may wait for that thread.
    """

    def __init__(self, loop: asyncio.AbstractEventLoop, comms: Any) -> None:  # noqa: ANN401 - Airflow's
        self.loop = loop
        self._comms = comms
        self._unanswered: set[Future[Any]] = set()
        self._lock = Lock()

    def mask(self, form: str) -> None:
        """Send a form to the supervisor."""
        from airflow.sdk.execution_time.comms import MaskSecret  # noqa: PLC0415 - import time

        sent = asyncio.run_coroutine_threadsafe(self._comms.asend(MaskSecret(value=form)), self.loop)
        with self._lock:
            self._unanswered.add(sent)
        sent.add_done_callback(self._answered)

    async def told(self) -> None:
        """Wait until the supervisor has answered all that was sent before."""
        with self._lock:
            unanswered = [asyncio.wrap_future(sent) for sent in self._unanswered]
        if unanswered:
            answered, _ = await asyncio.wait(
                unanswered
            )  # unlike gather, it cancels nothing of other triggers
            for answer in answered:
                answer.result()

    def _answered(self, sent: Future[Any]) -> None:
        with self._lock:
            self._unanswered.discard(sent)


_triggerer: _Triggerer | None = None


def start_masking() -> None:
    """Tell Airflow's masker every known secret, and from now on every new one.

    Repeated calls cost nothing. A forked child tells the known secrets once more, because its masker is
    another one, and so is the supervisor that writes its log.
    """
    global _subscribed, _told_masker  # noqa: PLW0603 - one masker for the process
    if _told_masker:
        return
    with _lock:
        if not _subscribed:
            redact.subscribe(_mask)
        elif not _told_masker:
            for form in sorted(redact.known(), key=len):  # the order in which `redact.subscribe` reports
                _mask(form)
        _subscribed = _told_masker = True


def start_masking_in_triggerer() -> None:
    """Do the same for a trigger, which calls this in its event loop and awaits `masked` before it logs."""
    global _triggerer  # noqa: PLW0603 - one event loop for the process
    loop = asyncio.get_running_loop()
    comms = getattr(task_runner, "SUPERVISOR_COMMS", None)
    if type(comms).__name__ == "TriggerCommsDecoder" and (_triggerer is None or _triggerer.loop is not loop):
        _triggerer = _Triggerer(loop, comms)
    start_masking()


async def masked() -> None:
    """Wait until what a trigger logs is masked; outside of a triggerer it is already."""
    if _triggerer is not None:
        await _triggerer.told()


def _mask(form: str) -> None:
    """Tell the masker of this process and, in a task or a trigger, that of the supervisor."""
    comms = getattr(task_runner, "SUPERVISOR_COMMS", None)
    if _triggerer is not None:
        _triggerer.mask(form)
        return
    if type(comms).__name__ != "InProcessSupervisorComms":
        mask_secret(form)
        return
    # `airflow dags test` runs its supervisor in this process, with the same masker. It logs each message
    # at DEBUG, with the secret in it, so it must not get the message.
    from airflow.sdk.execution_time.supervisor import set_supervisor_comms  # noqa: PLC0415 - for this case only

    with set_supervisor_comms(None):
        mask_secret(form)


@forks.in_child
def _begin_child() -> None:
    global _lock, _told_masker, _triggerer  # noqa: PLW0603 - a thread that the child doesn't have may hold the parent's lock
    _lock = Lock()
    _told_masker = False
    _triggerer = None
