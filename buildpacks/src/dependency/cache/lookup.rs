//! Finding what is asked for.

use super::{CachedDependency, DependencyCache};
use crate::dependency::{Catalogue, DependencyError, Kind, Requirement, ResolvedDependency, Target};

impl DependencyCache {
    /// The newest cached `id` that `requirement` (the catalogue's default when `None`) asks for and that runs on
    /// `target`, checked.
    ///
    /// What the catalogue lists under the same id and version with another checksum is never taken.
    ///
    /// # Errors
    /// [`DependencyError::Missing`] when the catalogue has it and the cache does not, [`DependencyError::Unknown`] when
    /// neither has it, [`DependencyError::Corrupt`].
    pub fn resolve(
        &self,
        catalogue: &Catalogue,
        id: &str,
        requirement: Option<&Requirement>,
        target: &Target,
    ) -> Result<ResolvedDependency, DependencyError> {
        let wanted = requirement.cloned().unwrap_or_else(|| catalogue.default_version(id));
        let cached: Vec<CachedDependency> =
            self.usable(catalogue, target)?.into_iter().filter(|record| record.description.id == id).collect();
        let is_jre = cached.iter().any(|record| record.description.kind == Kind::Jre);
        let asked = if is_jre { wanted.clone().java() } else { wanted.clone() };
        if let Some(record) = asked.select(&cached, |record| &record.description.version) {
            return self.verified(record);
        }
        match catalogue.find(id, requirement, target) {
            Ok(entry) => Err(DependencyError::Missing { entry: Box::new(entry.clone()) }),
            Err(source) => {
                let requirement = wanted.to_string();
                Err(DependencyError::Unknown { id: id.to_owned(), requirement, source: Box::new(source) })
            }
        }
    }

    /// Everything cached that runs on `target` and that the catalogue does not contradict. What was made of the host's Java
    /// is left out: whether it is there depends on what was staged before.
    pub(in crate::dependency) fn usable(
        &self,
        catalogue: &Catalogue,
        target: &Target,
    ) -> Result<Vec<CachedDependency>, DependencyError> {
        let mut cached = self.list()?;
        cached.retain(|record| {
            let description = &record.description;
            let listed = catalogue.exactly(&description.id, &description.version, target);
            !record.is_made_here()
                && description.platform.runs_on(target)
                && listed.is_none_or(|entry| entry.sha256 == record.sha256)
        });
        Ok(cached)
    }
}
