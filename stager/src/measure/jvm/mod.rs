//! What a running JVM says of its own memory.

mod attach;
mod heap;
mod native_memory;

pub use attach::AttachError;
pub(super) use attach::Jvm;
pub(super) use heap::used as used_heap;
pub(super) use native_memory::NativeMemory;

/// Feature release in the answer to `VM.version`: `JDK 17.0.9`, or `JDK 8.0_252` for Java 8.
pub(super) fn feature(version: &str) -> Option<i64> {
    let after = version.lines().find_map(|line| line.strip_prefix("JDK "))?;
    after.split(|character: char| !character.is_ascii_digit()).next()?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn releases() {
        for (text, release) in [
            ("OpenJDK 64-Bit Server VM version 17.0.9+9\nJDK 17.0.9\n", Some(17)),
            ("OpenJDK 64-Bit Server VM version 25.252-b14\nJDK 8.0_252\n", Some(8)),
            ("OpenJDK 64-Bit Server VM version 25.0.4.1+1-LTS\nJDK 25.0.4.1\n", Some(25)),
            ("OpenJDK 64-Bit Server VM version 26-ea+1\nJDK 26-ea\n", Some(26)),
            ("", None),
        ] {
            assert_eq!(feature(text), release, "{text}");
        }
    }
}
