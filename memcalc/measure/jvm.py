"""Asks a JVM in another container for its own view of its memory, by HotSpot's attach protocol.

Linked runtimes may have no jcmd, and the host's may be of another user and namespace. The protocol is a file that asks the
JVM for a socket, SIGQUIT, and a request of strings that end with NUL. Root may always ask.
"""

import os
import re
import signal
import socket
import time
from pathlib import Path


class Attached:
    def __init__(self, pid):
        self.pid = pid
        status = Path(f"/proc/{pid}/status").read_text()
        inner = re.search(r"^NSpid:.*?(\d+)$", status, re.M).group(1)
        user, group = (int(re.search(rf"^{name}:\s+\d+\s+(\d+)", status, re.M).group(1)) for name in ("Uid", "Gid"))
        temporary = Path(f"/proc/{pid}/root/tmp")
        self.socket = temporary / f".java_pid{inner}"
        if self.socket.exists():
            return
        ask = temporary / f".attach_pid{inner}"
        ask.touch()
        # The JVM trusts the file only if its own user made it.
        os.chown(ask, user, group)
        os.kill(pid, signal.SIGQUIT)
        deadline = time.monotonic() + 30
        while not self.socket.exists():
            if time.monotonic() > deadline or not Path(f"/proc/{pid}").exists():
                raise OSError("the JVM opens no socket")
            time.sleep(0.05)
        ask.unlink(missing_ok=True)

    def ask(self, command):
        with socket.socket(socket.AF_UNIX) as connection:
            connection.settimeout(60)
            # A path below /proc can be longer than a socket's name may be, so it is opened from its folder.
            folder = os.open(self.socket.parent, os.O_RDONLY | os.O_DIRECTORY)
            try:
                connection.connect(f"/proc/self/fd/{folder}/{self.socket.name}")
            finally:
                os.close(folder)
            connection.sendall(b"\0".join([b"1", b"jcmd", command.encode(), b"", b"", b""]))
            answer = b""
            while more := connection.recv(65536):
                answer += more
        code, _, text = answer.decode(errors="replace").partition("\n")
        if code != "0":
            raise OSError(f"{command}: {text.strip()[:200]}")
        return text


def native_memory(text):
    """The summary of native memory tracking by category: reserved, committed, malloc, mmap, arena in KB, and counts."""
    found, current = {}, None
    for line in text.splitlines():
        head = re.match(r"\s*(?:-\s+)?(\S[\w ]*?):? \(?reserved=(\d+)KB, committed=(\d+)KB", line)
        if line.startswith(("Total:", "-")) and head:
            current = found.setdefault(head[1], {"section": None})
            current.update(reserved=int(head[2]), committed=int(head[3]))
            continue
        if current is None:
            continue
        for name, pattern in {
            "malloc": r"\(?malloc[=:] ?(\d+)KB",
            "arena": r"\(arena=(\d+)KB",
            # Not told by Java 17.
            "arena_peak": r"\(arena=\d+KB #\d+\) \(peak=(\d+)KB",
            "malloc_peak": r"malloc: .*peak=(\d+)KB",
            "mmap": r"mmap: reserved=\d+KB, committed=(\d+)KB",
            "stacks": r"stack: reserved=\d+KB, committed=(\d+)KB",
            "stacks_reserved": r"stack: reserved=(\d+)KB",
            "threads": r"threads? #(\d+)",
            "classes": r"\(classes #(\d+)",
            "array_classes": r"array classes #(\d+)",
        }.items():
            if (value := re.search(pattern, line)) and name not in current:
                current[name] = int(value[1])
        if "Metadata:" in line:
            current["section"] = "metadata"
        elif "Class space:" in line:
            current["section"] = "class_space"
        elif current["section"]:
            for name in ("committed", "used"):
                if value := re.search(rf"\b{name}=(\d+)KB", line):
                    current[f"{current['section']}_{name}"] = int(value[1])
    return found


