//! All layers of an image, in parallel: cache hit or build.

use std::collections::BTreeMap;
use std::io;
use std::path::PathBuf;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use buildpacks::application::{ContentError, EntryPath};
use buildpacks::dependency::DependencyError;

use super::chunks::write_blob;
use super::selector::Identities;
use super::spec::complete;
use super::{Compression, LayerEntry, LayerFiles, LayerSpec, Selector, TarWriter};
use crate::report::{Progress, bytes};
use crate::store::{BlobSource, LayerBlob, NewBlob, Store, StoreError};

/// A layer of the image.
#[derive(Clone, Debug)]
pub struct BuiltLayer {
    /// Its name.
    pub name: String,
    /// The `created_by` of its history entry.
    pub created_by: String,
    /// The key under which the layer cache knows it.
    pub selector: Selector,
    /// Where its blob lies, and its digests.
    pub blob: LayerBlob,
    /// Whether the blob was at hand.
    pub source: BlobSource,
    /// Wall time spent on it.
    pub elapsed: Duration,
}

/// Why a layer could not be built.
#[derive(Debug, thiserror::Error)]
pub enum LayerError {
    /// The content of an entry is broken or cannot be read.
    #[error("Could not read `{path}` for layer `{layer}`")]
    Content {
        /// Layer.
        layer: String,
        /// Path in the image.
        path: String,
        /// Why.
        source: ContentError,
    },
    /// A dependency's archive could not be opened.
    #[error("Could not open the dependency of layer `{layer}`")]
    Dependency {
        /// Layer.
        layer: String,
        /// Why.
        source: Box<DependencyError>,
    },
    /// Its files are not those that it was looked up by.
    #[error("The files of layer `{layer}` changed while it was staged")]
    Changed {
        /// Layer.
        layer: String,
    },
    /// A name by which a layer removes what lies below it (OCI image specification, "Whiteouts").
    #[error(
        "`{path}` of layer `{layer}` would not be a file of the image: a name that begins with `.wh.` removes files of the \
             layers below"
    )]
    Whiteout {
        /// Layer.
        layer: String,
        /// Path in the image.
        path: String,
    },
    /// The blob could not be written.
    #[error("Could not write the blob of layer `{layer}` into `{}`", directory.display())]
    Write {
        /// Layer.
        layer: String,
        /// Folder of the layer cache.
        directory: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// The layer cache failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl LayerError {
    /// Whether the system gave no thread for it: no regular file says that writing would block.
    fn is_thread_refused(&self) -> bool {
        matches!(self, Self::Write { source, .. } if source.kind() == io::ErrorKind::WouldBlock)
    }

    /// What to do about it.
    pub fn hint(&self) -> Option<String> {
        match self {
            Self::Changed { layer } => {
                Some(format!("Stage it again when nothing writes the files of `{layer}` any more"))
            }
            Self::Content { source, .. } => source.hint(),
            Self::Whiteout { .. } => Some("Rename it, or leave it out with `.stageignore`".to_owned()),
            Self::Dependency { source, .. } => source.hint(),
            Self::Write { .. } | Self::Store(_) => None,
        }
    }
}

/// Builds or finds every layer but those in `built`; the result has the order of `specs`. `threads` layers are worked on
/// at a time, large ones first, since one layer's hash cannot be split; one thread is the calling one.
pub fn build(
    specs: &[LayerSpec],
    compression: Compression,
    store: &Store,
    threads: usize,
    built: &[BuiltLayer],
    progress: &dyn Progress,
) -> Result<Vec<BuiltLayer>, LayerError> {
    let mut order: Vec<usize> = (0..specs.len()).collect();
    order.sort_by_key(|at| std::cmp::Reverse(specs[*at].size_hint()));
    let next = AtomicUsize::new(0);
    let done = Mutex::new(BTreeMap::new());
    let work = || {
        while let Some(at) = order.get(next.fetch_add(1, Ordering::Relaxed)) {
            let result = one(&specs[*at], compression, store, built, progress);
            let refused = result.as_ref().is_err_and(LayerError::is_thread_refused);
            if result.is_err() && !refused {
                next.store(order.len(), Ordering::Relaxed);
            }
            if let Ok(mut done) = done.lock() {
                done.insert(*at, result);
            }
            if refused {
                // The threads of the layers that are being built were all that there are: the rest follows one by one.
                break;
            }
        }
    };
    std::thread::scope(|scope| {
        for _ in 1..threads.clamp(1, specs.len().max(1)) {
            // Where threads are scarce, fewer do the same.
            if std::thread::Builder::new().spawn_scoped(scope, work).is_err() {
                break;
            }
        }
        work();
    });
    let mut done = done.into_inner().unwrap_or_default();
    let is_left = |built: Option<&Result<BuiltLayer, LayerError>>| {
        built.is_none_or(|built| built.as_ref().is_err_and(LayerError::is_thread_refused))
    };
    if done.values().all(|built| built.as_ref().err().is_none_or(LayerError::is_thread_refused)) {
        for at in order {
            if is_left(done.get(&at)) {
                done.insert(at, one(&specs[at], compression, store, built, progress));
            }
        }
    }
    done.into_values().collect()
}

impl LayerSpec {
    /// Bytes of content, as far as known before an archive is opened.
    fn bytes(&self) -> u64 {
        match &self.files {
            LayerFiles::Dependency { .. } => 0,
            _ => self.size_hint(),
        }
    }

    fn size_hint(&self) -> u64 {
        match &self.files {
            LayerFiles::Entries(entries) => entries.iter().map(LayerEntry::size).sum(),
            // Opening an archive takes longest: such layers start first.
            LayerFiles::Dependency { .. } => u64::MAX,
            LayerFiles::Known(_) => 0,
            LayerFiles::Tar(content) => content.size(),
        }
    }
}

