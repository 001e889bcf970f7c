//! What an application's memory is estimated from.

use super::{Options, Profile};
use crate::libjvm::{self, Counted, Environment, Inputs, limit};

/// Classes are not counted beyond this number: no application has so many.
const MOST_CLASSES: i64 = 10_000_000;
/// Threads are not counted beyond this number, the kernel's own.
const MOST_THREADS: i64 = 4_194_304;

/// Facts of an application and its container.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Facts {
    /// Memory limit in bytes.
    pub total: i64,
    /// Percent of it to leave unused.
    pub head_room: i64,
    /// Threads at most.
    pub threads: i64,
    /// Its classes.
    pub classes: Classes,
    /// Feature release of the Java runtime, if known.
    pub java: Option<i64>,
    /// What was measured of it.
    pub profile: Option<Profile>,
    /// What the user chose besides sizes.
    pub options: Options,
}

/// How many classes there are, or are known to be loaded.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Classes {
    /// Loaded, as the user says.
    Loaded(i64),
    /// In the application, its libraries and its agents; how many of them are loaded is estimated from the number alone.
    Present(i64),
    /// The same, where the libraries are known.
    Likely {
        /// All of them.
        present: i64,
        /// Those that are usually loaded.
        likely: i64,
    },
}

impl Facts {
    /// Reads them from the variables and files that [`libjvm::calculate`] reads too.
    ///
    /// # Errors
    /// The text of a variable that is malformed.
    pub(super) fn read(inputs: &Inputs<'_>, log: &mut Vec<String>) -> Result<Self, String> {
        let environment = &inputs.environment;
        // Classes are counted below, in our own way.
        let loaded_class_count = environment.loaded_class_count.or(Some("0"));
        let counting_none = Environment { loaded_class_count, ..*environment };
        let numbers = libjvm::numbers(&Inputs { environment: counting_none, ..*inputs }, log)?;
        let (classes, uncounted_agents) = if environment.loaded_class_count.is_some() {
            (Classes::Loaded(numbers.classes), 0)
        } else {
            let Counted { present, likely, uncounted_agents } = libjvm::counted(environment, inputs.classes, log)?;
            let known = likely.map(|likely| Classes::Likely { present, likely });
            (known.unwrap_or(Classes::Present(present)), uncounted_agents)
        };
        let java = match environment.java_feature {
            Some(text) => Some(libjvm::integer("BPI_JVM_FEATURE", text)?),
            None => None,
        };
        let facts = Self {
            total: numbers.total,
            head_room: numbers.head_room,
            threads: numbers.threads,
            classes,
            java,
            profile: None,
            options: Options::default(),
        };
        Ok(Self {
            profile: environment
                .profile
                .filter(|text| !text.is_empty())
                .and_then(|text| facts.usable(text, log))
                .map(|profile| super::needs::with_agents(profile, uncounted_agents)),
            ..facts
        })
    }

    /// The profile in `text`, unless it is broken or was measured with another Java.
    fn usable(&self, text: &str, log: &mut Vec<String>) -> Option<Profile> {
        let left_out = |why: &str| format!("WARNING: the measured memory profile is not used: {why}");
        match text.parse::<Profile>() {
            Err(error) => log.push(left_out(&error.to_string())),
            Ok(profile) if self.java.is_some_and(|java| java != profile.java) => {
                let java = self.java.unwrap_or_default();
                log.push(left_out(&format!("it is of Java {}, and this is Java {java}", profile.java)));
            }
            Ok(profile) => return Some(profile),
        }
        None
    }

    /// The limit less the head room; none when nothing is left.
    pub(super) fn usable_bytes(&self) -> i64 {
        let percent = i128::from(self.head_room.clamp(0, 100));
        let total = i128::from(self.total.clamp(0, limit::LARGEST));
        i64::try_from(total * (100 - percent) / 100).unwrap_or(0)
    }

    /// Threads as counted.
    pub(super) fn counted_threads(&self) -> i64 {
        self.threads.clamp(0, MOST_THREADS)
    }
}

impl Classes {
    /// The number that the estimate starts from.
    pub(super) fn counted(self) -> i64 {
        let (Self::Loaded(number) | Self::Present(number) | Self::Likely { likely: number, .. }) = self;
        number.clamp(0, MOST_CLASSES)
    }
}
