//! Where the control groups that a process is in tell their limits.
//!
//! `/proc/self/cgroup` names the groups by their paths in a hierarchy, `/proc/self/mountinfo` which part of a hierarchy is mounted
//! where. A group has no more memory than any of those above it. Where control groups have a name space of their own, or only
//! the container's group is mounted, the folder of the mount is the group.

/// What a hierarchy calls its files.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Version {
    /// Version 1, controller `memory`.
    One,
    /// Version 2.
    Two,
}

/// A file that may tell a limit.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Place {
    /// Its path.
    pub(super) path: String,
    /// How the limit is written there.
    pub(super) form: Form,
}

/// How a limit is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Form {
    /// The number alone.
    Number,
    /// As a line of version 1's `memory.stat`: the least of all groups above, the container's mount may not show those.
    Statistics,
}

/// Part of a hierarchy, and where it is mounted.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Mount {
    version: Version,
    /// The group that is mounted.
    root: String,
    point: String,
}

/// Where hierarchies are mounted by custom; the third is that of version 2 beside version 1.
const CUSTOMARY: [(Version, &str); 3] = [
    (Version::Two, "/sys/fs/cgroup"),
    (Version::One, "/sys/fs/cgroup/memory"),
    (Version::Two, "/sys/fs/cgroup/unified"),
];

/// The files, the process's own group first. Each text is empty where it is not known: groups are then looked for where they
/// are by custom.
pub(super) fn places(own_groups: &str, mounts: &str) -> Vec<Place> {
    let mut places = Vec::new();
    for mount in all_mounts(mounts) {
        let group = group(own_groups, mount.version).unwrap_or("/");
        let folders = folders(&mount, group);
        if mount.version == Version::One
            && let Some(own) = folders.first()
        {
            places.push(Place { path: format!("{own}/memory.stat"), form: Form::Statistics });
        }
        let name = match mount.version {
            Version::One => "memory.limit_in_bytes",
            Version::Two => "memory.max",
        };
        places.extend(folders.iter().map(|folder| Place { path: format!("{folder}/{name}"), form: Form::Number }));
    }
    places
}

/// The path of the process's group in a hierarchy. One that leads out of what the process may see says nothing.
fn group(own_groups: &str, version: Version) -> Option<&str> {
    own_groups.lines().find_map(|line| {
        let mut fields = line.splitn(3, ':');
        let (number, controllers, path) = (fields.next()?, fields.next()?, fields.next()?);
        let is_it = match version {
            Version::One => controllers.split(',').any(|controller| controller == "memory"),
            Version::Two => number == "0" && controllers.is_empty(),
        };
        (is_it && path.starts_with('/') && !path.split('/').any(|name| name == "..")).then_some(path)
    })
}

/// The mounts that are listed, and those by custom that are not among them.
fn all_mounts(mounts: &str) -> Vec<Mount> {
    let mut found: Vec<Mount> = mounts.lines().filter_map(mount).collect();
    for (version, point) in CUSTOMARY {
        if !found.iter().any(|mount| mount.version == version && mount.point == point) {
            found.push(Mount { version, root: "/".to_owned(), point: point.to_owned() });
        }
    }
    found
}

/// Reads a line such as `30 23 0:26 /docker/1a /sys/fs/cgroup/memory ro,nosuid - cgroup cgroup rw,memory`.
fn mount(line: &str) -> Option<Mount> {
    let (place, kind) = line.split_once(" - ")?;
    let mut place = place.split(' ').skip(3);
    let (root, point) = (unescaped(place.next()?), unescaped(place.next()?));
    let mut kind = kind.split(' ');
    let (name, options) = (kind.next()?, kind.nth(1).unwrap_or_default());
    let version = match name {
        "cgroup2" => Version::Two,
        "cgroup" if options.split(',').any(|option| option == "memory") => Version::One,
        _ => return None,
    };
    Some(Mount { version, root, point })
}

/// Folders of the group and of those above it, as far as they are mounted.
fn folders(mount: &Mount, group: &str) -> Vec<String> {
    let root = mount.root.trim_end_matches('/');
    // What is mounted is another group, or the process's own under a name that it does not see.
    let below = group.strip_prefix(root).filter(|rest| rest.is_empty() || rest.starts_with('/')).unwrap_or_default();
    let mut below = below.trim_end_matches('/');
    let point = mount.point.trim_end_matches('/');
    let mut folders = vec![format!("{point}{below}")];
    while let Some((above, _)) = below.rsplit_once('/') {
        below = above;
        folders.push(format!("{point}{below}"));
    }
    folders
}

