//! Dependencies from the offline cache.

/// placeholder
#[derive(Clone, Debug)]
pub struct ResolvedDependency;
