"""One measurement: from the image to the rows of the table."""

import subprocess
import time

import container
import jvm
import load
import project
import sizing

READY_WITHIN = 120.0
# More major faults a second than the first: it lives on reading its own code from disk again and again. The second is enough
# where it is slow as well, since a slow disk allows no more; slow alone may be the machine.
FAULTS_A_SECOND = 1000
FAULTS_IF_SLOW = 50

IDENTITY = ["application", "java", "jre", "limit_mb", "sizer", "options", "moment", "result"]
RUN = ["ready_s", "requests", "failed", "rps", "major_faults", "limit_hits"]
OUTSIDE = [
    "cgroup_peak_mb", "cgroup_used_mb", "cgroup_rss_mb", "cgroup_cache_mb", "cgroup_mapped_mb", "cgroup_kernel_mb",
    "rss_mb", "rss_anon_mb", "file_mapped_mb", "pss_mb", "os_threads",
]  # fmt: skip
INSIDE = [
    "gc", "heap_committed_mb", "heap_used_mb", "heap_live_mb", "classes_loaded", "array_classes", "shared_classes",
    "loaders",     "metaspace_used_mb", "metaspace_committed_mb", "class_space_used_mb", "class_space_committed_mb", "class_malloc_mb",
    "cds_mb", "code_used_mb", "code_committed_mb", "code_malloc_mb", "threads", "stacks_committed_mb",
    "stacks_reserved_mb", "thread_malloc_mb", "gc_native_mb", "compiler_mb", "compiler_peak_mb", "symbol_mb", "internal_mb", "other_mb",
    "arena_chunk_mb", "tracking_mb", "rest_mb", "malloc_total_mb", "malloc_peak_mb", "arena_total_mb", "mmap_total_mb",
    "nmt_total_committed_mb",
]  # fmt: skip
COLUMNS = IDENTITY + RUN + OUTSIDE + INSIDE + ["exit_code", "note"]


def measure(application, java, limit_mb, sizer="off", options="", seconds=60, reference_rps=None, variables=None):
    """`variables` of the environment, over the image's. Two rows, of when it was ready and of when it had been loaded; one where it did not come so far."""
    app = project.application(application)
    base = {
        "application": application,
        "java": java,
        "jre": project.JRES[java],
        "limit_mb": limit_mb,
        "sizer": sizer,
        "options": options,
    }
    try:
        mode, calculated = sizing.decide(sizer, app, java, limit_mb)
    except sizing.Refused as refused:
        return [base | {"moment": "ready", "result": "refused", "note": str(refused)}]
    base["options"] = " ".join(filter(None, [calculated, options]))
    environment = dict(it.split("=", 1) for it in app["environment"].split() if "=" in it)
    environment |= variables or {}
    environment["BPL_JVM_MEMORY"] = mode
    environment["JAVA_TOOL_OPTIONS"] = f"{base['options']} -XX:NativeMemoryTracking=summary".strip()
    if sizer == "measured":
        environment["BPI_JVM_PROFILE"] = project.profile(app, java)
    image = project.image(app, java)
    container.forget_pages(image)
    run = container.Container(image, limit_mb, environment)
    try:
        return _watch(run, app, base, seconds, reference_rps)
    finally:
        run.remove()


def _watch(run, app, base, seconds, reference_rps):
    ready = base | {"moment": "ready"}
    while not (answered := load.answers(run.port, app["path"].split()[0])):
        waited = time.monotonic() - run.started
        if not run.runs() or waited > READY_WITHIN:
            break
        time.sleep(0.1)
    waited = time.monotonic() - run.started
    ready["ready_s"] = round(waited, 1)
    ready["options"] = base["options"] = _told(run, base["options"])
    ready["major_faults"] = run.major_faults()
    if not answered and not run.runs():
        return [_ended(run, ready)]
    _look(run, ready)
    if not answered:
        stalled = (ready["major_faults"] or 0) > FAULTS_IF_SLOW * waited
        return [ready | {"result": "stalled" if stalled else "failed", "note": _complaint(run) or "not ready in time"}]

    loaded = base | {"moment": "loaded", "ready_s": ready["ready_s"]}
    requests, failed, took = load.run(run.port, app["path"].split(), seconds, run.runs)
    faults = run.major_faults()
    loaded |= {"requests": requests, "failed": failed, "rps": round(requests / took, 1)}
    if not run.runs():
        _ended(run, loaded)
    else:
        loaded["major_faults"] = faults - ready["major_faults"]
        _look(run, loaded, last=True)
        if not run.runs():
            _ended(run, loaded)
        else:
            slow = reference_rps is not None and loaded["rps"] < reference_rps / 2
            loaded["note"] = _complaint(run)
            if loaded["major_faults"] > (FAULTS_IF_SLOW if slow else FAULTS_A_SECOND) * took:
                loaded["result"] = "stalled"
            elif failed > requests / 100 or loaded["note"]:
                loaded["result"] = "failed"
            else:
                loaded["result"] = "started"
    return [ready | {"result": loaded["result"]}, loaded]


def _look(run, row, last=False):
    """Fills what can be seen now. The JVM's own view comes second, since asking for it costs memory."""
    row |= run.memory()
    try:
        attached = jvm.Attached(run.pid)
        row |= jvm.memory(attached)
        if last:
            row["heap_live_mb"] = jvm.live_heap(attached)
    except OSError as error:
        row["note"] = f"the JVM was not asked: {error}"


def _ended(run, row):
    code, out_of_memory = run.end_state()
    row["exit_code"] = code
    row["note"] = _complaint(run)
    if code == 82:
        row["result"] = "refused"
        row["note"] = _least_limit(run) or row["note"]
    elif code == 137 or out_of_memory:
        row["result"] = "killed"
    else:
        row["result"] = "failed"
    return row


def _told(run, options):
    """The options with those the image's launcher has added."""
    for line in run.log().splitlines():
        if line.startswith("Calculated JVM Memory Configuration:"):
            return f"{options} {line.split(':', 1)[1].split('(')[0].strip()}".strip()
    return options


def _least_limit(run):
    """The line in which a calculator that refuses says which limit would do."""
    for line in run.log(stderr=subprocess.STDOUT).splitlines():
        if "a memory limit of at least" in line:
            return line.strip()
    return ""


def _complaint(run):
    """The first line of the log that says what memory ran out."""
    for line in run.log().splitlines():
        for word in ("OutOfMemoryError", "ERROR: ", "insufficient memory", "CodeCache is full", "Error occurred during init"):
            if word in line:
                return line.strip()[:160]
    return ""


def cell(value):
    return "" if value is None else " ".join(str(value).split())
