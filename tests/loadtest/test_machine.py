from pathlib import Path

from loadtest.machine import this_machine


def test_this_machine() -> None:
    machine = this_machine()
    assert machine["cores"] >= 1
    assert machine["memory_gb"] > 0
    assert machine["processor"]


def test_the_kernel_names_the_processor(tmp_path: Path) -> None:
    info = tmp_path / "cpuinfo"
    info.write_text("vendor_id: Acme\nmodel name\t: Acme Turbo 9000\n")
    assert this_machine(info)["processor"] == "Acme Turbo 9000"


def test_where_there_is_no_kernel_to_ask(tmp_path: Path) -> None:
    assert this_machine(tmp_path / "nothing")["processor"]