def memory(jvm):
    """The columns that come from the JVM: MB, but for counts."""
    tracked = native_memory(jvm.ask("VM.native_memory summary"))
    klass = tracked.get("Class", {})

    def kb(category, name="committed"):
        return tracked.get(category, {}).get(name, 0)

    used, space_used = klass.get("metadata_used", 0), klass.get("class_space_used", 0)
    committed, space = klass.get("metadata_committed", 0), klass.get("class_space_committed", 0)
    mapped = sum(it.get("mmap", 0) for name, it in tracked.items() if name != "Total")
    arenas = sum(it.get("arena", 0) for name, it in tracked.items() if name != "Total")
    mallocs = sum(it.get("malloc", 0) for name, it in tracked.items() if name != "Total")
    named = {"Total", "Java Heap", "Class", "Metaspace", "Thread", "Code", "GC", "Compiler", "Symbol", "Internal", "Other"}
    named |= {"Shared class space", "Native Memory Tracking", "Arena Chunk"}
    rest = sum(it["committed"] for name, it in tracked.items() if name not in named)
    columns = {
        "heap_committed_mb": kb("Java Heap"),
        # With the class space, as -XX:MaxMetaspaceSize counts.
        "metaspace_used_mb": used + space_used,
        "metaspace_committed_mb": committed + space,
        "class_space_used_mb": space_used,
        "class_space_committed_mb": space,
        "class_malloc_mb": kb("Class", "malloc"),
        "cds_mb": kb("Shared class space"),
        "code_committed_mb": kb("Code"),
        "code_malloc_mb": kb("Code", "malloc"),
        "stacks_committed_mb": kb("Thread", "stacks"),
        "stacks_reserved_mb": kb("Thread", "stacks_reserved"),
        "thread_malloc_mb": kb("Thread", "malloc") + kb("Thread", "arena"),
        "gc_native_mb": kb("GC"),
        "compiler_mb": kb("Compiler"),
        "symbol_mb": kb("Symbol"),
        "internal_mb": kb("Internal"),
        # Direct buffers are in Other.
        "other_mb": kb("Other"),
        "arena_chunk_mb": kb("Arena Chunk"),
        "tracking_mb": kb("Native Memory Tracking"),
        "rest_mb": rest,
        "malloc_total_mb": mallocs,
        "arena_total_mb": arenas,
        "mmap_total_mb": mapped,
        "nmt_total_committed_mb": kb("Total"),
    }
    columns = {name: round(value / 1024, 2) for name, value in columns.items()}
    columns["classes_loaded"] = klass.get("classes")
    columns["array_classes"] = klass.get("array_classes")
    columns["threads"] = tracked.get("Thread", {}).get("threads")
    columns |= heap(jvm.ask("GC.heap_info"))
    columns |= code(jvm.ask("Compiler.codecache"))
    for column, category, name in [("compiler_peak_mb", "Compiler", "arena_peak"), ("malloc_peak_mb", "Total", "malloc_peak")]:
        value = tracked.get(category, {}).get(name)
        columns[column] = None if value is None else round(value / 1024, 2)
    loaders = re.search(r"Total Usage - (\d+) loaders, \d+ classes(?: \((\d+) shared\))?", jvm.ask("VM.metaspace"))
    columns["loaders"] = int(loaders[1]) if loaders else None
    columns["shared_classes"] = int(loaders[2] or 0) if loaders else None
    return columns


def heap(text):
    """Collector and used heap, MB, of what GC.heap_info says."""
    if "garbage-first" in text:
        gc = "G1"
    elif "def new generation" in text or "DefNew" in text:
        gc = "Serial"
    elif "PSYoungGen" in text:
        gc = "Parallel"
    elif "Shenandoah" in text:
        gc = "Shenandoah"
    elif "ZHeap" in text:
        gc = "Z"
    else:
        gc = "other"
    used = sum(
        int(it)
        for it in re.findall(r"^\s*(?:garbage-first heap|def new generation|tenured generation|DefNew|Tenured|PSYoungGen|ParOldGen)\s.*?used (\d+)K", text, re.M)
    )
    return {"gc": gc, "heap_used_mb": round(used / 1024, 1)}


def code(text):
    """Used code cache, MB, of all segments: the switch limits their sum."""
    used = sum(int(it) for it in re.findall(r"size=\d+Kb used=(\d+)Kb", text))
    return {"code_used_mb": round(used / 1024, 2)}


def live_heap(jvm):
    """What is left after a full collection, MB."""
    jvm.ask("GC.run")
    return heap(jvm.ask("GC.heap_info"))["heap_used_mb"]
