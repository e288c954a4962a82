"""Operators that defer, run as Airflow does it: what passes through its database passes through JSON."""

from __future__ import annotations

import asyncio
import json
from importlib import import_module
from typing import Any

from airflow.sdk import BaseOperator
from airflow.sdk.exceptions import TaskDeferred
from airflow.triggers.base import BaseTrigger


def run(operator: BaseOperator, context: Any = None) -> Any:
    """Run an operator and its triggers to the end, and return its result."""
    step = lambda: operator.execute(context or {})  # noqa: E731
    while True:
        try:
            return step()
        except TaskDeferred as deferred:
            name, arguments = deferred.method_name, {**(deferred.kwargs or {})}
            arguments["event"] = event_of(revived(deferred.trigger))
            passed = json.loads(json.dumps(arguments))
            step = lambda: operator.resume_execution(name, passed, context or {})  # noqa: E731, B023


def revived(trigger: BaseTrigger) -> BaseTrigger:
    """Return the trigger that a triggerer makes of what Airflow stores of this one."""
    path, arguments = trigger.serialize()
    module, _, name = path.rpartition(".")
    created: BaseTrigger = getattr(import_module(module), name)(**json.loads(json.dumps(arguments)))
    return created


def event_of(trigger: BaseTrigger) -> Any:
    """Run a trigger, and return what its only event holds."""

    async def events() -> list[Any]:
        return [event.payload async for event in trigger.run()]

    [payload] = asyncio.run(events())
    return payload
