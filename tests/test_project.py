"""What the project promises about itself: the tree, the import cost, the configuration files, the README's Python."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
from pathlib import Path

import pytest

import beforehand

ROOT = Path(__file__).resolve().parent.parent
README = (ROOT / "README.md").read_text(encoding="utf-8")
PACKAGES = ("store", "encoders", "sentiment", "retrieval", "insight", "agent", "ui")
HEAVY = ("torch", "transformers", "sentence_transformers", "faiss", "gradio", "pandas", "langchain", "sqlalchemy")


def _python(code: str, *, cwd: Path = ROOT, path: Path | None = None) -> subprocess.CompletedProcess[str]:
    environment = {"PYTHONPATH": str(path or ROOT), "PATH": "/usr/bin:/bin", "HF_HUB_OFFLINE": "1", "HOME": str(cwd)}
    command = [sys.executable, "-c", code]
    return subprocess.run(command, cwd=cwd, env=environment, capture_output=True, text=True, check=False)


def test_importing_beforehand_loads_nothing_heavy() -> None:
    done = _python(f"import sys, beforehand; print(*[m for m in {HEAVY!r} if m in sys.modules], len(sys.modules))")
    assert done.returncode == 0, done.stderr
    *loaded, modules = done.stdout.split()
    assert loaded == []
    assert int(modules) < 700


def test_a_foreign_package_of_our_name_is_named(tmp_path: Path) -> None:
    intruder = tmp_path / "agent"
    intruder.mkdir()
    (intruder / "__init__.py").write_text("")
    done = _python(f"import sys; sys.path.append({str(ROOT)!r}); import beforehand", cwd=tmp_path, path=tmp_path)
    assert done.returncode != 0
    assert "not Beforehand's own" in done.stderr
    assert str(intruder) in done.stderr


def test_the_readmes_tree_is_the_tree() -> None:
    tree = re.search(r"## The tree\n+```\n(.*?)```", README, re.DOTALL)
    assert tree is not None
    shown = set(re.findall(r"^(\w+)/ ", tree.group(1), re.MULTILINE))
    tracked = subprocess.run(["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=True).stdout.split()
    folders = {name.split("/")[0] for name in tracked if "/" in name and not name.startswith(".")}
    assert shown == folders
    for name in re.findall(r"^([\w.]+\.(?:py|toml|txt|md)|Makefile|LICENSE) ", tree.group(1), re.MULTILINE):
        assert (ROOT / name).exists(), name


@pytest.mark.parametrize("file", sorted((ROOT / "configs").glob("*.yaml")), ids=lambda file: file.stem)
def test_every_configuration_file_loads_and_says_how_to_use_it(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in re.findall(r"\$\{(\w+)\}", file.read_text(encoding="utf-8")):
        monkeypatch.setenv(name, "x")
    config = beforehand.Config.load(file)
    if file.stem == "default":
        assert config == beforehand.Config(), "configs/default.yaml must show the defaults"
    assert f"--config configs/{file.name}" in file.read_text(encoding="utf-8").split("\n\n")[0]


def test_the_readmes_python_runs(tmp_path: Path) -> None:
    blocks = re.findall(r"```python\n(.*?)```", README, re.DOTALL)
    assert blocks
    # The README opens the demo shop; here it finds a small one that stands already.
    beforehand.Shop.demo(tmp_path / ".beforehand" / "demo", scale=0.05).close()
    done = _python("\n".join(blocks), cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert done.stdout.strip(), "the README's Python shows what it found"


def test_every_package_exports_what_it_says() -> None:
    for name in PACKAGES:
        done = _python(
            f"import {name}\n"
            f"assert {name}.__doc__, 'no docstring'\n"
            f"for public in {name}.__all__: getattr({name}, public)"
        )
        assert done.returncode == 0, f"{name}: {done.stderr}"


def test_the_front_door_does_not_know_the_page() -> None:
    # import-linter checks packages; beforehand.py is a single module and is checked here.
    source = (ROOT / "beforehand.py").read_text(encoding="utf-8")
    assert not re.search(r"^\s*(from|import) ui\b", source, re.MULTILINE)


def _public_names(module: str) -> list[str]:
    """``__all__`` of a package, read without running it; of a plain module: nothing."""
    source = ROOT / module.replace(".", "/") / "__init__.py"
    if not source.exists():
        return []
    for node in ast.parse(source.read_text(encoding="utf-8")).body:
        if isinstance(node, ast.Assign) and [getattr(one, "id", "") for one in node.targets] == ["__all__"]:
            names: list[str] = ast.literal_eval(node.value)
            return names
    return []


def test_packages_meet_only_through_their_public_names() -> None:
    strays = []
    for package in PACKAGES:
        for file in sorted((ROOT / package).rglob("*.py")):
            if "migrations" in file.parts:
                continue
            for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
                if isinstance(node, ast.ImportFrom) and node.level == 0 and node.module:
                    other = node.module.split(".")[0]
                    if other in PACKAGES:
                        where = f"{file.relative_to(ROOT)}:{node.lineno}"
                        if other == package:
                            strays.append(f"{where}: inside a package imports are relative")
                        public = _public_names(node.module)
                        strays += [f"{where}: {node.module}.{a.name}" for a in node.names if a.name not in public]
    assert strays == []
