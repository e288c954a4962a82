"""The drivers, stepped without a network: tokens, bodies, cookies, further tries and errors."""

from __future__ import annotations

import asyncio

import pytest
from requests import PreparedRequest, Request

from watchword.adapters.async_driver import async_drive
from watchword.adapters.driver import BodyNeeded, body_not_replayable, drive
from watchword.errors import RequestError
from watchword.flow import NEED_TOKEN
from watchword.tokens.token import Token

TOKEN = Token("s3cret-token")


class FakeResponse:
    def __init__(self, status_code, cookies=()):
        self.status_code, self.headers, self.cookies, self.closed = status_code, {}, list(cookies), 0

    def close(self):
        self.closed += 1

    async def aclose(self):
        self.closed += 1


class FakeAuthenticator:
    """An authenticator with a given flow; it records the cookies that a request is sent again with."""

    token_cache = None
    own_cookies: frozenset[str] = frozenset()

    def __init__(self, flow):
        self.flow, self.carried = flow, []

    def token(self, _):
        return TOKEN

    def carry_cookies(self, _, lines):
        self.carried.extend(lines)


class FakeExchange:
    """A request whose responses are given; it works with both drivers."""

    flow_response = None

    def __init__(self, flow, *responses):
        self.authenticator = FakeAuthenticator(flow)
        self.responses, self.sent, self.body_is_read, self.replayable = list(responses), [], False, True
        self._remaining = iter(responses)

    def new_request(self):
        request = Request("GET", "https://api.test/a").prepare()
        request.body_is_read = self.body_is_read
        return request

    def rewind(self, _):
        if not self.replayable:
            raise body_not_replayable()

    def read_body(self):
        self.body_is_read = True

    async def aread_body(self):
        self.body_is_read = True

    def send(self, signed, _):
        self.sent.append(signed)
        response = next(self._remaining)
        if isinstance(response, Exception):
            raise response
        return response

    @staticmethod
    def set_cookies(response):
        return response.cookies


class AsyncFakeExchange(FakeExchange):
    async def send(self, signed):
        return super().send(signed, None)


@pytest.fixture(params=["sync", "async"])
def driven(request):
    """Give each driver in turn, with the kind of exchange that it takes."""

    def run(exchange):
        return drive(exchange) if request.param == "sync" else asyncio.run(async_drive(exchange))

    kind = FakeExchange if request.param == "sync" else AsyncFakeExchange
    return kind, run


def again_after_401(request):
    token = yield NEED_TOKEN
    request.headers["Authorization"] = token.access_token
    response = yield request
    while response.status_code == 401:
        response = yield request


def test_a_request_is_sent_again_until_the_flow_ends(driven):
    """Refused responses are closed, their cookies go with the next try, and the last one is returned."""
    kind, run = driven
    exchange = kind(again_after_401, FakeResponse(401, ["route=r1"]), FakeResponse(401), FakeResponse(200))
    last = run(exchange)
    assert [response.closed for response in exchange.responses] == [1, 1, 0]
    assert last is exchange.responses[-1]
    assert [signed.headers["Authorization"] for signed in exchange.sent] == ["s3cret-token"] * 3
    assert exchange.authenticator.carried == ["route=r1"]


@pytest.mark.parametrize("early", [True, False], ids=["before the flow starts", "in the flow"])
def test_a_flow_that_needs_the_body_begins_again_with_it(driven, early):
    """The body is read once, and nothing is sent before."""

    def steps(request):
        yield NEED_TOKEN
        if not request.body_is_read:
            raise BodyNeeded
        yield request

    def flow(request):
        if early and not request.body_is_read:
            raise BodyNeeded
        return steps(request)

    kind, run = driven
    exchange = kind(flow, FakeResponse(200))
    run(exchange)
    assert [signed.body_is_read for signed in exchange.sent] == [True]


def test_a_body_that_can_t_be_sent_again_ends_in_an_error_and_a_closed_response(driven):
    """The refused response is closed, since the caller gets only the error."""
    kind, run = driven
    exchange = kind(again_after_401, FakeResponse(401), FakeResponse(200))
    exchange.replayable = False
    with pytest.raises(RequestError) as error:
        run(exchange)
    assert error.value.code == "body_not_replayable"
    assert [response.closed for response in exchange.responses] == [1, 0]


def test_a_network_fault_of_a_further_try_is_raised(driven):
    """The client's own error reaches the caller, and the refused response is closed."""
    kind, run = driven
    fault = OSError("connection lost")
    exchange = kind(again_after_401, FakeResponse(401), fault)
    with pytest.raises(OSError, match="connection lost") as error:
        run(exchange)
    assert error.value is fault
    assert exchange.responses[0].closed


def test_the_flow_sees_the_response_that_the_exchange_makes(driven):
    """With `flow_response` a client can show the flow a refusal that only the body holds."""
    kind, run = driven
    exchange = kind(again_after_401, FakeResponse(200), FakeResponse(204))
    refusals = iter([FakeResponse(401), FakeResponse(200)])

    async def later(_):
        return next(refusals)

    exchange.flow_response = later if kind is AsyncFakeExchange else lambda _: next(refusals)
    assert run(exchange).status_code == 204
    assert isinstance(exchange.sent[1], PreparedRequest)