pub(super) fn one(
    spec: &LayerSpec,
    compression: Compression,
    store: &Store,
    built: &[BuiltLayer],
    progress: &dyn Progress,
) -> Result<BuiltLayer, LayerError> {
    let started = Instant::now();
    let unreadable = |(path, source)| LayerError::Content { layer: spec.name.clone(), path, source };
    let own = spec.own_entries();
    let selector = Selector::of(spec, &own, compression, &Identities::read(spec, &own).map_err(unreadable)?);
    if let Some(known) = built.iter().find(|known| known.selector == selector) {
        return Ok(BuiltLayer { name: spec.name.clone(), created_by: spec.created_by.clone(), ..known.clone() });
    }
    let mut found = store.lookup(&selector)?;
    if found.is_none() {
        // Of several processes that need the same layer one builds it; the others wait and then find it.
        let _guard = store.lock(&selector)?;
        found = store.lookup(&selector)?;
        if found.is_none() {
            progress.layer_started(&spec.name, spec.bytes());
            let built = write(spec, &own, compression, store, progress)?;
            if built.selector != selector {
                return Err(LayerError::Changed { layer: spec.name.clone() });
            }
            let blob = store.commit(built)?;
            progress.layer_finished(&spec.name);
            return Ok(layer(spec, selector, blob, BlobSource::Built, started));
        }
    }
    match found {
        Some(blob) => Ok(layer(spec, selector, blob, BlobSource::Cached, started)),
        None => unreachable!("the layer was either found or built"),
    }
}

fn layer(spec: &LayerSpec, selector: Selector, blob: LayerBlob, source: BlobSource, started: Instant) -> BuiltLayer {
    let state = if source == BlobSource::Built { "built" } else { "found in the cache" };
    log::info!("layer `{}`: {state}, {}, {}", spec.name, bytes(blob.size), blob.digest);
    BuiltLayer {
        selector,
        name: spec.name.clone(),
        created_by: spec.created_by.clone(),
        blob,
        source,
        elapsed: started.elapsed(),
    }
}

/// What stops the production of a tar.
enum Stop {
    Content(String, ContentError),
    Whiteout(String),
    Dependency(Box<DependencyError>),
    Io(io::Error),
}

impl From<io::Error> for Stop {
    fn from(error: io::Error) -> Self {
        Self::Io(error)
    }
}

/// Writes the blob. Its selector is that of the bytes that were read for it.
fn write(
    spec: &LayerSpec,
    own: &[LayerEntry],
    compression: Compression,
    store: &Store,
    progress: &dyn Progress,
) -> Result<NewBlob, LayerError> {
    let failed = |stop| match stop {
        Stop::Content(_, ContentError::Write(source)) | Stop::Io(source) => {
            LayerError::Write { layer: spec.name.clone(), directory: store.scratch(), source }
        }
        Stop::Content(path, source) => LayerError::Content { layer: spec.name.clone(), path, source },
        Stop::Whiteout(path) => LayerError::Whiteout { layer: spec.name.clone(), path },
        Stop::Dependency(source) => LayerError::Dependency { layer: spec.name.clone(), source },
    };
    let mut file = store.new_file()?;
    let mut packed = Identities::default();
    let facts = write_blob(compression, file.as_file_mut(), |out| {
        packed = produce(spec, own, store, progress, out)?;
        Ok(())
    })
    .map_err(failed)?;
    Ok(NewBlob {
        selector: Selector::of(spec, own, compression, &packed),
        file,
        digest: facts.digest,
        diff_id: facts.diff_id,
        size: facts.size,
        uncompressed_size: facts.uncompressed_size,
        compression,
    })
}

/// Writes the plain tar, and returns the identities of what went into it.
fn produce(
    spec: &LayerSpec,
    own: &[LayerEntry],
    store: &Store,
    progress: &dyn Progress,
    out: &mut dyn io::Write,
) -> Result<Identities, Stop> {
    match &spec.files {
        LayerFiles::Entries(_) => append_all(&spec.name, own, progress, out),
        LayerFiles::Dependency { dependency, at, more } => {
            let opened = dependency.open(&store.scratch()).map_err(|error| Stop::Dependency(Box::new(error)))?;
            let entries = opened.into_iter().map(|entry| LayerEntry::below(at, entry));
            let entries = entries.chain(more.iter().cloned()).collect();
            append_all(&spec.name, &complete(entries), progress, out)
        }
        LayerFiles::Known(_) => Err(Stop::Io(io::Error::other("the blob of a known layer left the cache"))),
        LayerFiles::Tar(content) => {
            let whole = content.copy_to(out).map_err(|error| Stop::Content(spec.name.clone(), error))?;
            Ok(Identities { whole, ..Identities::default() })
        }
    }
}

fn append_all(
    layer: &str,
    entries: &[LayerEntry],
    progress: &dyn Progress,
    out: &mut dyn io::Write,
) -> Result<Identities, Stop> {
    let mut tar = TarWriter::new(out);
    let mut seen = Identities::default();
    for entry in entries {
        if is_whiteout(&entry.path) {
            return Err(Stop::Whiteout(path_of(&entry.path)));
        }
        let identity = tar.append(entry).map_err(|error| Stop::Content(path_of(&entry.path), error))?;
        seen.files.extend(identity.map(|identity| (entry.path.clone(), identity)));
        progress.layer_advanced(layer, entry.size());
    }
    tar.finish()?;
    Ok(seen)
}

fn is_whiteout(path: &EntryPath) -> bool {
    path.as_str().split('/').any(|name| name.starts_with(".wh."))
}

fn path_of(path: &EntryPath) -> String {
    path.to_string()
}
