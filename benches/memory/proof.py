"""The proof's table: what is compared, and what of a measurement is kept."""

import re
import sys
from pathlib import Path

MEASURE = Path(__file__).resolve().parents[2] / "memcalc" / "measure"
sys.path.insert(0, str(MEASURE))

import measure  # noqa: E402
import project  # noqa: E402
from tsv import Table  # noqa: E402

SIZERS = ["fit", "measured", "v2", "v4", "libjvm", "off"]
COLUMNS = [
    "application", "java", "limit_mb", "sizer", "run", "together", "seconds", "result", "ready_s", "requests", "failed", "rps",
    "major_faults", "heap_mb", "cgroup_peak_mb", "classes_loaded", "nmt_total_committed_mb", "options", "exit_code", "note",
]  # fmt: skip


def table():
    return Table(project.PROJECT / "memcalc" / "data" / "proof.tsv", COLUMNS)


def row(rows, run, together, seconds):
    """The last of a measurement's rows; faults of both, since it may be the start that thrashes."""
    faults = [it["major_faults"] for it in rows if it.get("major_faults") is not None]
    last = dict(rows[-1], run=run, together=together, seconds=f"{seconds:g}", heap_mb=heap(rows[-1]))
    last["major_faults"] = sum(faults) if faults else None
    return last


def heap(last):
    """As calculated; of a JVM that was left alone, what it took."""
    given = re.search(r"-Xmx(\d+)([KMG])", last.get("options") or "")
    if given is None:
        return last.get("heap_committed_mb")
    return round(int(given[1]) * {"K": 1 / 1024, "M": 1, "G": 1024}[given[2]], 1)
