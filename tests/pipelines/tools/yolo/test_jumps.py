import pytest

from pipelines.detections import Detection
from pipelines.tools.yolo.jumps import JumpWatch


def box(
    x: float, y: float = 0.4, label: str = "car", track_id: int | None = None, size: float = 0.1
) -> Detection:
    return Detection(x, y, size, size, label, 0.9, track_id=track_id)


def jumps(*frames: list[Detection]) -> list[bool]:
    watch = JumpWatch()
    return [watch.update(boxes) for boxes in frames]


def test_what_moves_by_more_than_its_size_is_noticed() -> None:
    assert jumps([box(0.1)], [box(0.25)], [box(0.4)], [box(0.45)]) == [False, True, True, False]


@pytest.mark.parametrize(
    "after",
    [
        pytest.param([], id="gone"),
        pytest.param([box(0.15)], id="a little further"),
        pytest.param([box(0.5, label="bus")], id="something else"),
        pytest.param([box(0.5, size=0.3)], id="of another size"),
        pytest.param([box(0.0)], id="comes in at the edge"),
        pytest.param([box(0.5, track_id=1)], id="followed all the same"),
        pytest.param([box(0.15), box(0.5)], id="one more"),
    ],
)
def test_other_things_that_happen_are_no_jumps(after: list[Detection]) -> None:
    assert jumps([box(0.2, track_id=1)], after) == [False, False]


def test_one_who_leaves_a_crowd_while_another_comes_is_no_jump() -> None:
    crowd = [box(0.1 * place, 0.1) for place in range(1, 6)]
    assert jumps([*crowd, box(0.2, 0.6)], [*crowd, box(0.7, 0.6)]) == [False, False]
    assert jumps([box(0.2, 0.1), box(0.2, 0.6)], [box(0.2, 0.1), box(0.7, 0.6)]) == [False, True]


def test_a_watch_that_was_kept_goes_on() -> None:
    import pickle

    watch = JumpWatch()
    watch.update([box(0.1)])
    assert pickle.loads(pickle.dumps(watch)).update([box(0.4)])
