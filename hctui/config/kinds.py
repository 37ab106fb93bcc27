"""The kinds of values a setting can have: how each is read from text and from TOML, and written back.

Text is what stands in an environment variable, after a flag or in a field of the console; TOML values have types
already, and keep to them: `"70"` in quotes is no number there. Every reader raises `WrongValue`. What a kind must
not know is which setting it serves.
"""

from __future__ import annotations

import os.path
import shlex
from collections.abc import Callable
from dataclasses import dataclass
from ipaddress import ip_address
from typing import Protocol, TypeVar

from hctui.config.wrong import WrongValue, shown
from hctui.core.calendar import read_span

Value = bool | int | float | str | tuple[str, ...]
T = TypeVar("T")

_WORDS = {
    **dict.fromkeys(("true", "1", "yes", "y", "on"), True),
    **dict.fromkeys(("false", "0", "no", "n", "off"), False),
}
_SHA256_DIGITS = 64
_MOST_DIGITS = 18


class Kind(Protocol[T]):
    """One kind of value. `allowed` completes "must be ..."; `unit` is empty where there is none."""

    @property
    def allowed(self) -> str:
        """What is allowed, in words."""

    @property
    def unit(self) -> str:
        """The unit, in the plural."""

    def from_text(self, text: str) -> T:
        """Read the value from text."""

    def from_toml(self, raw: object) -> T:
        """Read the value from what a TOML file holds."""

    def to_text(self, value: T) -> str:
        """Write the value such that `from_text` reads it back."""

    def to_toml(self, value: T) -> object:
        """Turn the value into what a TOML file can hold."""


@dataclass(frozen=True, slots=True)
class Boolean:
    """A switch. As text, a few words stand for each position."""

    allowed: str = "true or false"
    unit: str = ""

    def from_text(self, text: str) -> bool:
        """Read one of the words, in any case."""
        try:
            return _WORDS[text.strip().lower()]
        except KeyError:
            words = [", ".join(word for word, on in _WORDS.items() if on is side) for side in (True, False)]
            raise WrongValue(f"must be one of {words[0]} or one of {words[1]}") from None

    def from_toml(self, raw: object) -> bool:
        """Take a TOML boolean and nothing else."""
        if not isinstance(raw, bool):
            raise WrongValue("must be true or false, without quotes")
        return raw

    def to_text(self, value: bool) -> str:
        """The word TOML uses too."""
        return "true" if value else "false"

    def to_toml(self, value: bool) -> object:
        """The value as it is."""
        return value


@dataclass(frozen=True, slots=True)
class Number:
    """A number with a unit, in a range. Its upper end is always finite, which keeps infinity and NaN out."""

    unit: str
    minimum: float
    maximum: float
    above_minimum: bool = False

    @property
    def allowed(self) -> str:
        """The range in words, with the unit."""
        start = "above {} and up to {}" if self.above_minimum else "from {} to {}"
        return f"a number {start.format(_digits(self.minimum), _digits(self.maximum))}, in {self.unit}"

    def from_text(self, text: str) -> float:
        """Read a number in the notation of Python, which includes that of TOML."""
        try:
            number = float(text)
        except ValueError:
            raise WrongValue(f"must be {self.allowed}") from None
        return self._in_range(number)

    def from_toml(self, raw: object) -> float:
        """Take an integer or a float; a boolean is neither, whatever Python thinks."""
        if isinstance(raw, bool) or not isinstance(raw, int | float):
            raise WrongValue(f"must be {self.allowed}{', without quotes' if isinstance(raw, str) else ''}")
        return self._in_range(raw)

    def to_text(self, value: float) -> str:
        """Without a fraction where there is none."""
        return _digits(value)

    def to_toml(self, value: float) -> object:
        """An integer where there is no fraction."""
        return int(value) if value.is_integer() else value

    def _in_range(self, number: float) -> float:
        # Compared before it is converted: an integer of a TOML file may be too large for a float.
        if not self.minimum <= number <= self.maximum or (self.above_minimum and number == self.minimum):
            raise WrongValue(f"must be {self.allowed}")
        return float(number)


@dataclass(frozen=True, slots=True)
class Count:
    """A whole number of things that the key names, in a range."""

    minimum: int
    maximum: int
    unit: str = ""

    @property
    def allowed(self) -> str:
        """The range in words."""
        return f"a whole number from {self.minimum} to {self.maximum}"

    def from_text(self, text: str) -> int:
        """Read the digits."""
        text = text.strip()
        # Cut short before it is converted: Python refuses thousands of digits with an error of its own.
        if not (text.isascii() and text.isdigit() and len(text) <= _MOST_DIGITS):
            raise WrongValue(f"must be {self.allowed}")
        return self._in_range(int(text))

    def from_toml(self, raw: object) -> int:
        """Take an integer; a boolean is none, whatever Python thinks."""
        if isinstance(raw, bool) or not isinstance(raw, int):
            raise WrongValue(f"must be {self.allowed}{', without quotes' if isinstance(raw, str) else ''}")
        return self._in_range(raw)

    def to_text(self, value: int) -> str:
        """The digits."""
        return str(value)

    def to_toml(self, value: int) -> object:
        """The number."""
        return value

    def _in_range(self, number: int) -> int:
        if not self.minimum <= number <= self.maximum:
            raise WrongValue(f"must be {self.allowed}")
        return number


