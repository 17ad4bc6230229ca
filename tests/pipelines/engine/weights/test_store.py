"""Weights are found by name, and errors say what to do."""

import hashlib

import pytest

from pipelines.engine.served.models import ServerAddress
from pipelines.engine.weights.catalog import CATALOG
from pipelines.engine.weights.files import accepts_upload
from pipelines.engine.weights.store import WeightsStore
from pipelines.errors import WeightsNotFound
from tests.pipelines.engine.weights.place import CONTENT, HEADS, Place, known


def test_an_uploaded_file_comes_before_a_downloaded_and_a_bundled_one(place: Place) -> None:
    bundled = place.put("bundled/net.onnx")
    store = place.store()
    assert store.resolve("net") == bundled
    downloaded = place.put("weights/downloads/net.pt")
    assert store.resolve("net") == downloaded
    uploaded = place.put("weights/uploads/net.onnx")
    assert store.resolve("net") == uploaded
    by_hand = place.put("weights/net.pt")
    assert store.resolve("net") == by_hand


@pytest.mark.parametrize("filename", ["net.onnx", "net.pt", "net.engine", "net.torchscript"])
def test_a_name_may_carry_its_suffix(place: Place, filename: str) -> None:
    path = place.put(f"weights/{filename}")
    assert place.store().resolve(filename) == path
    assert place.store().resolve("net") == path


def test_an_openvino_folder_is_found_by_name(place: Place) -> None:
    folder = place.put("weights/net_openvino_model/model.xml").parent
    place.put("weights/net_openvino_model/model.bin")
    assert place.store().resolve("net") == folder
    assert place.store().resolve("net_openvino_model") == folder


def test_a_path_within_the_folder_is_taken(place: Place) -> None:
    path = place.put("weights/mine/net.onnx")
    for name in (str(path), "mine/net.onnx", "mine/../mine/./net.onnx", "../weights/mine/net.onnx"):
        assert place.store().resolve(name) == path
        assert place.store().status(name) is None
    with pytest.raises(WeightsNotFound, match=r"There are no weights at the path of 'other\.onnx'"):
        place.store().resolve("mine/other.onnx")


def refusal(store: WeightsStore, name: str) -> str:
    """The store's reason against a name, both before and at loading."""
    with pytest.raises(WeightsNotFound) as caught:
        store.resolve(name)
    assert store.status(name) == caught.value.detail
    return caught.value.detail


@pytest.mark.parametrize("name", ["there.onnx", "nothing.onnx", "x\x00.onnx", f"{'a' * 5000}.onnx"])
def test_a_path_outside_is_refused_whether_it_exists_or_not(place: Place, name: str) -> None:
    place.put("elsewhere/there.onnx")
    for path in (str(place.folder / "elsewhere" / name), f"../elsewhere/{name}"):
        said = refusal(place.store(), path)
        assert "lie outside the folders for weights" in said
        assert str(place.folder) not in said
    assert not refusal(place.store(), f"~nobody-of-this-name/{name}").startswith("/")


def test_a_link_leads_no_further_than_the_folders(place: Place) -> None:
    outside = place.put("elsewhere/net.onnx")
    (place.folder / "weights").mkdir()
    (place.folder / "weights" / "net.onnx").symlink_to(outside)
    (place.folder / "weights" / "sub").symlink_to(outside.parent)
    for name in ("net", "net.onnx", "sub/net.onnx"):
        assert "lie outside the folders for weights" in refusal(place.store(), name)
        assert place.store(allowed=[outside.parent]).resolve(name) == outside


@pytest.mark.parametrize(
    ("filename", "kind"),
    [
        ("net.onnx", "an ONNX file"),
        ("net.pt", "a PyTorch checkpoint"),
        ("net.engine", "a TensorRT engine"),
        ("net.torchscript", "a TorchScript file"),
        ("net_openvino_model", "an OpenVINO folder"),
    ],
)
def test_a_file_that_is_not_what_its_name_says_is_named(place: Place, filename: str, kind: str) -> None:
    place.put(f"weights/{filename}", b"please log in")
    said = f"'{filename}' is not {kind}: it is damaged, or has the wrong name. Replace it"
    assert refusal(place.store(), filename) == refusal(place.store(), "net") == said


@pytest.mark.parametrize("filename", ["net.yaml", "net.pth", ".onnx", "net.py"])
def test_what_is_no_networks_file_is_not_loaded(place: Place, filename: str) -> None:
    place.put(f"weights/{filename}")
    assert "is no network's file" in refusal(place.store(), f"./{filename}")


def test_an_empty_file_and_a_folder_are_no_networks(place: Place) -> None:
    place.put("weights/empty.onnx").write_bytes(b"")
    (place.folder / "weights" / "folder.pt").mkdir()
    assert "is empty: copy the file again" in refusal(place.store(), "empty")
    assert "is not a PyTorch checkpoint" in refusal(place.store(), "folder")


