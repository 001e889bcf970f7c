"""What the built-in Java buildpack is meant to do otherwise than the original: docs/cloud-foundry.md says why."""

import re

# Has our builder play the part of the Java buildpack's scripts, with the files of its folder.
ENVIRONMENT = {"STAGE_JAVA_BUILDPACK": "builtin"}

# Programs and scripts of our own. What they do is seen when the application is started.
OWN = (
    r"^\./deps/0/bin/(javaexec|memory_calculator\.sh)$"
    r"|^\./(deps/0/profile\.d/|profile\.d/0_)(00_java_opts|zzz_classpath_symlinks)\.sh$"
)

# Every file may be written by its owner.
MODE = 0o200


def same(name: str, content: bytes) -> bytes:
    """The content with what is meant to differ made alike."""
    if name in ("./deps/0/config.yml", "./deps/0/env/JAVA_HOME"):
        return content.replace(b"/home/vcap/", b"@CONTENTS@/")
    if name.endswith("/java.security"):
        return re.sub(rb"^#.*\n", b"", content, flags=re.MULTILINE)
    return content


def variables(seen: str | None) -> str | None:
    """The started application's variables without the one that the original forgets to export."""
    return seen and seen.replace("MALLOC_ARENA_MAX=2\n", "")
