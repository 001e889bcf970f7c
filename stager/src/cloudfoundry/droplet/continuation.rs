//! A droplet whose application is packed while its buildpack is still at work. Buildpacks that are built in say what they
//! do and run no script, so what the application has already can go first, and what they add comes after it.

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;

use super::member::{Kind, Member};
use super::packing::{Packing, Section};

/// A droplet that has begun.
pub(in crate::cloudfoundry) struct Early {
    path: PathBuf,
    packing: Packing,
    begun: Vec<Member>,
    restart: fn(&std::path::Path) -> Packing,
}

impl Early {
    /// Begins a droplet, made by `start`, with these members.
    pub(in crate::cloudfoundry) fn start(
        path: PathBuf,
        start: fn(&std::path::Path) -> Packing,
        begun: Vec<Member>,
    ) -> Self {
        let packing = start(&path);
        packing.add(Section::Members(begun.clone()));
        Self { path, packing, begun, restart: start }
    }

    /// Goes on with what is there `now`: the members that the droplet began with and others. Where one of the former is
    /// gone or has changed the droplet is begun again; its order is the same.
    pub(in crate::cloudfoundry) fn go_on(self, now: Vec<Member>) -> Packing {
        let (kept, added) = split(&self.begun, now);
        let unchanged = |(before, now): (&Member, &Member)| before.is_unchanged(now);
        if kept.len() == self.begun.len() && self.begun.iter().zip(&kept).all(unchanged) {
            self.packing.add(Section::Members(added));
            return self.packing;
        }
        drop(self.packing);
        let packing = (self.restart)(&self.path);
        packing.add(Section::Members(kept));
        packing.add(Section::Members(added));
        packing
    }
}

/// The members of `now` that `begun` names, in its order, and the others. All are others when a link would come before
/// the file it is another name of.
fn split(begun: &[Member], now: Vec<Member>) -> (Vec<Member>, Vec<Member>) {
    let places: BTreeMap<&[u8], usize> =
        begun.iter().enumerate().map(|(at, member)| (member.name.as_slice(), at)).collect();
    let place = |member: &Member| places.get(member.name.as_slice()).copied();
    let added: BTreeSet<&[u8]> =
        now.iter().filter(|member| place(member).is_none()).map(|member| member.name.as_slice()).collect();
    let dangles = |member: &Member| matches!(&member.kind, Kind::Hardlink(first) if added.contains(first.as_slice()));
    if now.iter().any(|member| place(member).is_some() && dangles(member)) {
        return (Vec::new(), now);
    }
    let (mut kept, added): (Vec<_>, Vec<_>) = now.into_iter().partition(|member| place(member).is_some());
    kept.sort_by_key(place);
    (kept, added)
}

#[cfg(test)]
mod tests {
    use super::*;
    use fs_err as fs;
    use std::path::Path;

    /// Begins with the tree, changes it, goes on; the names in the archive and its bytes.
    fn droplet_after(change: impl FnOnce(&Path), touch: bool) -> (Vec<String>, Vec<u8>) {
        let folder = tempfile::tempdir().unwrap();
        let root = folder.path().join("tree");
        fs::create_dir_all(root.join("b")).unwrap();
        fs::write(root.join("b/first"), vec![1; 2 << 20]).unwrap();
        fs::write(root.join("c"), "second").unwrap();
        let target = folder.path().join("droplet");
        let early = Early::start(target.clone(), Packing::start, Member::tree("./app", &root).unwrap());
        if touch {
            let again = fs::read(root.join("c")).unwrap();
            fs::remove_file(root.join("c")).unwrap();
            fs::write(root.join("c"), again).unwrap();
        }
        change(&root);
        let packing = early.go_on(Member::tree("./app", &root).unwrap());
        packing.end().unwrap().publish().unwrap();
        let bytes = fs::read(target).unwrap();
        let mut archive = tar::Archive::new(flate2::read::MultiGzDecoder::new(bytes.as_slice()));
        let names = archive.entries().unwrap();
        let names = names.map(|entry| String::from_utf8(entry.unwrap().path_bytes().into_owned()).unwrap()).collect();
        (names, bytes)
    }

    #[test]
    fn what_is_added_comes_last_whether_or_not_the_beginning_was_of_use() {
        let add = |root: &Path| {
            fs::create_dir(root.join("a")).unwrap();
            fs::write(root.join("a/added"), "x").unwrap();
        };
        let (names, bytes) = droplet_after(add, false);
        assert_eq!(names, ["./app/", "./app/b/", "./app/b/first", "./app/c", "./app/a/", "./app/a/added"]);
        assert_eq!(droplet_after(add, true).1, bytes);
    }

    #[test]
    fn what_was_removed_or_changed_is_not_in_the_droplet() {
        let (names, _) = droplet_after(|root| fs::remove_file(root.join("b/first")).unwrap(), false);
        assert_eq!(names, ["./app/", "./app/b/", "./app/c"]);
        let (_, changed) = droplet_after(|root| fs::write(root.join("c"), "longer than before").unwrap(), false);
        assert_ne!(changed, droplet_after(|_| (), false).1);
    }

    #[test]
    fn no_link_comes_before_the_file_it_names() {
        let (names, _) = droplet_after(|root| fs::hard_link(root.join("c"), root.join("a")).unwrap(), false);
        assert_eq!(names, ["./app/", "./app/a", "./app/b/", "./app/b/first", "./app/c"]);
    }
}
