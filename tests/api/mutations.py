"""Ways in which an answer can be wrong, each a function of the answer and a random generator."""

from __future__ import annotations

import copy
import gzip
import json
import random
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Any

import httpx


@dataclass(frozen=True)
class Answer:
    """What comes back for one request: an answer, or an error of the transport."""

    status: int
    headers: dict[str, str]
    body: bytes = field(repr=False)
    error: Callable[[], Exception] | None = None


Mutation = Callable[[Answer, random.Random], Answer]

HTML = b"<!DOCTYPE html><html><body><h1>502 Bad Gateway</h1></body></html>"
DEEP = 10_000
BOMB = gzip.compress(b"[" * 10**7)
ODD: tuple[Any, ...] = (
    *(None, True, False, 0, -1, 1, 2**31, 2**53 + 1, 2**63 - 1, 2**63, 2**64, 2**70, -(2**63), 10**400),
    *(0.5, -0.0, -1e-300, 1e308, -1e308, 1e-320, 8.0, 100.00001, 99.999999999),
    *(
        "",
        " ",
        "\x00",
        "\x1b[31m",
        "\u202eevil",
        "\ud800",
        "\ufeff",
        "⟨U+001B⟩",
        "é" * 300,
        "x" * 100_000,
        ",",
    ),
    *(
        "NaN",
        "1",
        "-1",
        "true",
        "null",
        "RUNNING",
        "ONLINE",
        "OFFLINE",
        "anti_web-02",
        "node_11,node_12,anti_,node_",
    ),
    *("%@%@%@", "," * 5000, "anti_" * 2000, "a,b," * 2000, "::", "127.0.0.1\r\nX: y", "../../etc", "{}"),
    *([], {}, [[]], [{}], [None], {"": None}, [[[[[[[[[[]]]]]]]]]], {"uuid": {}}, list(range(1000))),
)
RAW = (
    *(
        b"NaN",
        b"-Infinity",
        b"1e999",
        b"-1e999",
        b"1e-999",
        b"1e19",
        b"9" * 19,
        b"1" * 5000,
        b"0." + b"1" * 1000,
    ),
    *(
        b"0x10",
        b"01",
        b"1.",
        b"'a'",
        b"tru",
        b'"\\ud800"',
        b'"\\x41"',
        b'"\xff\xfe"',
        b'"unfinished',
        b"/* */ 1",
    ),
    *(b"[" * DEEP + b"]" * DEEP, b'{"a":' * DEEP + b"1" + b"}" * DEEP, b"[" * DEEP, b"", b"1,"),
    *(b'{"uuid":"a","uuid":"b"}', b'"' + b"\\u0000" * 50 + b'"'),
)
CONTENT_TYPES = (
    "",
    "text/html",
    "text/plain; charset=utf-16",
    "application/octet-stream",
    "x" * 5000,
    "\x80",
)
ENCODINGS = ("utf-16", "utf-32", "utf-8-sig", "cp500")
LOCATIONS = (
    "https://evil.example/",
    "//",
    "\x1b]0;x\x07",
    "https://[",
    "/rest/v1/login",
    "javascript:1",
    "y" * 9000,
)
SENTINEL = "a place that is to be replaced"
NETWORK: tuple[tuple[type[Exception], tuple[Any, ...]], ...] = (
    *((httpx.ConnectError, ("x",)), (httpx.ConnectTimeout, ("x",)), (httpx.ReadTimeout, ("x",))),
    *((httpx.ReadError, ("\x1b",)), (httpx.WriteError, ("x",)), (httpx.RemoteProtocolError, ("x" * 5000,))),
    *(
        (httpx.PoolTimeout, ("",)),
        (httpx.DecodingError, ("x",)),
        (OSError, (5, "x")),
        (ValueError, ("\x00",)),
    ),
    *((UnicodeError, ("x",)), (KeyError, ("x",)), (AssertionError, ()), (EOFError, ())),
)
"""Made anew for each case: an error that is raised again and again keeps every frame it has passed."""


def with_body(answer: Answer, body: bytes) -> Answer:
    return replace(answer, body=body, headers=answer.headers | {"content-length": str(len(body))})


# Bytes


def flipped(answer: Answer, rng: random.Random) -> Answer:
    body = bytearray(answer.body or b" ")
    for _ in range(rng.choice([1, 1, 3, 30])):
        body[rng.randrange(len(body))] ^= 1 << rng.randrange(8)
    return with_body(answer, bytes(body))


