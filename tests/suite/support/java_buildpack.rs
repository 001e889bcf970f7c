//! The folder of an offline Java buildpack that holds data only, with the names of a recorded one and tiny archives.

use std::io::Write as _;
use std::path::{Path, PathBuf};

use data_encoding::HEXLOWER;
use fs_err as fs;
use md5::{Digest as _, Md5};

use super::fixtures::project;
use super::{Item, Zip, sha256_hex};

/// What the buildpack has to install.
#[derive(Clone)]
pub(crate) struct JavaBuildpack {
    dependencies: Vec<Dependency>,
}

#[derive(Clone)]
struct Dependency {
    name: String,
    version: String,
    default: String,
    uri: String,
    bytes: Vec<u8>,
    /// What the manifest claims, where it is not the truth.
    sha256: Option<String>,
    /// Whether the file is there.
    at_hand: bool,
}

/// A member of a tar.
#[derive(Clone, Copy)]
pub(crate) enum Member<'a> {
    File(&'a str, u32, &'a [u8]),
    Link(&'a str, &'a str),
}

impl JavaBuildpack {
    /// Everything the recorded one has.
    pub(crate) fn new() -> Self {
        let table = fs::read_to_string(recordings().join("dependencies.tsv")).unwrap();
        let dependency = |line: &str| {
            let fields: Vec<_> = line.split('\t').map(str::to_owned).collect();
            let [name, version, default, uri] = <[String; 4]>::try_from(fields).unwrap();
            let bytes = match name.as_str() {
                "openjdk" => runtime(&[]),
                "memory-calculator" => {
                    tar_gz(&[Member::File("java-buildpack-memory-calculator", 0o755, b"calculator")])
                }
                "jvmkill" => b"agent".to_vec(),
                _ => Zip::new([Item::new("A.class", &name)]).bytes(),
            };
            Dependency { name, version, default, uri, bytes, sha256: None, at_hand: true }
        };
        Self { dependencies: table.lines().map(dependency).collect() }
    }

    /// Without a dependency: neither listed nor a default.
    pub(crate) fn without(mut self, name: &str) -> Self {
        self.dependencies.retain(|dependency| dependency.name != name);
        self
    }

    /// With another archive for a dependency.
    pub(crate) fn with(mut self, name: &str, bytes: Vec<u8>) -> Self {
        self.of(name).bytes = bytes;
        self
    }

    /// With a manifest that claims another checksum for a dependency.
    pub(crate) fn claiming(mut self, name: &str, sha256: &str) -> Self {
        self.of(name).sha256 = Some(sha256.to_owned());
        self
    }

    /// Without the file that the manifest lists for a dependency.
    pub(crate) fn missing(mut self, name: &str) -> Self {
        self.of(name).at_hand = false;
        self
    }

    fn of(&mut self, name: &str) -> &mut Dependency {
        self.dependencies.iter_mut().find(|dependency| dependency.name == name).unwrap()
    }

    /// Writes it all into a folder.
    pub(crate) fn write(&self, folder: &Path) {
        fs::create_dir_all(folder).unwrap();
        fs::write(folder.join("VERSION"), "5.0.7\n").unwrap();
        let (mut defaults, mut dependencies) = (Vec::new(), Vec::new());
        for dependency in &self.dependencies {
            let Dependency { name, version, default, uri, .. } = dependency;
            let base = uri.rsplit('/').next().unwrap();
            let file = format!("dependencies/{}/{base}", HEXLOWER.encode(&Md5::digest(uri)));
            let sha256 = dependency.sha256.clone().unwrap_or_else(|| sha256_hex(&dependency.bytes));
            defaults.push(format!("- name: {name}\n  version: {default}\n"));
            dependencies.push(format!(
                "- name: {name}\n  version: {version}\n  uri: {uri}\n  sha256: {sha256}\n  file: {file}\n  \
                 cf_stacks:\n  - cflinuxfs4\n"
            ));
            if dependency.at_hand {
                let path = folder.join(file);
                fs::create_dir_all(path.parent().unwrap()).unwrap();
                fs::write(path, &dependency.bytes).unwrap();
            }
        }
        let (defaults, dependencies) = (defaults.concat(), dependencies.concat());
        let text = format!("---\nlanguage: java\ndefault_versions:\n{defaults}dependencies:\n{dependencies}");
        fs::write(folder.join("manifest.yml"), text).unwrap();
    }
}

/// Where the recordings lie.
pub(crate) fn recordings() -> PathBuf {
    project().join("fixtures/golden/cloud-foundry/java")
}

/// A runtime by its files, whose `java` tells its arguments, and more members beside them.
pub(crate) fn runtime(more: &[Member<'_>]) -> Vec<u8> {
    let mut members = vec![
        Member::File("jre-17.0.20/bin/java", 0o755, b"#!/bin/bash\necho runtime \"$@\"\n"),
        Member::File("jre-17.0.20/conf/security/java.security", 0o644, b"security.provider.1=SUN\n"),
        Member::File("jre-17.0.20/lib/jvm.cfg", 0o644, b"-server KNOWN\n"),
        Member::File("jre-17.0.20/lib/server/libjvm.so", 0o755, b"machine"),
        Member::File("jre-17.0.20/release", 0o644, b"JAVA_VERSION=\"17.0.20\"\n"),
    ];
    members.extend(more);
    tar_gz(&members)
}

/// A compressed archive; names are written as they are, whatever a reader thinks of them.
fn tar_gz(members: &[Member<'_>]) -> Vec<u8> {
    let mut archive = tar::Builder::new(Vec::new());
    for member in members {
        let mut header = tar::Header::new_gnu();
        let (name, bytes): (&str, &[u8]) = match member {
            Member::File(name, mode, bytes) => {
                header.set_mode(*mode);
                (name, bytes)
            }
            Member::Link(name, target) => {
                header.set_mode(0o777);
                header.set_entry_type(tar::EntryType::Symlink);
                header.as_mut_bytes()[157..157 + target.len()].copy_from_slice(target.as_bytes());
                (name, b"")
            }
        };
        header.as_mut_bytes()[..name.len()].copy_from_slice(name.as_bytes());
        header.set_size(bytes.len() as u64);
        header.set_cksum();
        archive.append(&header, bytes).unwrap();
    }
    gzip(&archive.into_inner().unwrap())
}

/// One gzip member.
pub(crate) fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}
