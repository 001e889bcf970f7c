//! A tree as a tar that depends on nothing but names, kinds, executable bits and bytes.

use std::collections::BTreeMap;
use std::io::{self, Write};

use super::HostError;
use super::copy::Node;

/// 1980-01-01T00:00:01Z, the time of everything in an image.
const TIME: u64 = 315_532_801;

/// Writes `nodes` to `out` in order of their paths.
pub(super) fn write(nodes: &BTreeMap<String, Node>, out: impl Write) -> Result<(), HostError> {
    write_tar(nodes, out).map_err(HostError::Pack)
}

fn write_tar(nodes: &BTreeMap<String, Node>, out: impl Write) -> io::Result<()> {
    let mut tar = tar::Builder::new(out);
    for (name, node) in nodes {
        let mut header = tar::Header::new_gnu();
        header.set_mtime(TIME);
        header.set_uid(0);
        header.set_gid(0);
        header.set_size(0);
        header.set_mode(0o755);
        match node {
            Node::Folder => {
                header.set_entry_type(tar::EntryType::Directory);
                tar.append_data(&mut header, format!("{name}/"), io::empty())?;
            }
            Node::Link(target) => {
                header.set_entry_type(tar::EntryType::Symlink);
                header.set_mode(0o777);
                tar.append_link(&mut header, name, target)?;
            }
            Node::File { from, executable } => {
                let file = crate::files::open(from)?;
                header.set_entry_type(tar::EntryType::Regular);
                header.set_mode(if *executable { 0o755 } else { 0o644 });
                header.set_size(file.metadata()?.len());
                tar.append_data(&mut header, name, file)?;
            }
        }
    }
    tar.finish()
}
