//! The value of `--base`.

use std::fmt;
use std::path::PathBuf;
use std::str::FromStr;

/// Which base an image stands on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum BaseChoice {
    /// An image in an OCI image layout directory.
    Oci {
        /// The directory that holds `index.json`.
        dir: PathBuf,
        /// The image's name in it; may be missing when there is only one.
        tag: Option<String>,
    },
    /// An image in a tar of an OCI image layout.
    OciArchive {
        /// The tar.
        file: PathBuf,
        /// The image's name in it; may be missing when there is only one.
        tag: Option<String>,
    },
    /// A tar of a root file system, plain or gzip.
    Rootfs(PathBuf),
    /// One layer made from this host.
    Host,
    /// No base layer at all.
    None,
}

/// Why the value of `--base` is not understood.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ParseBaseError {
    /// The word before the colon is not a kind of base.
    #[error("Unknown kind of base `{0}`: expected oci:DIR[:TAG], oci-archive:FILE[:TAG], rootfs:TAR, host or none")]
    Kind(String),
    /// The kind needs a path and has none.
    #[error("`{0}` needs a path: {0}:{1}")]
    Path(&'static str, &'static str),
    /// The kind takes nothing after it.
    #[error("`{0}` takes no path, found `{1}`")]
    NoPath(&'static str, String),
    /// There is a colon after the path, and nothing behind it.
    #[error("The tag after `{0}:` is empty")]
    EmptyTag(String),
}

impl FromStr for BaseChoice {
    type Err = ParseBaseError;

    /// Parses `oci:DIR[:TAG]`, `oci-archive:FILE[:TAG]`, `rootfs:TAR`, `host` or `none`. A path of the first two ends
    /// at its first colon, as with skopeo, so that a tag may be a whole image name.
    fn from_str(text: &str) -> Result<Self, ParseBaseError> {
        let (kind, rest) = text.split_once(':').map_or((text, None), |(kind, rest)| (kind, Some(rest)));
        match (kind, rest) {
            ("oci", rest) => {
                path_and_tag("oci", "DIR[:TAG]", rest).map(|(dir, tag)| Self::Oci { dir: dir.into(), tag })
            }
            ("oci-archive", rest) => path_and_tag("oci-archive", "FILE[:TAG]", rest)
                .map(|(file, tag)| Self::OciArchive { file: file.into(), tag }),
            ("rootfs", Some(path)) if !path.is_empty() => Ok(Self::Rootfs(path.into())),
            ("rootfs", _) => Err(ParseBaseError::Path("rootfs", "TAR")),
            ("host", None) => Ok(Self::Host),
            ("none", None) => Ok(Self::None),
            ("host", Some(rest)) => Err(ParseBaseError::NoPath("host", rest.to_owned())),
            ("none", Some(rest)) => Err(ParseBaseError::NoPath("none", rest.to_owned())),
            _ => Err(ParseBaseError::Kind(kind.to_owned())),
        }
    }
}

fn path_and_tag<'a>(
    kind: &'static str,
    form: &'static str,
    rest: Option<&'a str>,
) -> Result<(&'a str, Option<String>), ParseBaseError> {
    let rest = rest.unwrap_or_default();
    let (path, tag) = rest.split_once(':').map_or((rest, None), |(path, tag)| (path, Some(tag)));
    match (path, tag) {
        ("", _) => Err(ParseBaseError::Path(kind, form)),
        (path, Some("")) => Err(ParseBaseError::EmptyTag(path.to_owned())),
        (path, tag) => Ok((path, tag.map(str::to_owned))),
    }
}

impl fmt::Display for BaseChoice {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (kind, path, tag) = match self {
            Self::Oci { dir, tag } => ("oci", dir, tag.as_deref()),
            Self::OciArchive { file, tag } => ("oci-archive", file, tag.as_deref()),
            Self::Rootfs(tar) => ("rootfs", tar, None),
            Self::Host => return f.write_str("host"),
            Self::None => return f.write_str("none"),
        };
        write!(f, "{kind}:{}", path.display())?;
        tag.map_or(Ok(()), |tag| write!(f, ":{tag}"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_form_survives_display() {
        for text in [
            "oci:base",
            "oci:/a/b:v1",
            "oci:/a/b:registry.example/team/base:v1",
            "oci-archive:base.tar",
            "oci-archive:./base.tar:v1",
            "rootfs:/tmp/base.tar",
            "host",
            "none",
        ] {
            assert_eq!(text.parse::<BaseChoice>().unwrap().to_string(), text);
        }
        let full: BaseChoice = "oci:/a/b:registry.example/team/base:v1".parse().unwrap();
        assert_eq!(full, BaseChoice::Oci { dir: "/a/b".into(), tag: Some("registry.example/team/base:v1".to_owned()) });
    }

    #[test]
    fn mistakes_are_named() {
        let message = |text: &str| text.parse::<BaseChoice>().unwrap_err().to_string();
        assert!(message("docker:x").starts_with("Unknown kind of base `docker`"));
        assert!(message("").starts_with("Unknown kind of base ``"));
        assert_eq!(message("oci"), "`oci` needs a path: oci:DIR[:TAG]");
        assert_eq!(message("oci-archive::v1"), "`oci-archive` needs a path: oci-archive:FILE[:TAG]");
        assert_eq!(message("rootfs:"), "`rootfs` needs a path: rootfs:TAR");
        assert_eq!(message("host:/x"), "`host` takes no path, found `/x`");
        assert_eq!(message("oci:x:"), "The tag after `x:` is empty");
    }
}
