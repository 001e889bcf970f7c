//! Gzipped tars that are the same to the byte for the same files: sorted, one time, one owner. Used for the droplet and
//! the build cache.

mod archive;
mod member;
mod piece;
mod write;

pub(super) use member::{DropletError, Member};
pub(super) use piece::Piece;
pub(super) use write::{Section, write, write_hashed};
