"""Counts of zones and lines, and counting that is resumed in another process."""

from collections.abc import Iterable
from math import cos, sin
from pathlib import Path
from typing import Any

import pytest

from pipelines.detections import Detection
from pipelines.tools.base import Resumable, RunContext
from pipelines.tools.counting.counts import MAX_UNSEEN, CountTool, Sightings, plugin
from pipelines.tools.json_results import json_safe
from tests.pipelines.kit import open_context
from tests.pipelines.tools.counting.samples import LEFT, LOWER, ROAD, at


def counter(tool_id: str, **params: Any) -> CountTool:
    spec = plugin.tool(tool_id)
    assert spec is not None
    opened = spec.open(spec.params.model_validate(params), open_context(Path("nowhere")))
    assert isinstance(opened, CountTool)
    return opened


def counted(tool: CountTool, *boxes: Detection, **given: Any) -> dict[str, Any]:
    payload = {"detections": list(boxes), "tracks": [box for box in boxes if box.track_id], **given}
    counts: dict[str, Any] = json_safe(tool.run(payload, RunContext(1)))["counts"]
    return counts


def crossings(tool: CountTool, *frames: Iterable[Detection]) -> list[str]:
    """The crossings of the road: frame, track and way of each."""
    said = []
    for number, boxes in enumerate(frames, 1):
        road = counted(tool, *boxes)["lines"]["road"]
        said += [f"{number}: {one['track_id']} {one['way']}" for one in road["crossed"]]
    return said


def test_who_is_in_each_zone() -> None:
    tool = counter("zones", zones={"left": LEFT, "lower": LOWER})
    boxes = [at(0.2, 0.3), at(0.3, 0.9, 2), at(0.9, 0.2, 3), at(0.2, 0.8, None, "person")]

    assert counted(tool, *boxes) == {
        "zones": {
            "left": {"now": 3, "labels": {"car": 2, "person": 1}, "tracks": [1, 2], "total": 2},
            "lower": {"now": 2, "labels": {"car": 1, "person": 1}, "tracks": [2], "total": 1},
        }
    }
    assert counted(tool)["zones"]["left"] == {"now": 0, "labels": {}, "tracks": [], "total": 2}


def test_without_tracks_nobody_is_told_apart() -> None:
    tool = counter("zones", zones={"left": LEFT})

    for boxes in ([at(0.2, 0.3, None)], [at(0.2, 0.3, None)]):
        outputs = tool.run({"detections": boxes}, RunContext(1))
        assert outputs["counts"] == {"zones": {"left": {"now": 1, "labels": {"car": 1}}}}


@pytest.mark.parametrize(
    ("anchor", "place", "now"),
    [
        ("bottom", (0.3, 0.54), 1),
        ("centre", (0.3, 0.54), 0),
        ("centre", (0.3, 0.56), 1),
        ("bottom", (0.3, 0.49), 0),
        ("bottom", (0.3, 1.0), 1),
        ("bottom", (0.99, 1.2), 1),
    ],
)
def test_which_point_of_a_box_is_asked(anchor: str, place: tuple[float, float], now: int) -> None:
    tool = counter("zones", zones={"lower": LOWER}, anchor=anchor)

    assert counted(tool, at(*place))["zones"]["lower"]["now"] == now


def test_whoever_comes_again_is_counted_once_and_a_forgotten_number_anew() -> None:
    tool = counter("zones", zones={"left": LEFT}, keep_frames=3)
    inside, outside = [at(0.2, 0.5)], [at(0.8, 0.5)]

    totals = [
        counted(tool, *boxes)["zones"]["left"]["total"]
        for boxes in [outside, inside, outside, inside, [], [], [], inside, [], [], [], [], inside]
    ]

    assert totals == [0, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 2]


def test_whoever_only_passes_by_a_zone_is_not_counted() -> None:
    tool = counter("zones", zones={"left": LEFT}, settle_frames=3)
    inside, outside = [at(0.2, 0.5)], [at(0.8, 0.5)]

    frames = [inside, inside, outside, inside, inside, inside, outside, inside, inside, inside]
    said = [counted(tool, *boxes)["zones"]["left"] for boxes in frames]

    assert [zone["total"] for zone in said] == [0, 0, 0, 0, 0, 1, 1, 1, 1, 1]
    assert [zone["now"] for zone in said] == [1, 1, 0, 1, 1, 1, 0, 1, 1, 1]


