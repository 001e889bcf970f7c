//! What an artifact is by its content, whatever its packaging: a jar, the same jar unpacked, a tar of it.

use std::io::{self, Write};

use flate2::Crc;
use sha2::{Digest as _, Sha256};

use super::{Application, Content, ContentError, Entry, EntryKind};

impl Application {
    /// SHA-256 over path, kind, size and CRC-32 of every entry: `sha256:` and hexadecimal digits.
    ///
    /// It tells one build of an application from another and is no proof against forgery: sums that the archive has are
    /// taken at their word, and only contents without one are read.
    ///
    /// # Errors
    /// A content that cannot be read.
    pub fn identity(&self) -> Result<String, ContentError> {
        let mut hasher = Sha256::new();
        for entry in self.entries() {
            hasher.update(entry.path.as_str());
            hasher.update(described(entry)?);
        }
        Ok(format!("sha256:{}", data_encoding::HEXLOWER.encode(&hasher.finalize())))
    }
}

fn described(entry: &Entry) -> Result<String, ContentError> {
    Ok(match &entry.kind {
        EntryKind::File { content, .. } => format!("\0file {} {:08x}\n", content.size(), sum(content)?),
        EntryKind::Directory => "\0directory\n".to_owned(),
        EntryKind::Symlink { target } => format!("\0link {target}\n"),
    })
}

fn sum(content: &Content) -> Result<u32, ContentError> {
    match content {
        Content::Span(span) if span.crc32.is_some() => Ok(span.crc32.unwrap_or_default()),
        _ => {
            let mut summing = Summing(Crc::new());
            content.copy_to(&mut summing)?;
            Ok(summing.0.sum())
        }
    }
}

/// A sink that sums what it gets.
struct Summing(Crc);

impl Write for Summing {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.update(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use fs_err as fs;

    use super::*;
    use crate::application::zip::writer::Zip;

    #[test]
    fn packaging_makes_no_difference_and_content_does() {
        let folder = tempfile::tempdir().unwrap();
        let jar = |name: &str, files: &[(&str, &str)]| {
            let path = folder.path().join(name);
            fs::write(&path, Zip::of(files.iter().copied()).bytes()).unwrap();
            Application::open(&path).unwrap().identity().unwrap()
        };
        let identity = jar("a.jar", &[("x/Y.class", "class"), ("z", "")]);
        assert!(identity.starts_with("sha256:") && identity.len() == 71, "{identity}");
        assert_eq!(jar("b.jar", &[("z", ""), ("x/", ""), ("x/Y.class", "class")]), identity);
        for other in
            [&[("x/Y.class", "klass"), ("z", "")][..], &[("x/Z.class", "class"), ("z", "")], &[("x/Y.class", "class")]]
        {
            assert_ne!(jar("c.jar", other), identity, "{other:?}");
        }
        let unpacked = folder.path().join("unpacked");
        fs::create_dir_all(unpacked.join("x")).unwrap();
        fs::write(unpacked.join("x/Y.class"), "class").unwrap();
        fs::write(unpacked.join("z"), "").unwrap();
        assert_eq!(Application::open(&unpacked).unwrap().identity().unwrap(), identity);
    }
}
