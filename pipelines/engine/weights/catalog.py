"""Networks that can be fetched by name, each with the size and hash of its one true file."""

from dataclasses import dataclass

ULTRALYTICS = "https://github.com/ultralytics/assets/releases/download/v8.4.0"


@dataclass(frozen=True)
class KnownDownload:
    """A published network; `about` says what it finds and under which licence it stands."""

    name: str
    url: str
    size: int
    sha256: str
    about: str

    @property
    def filename(self) -> str:
        """The file's own name, e.g. `yolo11n.pt`."""
        return self.url.rpartition("/")[2]


def of_ultralytics(name: str, size: int, sha256: str) -> KnownDownload:
    """A detector of Ultralytics' release."""
    about = "finds the 80 classes of COCO; Ultralytics, AGPL-3.0"
    return KnownDownload(name, f"{ULTRALYTICS}/{name}.pt", size, sha256, about)


CATALOG = (
    of_ultralytics("yolo11n", 5613764, "0ebbc80d4a7680d14987a577cd21342b65ecfd94632bd9a8da63ae6417644ee1"),
    of_ultralytics("yolo11s", 19313732, "85a76fe86dd8afe384648546b56a7a78580c7cb7b404fc595f97969322d502d5"),
    of_ultralytics("yolo11m", 40684120, "d5ffc1a674953a08e11a8d21e022781b1b23a19b730afc309290bd9fb5305b95"),
    of_ultralytics("yolo26s", 20422725, "646f8bc3fe0a656803d95c294f7852321748cb29d13466a1af8862e2db384a1b"),
    of_ultralytics("yolo26m", 44255705, "401cea9ab23ad19246ff7744859816bc599f350e93c9dd30367b6f0a0745d0b7"),
    of_ultralytics("yolo26l", 53211173, "9fe3c544f2b19bebad7ea41e76d7ad3d88b7c2f10d11d24430c5311f6b32db26"),
)
