//! Maven coordinates: what they are called and where they lie in a local repository.

use std::fmt;
use std::path::PathBuf;
use std::str::FromStr;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// `group:artifact:version[:extension[:classifier]]`; the extension is `jar` when not given.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(try_from = "String", into = "String")]
pub struct MavenCoordinates {
    group: String,
    artifact: String,
    version: String,
    extension: String,
    classifier: Option<String>,
}

/// Why a text is not a set of Maven coordinates.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{text}` is not `group:artifact:version[:extension[:classifier]]`")]
pub struct MavenCoordinatesError {
    /// What was given.
    pub text: String,
}

impl MavenCoordinates {
    /// The artifact's file name: `artifact-version[-classifier].extension`.
    pub fn file_name(&self) -> String {
        let classifier = self.classifier.as_ref().map(|classifier| format!("-{classifier}")).unwrap_or_default();
        format!("{}-{}{classifier}.{}", self.artifact, self.version, self.extension)
    }

    /// Where the artifact lies below a local repository's folder.
    pub fn repository_path(&self) -> PathBuf {
        let mut path: PathBuf = self.group.split('.').collect();
        path.extend([&self.artifact, &self.version, &self.file_name()]);
        path
    }
}

impl fmt::Display for MavenCoordinates {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}:{}", self.group, self.artifact, self.version)?;
        match &self.classifier {
            Some(classifier) => write!(f, ":{}:{classifier}", self.extension),
            None if self.extension != "jar" => write!(f, ":{}", self.extension),
            None => Ok(()),
        }
    }
}

impl FromStr for MavenCoordinates {
    type Err = MavenCoordinatesError;
    fn from_str(text: &str) -> Result<Self, MavenCoordinatesError> {
        let parts: Vec<&str> = text.split(':').collect();
        let plain = |part: &&str| {
            !part.is_empty()
                && !part.starts_with('.')
                && part.bytes().all(|b| b.is_ascii_alphanumeric() || b".-_+".contains(&b))
        };
        let group_is_plain = parts[0].split('.').all(|part| !part.is_empty());
        if !(3..=5).contains(&parts.len()) || !parts.iter().all(plain) || !group_is_plain {
            return Err(MavenCoordinatesError { text: text.to_owned() });
        }
        let part = |at: usize| parts.get(at).map(|&part| part.to_owned());
        Ok(Self {
            group: parts[0].to_owned(),
            artifact: parts[1].to_owned(),
            version: parts[2].to_owned(),
            extension: part(3).unwrap_or_else(|| "jar".into()),
            classifier: part(4),
        })
    }
}

impl TryFrom<String> for MavenCoordinates {
    type Error = MavenCoordinatesError;
    fn try_from(text: String) -> Result<Self, MavenCoordinatesError> {
        text.parse()
    }
}

impl From<MavenCoordinates> for String {
    fn from(coordinates: MavenCoordinates) -> String {
        coordinates.to_string()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn coordinates_name_a_file_of_the_local_repository() {
        let coordinates: MavenCoordinates = "io.zipkin:zipkin-server:3.5.1:jar:exec".parse().unwrap();
        let path = coordinates.repository_path();
        assert_eq!(path.to_str(), Some("io/zipkin/zipkin-server/3.5.1/zipkin-server-3.5.1-exec.jar"));
        assert_eq!(coordinates.to_string(), "io.zipkin:zipkin-server:3.5.1:jar:exec");
        let plain: MavenCoordinates = "org.postgresql:postgresql:42.7.13".parse().unwrap();
        assert_eq!(plain.file_name(), "postgresql-42.7.13.jar");
        assert_eq!(plain.to_string(), "org.postgresql:postgresql:42.7.13");
    }

    #[test]
    fn coordinates_cannot_leave_the_repository() {
        for text in ["a:b", "a:b:c:d:e:f", "a:..:c", "..:b:c", "a/b:c:d", "a::c", "a..b:c:d", ""] {
            assert!(text.parse::<MavenCoordinates>().is_err(), "{text}");
        }
    }
}
