//! A small Spring Boot jar in the shape the plugin makes, and a Java runtime that is one by its files only.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};

use super::class;
use super::zip::{Item, Zip};

/// The files of a Spring Boot application, from which a jar or a folder is made.
#[derive(Clone)]
pub(crate) struct BootJar {
    /// Name and content, in the order of the archive.
    pub(crate) files: Vec<(String, Vec<u8>)>,
}

const LAUNCHER: &str = "org.springframework.boot.loader.launch.JarLauncher";
/// Application's own class.
pub(crate) const MAIN: &str = "BOOT-INF/classes/demo/Main.class";
const LAYERS: &str = "\
- \"dependencies\":
  - \"BOOT-INF/lib/released-1.0.jar\"
- \"spring-boot-loader\":
  - \"org/\"
- \"snapshot-dependencies\":
  - \"BOOT-INF/lib/snapshot-1.0-SNAPSHOT.jar\"
- \"application\":
  - \"BOOT-INF/classes/\"
  - \"BOOT-INF/classpath.idx\"
  - \"BOOT-INF/layers.idx\"
  - \"META-INF/\"
";

impl BootJar {
    /// Boot 3.5.16, Java 17, two libraries, a layers index.
    pub(crate) fn new() -> Self {
        let manifest = format!(
            "Manifest-Version: 1.0\r\nMain-Class: {LAUNCHER}\r\nStart-Class: demo.Main\r\nSpring-Boot-Version: 3.5.16\r\n\
             Spring-Boot-Classes: BOOT-INF/classes/\r\nSpring-Boot-Lib: BOOT-INF/lib/\r\n\
             Spring-Boot-Classpath-Index: BOOT-INF/classpath.idx\r\nSpring-Boot-Layers-Index: BOOT-INF/layers.idx\r\n\r\n"
        );
        let library = |name: &str| {
            let classes = (0..20).map(|number| {
                let name = format!("{name}/C{number}");
                Item::deflated(format!("{name}.class"), class(&name, 52, name.repeat(40).as_bytes()))
            });
            Zip::new(classes).bytes()
        };
        let launcher = LAUNCHER.replace('.', "/");
        let index = "- \"BOOT-INF/lib/released-1.0.jar\"\n- \"BOOT-INF/lib/snapshot-1.0-SNAPSHOT.jar\"\n";
        let files = vec![
            ("META-INF/MANIFEST.MF".to_owned(), manifest.into_bytes()),
            (format!("{launcher}.class"), class(&launcher, 61, b"loader")),
            (MAIN.to_owned(), class("demo/Main", 61, &[7; 300])),
            ("BOOT-INF/classes/application.properties".to_owned(), b"server.port=8080\n".to_vec()),
            ("BOOT-INF/lib/released-1.0.jar".to_owned(), library("released")),
            ("BOOT-INF/lib/snapshot-1.0-SNAPSHOT.jar".to_owned(), library("snapshot")),
            ("BOOT-INF/classpath.idx".to_owned(), index.as_bytes().to_vec()),
            ("BOOT-INF/layers.idx".to_owned(), LAYERS.as_bytes().to_vec()),
        ];
        Self { files }
    }

    /// Adds or replaces a file.
    pub(crate) fn with(mut self, name: &str, data: impl Into<Vec<u8>>) -> Self {
        let data = data.into();
        match self.files.iter_mut().find(|(known, _)| known == name) {
            Some(file) => file.1 = data,
            None => self.files.push((name.to_owned(), data)),
        }
        self
    }

    /// Leaves a file out.
    pub(crate) fn without(mut self, name: &str) -> Self {
        self.files.retain(|(known, _)| known != name);
        self
    }

    /// The manifest with `old` replaced.
    pub(crate) fn with_manifest(self, old: &str, new: &str) -> Self {
        let text = String::from_utf8(self.files[0].1.clone()).unwrap();
        assert!(text.contains(old), "{text}");
        let text = text.replace(old, new);
        self.with("META-INF/MANIFEST.MF", text)
    }

    /// The archive's entries: nested jars stored, all else deflated.
    pub(crate) fn zip(&self) -> Zip {
        let item = |(name, data): &(String, Vec<u8>)| {
            if name.starts_with("BOOT-INF/lib/") { Item::new(name, data) } else { Item::deflated(name, data) }
        };
        Zip::new(self.files.iter().map(item))
    }

    pub(crate) fn bytes(&self) -> Vec<u8> {
        self.zip().bytes()
    }

    /// Writes the archive to `path`, making its folder.
    pub(crate) fn write(&self, path: &Path) -> PathBuf {
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, self.bytes()).unwrap();
        path.to_owned()
    }

    /// Writes the files below `folder`, last one first, with this mode.
    pub(crate) fn explode(&self, folder: &Path, mode: u32) -> PathBuf {
        for (name, data) in self.files.iter().rev() {
            let path = folder.join(name);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(&path, data).unwrap();
            fs::set_permissions(&path, fs::Permissions::from_mode(mode)).unwrap();
        }
        folder.to_owned()
    }
}

/// An archive that is a Java runtime by its files: a program, an empty image of modules, a release file. Below `fake/`.
pub(crate) fn fake_jre(version: &str) -> Vec<u8> {
    let mut modules = vec![0; 28];
    modules[..4].copy_from_slice(&0xcafe_dada_u32.to_le_bytes());
    let release = format!("IMPLEMENTOR=\"Nobody\"\nJAVA_VERSION=\"{version}\"\n");
    let files = [
        ("bin/java", 0o755, &b"no program"[..]),
        ("lib/modules", 0o644, &modules),
        ("release", 0o644, release.as_bytes()),
    ];
    let item = |(name, mode, data): &(&str, u32, &[u8])| Item {
        mode: Some(0o100_000 | mode),
        ..Item::new(format!("fake/{name}"), data)
    };
    Zip::new(files.iter().map(item)).bytes()
}
