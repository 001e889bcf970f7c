//! One pass over an application's class files and libraries: how many classes there are, as the memory calculator
//! counts them, how many of them are usually loaded, and which web framework they bring. Reads central directories only.
//!
//! Counted as [`memcalc::count`] counts the unpacked application by libjvm's rule: loose files, entries of jars, and
//! entries of jars one level inside jars; versioned entries and `module-info` count too.

use std::collections::BTreeSet;
use std::path::Path;
use std::sync::Arc;

use memcalc::count::{self, LikelyClasses};
use rayon::prelude::*;

use crate::absence::is_of_system;
use crate::application::{
    Application, ArchiveError, Content, ContentError, Encoding, Entry, Format, Limits, Source, Span, zip,
};

/// Largest deflated library that is decoded to be counted, bytes.
const LIBRARY_BYTES: u64 = 1 << 30;
/// Classes that tell the web framework (Spring Boot's `WebApplicationType.deduceFromClasspath`), as bits of a set.
const INDICATORS: [(&str, u8); 7] = [
    ("org/springframework/web/reactive/DispatcherHandler.class", WEBFLUX),
    ("org/springframework/web/servlet/DispatcherServlet.class", SERVLET_FRAMEWORK),
    ("org/glassfish/jersey/servlet/ServletContainer.class", SERVLET_FRAMEWORK),
    ("jakarta/servlet/Servlet.class", SERVLET_API),
    ("javax/servlet/Servlet.class", SERVLET_API),
    ("org/springframework/web/context/ConfigurableWebApplicationContext.class", WEB_CONTEXT),
    ("com/linecorp/armeria/server/Server.class", ARMERIA),
];
const WEBFLUX: u8 = 1;
const SERVLET_FRAMEWORK: u8 = 2;
const SERVLET_API: u8 = 4;
const WEB_CONTEXT: u8 = 8;
const ARMERIA: u8 = 16;

/// What kind of web application it is, which decides its number of threads.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize, schemars::JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum WebApplication {
    /// Spring `WebFlux` without Spring MVC or Jersey.
    Reactive,
    /// Spring on a servlet container.
    Servlet,
    /// Armeria: an event loop, and a pool of as many threads as a servlet container has for what blocks.
    Blocking,
    /// None of these.
    None,
}

/// Remembers censuses: taking one means looking into every library, and libraries change rarely.
pub trait CensusMemo {
    /// The census taken earlier under this key.
    fn recall(&self, key: &[u8; 32]) -> Option<Census>;
    /// Keeps a census under this key.
    fn remember(&self, key: &[u8; 32], census: &Census);
}

/// Remembers nothing.
#[derive(Clone, Copy, Debug)]
pub struct NoMemo;

impl CensusMemo for NoMemo {
    fn recall(&self, _: &[u8; 32]) -> Option<Census> {
        None
    }

    fn remember(&self, _: &[u8; 32], _: &Census) {}
}

/// What a census needs to know of an application.
#[derive(Clone, Copy, Debug)]
pub(super) struct Parts<'a> {
    /// Folders its own classes lie in, each empty or ending in `/`.
    pub(super) class_roots: &'a [&'a str],
    /// Its own main class: what shares its package is the application's own.
    pub(super) main_class: &'a str,
    /// Whether the tree is one jar that stays packed, so that jars inside are already one level deep.
    pub(super) packed: bool,
}

/// A library whose bytes could not be had.
#[derive(Debug)]
pub(super) struct Unread {
    /// Its path.
    pub(super) path: String,
    /// Why.
    pub(super) source: ArchiveError,
}

/// What was found in an application's classes and libraries.
#[derive(Clone, Debug, Default, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Census {
    /// Number of classes.
    pub(super) classes: u64,
    /// Thousandths of classes that are usually loaded, see [`LikelyClasses`].
    likely_thousandths: u64,
    /// Number of jars.
    pub(super) libraries: u64,
    /// Jars that cannot be read, in the order of the tree.
    pub(super) broken: Vec<String>,
    /// Set of [`INDICATORS`].
    indicators: u8,
}

