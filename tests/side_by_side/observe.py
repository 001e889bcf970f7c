"""What a run left, in a form that two runs can be compared in."""

import difflib
import hashlib
import re
import tarfile
from collections.abc import Callable
from pathlib import Path

CONTENTS = re.compile(rb"/tmp/contents[0-9]+")

KINDS = {tarfile.DIRTYPE: "folder", tarfile.SYMTYPE: "link", tarfile.REGTYPE: "file", tarfile.LNKTYPE: "file"}

# npm names its logs so.
TIME = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9_]+Z")

# Lines of these files are written in a random order by the buildpacks.
UNORDERED = re.compile(r"/profile\.d/000_multi-supply\.sh$")


def text(path: Path) -> str | None:
    """A file's text with the builder's temporary folder named, None without the file."""
    return CONTENTS.sub(b"@CONTENTS@", path.read_bytes()).decode(errors="backslashreplace") if path.exists() else None


def result(path: Path) -> str | None:
    """`result.json` with its processes sorted: their order is random in the original."""
    before, start, rest = (text(path) or "").partition('"processes":[{')
    if not start:
        return text(path)
    processes, end, after = rest.partition("}]")
    return before + start + "},{".join(sorted(processes.split("},{"))) + end + after


def members(
    path: Path,
    varying: re.Pattern | None = None,
    same: Callable[[str, bytes], bytes] = lambda _, content: content,
    mode: int = 0,
) -> list[str] | None:
    """An archive's members, one a line, sorted: type, mode, owner, name, target, and a digest of the content unless the name is `varying`.
    `same` makes contents alike that are meant to differ; bits of `mode` are taken as set."""
    if not path.exists():
        return None
    lines = []
    with tarfile.open(path) as archive:
        for member in archive:
            name = TIME.sub("@TIME@", re.sub(r"\s", "?", member.name))
            kind, about = KINDS.get(member.type, str(member.type)), ""
            if kind == "link":
                about = f" -> {CONTENTS.sub(b'@CONTENTS@', member.linkname.encode()).decode()}"
            elif kind == "file" and not (varying and varying.search(name)):
                content = same(name, CONTENTS.sub(b"@CONTENTS@", archive.extractfile(member).read()))
                if UNORDERED.search(name):
                    content = b"\n".join(sorted(content.splitlines()))
                about = f" {hashlib.sha256(content).hexdigest()[:12]}"
            lines.append(f"{name} {kind} {member.mode | mode:04o} {member.uname}:{member.gname}{about}")
    return sorted(lines)


def member(path: Path, name: str) -> str | None:
    """A text file of an archive."""
    if not path.exists():
        return None
    with tarfile.open(path) as archive:
        try:
            return archive.extractfile(name).read().decode()
        except KeyError:
            return None


def differences(original: dict, ours: dict) -> list[str]:
    """What differs between two observations, in the form of a diff, by their parts' names."""
    found = []
    for name in original.keys() | ours.keys():
        left, right = original.get(name), ours.get(name)
        if left == right:
            continue
        sides = [side if isinstance(side, list) else ["(none)"] if side is None else str(side).splitlines() for side in (left, right)]
        lines = list(difflib.unified_diff(*sides, "original", "ours", lineterm="", n=0))[2:]
        shown = [line for line in lines if not line.startswith("@@")] or [repr(left), repr(right)]
        more = [f"... {len(shown) - 40} more"] if len(shown) > 40 else []
        found.append("\n  ".join([f"{name}:", *shown[:40], *more]))
    return sorted(found)
