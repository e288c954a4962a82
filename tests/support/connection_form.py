"""Airflow's page of connections, as a person uses it: choose a type, type into fields, save, test."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

from playwright.sync_api import Locator, Page, Response

from airflow_provider_watchword.forms.schema import FORM_NAMES, STANDARD

_OF_AIRFLOW = {"Connection ID", "Connection Type", "Description", "Team"}
"""The labels of the fields that every connection has."""

_LONGEST_TYPED = 12
"""A person pastes longer texts, in characters."""


@dataclass(frozen=True)
class Verdict:
    """What the Test button has shown: a green or a red message."""

    is_green: bool
    words: str


class ConnectionForm:
    """The list of connections, and the dialog in which one is added or edited.

    `clicks` counts the clicks for a connection, and `fields` the fields that were filled in.
    """

    def __init__(self, page: Page, site_url: str) -> None:
        self.page = page
        self.clicks = 0
        self.fields = 0
        self._url = f"{site_url}/connections"

    @property
    def dialog(self) -> Locator:
        return self.page.get_by_role("dialog")

    def add(self, name: str, type_label: str) -> None:
        """Begin a connection of a type, which a person finds by typing its label."""
        self.clicks = self.fields = 0
        self.show_list()
        self._click(self.page.get_by_role("button", name="Add Connection"))
        self._type(self.dialog.get_by_label("Connection ID"), name)
        self.choose(type_label)

    def show_list(self) -> None:
        """Show the list of connections; it is loaded anew if it isn't there, or if a dialog covers it."""
        if self.page.url != self._url or self.dialog.count():
            self.page.goto(self._url)

    def choose(self, type_label: str) -> None:
        """Choose the type, also for a connection that has another one."""
        self.search(type_label)
        self.page.get_by_role("option", name=type_label, exact=True).wait_for()
        self.page.keyboard.press("Enter")
        self.dialog.get_by_label("Base URL").wait_for()

    def search(self, words: str) -> None:
        """Show the types whose labels contain some words."""
        self._click(self.dialog.get_by_role("combobox", name="Connection Type"))
        self.page.keyboard.type(words)

    def edit(self, name: str) -> None:
        """Open a connection that was saved."""
        self._click(self._row(name).get_by_role("button", name="Edit Connection"))
        self.dialog.get_by_label("Base URL").wait_for()

    def labels(self) -> list[str]:
        """Return the labels of the fields before *Advanced*, without those that every connection has."""
        read = "found => found.map(each => [each.tagName, each.textContent.replace('*', '').trim()])"
        shown = self.dialog.locator("label[data-part=label], h2, button").evaluate_all(read)
        texts = [text for _, text in shown]
        before = shown[: texts.index("Advanced")]
        return [text for tag, text in before if tag == "LABEL" and text not in _OF_AIRFLOW]

    def fill(self, name: str, value: Any) -> None:
        """Fill in a field of a document, and open its section first.

        Args:
            name: the field's name in the document.
            value: a text, a number, an object as JSON, or "" to clear the field.
        """
        self.fields += 1
        element = STANDARD.get(name, f"element_{FORM_NAMES.get(name, name)}")
        field = self.dialog.locator(f"#{element}, input:not([type=hidden])[name={element}]").first
        self._open_around(field)
        if field.locator(".monaco-editor").count():
            self._replace(field.get_by_role("textbox"), json.dumps(value) if value else "")
        elif (choices := field.get_by_role("combobox")).count():
            self._click(choices)
            self.page.keyboard.type(str(value))
            self.page.keyboard.press("Enter")
        else:
            self._type(field, str(value))

    def save(self) -> None:
        """Save, and wait until the dialog has closed."""
        self._click(self.dialog.get_by_role("button", name="Save"))
        self.dialog.wait_for(state="hidden")

    def test(self, name: str) -> Verdict:
        """Press the Test button of a connection, and return what the page shows."""
        with self.page.expect_response(_is_of_the_button) as answer:
            self._click(self._row(name).get_by_role("button", name="Test Connection"))
        message = self.page.get_by_role("status").filter(has_text=answer.value.json()["message"]).first
        title, _, words = message.inner_text().partition("\n")
        return Verdict({"Test Connection Successful": True, "Test Connection Failed": False}[title], words)

    def _row(self, name: str) -> Locator:
        cell = self.page.get_by_role("cell", name=name, exact=True)
        return self.page.get_by_role("row").filter(has=cell)

    def _open_around(self, field: Locator) -> None:
        """Open the section of a field: in Airflow 3.3 one is open at a time, 3.4 shows them all."""
        field.first.wait_for(state="attached")
        sections = field.locator("xpath=ancestor::*[@data-part='item-content']")
        if sections.count():
            trigger = self.page.locator(f"[id='{sections.get_attribute('aria-labelledby')}']")
            if trigger.get_attribute("aria-expanded") == "false":
                self._click(trigger)

    def _click(self, what: Locator) -> None:
        what.click()
        self.clicks += 1

    def _type(self, field: Locator, text: str) -> None:
        if len(text) <= _LONGEST_TYPED:
            field.fill("")
            field.press_sequentially(text)
        else:
            field.fill(text)

    def _replace(self, editor: Locator, text: str) -> None:
        """Replace the text of an editor of JSON, and remove the quotes and braces that it has added."""
        editor.focus()
        self.page.keyboard.press("ControlOrMeta+a")
        self.page.keyboard.insert_text(text)
        self.page.keyboard.press("ControlOrMeta+Shift+End")
        self.page.keyboard.press("Delete")


def _is_of_the_button(response: Response) -> bool:
    return response.url.endswith("/api/v2/connections/test")
