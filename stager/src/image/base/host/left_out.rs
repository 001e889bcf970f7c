//! What of the JRE cannot be loaded on a base made from a host.

/// A library of the JRE that cannot be loaded, and what it lacks.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SkippedLibrary {
    /// Its path in the JRE.
    pub path: String,
    /// Libraries it needs and the base does not have, sorted.
    pub missing: Vec<String>,
}

/// What libraries of a JRE are for, where their names do not say it.
const PURPOSES: [(&str, &str); 5] = [
    ("libawt_xawt.so", "windows"),
    ("libfontmanager.so", "text in images"),
    ("libjawt.so", "windows"),
    ("libjsound.so", "sound"),
    ("libsplashscreen.so", "windows"),
];

impl SkippedLibrary {
    /// All of them in words for people; `None` when there are none.
    pub fn note(skipped: &[Self]) -> Option<String> {
        let all: Vec<String> = skipped.iter().map(ToString::to_string).collect();
        (!all.is_empty()).then(|| {
            format!(
                "cannot be loaded on the base made from this host: {}; an application that needs them needs another base \
                 (`--base`)",
                all.join(", ")
            )
        })
    }
}

impl std::fmt::Display for SkippedLibrary {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let name = self.path.rsplit('/').next().unwrap_or(&self.path);
        let purpose = PURPOSES.iter().find(|(known, _)| *known == name);
        let purpose = purpose.map(|(_, purpose)| format!(" ({purpose})")).unwrap_or_default();
        write!(f, "{name}{purpose} without {}", self.missing.join(" "))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_cannot_be_loaded_is_said_in_one_note() {
        let skipped = |path: &str, missing: &[&str]| SkippedLibrary {
            path: path.to_owned(),
            missing: missing.iter().map(|&name| name.to_owned()).collect(),
        };
        let note = SkippedLibrary::note(&[
            skipped("lib/libfontmanager.so", &["libfreetype.so.6", "libharfbuzz.so.0"]),
            skipped("lib/libj2gss.so", &["libgss.so.1"]),
        ]);
        assert_eq!(
            note.as_deref(),
            Some(
                "cannot be loaded on the base made from this host: libfontmanager.so (text in images) without \
                 libfreetype.so.6 libharfbuzz.so.0, libj2gss.so without libgss.so.1; an application that needs them needs \
                 another base (`--base`)"
            )
        );
        assert_eq!(SkippedLibrary::note(&[]), None);
    }
}
