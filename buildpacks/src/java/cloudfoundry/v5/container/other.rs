//! Kinds that the platform's Java buildpack runs and this one does not: recognised, so that none of them is taken for
//! a plain main class.

use crate::java::cloudfoundry::Bits;

/// The kind's name, as that buildpack has it.
pub(super) fn detect(bits: Bits<'_>) -> Option<&'static str> {
    if bits.is_dir("WEB-INF") || !bits.files("", |name| name.as_bytes().ends_with(b".war")).is_empty() {
        return Some("Tomcat");
    }
    if !bits.files("", |name| name.as_bytes().ends_with(b".groovy")).is_empty() {
        return Some("Groovy");
    }
    let roots = std::iter::once(String::new()).chain(folders(bits).map(|name| format!("{name}/")));
    let distributions: Vec<_> = roots.filter(|root| is_distribution(bits, root)).collect();
    match &distributions[..] {
        [one] if is_play(bits, one) => Some("Play"),
        [_] => Some("Dist ZIP"),
        _ => None,
    }
}

fn folders(bits: Bits<'_>) -> impl Iterator<Item = String> {
    bits.list("").into_iter().filter(|entry| entry.is_dir).map(|entry| entry.name)
}

/// Scripts in `bin` and jars in `lib`: without a jar it is another language's project.
fn is_distribution(bits: Bits<'_>, root: &str) -> bool {
    let jars = bits.files(&format!("{root}lib"), |name| name.as_bytes().ends_with(b".jar"));
    let scripts = bits.files(&format!("{root}bin"), |name| !name.as_bytes().ends_with(b".bat"));
    !jars.is_empty() && !scripts.is_empty()
}

fn is_play(bits: Bits<'_>, root: &str) -> bool {
    let play = |name: &str| {
        let name = name.strip_prefix("com.typesafe.").unwrap_or(name);
        name.starts_with("play_") || name.starts_with("play.play_")
    };
    !bits.files(&format!("{root}lib"), play).is_empty()
}
