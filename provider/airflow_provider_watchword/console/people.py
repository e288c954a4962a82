"""Who is asking, and what the auth manager lets them do."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field

from starlette.requests import Request

from airflow_provider_watchword.console import addresses, internals
from watchword.console.host import Right, User

_VERBS: Mapping[Right, internals.Verb] = {
    Right.READ: "GET",
    Right.CREATE: "POST",
    Right.EDIT: "PUT",
    Right.DELETE: "DELETE",
}


@dataclass(frozen=True)
class Person(User):
    """A person with an account in Airflow."""

    account: internals.BaseUser = field(repr=False)


async def person_of(request: Request) -> Person | None:
    """Return who is asking, None for an anonymous visitor.

    Under a name that isn't known to be this server's, only the session's cookie counts. A browser sends it to
    the name that it was set for and to no other, so a page of another site, whose DNS points here, has none.
    Other ways need no secret of the browser: an auth manager may let everybody in.
    """
    is_ours = addresses.is_ours(request)
    account = await (internals.account_of(request) if is_ours else internals.account_of_cookie(request))
    return None if account is None else Person(str(account.get_id()), str(account.get_name()), account)


def rights(user: User, name: str, team: str | None) -> frozenset[Right]:
    """Return what a person may do with a connection of a team."""
    account = account_of(user)
    return frozenset(right for right, verb in _VERBS.items() if internals.may(account, verb, name, team))


def readable(user: User, teams: Mapping[str, str | None]) -> set[str]:
    """Return which connections a person may read; `teams` maps each name to its team."""
    names: dict[str | None, set[str]] = defaultdict(set)
    for name, team in teams.items():
        names[team].add(name)
    account = account_of(user)
    return {name for team, each in names.items() for name in internals.readable(account, each, team)}


def account_of(user: User) -> internals.BaseUser:
    """Return the account of a person whom `person_of` has returned."""
    if not isinstance(user, Person):
        raise TypeError("This person has no account in Airflow.")
    return user.account
