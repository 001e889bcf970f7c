//! Finding, copying and packing runtimes made by code. `jlink` itself is run by the outer suite.

use std::collections::BTreeMap;
use std::os::unix::fs::{PermissionsExt as _, symlink};
use std::path::Path;

use fs_err as fs;

use super::copy::{self, Node};
use super::{find_host_java, pack, provide};
use crate::dependency::jre::tests::empty_modules;
use crate::dependency::{DependencyCache, Environment};

/// A runtime as distributions install it: configuration and certificates outside, linked to.
fn install(home: &Path, version: &str) {
    let etc = home.parent().unwrap().join("etc");
    fs::create_dir_all(etc.join("security")).unwrap();
    fs::write(etc.join("cacerts"), b"certificates").unwrap();
    fs::write(etc.join("security/java.security"), b"policy").unwrap();
    for folder in ["bin", "lib/security", "legal/java.base", "legal/java.sql", "conf", "man", "lib/server"] {
        fs::create_dir_all(home.join(folder)).unwrap();
    }
    fs::write(home.join("bin/java"), b"java").unwrap();
    make_executable(&home.join("bin/java"));
    fs::write(home.join("lib/modules"), empty_modules()).unwrap();
    fs::write(home.join("man/java.1"), b"manual").unwrap();
    fs::write(home.join("lib/server/libjvm.debuginfo"), b"symbols").unwrap();
    fs::write(home.join("legal/java.base/LICENSE"), b"licence").unwrap();
    fs::write(home.join("release"), format!("JAVA_VERSION=\"{version}\"\nIMPLEMENTOR=\"Test\"\n")).unwrap();
    let _ = symlink("../java.base/LICENSE", home.join("legal/java.sql/LICENSE"));
    let _ = symlink(etc.join("cacerts"), home.join("lib/security/cacerts"));
    let _ = symlink(etc.join("security"), home.join("conf/security"));
    let _ = symlink("/nowhere/at/all", home.join("lib/dangling"));
    let _ = symlink("../../share/doc", home.join("docs"));
}

fn make_executable(path: &Path) {
    fs::set_permissions(path, std::fs::Permissions::from_mode(0o755)).unwrap();
}

fn environment(folder: &Path) -> Environment {
    Environment { jvm_folder: Some(folder.join("jvm")), ..Environment::default() }
}

#[test]
fn java_home_wins_then_the_path_then_the_newest() {
    let folder = tempfile::tempdir().unwrap();
    for (name, version) in [("jvm/a", "17.0.1"), ("jvm/b", "21.0.1"), ("home", "11.0.1"), ("path", "17.0.9")] {
        install(&folder.path().join(name), version);
    }
    let mut environment = environment(folder.path());
    let found = |environment: &Environment, needed| {
        find_host_java(environment, needed).unwrap().map(|java| (java.version.to_string(), java.origin))
    };
    let installed = folder.path().join("jvm").display().to_string();
    assert_eq!(found(&environment, 0), Some(("21.0.1".into(), installed.clone())));
    assert_eq!(found(&environment, 22), None);
    fs::create_dir(folder.path().join("usr")).unwrap();
    symlink(folder.path().join("path/bin/java"), folder.path().join("usr/java")).unwrap();
    environment.path = Some(folder.path().join("usr").into());
    assert_eq!(found(&environment, 0), Some(("17.0.9".into(), "PATH".into())));
    environment.java_home = Some(folder.path().join("home"));
    assert_eq!(found(&environment, 0), Some(("11.0.1".into(), "JAVA_HOME".into())));
    assert_eq!(found(&environment, 17), Some(("17.0.9".into(), "PATH".into())), "what is too old is passed over");
    assert_eq!(found(&environment, 21), Some(("21.0.1".into(), installed)));
}

