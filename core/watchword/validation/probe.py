"""Carry out the steps of a validation with `requests` and return plain responses."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

import requests
from requests.exceptions import InvalidSchema, InvalidURL, MissingSchema
from urllib3.exceptions import HTTPError

from watchword import redact
from watchword.adapters.authenticator import Authenticator
from watchword.adapters.session import ApiSession
from watchword.adapters.signing import SigningAdapter
from watchword.errors import WatchwordError
from watchword.findings.codes import finding
from watchword.findings.finding import Finding
from watchword.http import faults
from watchword.http.deadline import read, run_with_deadline
from watchword.http.origins import host
from watchword.http.transport_options import TransportOptions
from watchword.redact import NeverPickled
from watchword.validation.calling import (
    HEADERS,
    LARGEST_BODY,
    MOST_HOPS,
    Credentials,
    Received,
    redirect_target,
)
from watchword.validation.memories import Memories
from watchword.validation.probe_response import ProbeResponse
from watchword.validation.steps import Call, Pause, Recall, RenewToken, Sent, Step

if TYPE_CHECKING:
    from watchword.validation.plan import ValidationPlan
    from watchword.validation.subject import Subject


class Probe(NeverPickled):
    """Makes the calls of one validation, each with its own session, so that no cookie reaches the next.

    Close it, since the validation may have logged in.
    """

    def __init__(self, subject: Subject, plan: ValidationPlan) -> None:
        self._subject = subject
        self._plan = plan
        self._credentials = Credentials(subject, plan)
        self._memories = Memories(subject)

    def close(self) -> None:
        """Log out if the method does that and nobody else uses the token; end what is claimed."""
        self._memories.close()
        if self._credentials.usage is not None:
            self._credentials.usage.end()

    def take(self, step: Step) -> object:
        """Take a step of the procedure and return its outcome."""
        if isinstance(step, RenewToken):
            return (
                self._credentials.token() if step.sent is Sent.REAL else self._credentials.token_for_decoy()
            )
        if isinstance(step, Call):
            return self._call(step.sent)
        if isinstance(step, Pause):
            time.sleep(step.seconds)
            return None
        if isinstance(step, Recall):
            return self._memories.recall(step.key, step.real)
        self._memories.remember(step)
        return None

    def _call(self, sent: Sent) -> ProbeResponse | Finding:
        """Make the plan's call and return the response, or the finding that says why there is none."""
        url = self._plan.test_url or ""
        timeout = self._plan.call_timeout
        try:
            authenticator, transport = self._credentials.of(sent)
            return run_with_deadline(timeout, lambda: self._response(sent, authenticator, transport))
        except WatchwordError as error:
            return error.findings[0]
        except (InvalidURL, InvalidSchema, MissingSchema):
            return finding("test_url_not_absolute", "The test URL can't be called.")
        except (requests.RequestException, HTTPError, OSError, ValueError, TypeError) as error:
            # Any error that a library raises about an odd server ends here, typed and masked.
            redact.exception(error)
            return faults.classify(error, f"the API at {host(url)}")

    def _response(
        self, sent: Sent, authenticator: Authenticator, transport: TransportOptions
    ) -> ProbeResponse | Finding:
        """Make the call and follow redirects inside the allowed origins."""
        common, url = self._subject.credential.document.common, self._plan.test_url or ""
        with ApiSession(common.base_url, SigningAdapter(authenticator, transport)) as session:
            for hop in range(MOST_HOPS + 1):
                with self._send(session, url) as response:
                    location = response.headers["Location"] if response.is_redirect else None
                    target = redirect_target(response.url, location)
                    is_last = target is None or not common.origins.covers(target)
                    if target is None or is_last or not self._credentials.follows(sent, hop):
                        body = read(response, LARGEST_BODY, self._plan.call_timeout)
                        received = Received(
                            response.url, response.status_code, response.headers, body, response.encoding
                        )
                        return received.probed(target, common.body_rules, followed=hop > 0)
                    url = target
        return finding("redirect_loop", f"The API redirected more than {MOST_HOPS} times.")

    def _send(self, session: ApiSession, url: str) -> requests.Response:
        """Send by the adapter: the session would read a redirect's body to its end, however long that is."""
        request = session.prepare_request(requests.Request(self._plan.http_method, url, headers=HEADERS))
        prepared_url = request.url or ""
        options: dict[str, Any] = dict(
            session.merge_environment_settings(prepared_url, {}, True, None, None)  # noqa: FBT003 - stream
        )
        return session.get_adapter(prepared_url).send(request, timeout=self._plan.call_timeout, **options)
