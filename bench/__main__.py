"""`python -m bench`: compares ForgeSyte with a bare loop and with other servers on this machine."""

import argparse
import os
import shutil
import sys
from collections.abc import Sequence
from pathlib import Path

from bench.cases import CASES, CASES_OF
from bench.lineup import LINEUP
from bench.networks import KEYS
from bench.processes import ROOT

SIZE_WH = (640, 480)
MOST_FRAMES = 64


def arguments() -> argparse.Namespace:
    """The options of the command line."""
    parser = argparse.ArgumentParser(prog="python -m bench", description=__doc__)
    parser.add_argument("--only", type=words, default=[], help="contestants, as in a,c,d; default all")
    parser.add_argument("--networks", type=words, default=list(KEYS), help=f"of {','.join(KEYS)}")
    parser.add_argument("--cases", type=words, default=[], help=f"of {','.join(CASES)}")
    parser.add_argument("--rounds", type=int, help="how many turns each gets; default as the case says")
    parser.add_argument("--seconds", type=float, help="how long a turn is; default as the case says")
    parser.add_argument("--source", help="a video, a picture or a folder of pictures; default a printed page")
    parser.add_argument("--weights", type=Path, help="a trained YOLO11n (.pt); default random weights")
    parser.add_argument("--out", type=Path, default=ROOT / "data" / "bench", help="where results are kept")
    parser.add_argument("--table", action="store_true", help="measure nothing, print what was kept")
    options = parser.parse_args()
    contestants = {*LINEUP, *(entry.group for entry in LINEUP.values())}
    allowed = ((options.only, sorted(contestants)), (options.networks, KEYS), (options.cases, CASES))
    for given, known in allowed:
        if unknown := [word for word in given if word not in known]:
            parser.error(f"unknown: {', '.join(unknown)}; there are: {', '.join(known)}")
    return options


def words(text: str) -> list[str]:
    """Words between commas."""
    return [word for word in text.split(",") if word]


def main() -> int:
    """Measure and print; returns the exit code."""
    options = arguments()
    # Before Django reads its settings: nothing of this run belongs into the user's own data.
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "forgesyte.settings")
    os.environ["FORGESYTE_DATA_DIR"] = str(options.out / "work" / "own")
    import django

    django.setup()
    from bench.report import markdown
    from bench.results import load_tables

    if not options.table:
        measure_all(options)
    text = markdown(load_tables(options.out))
    options.out.mkdir(parents=True, exist_ok=True)
    (options.out / "tables.md").write_text(text + "\n")
    print(text)
    return 0


def measure_all(options: argparse.Namespace) -> None:
    """Every network with every case, each table kept as soon as it is there."""
    from bench.contestants import Arena
    from bench.lineup import chosen
    from bench.networks import make_networks
    from bench.results import Table
    from bench.rounds import Field

    work = options.out / "work"
    frames = prepared_frames(options.source, work / "frames")
    arena = Arena(work, work / "frames", frames, shutil.which("chromium") or "chromium")
    shown = Path(options.source).name if options.source else "a printed page"
    about_frames = f"{len(frames)} pictures of {SIZE_WH[0]}x{SIZE_WH[1]}, {shown}"
    for network in make_networks(options.networks, work / "networks", arena.weights_dir, options.weights):
        cases = options.cases or CASES_OF[network.key]
        entries = [entry for entry in chosen(options.only) if set(entry.cases) & set(cases)]
        tell(f"{network.about}: starting")
        with Field(arena, network, entries, tell) as field:
            for key in cases:
                case = CASES[key].within(options.seconds)
                rounds = options.rounds or case.rounds
                tell(f"{network.key}, {case.about}")
                rows = field.rows(case, rounds)
                if rows:
                    table = Table(network.key, network.about, key, rounds, case.seconds, about_frames, rows)
                    table.save(options.out)


def prepared_frames(source: str | None, folder: Path) -> Sequence[bytes]:
    """The JPEG files that everybody gets, also as files in `folder`."""
    from loadtest.clients.frames import load_frames
    from loadtest.plan import LoadPlan

    frames = load_frames(LoadPlan(source=source, size_wh=SIZE_WH, max_frames=MOST_FRAMES))
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    for number, frame in enumerate(frames):
        (folder / f"{number:03}.jpg").write_bytes(frame)
    return frames


def tell(line: str) -> None:
    """Print a line of progress."""
    print(line, file=sys.stderr, flush=True)


if __name__ == "__main__":
    sys.exit(main())