def cut(answer: Answer, rng: random.Random) -> Answer:
    return with_body(answer, answer.body[: rng.randrange(len(answer.body) + 1)])


def moved(answer: Answer, rng: random.Random) -> Answer:
    """A piece of it stands somewhere else too."""
    begin, end = sorted(rng.randrange(len(answer.body) + 1) for _ in range(2))
    place = rng.randrange(len(answer.body) + 1)
    return with_body(answer, answer.body[:place] + answer.body[begin:end] + answer.body[place:])


def random_bytes(answer: Answer, rng: random.Random) -> Answer:
    return with_body(answer, rng.randbytes(rng.choice([0, 1, 10, 1000])))


def another_encoding(answer: Answer, rng: random.Random) -> Answer:
    text = answer.body.decode("utf-8", "replace")
    return with_body(answer, text.encode(rng.choice(ENCODINGS), "replace"))


def html(answer: Answer, rng: random.Random) -> Answer:
    page = with_body(answer, HTML * rng.choice([1, 5000]))
    return replace(page, status=rng.choice([answer.status, 502, 404, 200]))


def padded(answer: Answer, rng: random.Random) -> Answer:
    """As long as nobody expects."""
    return with_body(
        answer, answer.body + rng.choice([b" ", b"\x00", b"[", b"\n"]) * rng.choice([10**5, 3 * 10**6])
    )


# JSON


