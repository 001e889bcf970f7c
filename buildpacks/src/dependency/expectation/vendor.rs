//! Whose runtimes stand behind which id.

/// Ids of Java runtimes in Cloud Foundry's Java buildpack, each with words of its vendor in the line `IMPLEMENTOR` of the
/// file `release`; `openjdk` is anybody's, these are the usual ones.
const VENDORS: [(&str, &[&str]); 7] = [
    ("openjdk", &["BellSoft", "Adoptium", "Amazon", "Debian", "Ubuntu", "Microsoft", "Red Hat"]),
    ("zulu", &["Azul"]),
    ("sapmachine", &["SAP"]),
    ("graalvm", &["GraalVM", "Oracle"]),
    ("oracle", &["Oracle"]),
    ("ibm", &["IBM", "International Business Machines"]),
    ("zing", &["Azul"]),
];

/// Whether `id` is that of a vendor's Java runtime.
pub fn is_vendors_runtime(id: &str) -> bool {
    VENDORS.iter().any(|(known, _)| *known == id)
}

/// The id of a runtime whose `release` file says `implementor`, where that is known to be another vendor's than the one that
/// `id` stands for.
pub(super) fn other_vendor(id: &str, implementor: &str) -> Option<&'static str> {
    let is_by = |words: &[&str]| words.iter().any(|word| implementor.contains(word));
    let own = VENDORS.iter().find(|(known, _)| *known == id && id != "openjdk")?.1;
    if is_by(own) {
        return None;
    }
    VENDORS.iter().find(|(_, words)| is_by(words)).map(|(other, _)| *other)
}
