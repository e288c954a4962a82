"""`ApiOperator`: Airflow's `HttpOperator` on a connection of watchword's, also if it is deferred."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any, NoReturn

from airflow.providers.http.operators.http import HttpOperator
from airflow.sdk.exceptions import AirflowException
from requests import Response

from airflow_provider_watchword.api_call import LARGEST_BODY, OPTIONS, REQUEST_OPTIONS, Call
from airflow_provider_watchword.hooks import ApiHook
from airflow_provider_watchword.links import ConnectionLink
from airflow_provider_watchword.response_data import response_of, size_of

if TYPE_CHECKING:
    from airflow.sdk import Context

_SAFE = frozenset({"GET", "HEAD"})
"""The methods whose call may be repeated (RFC 9110 section 9.2.1)."""

_MOST_HELD = 8 << 20
"""How much of former pages waits in Airflow's database for the next one, in bytes, compressed."""


class ApiOperator(HttpOperator):
    """Calls an API with the connection's authentication; the arguments are those of `HttpOperator`.

        ApiOperator(task_id="orders", http_conn_id="acme", method="GET", endpoint="/v1/orders")

    If it is deferrable, the triggerer makes each call, and no worker waits for the API. A call that the
    triggerer can't make, as with `retry_args` or files, is made by the worker instead.

    Args:
        http_conn_id: the connection's id.
        auth_type: must be None; the connection's method authenticates.
        kwargs: the other arguments of `HttpOperator`, such as `pagination_function`.

    Raises:
        ValueError: `auth_type` was given.
    """

    operator_extra_links = (ConnectionLink(),)

    def __init__(self, *, http_conn_id: str = ApiHook.default_conn_name, **kwargs: Any) -> None:  # noqa: ANN401 - HttpOperator's
        super().__init__(http_conn_id=http_conn_id, **kwargs)
        if self.auth_type is not None:
            raise ValueError(
                f"auth_type does not apply to the connection {http_conn_id!r}: the connection's method "
                "authenticates. Leave auth_type out."
            )

    @property
    def hook(self) -> ApiHook:
        """A hook that calls the API; it says so if the connection is of another type."""
        return ApiHook(
            self.http_conn_id,
            self.method,
            tcp_keep_alive=self.tcp_keep_alive,
            tcp_keep_alive_idle=self.tcp_keep_alive_idle,
            tcp_keep_alive_count=self.tcp_keep_alive_count,
            tcp_keep_alive_interval=self.tcp_keep_alive_interval,
        )

    def execute(self, context: Context) -> Any:  # noqa: ANN401 - what the response filter returns
        """Call the API, and each page of it, and return what `HttpOperator` would."""
        if not self.deferrable:
            return self.execute_sync(context)
        if obstacles := list(self._obstacles(self._call())):
            self.log.info("This call is made by the worker: the triggerer can't take %s.", obstacles[0])
            return self.execute_sync(context)
        self._warn_if_deferrable_non_idempotent_method()
        return self._defer_call(self._call(), [])

    def execute_complete(  # type: ignore[override] # pages are plain JSON, and the call is known
        self,
        context: Context,
        event: Mapping[str, Any],
        paginated_responses: list[dict[str, Any]] | None = None,
        call: Call | None = None,
    ) -> Any:  # noqa: ANN401 - what the response filter returns
        """Go on with the response of the triggerer: check it, call the next page, or return the result.

        Raises:
            AirflowException: the call failed, or its response is an error.
        """
        pages = [*(paginated_responses or ())]
        if "error" in event:
            raise AirflowException(event["error"])
        if "too_large" in event:
            return self._finish_here(context, pages, self._repeated(call or self._call()))
        if self.log_response:
            self.hook.get_conn().close()  # so that the secrets are masked in this process too
        response = response_of(event["response"])
        if self.extra_options.get("check_response", True):
            self.hook.check_response(response)
        if not self.pagination_function:
            return self.process_response(context=context, response=response)
        following = self.pagination_function(response)
        if not following:
            return self.process_response(context=context, response=[*map(response_of, pages), response])
        pages.append(event["response"])
        next_call = self._call(following)
        if size_of(pages) > _MOST_HELD or any(self._obstacles(next_call)):
            self.log.info("The next pages are read by the worker: those before are too large to wait.")
            return self._finish_here(context, pages, self._made(next_call))
        return self._defer_call(next_call, pages)

    def _defer_call(self, call: Call, pages: list[dict[str, Any]]) -> NoReturn:
        from airflow_provider_watchword.triggers import ApiTrigger  # noqa: PLC0415 - for deferred tasks only

        arguments = json.loads(json.dumps(call))  # tuples become lists
        self.defer(
            trigger=ApiTrigger(http_conn_id=self.http_conn_id, call=arguments),
            method_name="execute_complete",
            kwargs={"paginated_responses": pages, "call": arguments},
        )

    def _call(self, following: Mapping[str, Any] | None = None) -> Call:
        """Return the arguments of the first call, or of the page that the pagination function describes."""
        merged = self._merge_next_page_parameters(dict(following or {}))
        return Call(
            method=self.method,
            endpoint=merged.pop("endpoint"),
            data=merged.pop("data"),
            headers=merged.pop("headers"),
            extra_options=merged.pop("extra_options"),
            request_kwargs=merged,
        )

    def _obstacles(self, call: Call) -> Iterator[str]:
        """Yield what the triggerer can't take over, by the name of its argument."""
        if self.retry_args:
            yield "retry_args"
        yield from (f"the option {name}" for name in call["extra_options"] if name not in OPTIONS)
        yield from (f"the argument {name}" for name in call["request_kwargs"] if name not in REQUEST_OPTIONS)
        for name, value in call.items():
            if not _is_json(value):
                yield f"{name}, which isn't JSON"

    def _made(self, call: Call) -> Response:
        """Make a call here."""
        response: Response = self.hook.run(
            call["endpoint"], call["data"], call["headers"], call["extra_options"], **call["request_kwargs"]
        )
        return response

    def _repeated(self, call: Call) -> Response:
        """Make a call again here, since its response was too large for the triggerer.

        Raises:
            AirflowException: the call may have an effect each time.
        """
        if self.method.upper() not in _SAFE:
            message = f"The response is larger than {LARGEST_BODY >> 20} MiB, too large for the triggerer"
            raise AirflowException(f"{message}. The {self.method} is not repeated. Set deferrable=False.")
        self.log.info("The response is too large for the triggerer: the worker makes the call again.")
        return self._made(call)

    def _finish_here(self, context: Context, pages: list[dict[str, Any]], response: Response) -> Any:  # noqa: ANN401 - as above
        """Read the remaining pages here, and return the result."""
        remaining = self.paginate_sync(response=response)
        if isinstance(remaining, list):
            remaining = [*map(response_of, pages), *remaining]
        return self.process_response(context=context, response=remaining)


def _is_json(value: object) -> bool:
    try:
        json.dumps(value)
    except (TypeError, ValueError):
        return False
    return True
