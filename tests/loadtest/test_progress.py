import io

from loadtest.progress import ERASE, ProgressLine


class Output:
    """Django's wrapper around a stream, as far as it is used."""

    def __init__(self, *, terminal: bool) -> None:
        self._text = io.StringIO()
        self._terminal = terminal

    def write(self, msg: str, *, ending: str) -> object:
        return self._text.write(msg + ending)

    def flush(self) -> None:
        pass

    def isatty(self) -> bool:
        return self._terminal

    @property
    def text(self) -> str:
        return self._text.getvalue()


def test_on_a_terminal_one_line_changes_and_goes_away() -> None:
    output = Output(terminal=True)
    with ProgressLine(output) as line:
        line.show("one")
        line.show("one")
        line.show("two")
    assert output.text == f"{ERASE}one{ERASE}two{ERASE}"


def test_elsewhere_there_is_a_line_now_and_then() -> None:
    output = Output(terminal=False)
    times = iter([0.0, 0.0, 1.0, 6.0, 6.0])
    with ProgressLine(output, lambda: next(times)) as line:
        for text in ("one", "two", "three"):
            line.show(text)
    assert output.text == "one\nthree\n"
