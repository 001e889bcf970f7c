"""The recorded cases of fixtures/golden/cloud-foundry, run live on both sides."""

import json
import os
import subprocess
import tempfile
from dataclasses import dataclass
from pathlib import Path

from . import observe
from .programs import PROJECT, Pair, sandbox

CASES = PROJECT / "fixtures/golden/cloud-foundry/cases"
RUN = "/tmp/run"

# The case's folder is copied so that the program may write to it; "$@" is the program with its arguments.
SCRIPT = """
cp -a /mnt/case /tmp/run && cd /tmp/run || exit 99
mkdir -p app tmp cache buildpacks && chmod 755 app tmp cache buildpacks
env -i "${VARIABLES[@]}" "$@" >/mnt/out/stdout 2>/mnt/out/stderr
echo $? >/mnt/out/exit
cp -r out/. /mnt/out/ 2>/dev/null
ls -A tmp >/mnt/out/temporary
"""


@dataclass
class Recorded:
    """One case."""

    name: str
    case: dict

    def differences(self, pair: Pair) -> list[str]:
        """Where the two sides differ, empty if nowhere."""
        with tempfile.TemporaryDirectory(prefix="side-by-side-case-") as folder:
            lay_out(Path(folder) / "case", self.case)
            seen = [self.observe(pair, side, Path(folder)) for side in ("original", "ours")]
        return observe.differences(*seen)

    def observe(self, pair: Pair, side: str, folder: Path) -> dict:
        """Runs the case on one side."""
        here = lambda value: value.replace("@RUN@", RUN)  # noqa: E731
        variables = " ".join(shell_word(f"{name}={here(value)}") for name, value in self.case["env"].items())
        arguments = [f"/tmp/lifecycle/{self.case['tool']}", *map(here, self.case["argv"])]
        out = folder / side
        sandbox(pair.programs[side], f"VARIABLES=({variables})\n{SCRIPT}", arguments, {"/mnt/case": folder / "case"}, out, dict(os.environ))
        droplet = out / "droplet"
        return {
            "exit code": observe.text(out / "exit"),
            "standard output": observe.text(out / "stdout"),
            "standard error": observe.text(out / "stderr"),
            "result.json": observe.result(out / "result.json"),
            "staging_info.yml": observe.member(droplet, "./staging_info.yml"),
            "droplet": observe.members(droplet),
            "cache": observe.members(out / "cache.tgz"),
            "temporary files": observe.text(out / "temporary"),
        }


def runs() -> list[Recorded]:
    """All cases."""
    return [Recorded(path.stem, json.loads(path.read_text())) for path in sorted(CASES.glob("*.json"))]


def shell_word(value: str) -> str:
    """The value as one word of bash."""
    return "'" + value.replace("'", "'\\''") + "'"


def lay_out(root: Path, case: dict) -> None:
    """Writes the files of a case."""
    for name in ("app", "tmp", "cache", "buildpacks"):
        (root / name).mkdir(parents=True)
    write(root / "app", case.get("app"))
    write(root / "cache", case.get("cache_before"))
    write(root, case.get("files"))
    if case["tool"] != "builder" and case.get("staging_info"):
        (root / "staging_info.yml").write_text(case["staging_info"])
    for buildpack in (case.get("buildpacks") or {}).values():
        naming = case["buildpack_dir_naming"]
        for scheme in ("md5", "xxh64"):
            if naming not in (scheme, "both"):
                continue
            folder = root / "buildpacks" / buildpack[scheme] / ("nested" if case["nested"] else "")
            write(folder, buildpack["files"])
            if naming == "both":
                (folder / "bin/detect").write_text(f"#!/bin/bash\necho from {scheme}\n")
    if case["name"] == "b59-url-git-file":
        repository(root / "bp.git")


def write(root: Path, files: dict | None) -> None:
    """Writes files, folders and links as cases describe them."""
    for name, file in (files or {}).items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        if "link" in file:
            path.symlink_to(file["link"])
            continue
        if file.get("dir"):
            path.mkdir()
        else:
            path.write_text(file.get("text") or "")
        path.chmod(file.get("mode") or (0o755 if file.get("dir") else 0o644))


def repository(path: Path) -> None:
    """The repository that the case with a `file:` URL clones: the buildpack of another case on the branch `other`."""
    other = json.loads((CASES / "b01-detect-compile.json").read_text())
    write(path, other["buildpacks"]["cmp"]["files"])
    identity = ["-c", "user.name=x", "-c", "user.email=x@y"]
    for arguments in (
        ["init", "-q", "-b", "main"],
        [*identity, "commit", "-q", "--allow-empty", "-m", "empty"],
        ["checkout", "-q", "-b", "other"],
        ["add", "."],
        [*identity, "commit", "-q", "-m", "buildpack"],
        ["checkout", "-q", "main"],
    ):
        subprocess.run(["git", *arguments], cwd=path, check=True)