#[test]
fn a_java_home_that_is_none_is_named_and_no_other_is_taken() {
    let folder = tempfile::tempdir().unwrap();
    install(&folder.path().join("jvm/a"), "17.0.1");
    let mut environment = environment(folder.path());
    let home = folder.path().join("home");
    let unreadable = std::fs::Permissions::from_mode(0o644);
    let steps: [(&dyn Fn(), &str); 5] = [
        (&|| (), "is not there"),
        (&|| fs::create_dir(&home).unwrap(), "has no `bin/java`"),
        (&|| install(&home, "21.0.1"), ""),
        (&|| fs::set_permissions(home.join("bin/java"), unreadable.clone()).unwrap(), "is not executable"),
        (&|| (make_executable(&home.join("bin/java")), fs::remove_file(home.join("release")).unwrap()).1, "`release`"),
    ];
    environment.java_home = Some(home.clone());
    for (step, said) in steps {
        step();
        match find_host_java(&environment, 0) {
            Ok(java) => assert!(said.is_empty() && java.unwrap().feature == 21),
            Err(error) => {
                let (text, hint) = (error.to_string(), error.hint().unwrap());
                assert!(!said.is_empty() && text.contains("`JAVA_HOME`") && text.contains(said), "{text}");
                assert!(hint.contains("JAVA_HOME"), "{hint}");
            }
        }
    }
}

#[test]
fn links_out_of_the_tree_become_what_they_lead_to() {
    let folder = tempfile::tempdir().unwrap();
    let home = folder.path().join("jre");
    install(&home, "17.0.1");
    let nodes = copy::tree(&home).unwrap();
    let is_file = |name: &str| matches!(nodes.get(name), Some(Node::File { .. }));
    assert!(is_file("lib/security/cacerts") && is_file("conf/security/java.security"));
    assert_eq!(nodes.get("conf/security"), Some(&Node::Folder));
    assert_eq!(nodes.get("legal/java.sql/LICENSE"), Some(&Node::Link("../java.base/LICENSE".into())));
    for left_out in ["lib/dangling", "man", "man/java.1", "docs", "lib/server/libjvm.debuginfo"] {
        assert_eq!(nodes.get(left_out), None, "{left_out}");
    }
    assert!(matches!(nodes.get("bin/java"), Some(Node::File { executable: true, .. })));
    assert!(matches!(nodes.get("release"), Some(Node::File { executable: false, .. })));
}

#[test]
fn packing_depends_on_names_and_bytes_only() {
    let tar = |folder: &Path| {
        let home = folder.join("jre");
        install(&home, "17.0.1");
        let mut bytes = Vec::new();
        let nodes: BTreeMap<String, Node> = copy::tree(&home).unwrap();
        pack::write(&nodes, &mut bytes).unwrap();
        bytes
    };
    let (one, other) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let first = tar(one.path());
    std::thread::sleep(std::time::Duration::from_millis(1100));
    assert_eq!(first, tar(other.path()));
}

#[test]
fn the_hosts_runtime_is_made_once() {
    let folder = tempfile::tempdir().unwrap();
    let cache = DependencyCache::open(&folder.path().join("cache"));
    let environment = environment(folder.path());
    assert!(provide(&cache, &environment, 0).unwrap().is_none());
    install(&folder.path().join("jvm/a"), "17.0.1");
    let first = provide(&cache, &environment, 17).unwrap().unwrap();
    assert_eq!((first.id.as_str(), first.version.as_str()), ("host-jre", "17.0.1"));
    assert_eq!(first.origin, "the host's Java 17.0.1 of Test, copied");
    assert!(first.open(folder.path()).unwrap().iter().any(|entry| entry.path.as_str() == "bin/java"));
    let again = provide(&cache, &environment, 17).unwrap().unwrap();
    assert_eq!(again.sha256, first.sha256);
    // another Java in its place is another runtime
    install(&folder.path().join("jvm/a"), "17.0.2");
    let newer = provide(&cache, &environment, 17).unwrap().unwrap();
    assert_eq!(newer.version, "17.0.2");
    assert_ne!(newer.sha256, first.sha256);
    // a damaged one is made again
    let path = cache.blob_path(newer.sha256.unwrap());
    fs::remove_file(&path).unwrap();
    fs::write(&path, b"rubbish").unwrap();
    assert_eq!(provide(&cache, &environment, 17).unwrap().unwrap().sha256, newer.sha256);
}