@pytest.mark.parametrize(
    ("line", "path", "way"),
    [
        ([[0.2, 0.5], [0.8, 0.5]], [(0.5, 0.7), (0.5, 0.3)], ["in"]),
        ([[0.2, 0.5], [0.8, 0.5]], [(0.5, 0.3), (0.5, 0.7)], ["out"]),
        ([[0.8, 0.5], [0.2, 0.5]], [(0.5, 0.3), (0.5, 0.7)], ["in"]),
        ([[0.5, 0.0], [0.5, 1.0]], [(0.3, 0.5), (0.7, 0.5)], ["in"]),
        ([[0.5, 1.0], [0.5, 0.0]], [(0.3, 0.5), (0.7, 0.5)], ["out"]),
        ([[0.1, 0.1], [0.9, 0.9]], [(0.4, 0.6), (0.6, 0.4)], ["in"]),
        # Back and forth, and along the line without crossing it.
        ([[0.2, 0.5], [0.8, 0.5]], [(0.5, 0.7), (0.5, 0.3), (0.5, 0.7)], ["in", "out"]),
        ([[0.2, 0.5], [0.8, 0.5]], [(0.3, 0.6), (0.7, 0.6)], []),
        # Past its end.
        ([[0.2, 0.5], [0.8, 0.5]], [(0.9, 0.7), (0.9, 0.3)], []),
        ([[0.2, 0.5], [0.8, 0.5]], [(0.1, 0.7), (0.1, 0.3)], []),
    ],
)
def test_which_way_a_line_is_crossed(
    line: list[list[float]], path: list[tuple[float, float]], way: list[str]
) -> None:
    tool = counter("lines", lines={"road": line})

    said = [counted(tool, at(*place))["lines"]["road"] for place in path]

    assert [one["way"] for road in said for one in road["crossed"]] == way
    assert (said[-1]["in"], said[-1]["out"]) == (way.count("in"), way.count("out"))


def test_says_who_crossed_and_counts_by_label() -> None:
    tool = counter("lines", lines=ROAD)
    counted(tool, at(0.4, 0.6, 1, "car"), at(0.6, 0.4, 2, "bus"), at(0.5, 0.9, 3, "car"))

    road = counted(tool, at(0.4, 0.4, 1, "car"), at(0.6, 0.6, 2, "bus"), at(0.5, 0.8, 3, "car"))

    assert road["lines"]["road"] == {
        "in": 1,
        "out": 1,
        "labels": {"bus": {"in": 0, "out": 1}, "car": {"in": 1, "out": 0}},
        "crossed": [
            {"track_id": 1, "label": "car", "way": "in"},
            {"track_id": 2, "label": "bus", "way": "out"},
        ],
    }
    assert counted(tool)["lines"]["road"]["crossed"] == []


@pytest.mark.parametrize(("away", "said"), [(1, ["4: 1 in"]), (5, ["8: 1 in"]), (7, [])])
def test_who_is_out_of_sight_while_crossing_is_counted(away: int, said: list[str]) -> None:
    tool = counter("lines", lines=ROAD, keep_frames=5)
    before, after = [at(0.5, 0.6)], [at(0.5, 0.4)]

    # Others are seen meanwhile; what matters is the one who is not.
    other = [at(0.5, 0.9, 2)]
    assert crossings(tool, before, before, *[other] * away, after, after) == said


def test_who_lingers_on_a_line_crosses_it_once() -> None:
    tool = counter("lines", lines=ROAD, settle_frames=3)
    above, below = [at(0.5, 0.48)], [at(0.5, 0.52)]

    assert crossings(tool, below, above, below, above, above, [], above, below, above) == ["7: 1 in"]


def test_boxes_without_a_number_do_not_cross() -> None:
    tool = counter("lines", lines=ROAD)

    assert crossings(tool, [at(0.5, 0.6, None)], [at(0.5, 0.4, None)]) == []


