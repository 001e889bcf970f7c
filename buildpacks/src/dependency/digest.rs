//! SHA-256 of a dependency's archive: its name in the cache.

use std::fmt;
use std::io::{self, Read, Write};
use std::str::FromStr;

use data_encoding::HEXLOWER;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use sha2::Digest as _;

/// Buffer for hashing files, bytes.
const BUFFER_BYTES: usize = 256 * 1024;

/// A SHA-256 checksum, written as 64 hexadecimal digits in lower case.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(try_from = "String", into = "String")]
pub struct Sha256([u8; 32]);

/// Why a text is not a SHA-256 checksum.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{text}` is not a SHA-256 checksum of 64 hexadecimal digits")]
pub struct Sha256Error {
    /// What was given.
    pub text: String,
}

impl Sha256 {
    /// The checksum of `bytes`.
    pub fn of(bytes: &[u8]) -> Self {
        Self(sha2::Sha256::digest(bytes).into())
    }

    /// The checksum of everything `input` gives, and how many bytes that were.
    pub fn of_reader(mut input: impl Read) -> io::Result<(Self, u64)> {
        let mut hasher = Sha256Writer::new(io::sink());
        let mut buffer = vec![0; BUFFER_BYTES];
        loop {
            match input.read(&mut buffer) {
                Ok(0) => break,
                Ok(read) => hasher.write_all(&buffer[..read])?,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(error),
            }
        }
        let (digest, size, _) = hasher.finish();
        Ok((digest, size))
    }

    /// Its 32 bytes.
    pub fn bytes(&self) -> &[u8; 32] {
        &self.0
    }
}

/// Hashes what passes through to `W`.
pub(super) struct Sha256Writer<W> {
    hasher: sha2::Sha256,
    size: u64,
    out: W,
}

impl<W: Write> Sha256Writer<W> {
    pub(super) fn new(out: W) -> Self {
        Self { hasher: sha2::Sha256::new(), size: 0, out }
    }

    /// The checksum, the number of bytes, and what was written to.
    pub(super) fn finish(self) -> (Sha256, u64, W) {
        (Sha256(self.hasher.finalize().into()), self.size, self.out)
    }
}

impl<W: Write> Write for Sha256Writer<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let written = self.out.write(bytes)?;
        self.hasher.update(&bytes[..written]);
        self.size += written as u64;
        Ok(written)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.out.flush()
    }
}

impl fmt::Display for Sha256 {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&HEXLOWER.encode(&self.0))
    }
}

impl fmt::Debug for Sha256 {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl FromStr for Sha256 {
    type Err = Sha256Error;
    fn from_str(text: &str) -> Result<Self, Sha256Error> {
        let hex = text.strip_prefix("sha256:").unwrap_or(text).to_ascii_lowercase();
        let bytes = HEXLOWER.decode(hex.as_bytes()).ok().and_then(|bytes| bytes.try_into().ok());
        bytes.map(Self).ok_or_else(|| Sha256Error { text: text.to_owned() })
    }
}

impl TryFrom<String> for Sha256 {
    type Error = Sha256Error;
    fn try_from(text: String) -> Result<Self, Sha256Error> {
        text.parse()
    }
}

impl From<Sha256> for String {
    fn from(digest: Sha256) -> String {
        digest.to_string()
    }
}
