"""A JSON file of gigabytes read element by element: no more of it is in memory than a chunk and the element at hand.

Such a file is one object whose large members are arrays, as in COCO: {"images": [...], "annotations": [...]}.
"""

import codecs
import json
import os
import re
from collections.abc import Iterable, Iterator
from typing import NamedTuple

from seg_models import errors, raw_files

CHUNK = 1 << 20
BLANKS = re.compile(r"[ \t\n\r]*")
# An error that far from the end of what was read is a mistake in the file; nearer, the rest may only be missing.
LONGEST_LITERAL = len("-Infinity")
# What may stand between the digits of a number: `.`, `e` or `e-`.
LONGEST_JOINT = 2


class Element(NamedTuple):
    """One element of an array.

    Attributes:
      key: of the array.
      value: the element, parsed.
      text: the element as it stands in the file.
    """

    key: str
    value: object
    text: str


def elements(path: str | os.PathLike[str], key: str) -> Iterator[object]:
    """The elements of the top-level array `key`, parsed; none where it is absent. Errors as `members` has them."""
    return (element.value for element in members(path, (key,)))


def members(path: str | os.PathLike[str], keys: Iterable[str], size: int = CHUNK) -> Iterator[Element]:
    """The elements of several top-level arrays in one pass, in the order of the file.

    Args:
      path: of the file, which may lie in a zip file.
      keys: of the arrays; other members are skipped, absent ones give nothing.
      size: of the chunks, bytes.

    Raises:
      UserError: the file is missing, truncated or not JSON, or a wanted member is no array; names file and position.
    """
    wanted = set(keys)
    reader = _Reader(path, size)
    reader.expect("{", "an object that begins with `{`")
    more = reader.next() != "}"
    while more:
        key = reader.value()[0]
        if not isinstance(key, str):
            raise reader.error(f"a member is named `{key}`; expected a name in quotes")
        reader.expect(":", f"`:` after `{key}`")
        if reader.next() == "[":
            yield from reader.array(key, key in wanted)
        elif key in wanted:
            raise reader.error(f"`{key}` is no array; expected `[`")
        else:
            reader.value()
        more = reader.separator("}")
    reader.end()


class _Reader:
    """A file's text, of which `at` is the next character to read."""

    def __init__(self, path: str | os.PathLike[str], size: int) -> None:
        self._path = path
        self._chunks = raw_files.chunks(path, size)
        self._text = codecs.getincrementaldecoder("utf-8-sig")()
        self._scan = json.JSONDecoder().raw_decode
        self._buffer = ""
        self._at = 0
        self._before = 0
        self._is_whole = False

    def next(self) -> str:
        """The next character that is not blank, left to be read."""
        while True:
            self._at = BLANKS.match(self._buffer, self._at).end()
            if self._at < len(self._buffer):
                return self._buffer[self._at]
            if not self._more():
                raise self.error("the file ends there, truncated")

    def expect(self, character: str, what: str) -> None:
        """Reads a character."""
        found = self.next()
        if found != character:
            raise self.error(f"expected {what}, found `{found}`")
        self._at += 1

    def separator(self, closing: str) -> bool:
        """Reads a comma, or the closing bracket; whether it was a comma."""
        found = self.next()
        if found not in (",", closing):
            raise self.error(f"expected `,` or `{closing}`, found `{found}`")
        self._at += 1
        return found == ","

    def array(self, key: str, is_wanted: bool) -> Iterator[Element]:
        """Reads an array; its elements where they are wanted."""
        self._at += 1
        if self.next() == "]":
            self._at += 1
            return
        more = True
        while more:
            self.next()
            value, text = self.value()
            if is_wanted:
                yield Element(key, value, text)
            more = self.separator("]")

    def value(self) -> tuple[object, str]:
        """Reads a value of any kind: parsed, and its text."""
        self.next()
        while True:
            try:
                value, end = self._scan(self._buffer, self._at)
            except json.JSONDecodeError as error:
                is_open = error.msg.startswith("Unterminated")
                if (is_open or error.pos + LONGEST_LITERAL > len(self._buffer)) and self._more(twice=True):
                    continue
                if is_open or error.pos == len(self._buffer):
                    raise self.error("the file ends in the value that begins there, truncated") from None
                raise self.error(error.msg, error.pos) from None
            except (ValueError, RecursionError) as error:
                raise self.error(str(error)) from None
            # A number at the end of a chunk may go on in the next.
            if end + LONGEST_JOINT >= len(self._buffer) and isinstance(value, (int, float)) and self._more():
                continue
            text, self._at = self._buffer[self._at : end], end
            return value, text

    def end(self) -> None:
        """Makes sure that only blanks follow."""
        while True:
            self._at = BLANKS.match(self._buffer, self._at).end()
            if self._at < len(self._buffer):
                raise self.error("more follows after the last `}`")
            if not self._more():
                return

    def error(self, what: str, at: int | None = None) -> errors.UserError:
        """The error at the next character, or at `at`."""
        place = self._before + (self._at if at is None else at)
        return errors.UserError(f"{self._path}: not JSON at character {place}: {what}. Get or export the file again.")

    def _more(self, twice: bool = False) -> bool:
        """Reads a chunk, or as much as is there already, so that a long value is not scanned over and over."""
        if self._is_whole:
            return False
        kept = self._buffer[self._at :]
        parts = [kept]
        length = 0
        while not length or (twice and length < len(kept)):
            chunk = next(self._chunks, b"")
            try:
                decoded = self._text.decode(chunk, final=not chunk)
            except UnicodeDecodeError as error:
                raise self.error(f"no text in UTF-8 ({error.reason})", len(self._buffer)) from None
            parts.append(decoded)
            length += len(decoded)
            if not chunk:
                self._is_whole = True
                break
        if length:
            self._before += self._at
            self._buffer, self._at = "".join(parts), 0
        return length > 0