impl Census {
    /// The census of `application`, from `memo` when one was taken of equal libraries and names.
    pub(super) fn remembered(
        application: &Application,
        parts: Parts<'_>,
        memo: &dyn CensusMemo,
    ) -> Result<Self, Unread> {
        let key = match application.format() {
            // Files of a directory are not read twice for this.
            Format::Directory => None,
            _ => Self::key(application, parts),
        };
        let Some(key) = key else { return Self::of(application, parts) };
        if let Some(known) = memo.recall(&key) {
            return Ok(known);
        }
        // What cannot be read now could be read for the key: it is not what it was.
        let census = Self::taken(application, parts, true)?;
        if census.broken.is_empty() {
            memo.remember(&key, &census);
        }
        Ok(census)
    }

    /// Everything a census depends on: all names, and the content of the libraries; none when one cannot be read. The
    /// directories that are counted later are known by their hashes from then on, by the same read.
    fn key(application: &Application, parts: Parts<'_>) -> Option<[u8; 32]> {
        let part = |entry: &Entry| match entry.content() {
            Some(content) if entry.path.has_extension("jar") => {
                if let Some(jar) = in_place(content) {
                    jar.source.pin_tail(jar.range.clone(), directory_of(jar).ok()?).ok()?;
                }
                content.identity().ok()
            }
            _ => Some([0; 32]),
        };
        let identities: Vec<[u8; 32]> = application.entries().par_iter().map(part).collect::<Option<_>>()?;
        let mut hasher = blake3::Hasher::new();
        hasher.update(b"census 2\0").update(&[u8::from(parts.packed)]).update(parts.class_roots.join("\0").as_bytes());
        hasher.update(b"\0").update(parts.main_class.as_bytes());
        for (entry, identity) in application.entries().iter().zip(identities) {
            hasher.update(b"\0").update(entry.path.as_str().as_bytes()).update(b"\0").update(&identity);
        }
        Some(*hasher.finalize().as_bytes())
    }

    /// Takes the census of `application`.
    pub(super) fn of(application: &Application, parts: Parts<'_>) -> Result<Self, Unread> {
        Self::taken(application, parts, false)
    }

    /// Takes the census; `known` says that all libraries were read for its key, and must be what they were.
    fn taken(application: &Application, parts: Parts<'_>, known: bool) -> Result<Self, Unread> {
        // The largest first: a library that has to be decoded takes as long as many others.
        let mut entries: Vec<&Entry> = application.entries().iter().collect();
        entries.sort_by_key(|entry| std::cmp::Reverse(entry.size()));
        let count = |entry: &&Entry| Self::of_entry(entry, parts, known);
        let mut census =
            entries.par_iter().with_max_len(1).map(count).try_reduce(Self::default, |one, other| Ok(one.and(other)))?;
        if census.broken.len() > 1 {
            let broken: BTreeSet<_> = std::mem::take(&mut census.broken).into_iter().collect();
            let in_order = application.entries().iter().map(|entry| entry.path.as_str());
            census.broken = in_order.filter(|path| broken.contains(*path)).map(str::to_owned).collect();
        }
        Ok(census)
    }

    /// How many classes are usually loaded.
    pub(super) fn likely_classes(&self) -> u64 {
        self.likely_thousandths / 1000
    }

    /// The kind of web application these classes make.
    pub(super) fn web_application(&self) -> WebApplication {
        let has = |indicator: u8| self.indicators & indicator != 0;
        if has(WEBFLUX) && !has(SERVLET_FRAMEWORK) {
            WebApplication::Reactive
        } else if has(SERVLET_API) && has(WEB_CONTEXT) {
            WebApplication::Servlet
        } else if has(ARMERIA) {
            WebApplication::Blocking
        } else {
            WebApplication::None
        }
    }

