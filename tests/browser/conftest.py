"""What tests in a browser use: Chromium, a real Airflow, the playground, and pages that are watched.

    def test_something(open_page, site):
        page = open_page("viewer", width=390, scheme="dark")    # signed in; None for somebody anonymous
        page.goto(f"{site.url}/connections")

A page that writes an error into its console, or loads anything from another origin, fails its test.
`open_shared_page` is for a module whose tests use one page after each other: loading Airflow's takes seconds.

- `site` is the plain Airflow. `sites(Options(teams=("blue",)))` gives another one. Each runs until the last
  test has ended, so tests share those with equal options; see `tests/support/airflow_site.py`.
- `axe.faults(page)` returns the serious faults for people with disabilities: `assert axe.faults(page) == []`.
- `screenshot(page, "name")` writes docs/images/name.png if pytest was called with `--screenshots`:
  `pytest tests/browser --screenshots`. Otherwise it does nothing.
"""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Locator, Page

from tests.support.airflow_site import SESSION_COOKIE, Options, Site, prepared, running
from tests.support.axe import NPM, Axe
from tests.support.chromium import CHROMIUM, Watch, launched
from watchword_playground import Playground

IMAGES = Path(__file__).parents[2] / "docs" / "images"

LARGEST_IMAGE = 150_000
"""The size of a picture in the docs, in bytes."""

WAIT = 60_000
"""How long a step on a page may take, in milliseconds: two cores also run the server and the browser."""


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--screenshots", action="store_true", help="write the pictures of the docs")


@pytest.fixture(scope="session")
def chromium() -> Iterator[Browser]:
    if CHROMIUM is None:
        pytest.skip("Chromium is missing; on Debian and Ubuntu: apt install chromium")
    with launched() as browser:
        yield browser


@pytest.fixture(scope="session")
def sites() -> Iterator[Callable[[Options], Site]]:
    """Give the Airflow with certain options. It starts when a test first asks for it."""
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="watchword-sites-")))
        home = stack.enter_context(prepared(folder))
        running_sites: dict[Options, Site] = {}

        def with_options(options: Options) -> Site:
            if options not in running_sites:
                running_sites[options] = stack.enter_context(running(home, options))
            return running_sites[options]

        yield with_options


@pytest.fixture(scope="session")
def site(sites: Callable[[Options], Site]) -> Site:
    """Return an Airflow as it is after its installation, with the Test button enabled."""
    return sites(Options())


@pytest.fixture
def playground() -> Iterator[Playground]:
    with Playground() as running_playground:
        yield running_playground


@contextmanager
def _pages(chromium: Browser, plain: Callable[[], Site]) -> Iterator[Callable[..., Page]]:
    """Give a function that opens pages, and fail at the end if one of them did what it must not."""
    watches = []
    with ExitStack() as stack:

        def new_page(
            user: str | None = "admin",
            *,
            on: Site | None = None,
            width: int = 1200,
            height: int = 900,
            scheme: str = "light",
            allowed: tuple[str, ...] = (),
            expected: tuple[str, ...] = (),
        ) -> Page:
            """Open a page.

            Args:
                user: a user of the site, who is signed in; None for somebody anonymous.
                on: the site, the plain one if left out.
                width: the width of the page in pixels; 390 is a telephone's.
                height: its height in pixels.
                scheme: light or dark.
                allowed: other origins that it may load from, such as an authorization server's.
                expected: parts of the errors that the test provokes in the console.
            """
            where = on or plain()
            context = chromium.new_context(viewport={"width": width, "height": height}, color_scheme=scheme)
            stack.callback(context.close)
            context.set_default_timeout(WAIT)
            watches.append(Watch(context, [where.origin, *allowed], expected))
            if user is not None:
                cookie = {"name": SESSION_COOKIE, "value": where.token(user), "url": f"{where.url}/"}
                context.add_cookies([{**cookie, "httpOnly": True}])
            return context.new_page()

        yield new_page
    assert [fault for watch in watches for fault in watch.faults] == []


@pytest.fixture
def open_page(request: pytest.FixtureRequest, chromium: Browser) -> Iterator[Callable[..., Page]]:
    """Give a function that opens an empty page of its own for a user, until the end of the test."""
    with _pages(chromium, lambda: request.getfixturevalue("site")) as new_page:
        yield new_page


@pytest.fixture(scope="module")
def open_shared_page(request: pytest.FixtureRequest, chromium: Browser) -> Iterator[Callable[..., Page]]:
    """Give the same function for a page that the tests of a module share: Airflow's pages load slowly."""
    with _pages(chromium, lambda: request.getfixturevalue("site")) as new_page:
        yield new_page


@pytest.fixture(scope="session")
def axe(tmp_path_factory: pytest.TempPathFactory) -> Axe:
    if NPM is None:
        pytest.skip("npm is missing, which downloads axe-core; on Debian and Ubuntu: apt install npm")
    return Axe(tmp_path_factory.mktemp("axe"))


@pytest.fixture
def screenshot(request: pytest.FixtureRequest) -> Callable[[Page | Locator, str], None]:
    """Return a function that writes a picture of a page, or of a part of it, into the docs."""
    is_asked = request.config.getoption("--screenshots", default=False)

    def write(shown: Page | Locator, name: str) -> None:
        if not is_asked:
            return
        IMAGES.mkdir(exist_ok=True)
        picture = shown.screenshot(path=IMAGES / f"{name}.png", animations="disabled", caret="hide")
        assert len(picture) < LARGEST_IMAGE, f"{name}.png has {len(picture):,} bytes"

    return write
