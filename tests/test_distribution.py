"""Wheel and sdist build, install and import elsewhere; the lock has hashes and no addresses; versions agree."""

import os
import re
import subprocess
import sys
import tarfile
import tomllib
import zipfile
from pathlib import Path

import tabular

ROOT = Path(__file__).parent.parent
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]


def run(*command, cwd, **environment):
    result = subprocess.run(command, cwd=cwd, capture_output=True, text=True, env={**os.environ, **environment})
    assert result.returncode == 0, result.stderr
    return result.stdout


def test_wheel_and_sdist_work_elsewhere(tmp_path):
    run(sys.executable, "-m", "build", "--no-isolation", "--outdir", str(tmp_path), str(ROOT), cwd=tmp_path)
    (wheel,) = tmp_path.glob("*.whl")
    (sdist,) = tmp_path.glob("*.tar.gz")
    names = zipfile.ZipFile(wheel).namelist()
    assert {"tabular/py.typed", "proofs_check/py.typed", "proofs_check/topics/mdp/claims.py"} <= set(names)
    assert not [name for name in names if name.startswith(("tests/", "notebooks/"))]
    with tarfile.open(sdist) as archive:
        assert any(name.endswith("/tests/oracles.py") for name in archive.getnames())
    target = tmp_path / "site"
    run(
        sys.executable,
        "-m",
        "pip",
        "install",
        "--quiet",
        "--no-deps",
        "--no-index",
        "--target",
        str(target),
        str(wheel),
        cwd=tmp_path,
    )
    script = (
        "import tabular, proofs_check; print(tabular.__file__); "
        "print(tabular.solve(tabular.domains.forest(gamma=0.9)).actions, len(proofs_check.claims()))"
    )
    out = run(sys.executable, "-c", script, cwd=tmp_path, PYTHONPATH=str(target))
    assert out.startswith(str(target))
    assert re.search(r"\[.*\] \d+", out)


def test_lock_has_hashes_and_no_addresses():
    lock = (ROOT / "requirements.lock").read_text(encoding="utf-8")
    assert "://" not in lock
    entries = re.findall(r"^[a-z0-9].*?(?=^[a-z0-9]|\Z)", lock, re.M | re.S)
    assert len(entries) > 30
    for entry in entries:
        assert "==" in entry
        assert "--hash=sha256:" in entry


def test_versions_agree():
    citation = (ROOT / "CITATION.cff").read_text(encoding="utf-8")
    assert f"\nversion: {PROJECT['version']}\n" in citation
    assert tabular.__version__ == PROJECT["version"]
