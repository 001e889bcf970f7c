//! A layer's key is that of the bytes that were packed, whatever its files held when it was looked up.

use std::path::Path;

use buildpacks::application::{Content, ContentError, Entry, EntryPath, Source};
use fs_err as fs;

use super::build::one;
use super::{Compression, LayerEntry, LayerError, LayerFiles, LayerSpec};
use crate::report::{Progress, Silent};
use crate::store::{BlobSource, Store};

/// Changes a file when a layer was looked up and is about to be packed.
struct Meanwhile<'a> {
    file: &'a Path,
    change: fn(&Path),
}

impl Progress for Meanwhile<'_> {
    fn layer_started(&self, _: &str, _: u64) {
        (self.change)(self.file);
    }
}

/// A layer of one file, as an application's folder has it, and one whose tar is a file: a root file system.
fn layers(file: &Path) -> [LayerSpec; 2] {
    let size = fs::metadata(file).unwrap().len();
    let entry = Entry::file(EntryPath::literal("workspace/file"), Content::file(file, size));
    let tar = Content::whole(Source::open(file).unwrap());
    let spec = |files| LayerSpec { name: "some".to_owned(), created_by: String::new(), files };
    [spec(LayerFiles::Entries(vec![LayerEntry::normalised(entry)])), spec(LayerFiles::Tar(tar))]
}

fn names(folder: &Path) -> usize {
    fs::read_dir(folder).unwrap().count()
}

#[test]
fn what_changes_between_key_and_packing_is_an_error_and_leaves_nothing() {
    let rewrite: fn(&Path) = |file| fs::write(file, vec![b'B'; 300_000]).unwrap();
    let truncate: fn(&Path) = |file| fs::OpenOptions::new().write(true).open(file).unwrap().set_len(10).unwrap();
    for (change, at) in [(rewrite, 0), (rewrite, 1), (truncate, 0), (truncate, 1)] {
        let folder = tempfile::tempdir().unwrap();
        let (file, cache) = (folder.path().join("input"), folder.path().join("cache"));
        fs::write(&file, vec![b'A'; 300_000]).unwrap();
        let store = Store::open(&cache, false).unwrap();
        let spec = &layers(&file)[at];
        let error = one(spec, Compression::Gzip, &store, &[], &Meanwhile { file: &file, change }).unwrap_err();
        let LayerError::Content { source, .. } = &error else { panic!("{error:?}") };
        let named = match source {
            ContentError::Changed { path } | ContentError::Read { path, .. } => path == &file,
            _ => false,
        };
        assert!(named, "{error:?}");
        assert!(error.hint().is_some(), "{error:?}");
        for folder in ["layers/blobs/sha256", "layers/selectors"] {
            assert_eq!(names(&cache.join(folder)), 0, "{folder} after {error:?}");
        }

        // The content of the first look gives its own layer, not what was packed in between.
        fs::write(&file, vec![b'A'; 300_000]).unwrap();
        let again = one(&layers(&file)[at], Compression::Gzip, &store, &[], &Silent).unwrap();
        let other = Store::open(&folder.path().join("other"), false).unwrap();
        let reference = one(&layers(&file)[at], Compression::Gzip, &other, &[], &Silent).unwrap();
        assert_eq!(again.source, BlobSource::Built);
        assert_eq!(again.blob.digest, reference.blob.digest);
    }
}