    fn of_entry(entry: &Entry, parts: Parts<'_>, known: bool) -> Result<Self, Unread> {
        let mut census = Self::default();
        let path = entry.path.as_str();
        let Some(content) = entry.content() else { return Ok(census) };
        let mut likely = LikelyClasses::of_application(parts.main_class);
        census.take(path.as_bytes(), &mut likely);
        census.likely_thousandths = likely.thousandths();
        for root in parts.class_roots.iter().filter(|root| !root.is_empty()) {
            if let Some(name) = path.strip_prefix(root) {
                census.indicators |= indicator(name.as_bytes());
            }
        }
        if entry.path.has_extension("jar") {
            census.libraries = 1;
            match census.take_jar(content, parts.main_class, !parts.packed, known) {
                Ok(()) => {}
                Err(source) if is_of_system(&source) => return Err(Unread { path: path.to_owned(), source }),
                Err(_) => census.broken.push(path.to_owned()),
            }
        }
        Ok(census)
    }

    /// Counts what is in a jar, and in jars inside it when `deeper`.
    fn take_jar(&mut self, content: &Content, main_class: &str, deeper: bool, known: bool) -> Result<(), ArchiveError> {
        let mut jar = archive(content)?;
        let in_place = in_place(content).filter(|_| known);
        if let Some(place) = in_place {
            jar.source = Arc::new(place.source.pinned_tail(&place.range, directory_of(place)?)?);
        }
        let mut nested = false;
        let mut likely = LikelyClasses::of_application(main_class);
        let visited = zip::Names::of(&jar.source, jar.range.clone())?.for_each(|name| {
            self.take(name, &mut likely);
            nested |= name.ends_with(b".jar");
        });
        self.likely_thousandths += likely.thousandths();
        visited?;
        if nested && deeper {
            if in_place.is_some() {
                let bytes = content.read(LIBRARY_BYTES)?.into_owned();
                jar = Span::whole(&Arc::new(Source::from_bytes(bytes, Path::new(""))));
            }
            // Broken jars in there count nothing, as jars that nothing loads should.
            let entries = zip::read_within(&jar.source, jar.range.clone(), "", &Limits::default()).unwrap_or_default();
            for content in entries.iter().filter(|entry| entry.path.has_extension("jar")).filter_map(Entry::content) {
                match self.take_jar(content, main_class, false, false) {
                    Err(error) if is_of_system(&error) => return Err(error),
                    _ => {}
                }
            }
        }
        Ok(())
    }

    fn take(&mut self, name: &[u8], likely: &mut LikelyClasses) {
        let text = String::from_utf8_lossy(name);
        if count::kind(&text, false) == count::Kind::Class {
            self.classes += 1;
            likely.take(&text);
        }
        self.indicators |= indicator(name);
    }

    fn and(mut self, other: Self) -> Self {
        self.classes += other.classes;
        self.likely_thousandths += other.likely_thousandths;
        self.libraries += other.libraries;
        self.broken.extend(other.broken);
        self.indicators |= other.indicators;
        self
    }
}

/// The archive that a library is.
pub(super) fn archive(content: &Content) -> Result<Span, ContentError> {
    content.archive(LIBRARY_BYTES, Path::new(""))
}

/// The library where it is a part of the application as it is.
fn in_place(content: &Content) -> Option<&Span> {
    match content {
        Content::Span(span) if span.encoding == Encoding::Stored => Some(span),
        _ => None,
    }
}

/// Where a library's central directory starts in its source, or what is read to find its end record, whichever comes
/// first.
fn directory_of(jar: &Span) -> Result<u64, ArchiveError> {
    let names = zip::Names::of(&jar.source, jar.range.clone())?;
    let end = jar.range.end.saturating_sub(zip::MAX_END_BYTES);
    Ok(names.directory().min(end).max(jar.range.start))
}

fn indicator(name: &[u8]) -> u8 {
    INDICATORS.iter().find(|(class, _)| class.as_bytes() == name).map_or(0, |(_, bit)| *bit)
}
