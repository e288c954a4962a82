"""Split a command as it was copied into words: from Unix's shells, from Windows', or from a page of text.

Nothing is run. A variable of the shell, such as `$TOKEN` outside of single quotes, is a value that the text
lacks.
"""

from __future__ import annotations

import re

from watchword.connections.imports.entry import lacking

_LINE_END = re.compile(r"[\\^`]\r?\n")
"""The end of a line that goes on, in the shells of Unix and Windows, and in PowerShell."""

_OF_CMD = re.compile(r'(?:^|\s)\^"')
_CARET = re.compile(r"\^(?:\r?\n(\n|\r\n)?|(.))", re.DOTALL)

_BEFORE = re.compile(r"(?:\s*#[^\n]*\n)*\s*(?:[$%>]\s*)?(?:(?:time|sudo)\s+)*")
"""Comments, a prompt, and commands that run another one."""

_LONGEST_BEFORE = 1 << 14
"""So many characters may stand before a command: each line of a comment costs memory."""

_PIECE = re.compile(
    r"""(?P<space>\s+)
    |\$'(?P<ansi>(?:[^'\\]|\\.)*)'
    |'(?P<single>[^']*)'
    |\$?"(?P<double>(?:[^"\\]|\\.)*)"
    |\u201c(?P<smart>[^\u201d]*)\u201d
    |\u2018(?P<smart_single>[^\u2019]*)\u2019
    |\\(?P<escaped>.)
    |\$\{(?P<variable>[A-Za-z_]\w{0,80})\}|\$(?P<capitals>[A-Z_][A-Z0-9_]{2,80})(?!\w)
    |(?P<mark>[|<>&;\#$])
    |(?P<plain>[^\s'"\u201c\u2018\\|<>&;\#$]+)""",
    re.DOTALL | re.VERBOSE,
)
_VARIABLE = re.compile(r"(?<!\\)\$(?:\{([A-Za-z_]\w{0,80})\}|([A-Z_][A-Z0-9_]{2,80})(?!\w))")
_IN_DOUBLE = re.compile(r'\\(["\\$`])')
_DASH = re.compile("[\u2013\u2014](?=[A-Za-z])")

_ANSI = re.compile(
    r"""(?P<bytes>(?:\\x[0-9A-Fa-f]{1,2})+)
    |\\u(?P<short>[0-9A-Fa-f]{1,4})
    |\\U(?P<long>[0-9A-Fa-f]{1,8})
    |\\(?P<octal>[0-7]{1,3})
    |\\(?P<letter>[abeEfnrtv\\'"?])""",
    re.VERBOSE,
)
_LETTERS = {
    "a": "\a", "b": "\b", "e": "\x1b", "E": "\x1b", "f": "\f", "n": "\n", "r": "\r", "t": "\t", "v": "\v"
}  # fmt: skip
_LAST_CHARACTER = 0x10FFFF


def command_in(text: str) -> str:
    """Return a text without the comments, the prompt and the commands before its command."""
    found = _BEFORE.match(text, 0, _LONGEST_BEFORE)
    return text[found.end() :] if found else text


def words_of(text: str) -> tuple[list[str], str]:
    """Return the words of the first command in a text, and what follows this command.

    The targets of redirections are left out.

    Raises:
        ValueError: a quote is open.
    """
    command = command_in(text)
    if _OF_CMD.search(command):
        command = _CARET.sub(lambda match: match[1] or match[2] or " ", command)
    return _Splitter(_LINE_END.sub(" ", command)).split()


def _unescaped(text: str) -> str:
    r"""Return text without the escapes of Bash's $'…', as browsers write them.

    \u stands for UTF-16, so that two make a character outside the first plane. Firefox writes a character as
    \x, Bash reads a byte.
    """
    filled = _ANSI.sub(_character, text)
    return filled.encode("utf-16", "surrogatepass").decode("utf-16", "replace")


def _character(match: re.Match[str]) -> str:
    if match["bytes"]:
        codes = bytes(int(code, 16) for code in match["bytes"].split("\\x")[1:])
        try:
            return codes.decode()
        except ValueError:
            return codes.decode("latin-1")
    if match["octal"]:
        return chr(int(match["octal"], 8) & 0xFF)
    code = match["short"] or match["long"]
    if code:
        return chr(min(int(code, 16), _LAST_CHARACTER))
    return _LETTERS.get(match["letter"], match["letter"])


def _text_of(kind: str, text: str) -> str:
    """Return what a piece of a word stands for."""
    if kind == "ansi":
        return _unescaped(text)
    if kind in {"variable", "capitals"}:
        return lacking(text)
    if kind != "double":
        return text
    return _IN_DOUBLE.sub(r"\1", _VARIABLE.sub(lambda match: lacking(match[1] or match[2]), text))


class _Splitter:
    """Splits one command; `split` is called once."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._at = 0
        self._words: list[str] = []
        self._parts: list[str] | None = None  # of the current word, None between words
        self._has_bracket = False  # the current word has <
        self._skips_next = False  # the next word is a redirection's target

    def split(self) -> tuple[list[str], str]:
        """Return the words, and the text behind the command."""
        while self._at < len(self._text):
            piece = _PIECE.match(self._text, self._at)
            if piece is None:
                message = "a quote is open"
                raise ValueError(message)
            self._at = piece.end()
            kind = str(piece.lastgroup)
            text = piece[kind]
            if kind == "mark" and self._ends_with(text):
                break
            if kind == "space":
                self._end_word()
            elif kind != "mark":
                self._add(_text_of(kind, text) if self._parts else self._first(kind, text))
        self._end_word()
        return self._words, self._text[self._at :]

    @staticmethod
    def _first(kind: str, text: str) -> str:
        """Return the first piece of a word; a page of text may have made a dash of its hyphens."""
        text = _text_of(kind, text)
        is_short = text[2:3] in {"", "="}
        return _DASH.sub("-" if is_short else "--", text, count=1) if kind == "plain" else text

    def _add(self, text: str) -> None:
        if self._parts is None:
            self._parts = []
        self._parts.append(text)

    def _end_word(self) -> None:
        if self._parts is not None and not self._skips_next:
            self._words.append("".join(self._parts))
        if self._parts is not None:
            self._skips_next = False
        self._parts, self._has_bracket = None, False

    def _ends_with(self, mark: str) -> bool:
        """Return whether a mark ends the command; else treat it as what it is here."""
        following = self._text[self._at : self._at + 1]
        is_first = self._parts is None
        is_alone = following.isspace() or not following
        if mark == "|" or (mark == ";" and is_alone) or (mark == "&" and (is_alone or following == "&")):
            return True
        if mark == "#" and is_first:
            self._at = (self._text.find("\n", self._at) + 1) or len(self._text)
        elif self._redirects(mark, following, is_first=is_first):
            ahead = self._text[self._at : self._at + 2]
            self._at += len(ahead) - len(ahead.lstrip(">&"))
            self._skips_next = True
        else:
            self._has_bracket |= mark == "<"
            self._add(mark)
        return False

    def _redirects(self, mark: str, following: str, *, is_first: bool) -> bool:
        """Return whether a mark redirects; `<your-key>` is what documentation writes for a value."""
        if mark == "&" and is_first and following == ">":
            return True
        if mark == "<":
            return is_first and following.isspace()
        if mark != ">" or self._has_bracket:
            return False
        if self._parts and len(self._parts) == 1 and self._parts[0].isdecimal():
            self._parts = None
        self._end_word()
        return True
