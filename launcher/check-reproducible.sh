#!/bin/sh
# Builds the embedded launcher twice, from copies of its sources in two directories, with two target directories, cargo
# homes, home directories, umasks and locales, and compares the bytes. Needs no network and nothing but cargo.
set -eu
here=$(cd "$(dirname "$0")/.." && pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
RUSTUP_HOME=${RUSTUP_HOME:-$HOME/.rustup}
export RUSTUP_HOME

# build NAME UMASK: a workspace of the sources the build script of stager looks at, and a package that runs it.
build() {
    root=$work/$1/source
    mkdir -p "$root/stager/src" "$work/$1/home" "$work/$1/cargo"
    cp -r "$here/launcher" "$here/memcalc" "$here/buildpacks" "$here/Cargo.lock" "$root/"
    cp "$here/stager/build.rs" "$root/stager/"
    [ ! -f "$here/rust-toolchain.toml" ] || cp "$here/rust-toolchain.toml" "$root/"
    printf '[workspace]\n[package]\nname = "stager"\nversion = "0.0.0"\nedition = "2024"\nbuild = "build.rs"\n' \
        > "$root/stager/Cargo.toml"
    printf 'pub const SHA256: &str = env!("STAGE_LAUNCHER_SHA256");\n' > "$root/stager/src/lib.rs"
    cd "$root/stager"
    (umask "$2" && HOME=$work/$1/home CARGO_HOME=$work/$1/cargo CARGO_TARGET_DIR=$work/$1/target LANG=$3 LC_ALL=$3 \
        RUSTFLAGS=$4 cargo build --quiet --offline)
    find "$work/$1/target" -name launcher -type f -path '*/out/*' -exec cp {} "$work/$1/launcher" \;
}

build one 022 C ''
build 'two, with a longer name' 077 C.UTF-8 '-Cdebuginfo=2'
cd "$work"
sha256sum -- */launcher
wc -c < one/launcher
cmp one/launcher 'two, with a longer name/launcher'
if grep -aqF "$work" one/launcher; then
    echo "the launcher contains the path of its build directory" >&2
    exit 1
fi
