"""The console's pages, as a person uses them: choose a method, type into fields, validate, save, sign in."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any
from urllib.parse import quote

from playwright.sync_api import Locator, Page

from watchword import METHODS
from watchword.document.described_fields import fields_of


class ConsolePage:
    """The console of an Airflow; `fields` and `clicks` count what a person does after the form has opened."""

    def __init__(self, page: Page, site_url: str) -> None:
        self.page = page
        self.url = f"{site_url}/watchword"
        self.fields = 0
        self.clicks = 0

    def show_list(self) -> None:
        """Open the list of connections."""
        self.page.goto(f"{self.url}/")

    def show(self, name: str) -> None:
        """Open the page of a connection."""
        self.page.goto(f"{self.url}/connections/{quote(name, safe='')}")

    def new(self, method: str) -> None:
        """Go from the list to the empty form of a method."""
        self.show_list()
        self.page.get_by_role("link", name="New connection").click()
        self.page.get_by_role("link", name=METHODS[method].title, exact=True).click()
        self.fields = self.clicks = 0

    def fill(self, document: Mapping[str, Any], name: str = "") -> None:
        """Type a document's values into the fields of its form, and the connection's name."""
        if name:
            self._type(self.page.get_by_label("Connection name"), name)
        for field_name, value in document.items():
            if field_name != "method":
                self._fill_field(document["method"], field_name, value)

    def validate(self) -> str:
        """Press Validate and return the verdict's heading."""
        self.press("Validate")
        return self.verdict()

    def verdict(self) -> str:
        """Return the heading of the report, once it is there."""
        return self.page.locator(".report h2").first.inner_text()

    def save(self, button: str = "Save") -> None:
        """Press the button that saves, and wait for the connection's page."""
        self.press(button)
        self.page.wait_for_url(f"{self.url}/connections/*")

    def press(self, button: str) -> None:
        """Press a button."""
        self.clicks += 1
        self.page.get_by_role("button", name=button, exact=True).click()

    def follow(self, link: str) -> None:
        """Click a link whose text begins like this."""
        self.clicks += 1
        self.page.get_by_role("link", name=link).click()

    def text(self) -> str:
        """Return the text of the page's main part."""
        return self.page.get_by_role("main").inner_text()

    def overflows(self) -> bool:
        """Return whether the page is wider than the window, so that a person has to scroll sideways."""
        return bool(
            self.page.evaluate("document.documentElement.scrollWidth > document.documentElement.clientWidth")
        )

    def _fill_field(self, method: str, name: str, value: Any) -> None:
        field = fields_of(method)[name]
        self._show(self.page.locator(f'[data-field="{name}"]'))
        if name in {"secret_parameters", "extra_parameters", "signature_parameters"}:
            self._fill_rows(name, value)
            return
        control = self.page.locator(f"#f-{name}")
        if field.choices:
            control.select_option(str(value))
        elif isinstance(value, bool):
            control.set_checked(value)
        else:
            self._type(control, value if isinstance(value, str) else json.dumps(value))

    def _fill_rows(self, name: str, values: Mapping[str, str]) -> None:
        group = self.page.locator(f'[data-field="{name}"]')
        for number, (slot, value) in enumerate(values.items()):
            if number:
                group.get_by_role("button", name="Add parameter").click()
            place, _, key = slot.partition(":")
            row = group.locator(".row").nth(number)
            row.get_by_label("Sent in").select_option(place)
            self._type(row.get_by_label("Name"), key)
            self._type(row.get_by_label("Value"), value)

    def _show(self, field: Locator) -> None:
        """Open the advanced fields if the field is one of them."""
        if not field.is_visible():
            self.page.locator("summary", has_text="Advanced").click()

    def _type(self, control: Locator, text: str) -> None:
        self.fields += 1
        control.fill(text)
