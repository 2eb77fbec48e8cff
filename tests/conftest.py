"""Fixtures shared by all tests: a database per test (SQLite, PostgreSQL where it is installed), and the real data."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import tempfile
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from store import Database, FixedClock

NOW = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)

# No test may reach a model hub, a tracing service or a paid model, whatever the developer's environment says.
os.environ.update(
    {"HF_HUB_OFFLINE": "1", "GRADIO_ANALYTICS_ENABLED": "False", "LANGSMITH_TRACING": "false", "DO_NOT_TRACK": "1"}
)
for _key in [name for name in os.environ if name.endswith("_API_KEY")]:
    del os.environ[_key]

_real_connect = socket.socket.connect


def _loopback_only(self: socket.socket, address: object) -> None:
    if self.family in {socket.AF_INET, socket.AF_INET6} and isinstance(address, tuple):
        host = str(address[0])
        if not (host.startswith("127.") or host in {"::1", "localhost"}):
            raise RuntimeError(f"a test tried to reach {host}: tests talk to this machine only")
    _real_connect(self, address)  # type: ignore[arg-type]


socket.socket.connect = _loopback_only  # type: ignore[method-assign,assignment]


@pytest.fixture
def clock() -> FixedClock:
    return FixedClock(NOW)


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Database]:
    """An empty SQLite shop."""
    opened = Database.open(f"sqlite:///{tmp_path}/shop.db")
    yield opened
    opened.close()


@pytest.fixture(scope="session")
def postgres_url() -> Iterator[str]:
    """A PostgreSQL server of the tests' own on a local socket; skips where PostgreSQL is not installed."""
    binaries = sorted(Path("/usr/lib/postgresql").glob("*/bin"), reverse=True)
    found = next((folder for folder in binaries if (folder / "initdb").exists()), None)
    if found is None:
        pytest.skip("PostgreSQL is not installed (Debian: apt-get install postgresql)")
    # Not below pytest's own folder: that is shut to other users again whenever another run of pytest begins.
    folder = Path(tempfile.mkdtemp(prefix="postgres-"))
    # PostgreSQL refuses to run as root; Debian's package brings a user for it.
    as_user = ["runuser", "-u", "postgres", "--"] if os.geteuid() == 0 else []
    if as_user:
        shutil.chown(folder, "postgres")
    data = folder / "data"
    quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
    subprocess.run(
        [*as_user, found / "initdb", "-D", data, "-A", "trust", "-U", "shop"], check=True, cwd=folder, **quiet
    )
    options = f"-k {folder} -c listen_addresses='' -c fsync=off"
    control = [*as_user, found / "pg_ctl", "-D", data, "-w"]
    subprocess.run([*control, "-o", options, "-l", folder / "log", "start"], check=True, cwd=folder, **quiet)
    try:
        yield f"postgresql+psycopg://shop@/postgres?host={folder}"
    finally:
        subprocess.run([*control, "-m", "immediate", "stop"], check=False, cwd=folder, **quiet)
        shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture(params=["sqlite", "postgresql"])
def any_database(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Database]:
    """The same empty shop on each database that Beforehand runs on."""
    if request.param == "sqlite":
        opened = Database.open(f"sqlite:///{tmp_path}/shop.db")
    else:
        from store.schema import Base

        opened = Database.open(request.getfixturevalue("postgres_url"))
        with opened.write() as session:
            for table in reversed(Base.metadata.sorted_tables):
                session.execute(table.delete())
    yield opened
    opened.close()


@pytest.fixture(scope="session")
def data_folder() -> Path:
    """The public data; real tests skip, with the reason, where it is not set."""
    named = os.environ.get("BEFOREHAND_DATA")
    if not named:
        pytest.skip("BEFOREHAND_DATA is not set: it names the folder with the public data")
    folder = Path(named)
    if not folder.is_dir():
        pytest.fail(f"BEFOREHAND_DATA names {folder}, which is not a folder")
    return folder.resolve()


def pytest_runtest_makereport(item: pytest.Item, call: pytest.CallInfo[None]) -> pytest.TestReport | None:
    """Where ``BEFOREHAND_REQUIRE`` names a kind of test (real, browser, postgresql), skipping it is a failure."""
    report = pytest.TestReport.from_item_and_call(item, call)
    required = set(os.environ.get("BEFOREHAND_REQUIRE", "").split(",")) - {""}
    kinds = {mark.name for mark in item.iter_markers()} | ({"postgresql"} if "postgresql" in item.name else set())
    if report.skipped and kinds & required and not hasattr(report, "wasxfail"):
        report.outcome = "failed"
        report.longrepr = f"skipped, but BEFOREHAND_REQUIRE asks for it: {report.longrepr}"
    return report
