"""What a sizer decides: the mode of the image's launcher, and the options given from outside."""

import subprocess

import project

SIZERS = ["off", "fit", "libjvm", "v2", "v4"]
THREADS = {"tomcat": 250, "jdk": 50}


class Refused(Exception):
    """The calculator finds the limit too small."""


def decide(sizer, app, java, limit_mb):
    """The value of BPL_JVM_MEMORY and the calculated options."""
    if sizer in ("off", "fit", "libjvm"):
        return sizer, ""
    if sizer == "v2":
        # As java-buildpack 3 asks for Java 8 and later.
        arguments = [
            "-memorySizes=metaspace:64m..,stack:228k..",
            "-memoryWeights=heap:65,metaspace:10,native:15,stack:10",
            "-memoryInitials=heap:100%,metaspace:100%",
            "-stackThreads=300",
            f"-totMemory={limit_mb}M",
        ]
    else:
        feature = java.partition("-")[0]
        count = [project.program("memcalc"), "count", str(project.jar(app)), "--as", "v5", "--java-major", feature]
        arguments = [
            f"--total-memory={limit_mb}M",
            f"--loaded-class-count={project.output(count).strip()}",
            f"--thread-count={THREADS.get(app['server'], 50)}",
        ]
    done = subprocess.run([project.program("memcalc"), sizer, *arguments], capture_output=True, text=True)
    if done.returncode != 0:
        raise Refused((done.stderr or done.stdout).strip().splitlines()[0])
    return "off", done.stdout.strip()
