//! Gzipped tars that are the same to the byte for the same files: sorted, one time, one owner. Used for the droplet and
//! the build cache.

mod archive;
mod continuation;
mod member;
mod packing;
mod piece;
mod places;
mod write;

pub(super) use continuation::Early;
pub(super) use member::{DropletError, Member};
pub(super) use packing::{Packing, Section, Whole};
pub(super) use piece::Piece;
pub(super) use places::{Places, PlacesError};
pub(super) use write::write;
