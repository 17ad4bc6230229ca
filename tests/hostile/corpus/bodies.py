"""Definitions and forms, whole or not, made from a seed."""

import json
from random import Random
from typing import Any

from tests.hostile.corpus.files import file_head
from tests.hostile.corpus.frames import broken_frame
from tests.hostile.corpus.messages import broken_json, json_value

BOUNDARY = b"the-end-of-a-part"
MULTIPART = f"multipart/form-data; boundary={BOUNDARY.decode()}"


def definition(random: Random) -> dict[str, Any]:
    """A definition with something wrong, or nothing."""
    count = random.choice((1, 2, 5, 64, 65))
    ids = [f"n{number}" for number in range(count)]
    tools: tuple[tuple[str, str, dict[str, Any]], ...] = (
        ("steady", "work", {}),
        ("count", "zones", {"zones": {"a": zone(random)}}),
        ("count", "lines", {"lines": {"a": zone(random)[:2]}}),
        ("filter", "detections", {"labels": ["a"] * random.choice((1, 2001)), "zones": [zone(random)]}),
        (
            "yolo",
            "detect",
            {"weights": random.choice(("../../etc/passwd", "http://127.0.0.1:1/x", "yolo11n", ""))},
        ),
        ("", "\0", {"x": json_value(random)}),
    )
    chosen = [random.choice(tools) for _ in ids]
    nodes: list[Any] = [
        {"id": node_id, "plugin_id": plugin, "tool_id": tool, "params": params}
        for node_id, (plugin, tool, params) in zip(ids, chosen, strict=True)
    ]
    edges: list[Any] = [
        {"from_node": random.choice(ids), "to_node": random.choice(ids)}
        for _ in range(random.choice((0, 1, count, 257)))
    ]
    made = {
        "id": "a",
        "name": "A",
        "nodes": nodes,
        "edges": edges,
        "entry_nodes": ids[:1],
        "output_nodes": ids[-1:],
    }
    for _ in range(random.randrange(3)):
        made[random.choice(list(made))] = json_value(random)
    return made


def zone(random: Random) -> list[Any]:
    """Corners, on the frame or not, of a polygon or not."""
    count = random.choice((0, 1, 3, 4, 20, 100, 101))
    return [[random.choice((0, 1, 0.5, random.random(), -1, 1e9)), random.random()] for _ in range(count)]


def definition_body(random: Random) -> bytes:
    """The body of a check."""
    if random.random() < 0.2:
        return broken_json(random)
    text = json.dumps(definition(random)).encode()
    return text[: random.randint(0, len(text))] if random.random() < 0.1 else text


def part(random: Random, content: bytes, name: str) -> bytes:
    """One part of a form, or something like it."""
    end = random.choice((b"\r\n",) * 8 + (b"\n",))
    heads = [
        f'Content-Disposition: form-data; name="{name}"'.encode()
        + random.choice(
            (
                b"",
                b'; filename="a.jpg"',
                b'; filename="../../a\0b"',
                b"; filename*=UTF-8''%ff",
                b"; filename=" + b"a" * 2000,
            )
        ),
        *random.choice(
            (
                [],
                [b"Content-Type: image/jpeg"],
                [b"Content-Transfer-Encoding: base64"],
                [b"Content-Transfer-Encoding: " + b"x" * 500],
                [b"X-%d: a" % number for number in range(100)],
                [b"Content-Length: 99999999999999999999"],
                [b"no colon"],
            )
        ),
    ]
    return b"--" + BOUNDARY + end + end.join(heads) + end * 2 + content + end


def form(random: Random, *, fields: tuple[str, ...] = ("file",)) -> bytes:
    """A multipart body, whole or not."""
    content = random.choice((broken_frame, file_head, random_bytes))(random)
    parts = [part(random, content, random.choice((*fields, "", "x" * 300, "file")))]
    parts += [
        part(
            random,
            random.choice((b"", b"quick", b"1", b"-1", b"nan", broken_json(random)[:300])),
            random.choice(fields),
        )
        for _ in range(1100 if random.random() < 0.01 else random.randrange(4))
    ]
    random.shuffle(parts)
    whole = random.choice((b"", b"", b"a preamble\r\n")) + b"".join(parts) + b"--" + BOUNDARY + b"--\r\n"
    return whole[: random.randrange(len(whole))] if random.random() < 0.2 else whole


def random_bytes(random: Random) -> bytes:
    """Anything."""
    return random.randbytes(random.choice((0, 1, 100, 3000)))
