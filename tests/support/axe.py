"""axe-core: what people with disabilities can't use on a page (WCAG 2).

It comes from npm when a test run first needs it, and isn't part of this repository.
"""

from __future__ import annotations

import base64
import hashlib
import shutil
import subprocess
import tarfile
from pathlib import Path
from typing import Any

from playwright.sync_api import Page

NPM = shutil.which("npm")

_PACKAGE = "axe-core@4.14.1"
_SHA512 = "FHfa+lmNjQZfJz1q8wKqIDwC6DExcHt/pkjNQb09a3NPjCKg2rhu5qb2S4r76ASyFNNtuFooJpZe37OgudVGtQ=="
_SCRIPT = "package/axe.min.js"


class Axe:
    """The script, and what it finds on a page."""

    def __init__(self, folder: Path) -> None:
        """Download the package into a folder, and check its content; nothing of it is executed here."""
        subprocess.run([str(NPM), "pack", "--silent", _PACKAGE], cwd=folder, check=True, timeout=120)
        [archive] = folder.glob("axe-core-*.tgz")
        digest = hashlib.sha512(archive.read_bytes()).digest()
        assert base64.b64encode(digest).decode() == _SHA512, f"{_PACKAGE} isn't what it was"
        with tarfile.open(archive) as package:
            script = package.extractfile(_SCRIPT)
            assert script is not None
            self._script = script.read().decode()

    def faults(self, page: Page, within: str = "") -> list[str]:
        """Return the serious and critical faults, one line each.

        Args:
            page: the page.
            within: a CSS selector, to look at a part of the page.
        """
        page.wait_for_load_state("load")  # before the stylesheet is there, colours are the browser's
        # By the debugger, which a content security policy doesn't stop.
        debugger = page.context.new_cdp_session(page)
        debugger.send("Runtime.evaluate", {"expression": self._script})
        run = f"axe.run({within!r} || document).then(found => found.violations)"
        wanted = {"expression": run, "awaitPromise": True, "returnByValue": True}
        answer = debugger.send("Runtime.evaluate", wanted)
        debugger.detach()
        assert "exceptionDetails" not in answer, answer
        rules = [each for each in answer["result"]["value"] if each["impact"] in {"serious", "critical"}]
        return [_line(rule, node) for rule in rules for node in rule["nodes"]]


def _line(rule: dict[str, Any], node: dict[str, Any]) -> str:
    return f"{rule['impact']}: {rule['id']}: {rule['help']}: {node['html'][:200]}"
