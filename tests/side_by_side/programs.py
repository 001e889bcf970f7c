"""The two sets of programs, and the sandbox in which both run."""

import os
import shutil
import subprocess
import tempfile
from dataclasses import dataclass
from pathlib import Path

PROJECT = Path(__file__).resolve().parents[2]
TOOLS = ("builder", "launcher", "shell")

# What a stack does not have: a buildpack that finds one of these takes it instead of its own.
RUNTIMES = {"node", "npm", "npx", "corepack", "yarn", "go", "gofmt", "java", "javac", "php", "dotnet"}


class Missing(Exception):
    """Something that is needed is not there."""


@dataclass
class Pair:
    """The folder of originals, and the two folders of programs by name."""

    originals: Path
    programs: dict[str, dict[str, Path]]
    path: Path
    kept: tempfile.TemporaryDirectory

    def folder(self, name: str) -> Path:
        """A buildpack's folder among the originals."""
        return present(self.originals / name)

    def environment(self, name: str) -> dict[str, str]:
        """The variables that `environment/NAME` of the originals gives."""
        file = self.originals / "environment" / name
        lines = file.read_text().splitlines() if file.exists() else []
        pairs = (line.split("=", 1) for line in lines if line)
        return {name: value.replace("@ORIGINALS@", str(self.originals)).replace("@PATH@", str(self.path)) for name, value in pairs}


def present(path: Path) -> Path:
    """The path, which must exist."""
    if not path.exists():
        raise Missing(f"`{path}`; `tests/side-by-side --help` says what is expected, `scripts/setup-tests` gets fixtures")
    return path


def pair(originals: Path, stage: Path) -> Pair:
    """Finds the programs of both sides."""
    if not shutil.which("bwrap"):
        raise Missing("`bwrap`; `apt-get install bubblewrap`")
    kept = tempfile.TemporaryDirectory(prefix="side-by-side-")
    path = Path(kept.name) / "programs"
    path.mkdir()
    for folder in ("/usr/local/bin", "/usr/bin"):
        for program in os.scandir(folder):
            if program.name not in RUNTIMES and not (path / program.name).is_symlink():
                (path / program.name).symlink_to(program.path)
    return Pair(
        originals,
        {
            "original": {tool: present(originals / "lifecycle" / tool) for tool in TOOLS},
            "ours": {tool: present(stage) for tool in TOOLS},
        },
        path,
        kept,
    )


def sandbox(programs: dict[str, Path], script: str, arguments: list[str], binds: dict[str, Path], out: Path, environment: dict[str, str]) -> None:
    """Runs a bash script as vcap in a private /tmp and /home without network. The programs are /tmp/lifecycle/NAME, `binds` are read only,
    what the script writes to /mnt/out is in `out`."""
    out.mkdir(parents=True, exist_ok=True)
    accounts = {"passwd": "root:x:0:0::/root:/bin/bash\nvcap:x:2000:2000::/home/vcap:/bin/bash\n", "group": "root:x:0:\nvcap:x:2000:\n"}
    with tempfile.TemporaryDirectory() as folder:
        for name, text in accounts.items():
            (Path(folder) / name).write_text(text)
        command = ["bwrap", "--unshare-user", "--uid", "2000", "--gid", "2000", "--unshare-net", "--unshare-pid", "--die-with-parent"]
        command += ["--ro-bind", "/", "/", "--dev", "/dev", "--proc", "/proc"]
        command += [part for name in accounts for part in ("--ro-bind", f"{folder}/{name}", f"/etc/{name}")]
        command += ["--tmpfs", "/tmp", "--tmpfs", "/home", "--dir", "/home/vcap", "--tmpfs", "/mnt", "--bind", str(out), "/mnt/out"]
        inside = {f"/tmp/lifecycle/{tool}": path for tool, path in programs.items()} | binds
        command += [part for name, path in inside.items() for part in ("--ro-bind", str(path), name)]
        command += ["--chdir", "/home/vcap", "/bin/bash", "-c", script, "bash", *arguments]
        done = subprocess.run(command, env=environment, stdin=subprocess.DEVNULL, capture_output=True, text=True)
    if done.returncode:
        raise RuntimeError(f"the sandbox failed: {done.stderr}{done.stdout}")