def test_an_uploaded_pickle_counts_only_where_the_operator_allows_it(place: Place) -> None:
    path = place.put("weights/uploads/net.pt")
    assert "neither uploaded" in refusal(place.store(), "net")
    assert place.store().listing() == []
    assert place.store(allow_pickles=True).resolve("net") == path


@pytest.mark.parametrize(
    ("address", "reason"),
    [
        ("http://gpu:8000/yolo", None),
        ("http://GPU:8000/yolo/", None),
        ("http://gpu:8000/prefix/yolo", None),
        ("http://one/only", None),
        ("http://gpu:8000", "names no model"),
        ("http://one/other", "is not among those"),
        ("http://gpu:8001/yolo", "is not among those"),
        ("https://gpu:8000/yolo", "is not among those"),
        ("http://gpu:8000.evil.example/yolo", "is not http://"),
        ("http://gpu:8000@evil.example/yolo", "is not http://"),
        ("http://gpu:8000/../yolo", "is not http://"),
        ("http://gpu:8000/yolo#x.pt", "is not http://"),
        ("http://gpu:8000/yolo?x.pt", "is not http://"),
        ("http://gpu:99999/yolo", "is not http://"),
        ("grpc://gpu:8000/yolo", "is not http://"),
        ("ul://gpu:8000/yolo", "is not http://"),
        ("http://gpu:8000/yolo\n", "is not http://"),
    ],
)
def test_a_model_server_is_asked_only_where_the_operator_allows_it(
    place: Place, address: str, reason: str | None
) -> None:
    allowed = [ServerAddress.parse(text) for text in ("http://gpu:8000", "http://one/only")]
    store = place.store(served=allowed)
    said = store.status(address)
    if reason is None:
        assert said is None
        assert store.served(address) in allowed[0] or store.served(address) == allowed[1]
    else:
        assert said is not None
        assert reason in said
        with pytest.raises(WeightsNotFound):
            store.served(address)


def test_an_unknown_name_says_what_was_tried_and_what_to_do(place: Place) -> None:
    store = place.store()
    with pytest.raises(WeightsNotFound) as caught:
        store.resolve("nothing")
    for part in ("'nothing'", "uploaded", "downloaded", "bundled", "Put the file into", "nothing.onnx"):
        assert part in caught.value.detail
    assert str(place.folder) not in caught.value.detail
    assert store.status("nothing") == caught.value.detail


def test_the_listing_has_every_network_once_with_its_source(place: Place) -> None:
    place.put("weights/mine.onnx", b"\x08\x0a345")
    place.put("bundled/both.onnx")
    place.put("bundled/README.md")
    place.put("weights/both.pt")
    place.put("weights/folder_openvino_model/model.bin", b"123")
    listing = place.store(known("http://localhost/later.pt")).listing()
    assert [(entry.name, entry.source, entry.size) for entry in listing] == [
        ("both", "uploaded", len(HEADS[".pt"])),
        ("folder", "uploaded", 3),
        ("later", "downloadable", len(CONTENT)),
        ("mine", "uploaded", 5),
    ]


def test_verify_tells_good_from_damaged_from_unknown(place: Place) -> None:
    place.put("weights/downloads/good.pt", CONTENT)
    place.put("weights/downloads/bad.pt", b"not what it should be")
    place.put("weights/mine.onnx")
    place.put("bundled/ours.onnx", CONTENT)
    place.put("bundled/SHA256SUMS", f"{hashlib.sha256(CONTENT).hexdigest()}  ours.onnx\n".encode())
    place.put("weights/folder_openvino_model/model.bin")
    store = place.store(known("http://localhost/good.pt"), known("http://localhost/bad.pt"))
    verdicts = {verdict.entry.name: verdict.ok for verdict in store.verify()}
    assert verdicts == {"good": True, "bad": False, "mine": None, "ours": True, "folder": None}


def test_the_catalog_is_well_formed() -> None:
    assert len({known.name for known in CATALOG}) == len(CATALOG)
    for entry in CATALOG:
        assert entry.url.startswith("https://")
        assert entry.filename == f"{entry.name}.pt"
        assert len(entry.sha256) == 64
        assert entry.size > 1_000_000


@pytest.mark.parametrize(
    ("filename", "allow_pt", "accepted"),
    [
        ("net.onnx", False, True),
        ("NET.ONNX", False, True),
        ("net.pt", False, False),
        ("net.pt", True, True),
        ("net.onnx.exe", True, False),
        ("net", True, False),
    ],
)
def test_only_onnx_is_uploaded_unless_the_operator_allows_pickles(
    filename: str, allow_pt: bool, accepted: bool
) -> None:
    assert accepts_upload(filename, allow_pt) is accepted
