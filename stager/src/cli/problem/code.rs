//! The codes of errors: part of the contract with whoever calls the program. A code has its class, and with it its exit code.

use super::super::exit::Exit;

macro_rules! codes {
    ($($(#[$doc:meta])* $name:ident = $text:literal, $exit:ident, $again:literal;)+) => {
        /// What went wrong, for programs.
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub(in crate::cli) enum Code {
            $($(#[$doc])* $name,)+
        }

        impl Code {
            /// Every code.
            #[cfg(test)]
            pub(in crate::cli) const ALL: &[Self] = &[$(Self::$name),+];

            /// As it is written: class or place, a point, kind.
            pub(in crate::cli) fn text(self) -> &'static str {
                match self { $(Self::$name => $text,)+ }
            }

            /// The exit code of its class.
            pub(in crate::cli) fn exit(self) -> Exit {
                match self { $(Self::$name => Exit::$exit,)+ }
            }

            /// Whether the same command may succeed later, with nothing changed by the caller.
            pub(in crate::cli) fn retryable(self) -> bool {
                match self { $(Self::$name => $again,)+ }
            }
        }
    };
}

codes! {
    /// A file or folder that was named is not there.
    InputMissing = "input.not-found", Failed, false;
    /// It may not be read.
    InputPermission = "input.permission", Failed, false;
    /// It cannot be read.
    InputRead = "input.read", Failed, false;
    /// It is nothing that is read here.
    InputFormat = "input.format", Failed, false;
    /// The archive as a whole is broken.
    InputArchive = "input.archive", Failed, false;
    /// An entry of the archive or folder is broken or refused.
    InputEntry = "input.entry", Failed, false;
    /// It is larger than the limits against hostile input allow.
    InputLimit = "input.limit", Failed, false;
    /// It changed while it was read.
    InputChanged = "input.changed", Failed, true;
    /// Its manifest, index or other metadata cannot be understood.
    InputMetadata = "input.metadata", Failed, false;
    /// What it is started by is not in it.
    InputStart = "input.start", Failed, false;
    /// Several things could be meant.
    InputAmbiguous = "input.ambiguous", Failed, false;
    /// The base or image cannot be used.
    BaseInvalid = "base.invalid", Failed, false;
    /// The base or image holds several images, or none that fits.
    BaseChoice = "base.choice", Failed, false;
    /// The host lacks what its base needs.
    BaseHost = "base.host", Failed, false;
    /// A catalogue cannot be understood.
    CatalogueInvalid = "catalogue.invalid", Failed, false;
    /// A dependency's archive is not what it should be.
    DependencyInvalid = "dependency.invalid", Failed, false;
    /// The runtime asked for is too old for the application.
    JreTooOld = "jre.too-old", Failed, false;
    /// A buildpack's files cannot be used.
    BuildpackInvalid = "buildpack.invalid", Failed, false;
    /// A buildpack ended staging.
    BuildpackFailed = "buildpack.failed", Failed, false;
    /// The memory does not suffice.
    MemoryTooSmall = "memory.too-small", Failed, false;
    /// A memory profile cannot be used.
    MemoryProfile = "memory.profile", Failed, false;
    /// What was measured did not run, or could not be watched.
    MeasureFailed = "measure.failed", Failed, false;
    /// A signal ended it.
    Interrupted = "interrupted", Failed, true;
    /// The image has another digest than was expected.
    ImageDigest = "image.digest", Failed, false;
    /// The image has a layer that its media types have no name for.
    ImageMediaType = "image.media-type", Failed, false;
    /// The output is something else that is not to be replaced.
    OutputForeign = "output.foreign", Failed, false;
    /// The command line is wrong.
    UsageArguments = "usage.arguments", Usage, false;
    /// A value of an option or a variable cannot be used.
    UsageValue = "usage.value", Usage, false;
    /// No built-in buildpack takes it.
    NothingDetected = "detect.nothing", NothingDetected, false;
    /// A dependency is not in the cache.
    DependencyMissing = "dependency.missing", Missing, false;
    /// Neither cache nor catalogue know the dependency.
    DependencyUnknown = "dependency.unknown", Missing, false;
    /// No Java runtime at hand runs the application.
    JreMissing = "jre.missing", Missing, false;
    /// Only the host's Java would do, and that is refused.
    JreHostRefused = "jre.host-refused", Missing, false;
    /// No runtime could be made of the host's Java.
    JreHostFailed = "jre.host-failed", Missing, false;
    /// A program that is needed is not there.
    ToolMissing = "tool.missing", Missing, false;
    /// The network or a server does not answer, or answers that it cannot now.
    NetworkUnavailable = "network.unavailable", Network, true;
    /// The server refuses, or its certificates are refused.
    NetworkRefused = "network.refused", Network, false;
    /// The dependency could not be fetched by other means.
    FetchFailed = "network.fetch-failed", Network, false;
    /// The disk, or the user's share of it, is full.
    DiskFull = "disk.full", Disk, false;
    /// A file would be larger than the process may make it.
    DiskLimit = "disk.limit", Disk, false;
    /// The cache may not be read or written.
    CachePermission = "cache.permission", Disk, false;
    /// The cache cannot be read or written.
    CacheIo = "cache.io", Disk, false;
    /// The output may not be written.
    OutputPermission = "output.permission", Disk, false;
    /// The output was changed by somebody else meanwhile.
    OutputChanged = "output.changed", Disk, true;
    /// The output cannot be written.
    OutputIo = "output.io", Disk, false;
    /// A temporary file cannot be written.
    TemporaryIo = "temporary.io", Disk, false;
    /// The machine has no files, processes, threads or memory left for it.
    Exhausted = "resource.exhausted", Disk, true;
    /// What the cache holds is not what it was.
    CacheCorrupt = "cache.corrupt", Corrupt, false;
    /// A file has another checksum than was promised.
    Checksum = "dependency.checksum", Corrupt, false;
    /// A defect of the program.
    Defect = "internal.defect", Internal, false;
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn the_document_lists_every_code_with_its_exit_code() {
        let document = include_str!("../../../../docs/report.md");
        let rows: BTreeSet<String> = document
            .lines()
            .filter_map(|line| line.strip_prefix("| `")?.split_once("` | "))
            .filter_map(|(code, rest)| {
                let mut cells = rest.split(" | ");
                let (exit, again) = (cells.next()?, cells.next()?);
                exit.parse::<u8>().ok()?;
                Some(format!("{code} {exit} {again}"))
            })
            .collect();
        let known = Code::ALL.iter().map(|code| {
            let again = if code.retryable() { "yes" } else { "no" };
            format!("{} {} {again}", code.text(), code.exit() as u8)
        });
        assert_eq!(rows, known.collect());
    }

    #[test]
    fn codes_are_words_and_differ() {
        let texts: BTreeSet<_> = Code::ALL.iter().map(|code| code.text()).collect();
        assert_eq!(texts.len(), Code::ALL.len());
        let plain = |text: &str| text.chars().all(|c| c.is_ascii_lowercase() || c == '.' || c == '-');
        assert!(texts.iter().all(|text| plain(text)), "{texts:?}");
    }
}