def test_nothing_grows_with_tracks_that_are_gone() -> None:
    zones = counter("zones", zones={"left": LEFT}, keep_frames=5)
    lines = counter("lines", lines=ROAD, keep_frames=5)
    sizes = []
    for number in range(1, 200):
        # Each is new above the road, is below it on the next frame, and then gone.
        boxes = [at(0.3, 0.6, number), at(0.4, 0.4, number + 1)]
        counts = {**counted(zones, *boxes), **counted(lines, *boxes)}
        sizes.append((len(zones.state()), len(lines.state())))

    assert counts["zones"]["left"]["total"] == 200
    assert counts["lines"]["road"]["out"] == 198
    assert sizes[50] == pytest.approx(sizes[-1], rel=0.1)


def walk(step: int) -> list[Detection]:
    """Three who go round and round, at different speeds, and are not always seen."""
    boxes = [
        at(0.5 + 0.3 * cos(step * speed), 0.5 + 0.3 * sin(step * speed), number, label)
        for number, speed, label in [(1, 0.31, "car"), (2, -0.47, "bus"), (3, 0.11, "car")]
    ]
    return [box for place, box in enumerate(boxes) if (step + place) % 5 < 4]


@pytest.mark.parametrize(
    ("tool_id", "params"),
    [
        ("zones", {"zones": {"left": LEFT, "lower": LOWER}, "settle_frames": 4, "keep_frames": 2}),
        ("lines", {"lines": {**ROAD, "slope": [[0.1, 0.2], [0.9, 0.7]]}}),
        ("lines", {"lines": ROAD, "settle_frames": 3, "keep_frames": 1}),
    ],
)
@pytest.mark.parametrize("cut", [0, 1, 37])
def test_counting_goes_on_elsewhere(tool_id: str, params: dict[str, Any], cut: int) -> None:
    whole = counter(tool_id, **params)
    for step in range(cut):
        counted(whole, *walk(step))
    state = whole.state()
    expected = [counted(whole, *walk(step)) for step in range(cut, 120)]

    other = counter(tool_id, **params)
    assert isinstance(other, Resumable)
    other.restore(state)

    assert [counted(other, *walk(step)) for step in range(cut, 120)] == expected
    assert expected[0] != expected[-1]


def test_a_place_that_two_tools_count_at_is_the_later_ones_and_others_stay() -> None:
    before = {"zones": {"left": {"now": 9}, "door": {"now": 3}}, "lines": {"road": {"in": 1, "out": 0}}}
    counts = counted(counter("zones", zones={"left": LEFT}), counts=before)

    assert counts["zones"]["door"] == {"now": 3}
    assert counts["zones"]["left"]["now"] == 0
    assert counts["lines"] == before["lines"]
    assert before["zones"]["left"] == {"now": 9}


def test_passes_on_what_it_was_given() -> None:
    given = {"image": None, "detections": [at(0.2, 0.2)], "tracks": [at(0.2, 0.2)], "text": "EXIT"}
    for counting in (counter("zones", zones={"left": LEFT}), counter("lines", lines=ROAD)):
        outputs = dict(counting.run(given, RunContext(1)))
        assert outputs.pop("counts")
        assert outputs == {name: given[name] for name in ("detections", "tracks", "text")}
        counting.close()


def test_tells_what_it_counts_by() -> None:
    metadata = counter("lines", lines=ROAD).metadata()

    assert metadata["lines"] == ["road"]
    assert metadata["versions"]["supervision"]


def test_sightings_are_forgotten() -> None:
    seen = Sightings(keep_frames=2)

    assert [seen.update(ids) for ids in ([1, 2], [2], [2], [2], [1])] == [[], [1], [1], [], [2]]


def test_of_very_many_tracks_those_unseen_for_longest_are_forgotten_first() -> None:
    seen = Sightings(keep_frames=10_000)
    for frame in range(100):
        seen.update(range(frame * 300, frame * 300 + 300))

    missing = seen.update([])

    assert len(seen.unseen) == len(missing) == MAX_UNSEEN
    assert min(missing) == 30_000 - 1200


# On real videos; what a person counts in them stands beside.
