"""One container: started with a memory limit, looked at from outside, removed."""

import os
import socket
import time
from pathlib import Path

from project import Failure, podman

MB = 1024 * 1024


def free_port():
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return listener.getsockname()[1]


def forget_pages(image):
    """Drops the image's files from the page cache: a control group pays only for pages nobody has read before, so that
    a second run would look smaller than the first."""
    data = podman("image", "inspect", "--format", "{{.GraphDriver.Data.UpperDir}}:{{.GraphDriver.Data.LowerDir}}", image)
    for folder in data.split(":"):
        if not folder.startswith("/"):
            continue
        for place, _, files in os.walk(folder):
            for name in files:
                path = os.path.join(place, name)
                if os.path.islink(path) or not os.path.isfile(path):
                    continue
                descriptor = os.open(path, os.O_RDONLY)
                os.fdatasync(descriptor)
                os.posix_fadvise(descriptor, 0, 0, os.POSIX_FADV_DONTNEED)
                os.close(descriptor)


class Container:
    """Shares the host's network; the application listens on `port`."""

    def __init__(self, image, limit_mb, environment):
        self.port = free_port()
        variables = dict(environment, PORT=str(self.port))
        arguments = [f"--env={name}={value}" for name, value in variables.items()]
        limits = ["--memory", f"{limit_mb}m", "--memory-swap", f"{limit_mb}m"]
        self.started = time.monotonic()
        self.id = podman("run", "-d", "--network", "host", *limits, *arguments, image)
        self.pid = int(self.inspect("{{.State.Pid}}"))
        self.group = None
        try:
            for line in Path(f"/proc/{self.pid}/cgroup").read_text().splitlines():
                _, controllers, path = line.split(":", 2)
                if controllers == "memory":
                    self.group = Path("/sys/fs/cgroup/memory") / path.lstrip("/")
                elif controllers == "" and self.group is None and path != "/":
                    self.group = Path("/sys/fs/cgroup") / path.lstrip("/")
        except OSError:
            pass

    def inspect(self, what):
        return podman("inspect", "--format", what, self.id)

    def runs(self):
        try:
            state = Path(f"/proc/{self.pid}/stat").read_text().rsplit(") ", 1)[1][0]
        except (OSError, IndexError):
            return False
        return state not in "ZX"

    def log(self, **more):
        """What it wrote to its standard output; with `stderr=subprocess.STDOUT` all it wrote."""
        try:
            return podman("logs", self.id, **more)
        except Failure:
            return ""

    def end_state(self):
        """Exit code and whether the kernel killed it for its memory, once it is over."""
        deadline = time.monotonic() + 20
        while self.inspect("{{.State.Status}}") == "running" and time.monotonic() < deadline:
            time.sleep(0.1)
        code, killed = self.inspect("{{.State.ExitCode}} {{.State.OOMKilled}}").split()
        return int(code), killed == "true"

    def remove(self):
        podman("rm", "--force", "--time", "0", self.id)

    def _number(self, *names):
        for name in names:
            try:
                return int((self.group / name).read_text())
            except (OSError, ValueError, TypeError):
                continue
        return None

    def memory(self):
        """What the control group and the process hold, MB; None where the kernel does not say."""
        found = {
            "cgroup_peak_mb": self._number("memory.max_usage_in_bytes", "memory.peak"),
            "cgroup_used_mb": self._number("memory.usage_in_bytes", "memory.current"),
            "cgroup_kernel_mb": self._number("memory.kmem.usage_in_bytes"),
        }
        stat = pairs(self.group / "memory.stat") if self.group else {}
        found["cgroup_rss_mb"] = stat.get("total_rss", stat.get("anon"))
        found["cgroup_cache_mb"] = stat.get("total_cache", stat.get("file"))
        found["cgroup_mapped_mb"] = stat.get("total_mapped_file", stat.get("file_mapped"))
        if found["cgroup_kernel_mb"] is None:
            found["cgroup_kernel_mb"] = stat.get("kernel")
        status = pairs(Path(f"/proc/{self.pid}/status"))
        rollup = pairs(Path(f"/proc/{self.pid}/smaps_rollup"))
        for name, key in [("rss_mb", "VmRSS:"), ("rss_anon_mb", "RssAnon:"), ("file_mapped_mb", "RssFile:")]:
            found[name] = status[key] * 1024 if key in status else None
        found["pss_mb"] = rollup["Pss:"] * 1024 if "Pss:" in rollup else None
        found = {name: None if value is None else round(value / MB, 1) for name, value in found.items()}
        found["os_threads"] = status.get("Threads:")
        found["limit_hits"] = self._number("memory.failcnt")
        return found

    def major_faults(self):
        try:
            return int(Path(f"/proc/{self.pid}/stat").read_text().rsplit(") ", 1)[1].split()[9])
        except (OSError, IndexError):
            return None


def pairs(path):
    """The lines of a file that are a name and a number."""
    try:
        lines = [line.split() for line in path.read_text().splitlines()]
    except OSError:
        return {}
    return {line[0]: int(line[1]) for line in lines if len(line) >= 2 and line[1].isdigit()}
