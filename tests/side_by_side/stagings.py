"""Applications staged by real buildpacks under both builders, and both droplets started under both launchers."""

import hashlib
import itertools
import re
import tempfile
from dataclasses import dataclass, field, replace
from pathlib import Path

from . import applications, builtin, observe
from .programs import Pair, sandbox

STAGE = """
cp -a /mnt/app /tmp/app && mkdir /tmp/cache || exit 99
if [ -e /mnt/cache ]; then tar xzf /mnt/cache -C /tmp/cache || exit 99; fi
/tmp/lifecycle/builder "$@" >/mnt/out/stdout 2>/mnt/out/stderr
echo $? >/mnt/out/exit
for file in droplet result.json output-cache; do [ ! -e /tmp/$file ] || cp /tmp/$file /mnt/out/ || exit 99; done
"""

# The start command's process is asked until it answers, then looked at, then ended.
START = """
tar xzf /mnt/droplet -C /home/vcap && cd /home/vcap || exit 99
/tmp/lifecycle/launcher app "" "" >/mnt/out/stdout 2>/mnt/out/stderr & started=$!
for _ in $(seq 600); do
  curl -sS -o /mnt/out/answer "localhost:$PORT/$1" 2>/dev/null && break
  kill -0 $started 2>/dev/null || break
  read -rt 0.1 <> <(:)
done
if kill -0 $started 2>/dev/null; then
  tr '\\0' '\\n' </proc/$started/cmdline >/mnt/out/arguments
  tr '\\0' '\\n' </proc/$started/environ | sort >/mnt/out/variables
fi
kill $started 2>/dev/null
wait $started
echo $? >/mnt/out/exit
"""


JAVA_5 = {"java_buildpack": "java-buildpack-v5"}
JAVA_3 = {"java_buildpack": "java-buildpack-v3"}


@dataclass
class Staging:
    """One application and one order of buildpacks."""

    name: str
    application: str
    # The folder among the originals, by the buildpack's key, in their order.
    buildpacks: dict[str, str]
    detect: bool = True
    environment: dict[str, str] = field(default_factory=dict)
    # What is asked of the started application; nothing is started without it.
    asks: str | None = "index.html"
    # Members of the droplet whose content, and of the cache whose presence, no two runs of one builder share.
    varying: str | None = None
    # Staged a second time, with the cache of the first.
    again: bool = False
    # Our builder plays the part of the buildpack.
    built_in: bool = False
    # The calculator prints its switches in a random order.
    shuffled: bool = False

    def differences(self, pair: Pair) -> list[str]:
        """Where the two sides differ, empty if nowhere."""
        with tempfile.TemporaryDirectory(prefix="side-by-side-staging-") as folder:
            folder = Path(folder)
            application = applications.make(self.application, folder / "app")
            for side in pair.programs:
                self.stage(pair, side, application, folder / side)
            found = observe.differences(self.staged(folder / "original"), self.staged(folder / "ours"))
            if self.again:
                for side in pair.programs:
                    self.stage(pair, side, application, folder / f"{side}-again", folder / side / "output-cache")
                again = observe.differences(self.staged(folder / "original-again"), self.staged(folder / "ours-again"))
                found += [f"staged again: {difference}" for difference in again]
            if self.asks is not None and all((folder / side / "droplet").exists() for side in pair.programs):
                started = {}
                for builder, launcher in itertools.product(pair.programs, repeat=2):
                    droplet, out = folder / builder / "droplet", folder / f"{builder}-{launcher}"
                    started[f"droplet of {builder} under {launcher}"] = self.start(pair, launcher, droplet, out)
                wanted = started.pop("droplet of original under original")
                if wanted["answer"] is None:
                    found.append(f"the original's droplet does not answer under the original launcher:\n  {wanted}")
                for which, seen in started.items():
                    found += [f"{which}: {difference}" for difference in observe.differences(wanted, seen)]
        return found

    def variables(self, pair: Pair) -> dict[str, str]:
        """The platform's variables."""
        given = {"HOME": "/home/vcap", "USER": "vcap", "LANG": "C.UTF-8", "PATH": str(pair.path), "CF_STACK": "cflinuxfs4", "MEMORY_LIMIT": "1G"}
        given["VCAP_APPLICATION"] = '{"application_name":"small","limits":{"mem":1024}}'
        for folder in self.buildpacks.values():
            given |= pair.environment(Path(folder).name)
        return given | self.environment | (builtin.ENVIRONMENT if self.built_in else {})

    def stage(self, pair: Pair, side: str, application: Path, out: Path, cache: Path | None = None) -> None:
        """Runs the builder of one side."""
        binds = {"/mnt/app": application, str(pair.path): pair.path} | ({"/mnt/cache": cache} if cache else {})
        for key, folder in self.buildpacks.items():
            binds[f"/tmp/buildpacks/{hashlib.md5(key.encode()).hexdigest()}"] = pair.folder(folder)
        order = f"-buildpackOrder={','.join(self.buildpacks)}"
        sandbox(pair.programs[side], STAGE, [order, f"-skipDetect={str(not self.detect).lower()}"], binds, out, self.variables(pair))

    def start(self, pair: Pair, side: str, droplet: Path, out: Path) -> dict:
        """Starts a droplet under the launcher of one side and says what it saw."""
        binds = {"/mnt/droplet": droplet, str(pair.path): pair.path}
        sandbox(pair.programs[side], START, [self.asks], binds, out, self.variables(pair) | {"PORT": "8080"})
        standard_output = (observe.text(out / "stdout") or "").splitlines()
        starts = standard_output.index("Invoking start command.") + 1 if "Invoking start command." in standard_output else None
        seen = {name: observe.text(out / name) for name in ("exit", "answer", "arguments", "variables")}
        if self.shuffled:
            seen |= {name: " ".join(sorted((seen[name] or "").split())) for name in ("arguments", "variables")}
        if self.built_in:
            seen["variables"] = builtin.variables(seen["variables"])
        return seen | {
            # What the application itself prints has times in it.
            "standard output before the start": standard_output[:starts],
        }

    def staged(self, out: Path) -> dict:
        """What one builder did."""
        varying = re.compile(self.varying) if self.varying else None
        if self.built_in:
            droplet = observe.members(out / "droplet", re.compile(builtin.OWN), builtin.same, builtin.MODE)
        else:
            droplet = observe.members(out / "droplet", varying)
        cache = observe.members(out / "output-cache", re.compile(""))
        return {
            "exit code": observe.text(out / "exit"),
            "standard output": named(observe.text(out / "stdout")),
            "standard error": named(observe.text(out / "stderr")),
            "result.json": observe.result(out / "result.json"),
            "staging_info.yml": observe.member(out / "droplet", "./staging_info.yml") if (out / "droplet").exists() else None,
            "droplet": droplet,
            "cache": [line for line in cache if not (varying and varying.search(line.split()[0]))] if cache else cache,
        }


