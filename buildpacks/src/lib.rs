//! From an application artifact to contributions.
