//! How many classes an application usually loads of the libraries it brings.
//!
//! Libraries are told by their packages, so that a library in a jar of its own, one that was merged into the application's
//! jar, and one in a folder are the same. The shares are measured: `memcalc/data/libraries.tsv`, made by
//! `memcalc/measure/libraries`.

use super::{Kind, kind_of};
use std::collections::HashMap;
use std::sync::OnceLock;

/// Package, and thousandths of its classes that are loaded; the first line names the columns.
const SHARES: &str = include_str!("../../data/libraries.tsv");
/// Thousandths of a library that was not measured.
const UNKNOWN: u64 = 250;
/// Thousandths of the application's own classes.
const OWN: u64 = 750;
/// Folders of archives with the application's own classes.
const OWN_FOLDERS: [&str; 2] = ["BOOT-INF/classes/", "WEB-INF/classes/"];
/// Classes for newer releases of Java, which stand for others or are not loaded at all.
const VERSIONS: &str = "META-INF/versions/";
/// Packages are told apart by so many names.
const DEPTH: usize = 3;
/// Those of a company or a product by so many.
const OWN_DEPTH: usize = 2;

/// Adds up classes by how likely they are loaded. Names are given one after the other as archives have them, mostly folder
/// by folder.
#[derive(Clone, Debug, Default)]
pub struct LikelyClasses {
    thousandths: u64,
    /// Where the application's own packages begin, with a slash behind; empty where that is not known.
    own: String,
    /// Folder of the last class, and the share there.
    last: Option<(String, u64)>,
}

impl LikelyClasses {
    /// Of an application with this main class: what shares the first two names of its package is the application's own, unless
    /// it is a library that was measured.
    pub fn of_application(main_class: &str) -> Self {
        let package: Vec<&str> =
            main_class.rsplit_once('.').map_or(Vec::new(), |(package, _)| package.split('.').collect());
        let own = package.iter().take(OWN_DEPTH).flat_map(|name| [*name, "/"]).collect();
        Self { own, ..Self::default() }
    }

    /// Counts a class by the name of its file: `org/example/Main.class`.
    pub fn take(&mut self, name: &str) {
        let folder = name.rfind('/').map_or("", |end| &name[..end]);
        let share = match &self.last {
            Some((last, share)) if last == folder => *share,
            _ => {
                let share = share(name, &self.own);
                self.last = Some((folder.to_owned(), share));
                share
            }
        };
        self.thousandths += share;
    }

    /// Counts the file that an archive or a folder has by this name, if it is a class.
    pub fn take_file(&mut self, name: &[u8]) {
        if kind_of(name, false) == Kind::Class {
            self.take(&String::from_utf8_lossy(name));
        }
    }

    /// Thousandths of classes that are likely to be loaded.
    pub fn thousandths(&self) -> u64 {
        self.thousandths
    }
}

/// Thousandths of the classes beside this one that are loaded.
fn share(name: &str, own: &str) -> u64 {
    if name.starts_with(VERSIONS) {
        return 0;
    }
    if OWN_FOLDERS.iter().any(|folder| name.starts_with(folder)) {
        return OWN;
    }
    let ends: Vec<usize> = name.match_indices('/').map(|(at, _)| at).take(DEPTH).collect();
    let known = ends.iter().rev().find_map(|end| shares().get(&name[..*end])).copied();
    known.unwrap_or(if !own.is_empty() && name.starts_with(own) { OWN } else { UNKNOWN })
}

fn shares() -> &'static HashMap<&'static str, u64> {
    static READ: OnceLock<HashMap<&'static str, u64>> = OnceLock::new();
    READ.get_or_init(|| {
        let row = |line: &'static str| {
            let (package, thousandths) = line.split_once('\t')?;
            Some((package, thousandths.parse().ok()?))
        };
        SHARES.lines().skip(1).filter_map(row).collect()
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_row_is_read() {
        assert_eq!(shares().len(), SHARES.lines().count() - 1);
        assert!(shares().len() > 100);
        assert!(shares().values().all(|share| *share <= 1000));
    }

    #[test]
    fn the_longest_package_that_is_known_counts() {
        let of = |package: &str| shares()[package];
        for (name, expected) in [
            ("org/hibernate/dialect/DB2Dialect.class", of("org/hibernate/dialect")),
            ("org/hibernate/dialect/function/Function.class", of("org/hibernate/dialect")),
            ("org/hibernate/Session.class", of("org/hibernate")),
            ("com/example/Main.class", UNKNOWN),
            ("Main.class", UNKNOWN),
            ("BOOT-INF/classes/com/example/Main.class", OWN),
            ("META-INF/versions/21/org/hibernate/Session.class", 0),
        ] {
            assert_eq!(share(name, ""), expected, "{name}");
        }
    }

    #[test]
    fn what_lies_beside_the_main_class_is_the_application_s_own() {
        for (main_class, name, expected) in [
            ("com.example.shop.Main", "com/example/stock/Stock.class", OWN),
            ("com.example.shop.Main", "com/examples/Stock.class", UNKNOWN),
            ("demo.Main", "demo/a/A.class", OWN),
            ("Main", "a/A.class", UNKNOWN),
            ("", "a/A.class", UNKNOWN),
            ("org.hibernate.Main", "org/hibernate/Session.class", shares()["org/hibernate"]),
        ] {
            let mut likely = LikelyClasses::of_application(main_class);
            likely.take(name);
            assert_eq!(likely.thousandths(), expected, "{main_class} {name}");
        }
    }

    #[test]
    fn the_sum_does_not_depend_on_the_order() {
        let names = ["org/hibernate/A.class", "org/hibernate/B.class", "x/C.class", "META-INF/versions/9/D.class"];
        let sum = |names: &mut dyn Iterator<Item = &&str>| {
            let mut likely = LikelyClasses::default();
            names.for_each(|name| likely.take(name));
            likely.thousandths()
        };
        let expected: u64 = names.iter().map(|name| share(name, "")).sum();
        assert_eq!(sum(&mut names.iter()), expected);
        assert_eq!(sum(&mut names.iter().rev()), expected);
    }
}
