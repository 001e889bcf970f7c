//! Programs in Java that only tests need, compiled by the compiler that `scripts/setup-tests` installs.

use std::path::PathBuf;
use std::process::Command;

use fs_err as fs;

use super::{Item, World, Zip};

/// A jar of the class `name`, from its source, for Java 17; the manifest says what it is: `Main-Class`, `Premain-Class`.
pub(crate) fn jar(world: &World, what: &str, name: &str, source: &str) -> PathBuf {
    let (folder, file) = (world.path(&format!("{name}.classes")), format!("{name}.java"));
    fs::create_dir(&folder).unwrap();
    fs::write(world.path(&file), source).unwrap();
    let options = ["--release", "17", "-d", folder.to_str().unwrap(), &file];
    let compiled = Command::new("javac").args(options).current_dir(world.path("")).output().unwrap();
    assert!(compiled.status.success(), "{}", String::from_utf8_lossy(&compiled.stderr));
    let mut items = vec![Item::new("META-INF/MANIFEST.MF", format!("Manifest-Version: 1.0\n{what}: {name}\n"))];
    for class in fs::read_dir(&folder).unwrap() {
        let class = class.unwrap();
        items.push(Item::new(class.file_name().to_str().unwrap(), fs::read(class.path()).unwrap()));
    }
    let path = world.path(&format!("{name}.jar"));
    fs::write(&path, Zip::new(items).bytes()).unwrap();
    path
}
