"""What a sizer decides: the mode of the image's launcher, and the options given from outside."""

import subprocess

import project

SIZERS = ["off", "fit", "measured", "libjvm", "v2", "v4"]
# As the buildpacks count them, whatever the application is.
V2_THREADS = 300
V4_THREADS = 250


class Refused(Exception):
    """The calculator finds the limit too small."""


def decide(sizer, app, java, limit_mb):
    """The value of BPL_JVM_MEMORY and the calculated options."""
    if sizer == "measured":
        return "fit", ""
    if sizer in ("off", "fit", "libjvm"):
        return sizer, ""
    if sizer == "v2":
        # As java-buildpack 3 asks for Java 8 and later.
        arguments = [
            "-memorySizes=metaspace:64m..,stack:228k..",
            "-memoryWeights=heap:65,metaspace:10,native:15,stack:10",
            "-memoryInitials=heap:100%,metaspace:100%",
            f"-stackThreads={V2_THREADS}",
            f"-totMemory={limit_mb}M",
        ]
    else:
        feature = java.partition("-")[0]
        count = [project.program("memcalc"), "count", str(project.unpacked(app)), "--as", "v5", "--java-major", feature]
        arguments = [
            f"--total-memory={limit_mb}M",
            f"--loaded-class-count={project.output(count).strip()}",
            f"--thread-count={V4_THREADS}",
        ]
    done = subprocess.run([project.program("memcalc"), sizer, *arguments], capture_output=True, text=True)
    if done.returncode != 0:
        raise Refused((done.stderr or done.stdout).strip().splitlines()[0])
    return "off", done.stdout.strip()
