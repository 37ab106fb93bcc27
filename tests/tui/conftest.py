"""What makes hundreds of short consoles cheap: all have the same styles, which are parsed once, not for each."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from textual.css import stylesheet
from textual.css.model import RuleSet
from textual.css.parse import parse
from textual.css.tokenizer import Token


class Parser:
    """Textual's parser of styles, which remembers what it has parsed under which variables."""

    def __init__(self) -> None:
        self._parsed: dict[tuple[object, ...], list[RuleSet]] = {}
        self._variables: tuple[object, object] = (None, ())

    def __call__(
        self,
        scope: str,
        css: str,
        read_from: tuple[str, str],
        *,
        variable_tokens: dict[str, list[Token]],
        is_default_rules: bool,
        tie_breaker: int,
    ) -> list[RuleSet]:
        key = (scope, css, read_from, self._values(variable_tokens), is_default_rules, tie_breaker)
        if key not in self._parsed:
            self._parsed[key] = list(
                parse(
                    scope,
                    css,
                    read_from,
                    variable_tokens=variable_tokens,
                    is_default_rules=is_default_rules,
                    tie_breaker=tie_breaker,
                )
            )
        return self._parsed[key]

    def _values(self, tokens: dict[str, list[Token]]) -> object:
        """The variables as a value; an application hands over the same object until its theme changes."""
        if tokens is not self._variables[0]:
            told = tuple((name, *(token.value for token in found)) for name, found in tokens.items())
            self._variables = (tokens, told)
        return self._variables[1]


@pytest.fixture(autouse=True, scope="session")
def _styles_parsed_once() -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(stylesheet, "parse", Parser())
        yield