@dataclass(frozen=True, slots=True)
class Choice:
    """One of a few words, in any case; kept as it is spelt here."""

    words: tuple[str, ...]
    unit: str = ""

    @property
    def allowed(self) -> str:
        """The words, as a list in a sentence."""
        return f"{', '.join(self.words[:-1])} or {self.words[-1]}"

    def from_text(self, text: str) -> str:
        """Find the word."""
        for word in self.words:
            if word.lower() == text.strip().lower():
                return word
        raise WrongValue(f"must be {self.allowed}")

    def from_toml(self, raw: object) -> str:
        """Find the word, which must be a string."""
        return self.from_text(_string(raw, self.allowed))

    def to_text(self, value: str) -> str:
        """The word."""
        return value

    def to_toml(self, value: str) -> object:
        """The word."""
        return value


@dataclass(frozen=True, slots=True)
class Line:
    """One line of text that `read` checks and brings into its normal form. Empty means not set."""

    read: Callable[[str], str]
    allowed: str
    unit: str = ""

    def from_text(self, text: str) -> str:
        """Check and normalise."""
        return self.read(_printable(text))

    def from_toml(self, raw: object) -> str:
        """Check and normalise; it must be a string."""
        return self.from_text(_string(raw, self.allowed))

    def to_text(self, value: str) -> str:
        """The line."""
        return value

    def to_toml(self, value: str) -> object:
        """The line."""
        return value


@dataclass(frozen=True, slots=True)
class FilePath(Line):
    """The path of a file. Whether it exists is for the reader of that file to say."""

    read: Callable[[str], str] = os.path.expanduser
    allowed: str = "the path of a file"


@dataclass(frozen=True, slots=True)
class Many:
    """A list of texts, each read by `read`; the same one twice counts once. As text, `separator` stands between.

    `private`: it may hold a secret, so no reason given here repeats any of it.
    """

    read: Callable[[str], str]
    allowed: str
    unit: str = ""
    separator: str = ","
    private: bool = False

    def from_text(self, text: str) -> tuple[str, ...]:
        """Read what stands between the separators; nothing there is skipped."""
        return self._all([part for part in text.split(self.separator) if part.strip()])

    def from_toml(self, raw: object) -> tuple[str, ...]:
        """Read each string of a list."""
        return self._all(_strings(raw, self.allowed))

    def to_text(self, value: tuple[str, ...]) -> str:
        """With a space after each separator."""
        return f"{self.separator} ".join(value)

    def to_toml(self, value: tuple[str, ...]) -> object:
        """A list."""
        return list(value)

    def _all(self, parts: list[str]) -> tuple[str, ...]:
        read = []
        for part in map(str.strip, parts):
            try:
                read.append(self.read(part))
            except ValueError:
                which = "one of yours is not" if self.private else f"{shown(part)} is not one"
                raise WrongValue(f"must be {self.allowed}; {which}") from None
        return tuple(dict.fromkeys(read))


@dataclass(frozen=True, slots=True)
class Command:
    """A program and its arguments. No shell reads it; one string is only cut into words the way a shell would.

    Its arguments may hold a secret, so no reason given here repeats any of them.
    """

    allowed: str = "a command and its arguments, as one string or as a list of strings (no shell runs it)"
    unit: str = ""

    def from_text(self, text: str) -> tuple[str, ...]:
        """Cut into words, minding quotes."""
        try:
            words = shlex.split(text)
        except ValueError:
            raise WrongValue("must be a command with balanced quotes") from None
        return self._checked(words)

    def from_toml(self, raw: object) -> tuple[str, ...]:
        """Take one string to be cut, or the words themselves."""
        return self.from_text(raw) if isinstance(raw, str) else self._checked(_strings(raw, self.allowed))

    def to_text(self, value: tuple[str, ...]) -> str:
        """Quoted such that it is cut into the same words again."""
        return shlex.join(value)

    def to_toml(self, value: tuple[str, ...]) -> object:
        """A list."""
        return list(value)

    def _checked(self, words: list[str]) -> tuple[str, ...]:
        if words and not words[0].strip():
            raise WrongValue("must begin with the name of a program")
        if any("\0" in word for word in words):
            raise WrongValue("must not contain the character NUL")
        return tuple(words)


def ip_text(text: str) -> str:
    """Read one IP address and return its usual form.

    Raises:
        ValueError: it is none.
    """
    return str(ip_address(text))


def window(text: str) -> str:
    """Read one window of the week and return it in its usual form, `mon-fri 22:00-06:00`.

    Raises:
        ValueError: it is none.
    """
    return read_span(text).text


def fingerprint(text: str) -> str:
    """Read the SHA-256 fingerprint of a certificate; colons and case do not matter. Returns lower-case hex.

    Raises:
        ValueError: it is none.
    """
    digits = text.replace(":", "").lower()
    if len(digits) != _SHA256_DIGITS or not set(digits) <= set("0123456789abcdef"):
        raise ValueError(text)
    return digits


def _digits(number: float) -> str:
    return str(int(number)) if float(number).is_integer() else repr(number)


def _string(raw: object, allowed: str) -> str:
    if not isinstance(raw, str):
        raise WrongValue(f"must be {allowed}, in quotes")
    return raw


def _strings(raw: object, allowed: str) -> list[str]:
    if not isinstance(raw, list | tuple) or not all(isinstance(item, str) for item in raw):
        raise WrongValue(f"must be {allowed}")
    return list(raw)


def _printable(text: str) -> str:
    if not text.isprintable():
        raise WrongValue("must be one line without control characters")
    return text
