//! What lies below the application: the layers of a foreign image, a root file system, a layer made from this host, or
//! nothing (OCI image specification: image layout, manifest, config).
//!
//! A base is read, checked and described here; nothing is copied, compressed or written. `docs/base-images.md` is the
//! guide to the choices.

mod choice;
mod elf;
#[cfg(test)]
mod elf_fixture;
mod error;
mod host;
mod inherit;
mod instead;
mod locale;
mod model;
mod oci;
mod open;
mod plain;
mod rootfs;
mod survey;

pub use choice::{BaseChoice, ParseBaseError};
pub use error::{BaseError, BlobRole};
pub use host::{HostBase, HostRoot, SkippedLibrary, closure};
pub use inherit::{DEFAULT_PATH, DEFAULT_USER, HistoryEntry, InheritedConfig, inherit};
pub use instead::is_archive;
pub use locale::note as locale_note;
pub use model::{Base, BaseLayer, BlobLayer, Platform};
pub use open::{BaseRequest, open};
pub use survey::{Shell, Surveyed, has_shell, shell_of_tar, survey};