def named(value: str | None) -> str | None:
    """The text without times, with temporary files named alike, and a random order of memory switches sorted."""
    if value is None:
        return None
    for pattern, replacement in (
        (r"\([0-9.]+s\)", "(@TIME@)"),
        (r"\bin [0-9.]+m?s\b", "in @TIME@"),
        (r"/tmp/([a-z.-]+)[0-9]{6,}", r"/tmp/\1@"),
    ):
        value = re.sub(pattern, replacement, value)
    return re.sub(r"(?<=Memory Settings: ).*", lambda found: " ".join(sorted(found[0].split())), value)


def runs() -> list[Staging]:
    """All of them."""
    system = {f"{name}_buildpack": f"system/{name}_buildpack" for name in ("staticfile", "nodejs", "go", "binary")}
    only = lambda *names: {f"{name}_buildpack": system[f"{name}_buildpack"] for name in names}  # noqa: E731
    everything = only("staticfile") | JAVA_5 | system
    go_varies = r"^\./app/bin/|/go-cache/"
    java_5 = java_5_stagings()
    return [
        *java_5,
        *(replace(staging, name=f"{staging.name}, built in", built_in=True) for staging in java_5),
        Staging("java-3-seed", "seed", JAVA_3, asks="account-service/cloud", shuffled=True),
        Staging("java-3-main", "java-3-main", JAVA_3, environment={"JAVA_OPTS": "-Da=b -Dq=\"x y\" -Dd=$HOME"}, shuffled=True),
        Staging("java-3-memory-option", "java-main", JAVA_3, environment={"JAVA_OPTS": "-Xmx64m"}),
        Staging("java-3-no-application", "files", JAVA_3),
        Staging("binary", "files-with-procfile", only("binary"), detect=False),
        Staging("binary-detected", "files-with-procfile", only("binary")),
        Staging("binary-without-command", "files", only("binary"), detect=False, asks=None),
        Staging("staticfile", "staticfile", only("staticfile")),
        Staging("nodejs", "node", only("nodejs"), again=True),
        Staging("go", "go", only("go"), varying=go_varies, again=True),
        Staging("nodejs-for-binary", "node", only("nodejs", "binary"), detect=False, asks=None),
        Staging("staticfile-among-all", "staticfile", everything),
        Staging("node-among-all", "node", everything, asks=None),
        Staging("nothing-among-all", "files", everything),
    ]


def java_5_stagings() -> list[Staging]:
    """Those of the Java buildpack 5, which is built in too."""

    def main(name: str, **environment: str) -> Staging:
        return Staging(f"java-5-main{name}", "java-main", JAVA_5, environment=environment)

    return [
        Staging("java-5-zipkin", "zipkin", JAVA_5, asks="health"),
        Staging("java-5-zipkin-chosen", "zipkin", JAVA_5, detect=False, asks=None),
        main(""),
        main("-options", JAVA_OPTS='-Da=b -Dq="x y" -Dd=$HOME -Xss512k'),
        main("-configured-options", JBP_CONFIG_JAVA_OPTS='{ from_environment: true, java_opts: "-Da=b -Dq=\\"x y\\" -Dd=$HOME" }'),
        main("-few-threads", JBP_CONFIG_OPEN_JDK_JRE="{ memory_calculator: { stack_threads: 20, headroom: 10 } }"),
        main(
            "-frameworks",
            JBP_CONFIG_DEBUG="{ enabled: true }",
            JBP_CONFIG_JMX="{ enabled: true }",
            JBP_CONFIG_CLIENT_CERTIFICATE_MAPPER="{ enabled: false }",
        ),
        main("-arguments", JBP_CONFIG_JAVA_MAIN='{ arguments: "--a=$PORT b" }'),
        main("-no-such-runtime", BP_JAVA_VERSION="11"),
        main("-other-stack", CF_STACK="cflinuxfs3"),
        Staging("java-5-no-application", "files", JAVA_5),
        Staging("java-5-chosen-no-application", "files", JAVA_5, detect=False),
    ]