/// The kernel writes white space and backslashes of paths as three octal digits.
fn unescaped(text: &str) -> String {
    [(r"\040", " "), (r"\011", "\t"), (r"\012", "\n"), (r"\134", "\\")]
        .into_iter()
        .fold(text.to_owned(), |text, (escape, meant)| text.replace(escape, meant))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn paths(own_groups: &str, mounts: &str) -> Vec<String> {
        places(own_groups, mounts).into_iter().map(|place| place.path).collect()
    }

    #[test]
    fn a_group_and_all_above_it_where_they_are_by_custom() {
        assert_eq!(
            paths("0::/pods/mine\n", ""),
            [
                "/sys/fs/cgroup/pods/mine/memory.max",
                "/sys/fs/cgroup/pods/memory.max",
                "/sys/fs/cgroup/memory.max",
                "/sys/fs/cgroup/memory/memory.stat",
                "/sys/fs/cgroup/memory/memory.limit_in_bytes",
                "/sys/fs/cgroup/unified/pods/mine/memory.max",
                "/sys/fs/cgroup/unified/pods/memory.max",
                "/sys/fs/cgroup/unified/memory.max",
            ]
        );
    }

    #[test]
    fn hierarchies_of_version_1_have_paths_of_their_own() {
        let own = "12:pids:/a\n9:cpu,memory:/docker/1a\n1:name=systemd:/b/memory\n0::/c\n";
        for (version, path) in [(Version::One, "/docker/1a"), (Version::Two, "/c")] {
            assert_eq!(group(own, version), Some(path));
        }
        for nonsense in ["", "0", "0::", "0::relative", "0::/../other", "0::/a/../..", "memory:/a", "3:memories:/a"] {
            assert_eq!(group(nonsense, Version::One).or(group(nonsense, Version::Two)), None, "{nonsense}");
        }
        assert_eq!(group("7:memory:/with:colon", Version::One), Some("/with:colon"));
    }

    /// Which part of a hierarchy is mounted where, and the group's folder with those above it that can be seen.
    #[test]
    fn what_is_mounted_is_seen() {
        let line =
            |root: &str, point: &str| format!("30 23 0:26 {root} {point} ro,nosuid master:9 - cgroup cgroup rw,memory");
        for (root, point, group, seen) in [
            (
                "/",
                "/sys/fs/cgroup/memory",
                "/a/b",
                vec!["/sys/fs/cgroup/memory/a/b", "/sys/fs/cgroup/memory/a", "/sys/fs/cgroup/memory"],
            ),
            ("/docker/1a", "/sys/fs/cgroup/memory", "/docker/1a", vec!["/sys/fs/cgroup/memory"]),
            (
                "/docker/1a",
                "/sys/fs/cgroup/memory",
                "/docker/1a/x",
                vec!["/sys/fs/cgroup/memory/x", "/sys/fs/cgroup/memory"],
            ),
            ("/docker/1a", "/sys/fs/cgroup/memory", "/docker/1ab", vec!["/sys/fs/cgroup/memory"]),
            ("/docker/1a", "/sys/fs/cgroup/memory", "/", vec!["/sys/fs/cgroup/memory"]),
            ("/", "/dev/my\\040groups", "/", vec!["/dev/my groups"]),
            ("/", "/", "/a", vec!["/a", ""]),
        ] {
            let mount = mount(&line(root, point)).unwrap();
            assert_eq!(folders(&mount, group), seen, "{root} {point} {group}");
        }
        let other =
            "31 23 0:27 / /sys/fs/cgroup/cpu rw - cgroup cgroup rw,cpu\nnonsense\n32 1 8:1 / / rw - ext4 /dev/x rw";
        assert_eq!(all_mounts(other).len(), CUSTOMARY.len());
        let second = mount("25 24 0:22 / /sys/fs/cgroup rw shared:4 - cgroup2 cgroup2 rw,nsdelegate").unwrap();
        assert_eq!((second.version, second.point.as_str()), (Version::Two, "/sys/fs/cgroup"));
    }
}