def _places(value: Any, here: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:  # noqa: ANN401
    """Every place in a tree of JSON, as the keys that lead there."""
    inner = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    return [here, *(place for key, one in inner for place in _places(one, (*here, key)))]


def _tree(answer: Answer) -> Any:  # noqa: ANN401
    try:
        return json.loads(answer.body)
    except (ValueError, RecursionError):
        return [{"uuid": "x"}]


def _changed(answer: Answer, rng: random.Random, change: Callable[[Any, Any], None]) -> Answer:
    """With `change(parent, key)` made at some place."""
    try:
        tree = [copy.deepcopy(_tree(answer))]
        places = [place for place in _places(tree) if place]
    except RecursionError:
        return answer
    *way, key = rng.choice(places)
    parent: Any = tree
    for step in way:
        parent = parent[step]
    change(parent, key)
    return with_body(answer, json.dumps(tree[0] if tree else None).encode("utf-8", "surrogatepass"))


def another_value(answer: Answer, rng: random.Random) -> Answer:
    odd = copy.deepcopy(rng.choice(ODD))
    return _changed(answer, rng, lambda parent, key: parent.__setitem__(key, odd))


def another_value_everywhere(answer: Answer, rng: random.Random) -> Answer:
    """The same field of every object."""
    odd, tree = rng.choice(ODD), _tree(answer)
    objects = [one for one in tree if isinstance(one, dict)] if isinstance(tree, list) else []
    keys = sorted({key for one in objects for key in one})
    if not keys:
        return another_value(answer, rng)
    key = rng.choice(keys)
    for one in objects:
        one[key] = odd
    return with_body(answer, json.dumps(tree).encode("utf-8", "surrogatepass"))


def raw_value(answer: Answer, rng: random.Random) -> Answer:
    """What no serialiser would write."""
    marked = _changed(answer, rng, lambda parent, key: parent.__setitem__(key, SENTINEL))
    return with_body(marked, marked.body.replace(f'"{SENTINEL}"'.encode(), rng.choice(RAW)))


def without(answer: Answer, rng: random.Random) -> Answer:
    return _changed(answer, rng, lambda parent, key: parent.__delitem__(key))


def swapped(answer: Answer, rng: random.Random) -> Answer:
    """The value of one field stands at another."""
    tree = _tree(answer)
    try:
        place = rng.choice(_places(tree))
    except RecursionError:
        return answer
    value = tree
    for step in place:
        value = value[step]
    return _changed(answer, rng, lambda parent, key: parent.__setitem__(key, copy.deepcopy(value)))


def key_twice(answer: Answer, rng: random.Random) -> Answer:
    text = answer.body.decode("utf-8", "replace")
    odd = json.dumps(rng.choice(ODD))
    keys = [
        key
        for key in ("uuid", "name", "state", "nodeUUID", "mem", "taskTag", "sessionID")
        if f'"{key}"' in text
    ]
    if not keys:
        return answer
    key = rng.choice(keys)
    return with_body(answer, text.replace(f'"{key}"', f'"{key}":{odd},"{key}"').encode())


def repeated(answer: Answer, rng: random.Random) -> Answer:
    """The same objects again, or so many that nobody can mean it."""
    tree = _tree(answer)
    many = (
        tree * (rng.choice([2, 300]) if len(answer.body) < 100_000 else 2)
        if isinstance(tree, list)
        else [tree] * 2
    )
    if rng.random() < 0.5:
        many = [
            one | {"uuid": f"{one.get('uuid')}-{n}"} if isinstance(one, dict) else one
            for n, one in enumerate(many)
        ]
    return with_body(answer, json.dumps(many).encode("utf-8", "surrogatepass"))


def shuffled(answer: Answer, rng: random.Random) -> Answer:
    tree = _tree(answer)
    if isinstance(tree, list):
        rng.shuffle(tree)
    return with_body(answer, json.dumps(tree).encode("utf-8", "surrogatepass"))


def wrapped(answer: Answer, rng: random.Random) -> Answer:
    before, after = rng.choice(
        [(b"[", b"]"), (b'{"data":', b"}"), (b'"', b'"'), (b"\xef\xbb\xbf", b""), (b")]}',\n", b"")]
    )
    return with_body(answer, before + answer.body + after)


# HTTP


def another_status(answer: Answer, rng: random.Random) -> Answer:
    return replace(
        answer, status=rng.choice([rng.randrange(100, 600), 200, 204, 301, 401, 403, 404, 429, 500, 502, 503])
    )


def error_body(answer: Answer, rng: random.Random) -> Answer:
    odd = rng.choice([*ODD, "Invalid session", "session-1", "admin"])
    body = json.dumps({"error": odd}).encode("utf-8", "surrogatepass")
    return replace(with_body(answer, body), status=rng.choice([400, 401, 403, 500, 503]))


def redirect(answer: Answer, rng: random.Random) -> Answer:
    location = {"location": rng.choice(LOCATIONS)}
    return replace(
        answer, status=rng.choice([301, 302, 303, 304, 307, 308]), headers=answer.headers | location
    )


def another_content_type(answer: Answer, rng: random.Random) -> Answer:
    return replace(answer, headers=answer.headers | {"content-type": rng.choice(CONTENT_TYPES)})


def compressed(answer: Answer, rng: random.Random) -> Answer:
    body = rng.choice([gzip.compress(answer.body, 1), answer.body, BOMB])
    kind = {"content-encoding": rng.choice(["gzip", "deflate", "br", "identity", "x" * 3000, ""])}
    return replace(with_body(answer, body), headers=answer.headers | kind)


def another_length(answer: Answer, rng: random.Random) -> Answer:
    length = {"content-length": rng.choice(["0", "-1", "99999999999999999999", "x", "", "1e3", "\u0663"])}
    return replace(answer, headers=answer.headers | length)


def without_length(answer: Answer, rng: random.Random) -> Answer:
    return replace(
        answer, headers={name: text for name, text in answer.headers.items() if name != "content-length"}
    )


def another_cookie(answer: Answer, rng: random.Random) -> Answer:
    odd = rng.choice(
        [
            "sessionID=",
            "sessionID=a b",
            'sessionID="\x80"',
            "=;;=",
            "sessionID=" + "x" * 9000,
            "sessionID=ok; Path=/",
        ]
    )
    return replace(answer, headers=answer.headers | {"set-cookie": odd})


def no_answer(answer: Answer, rng: random.Random) -> Answer:
    kind, arguments = rng.choice(NETWORK)
    return replace(answer, error=lambda: kind(*arguments))


MUTATIONS: dict[str, Mutation] = {
    mutation.__name__: mutation
    for mutation in (
        *(flipped, cut, moved, random_bytes, another_encoding, html, padded),
        *(
            another_value,
            another_value_everywhere,
            raw_value,
            without,
            swapped,
            key_twice,
            repeated,
            shuffled,
            wrapped,
        ),
        *(
            another_status,
            error_body,
            redirect,
            another_content_type,
            compressed,
            another_length,
            without_length,
        ),
        *(another_cookie, no_answer),
    )
}
"""By name. Those of JSON values are the most interesting, and so are the most numerous."""
