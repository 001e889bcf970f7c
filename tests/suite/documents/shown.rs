//! Whether what a command printed is what a document shows.
//!
//! Everything has to be as it is shown, digests and sizes too, with three exceptions: a line `...` stands for any number of
//! lines, and `...` in a line for any text; times (`1.5 ms`, `0.2s`) are any; runs of spaces are one, since columns are as
//! wide as what is in them.

/// Whether `printed` is what is shown. `of_the_machine` may be anything.
pub(super) fn agrees(shown: &str, printed: &str, of_the_machine: &[String]) -> bool {
    let shown: Vec<String> = shown
        .lines()
        .map(|line| of_the_machine.iter().fold(line.to_owned(), |line, text| line.replace(text, "...")))
        .map(|line| plain(&line))
        .collect();
    let printed: Vec<String> = printed.lines().map(plain).collect();
    all(&shown, &printed)
}

fn all(shown: &[String], printed: &[String]) -> bool {
    match shown.split_first() {
        None => printed.is_empty(),
        Some((first, rest)) if first == "..." => (0..=printed.len()).any(|skipped| all(rest, &printed[skipped..])),
        Some((first, rest)) => {
            printed.split_first().is_some_and(|(line, others)| one(first, line) && all(rest, others))
        }
    }
}

/// A line, in which `...` is any text.
fn one(shown: &str, printed: &str) -> bool {
    let mut parts = shown.split("...");
    let Some(mut left) = parts.next().and_then(|start| printed.strip_prefix(start)) else { return false };
    let mut parts = parts.peekable();
    if parts.peek().is_none() {
        return left.is_empty();
    }
    while let Some(part) = parts.next() {
        if parts.peek().is_none() {
            return left.ends_with(part);
        }
        let Some(at) = left.find(part) else { return false };
        left = &left[at + part.len()..];
    }
    true
}

/// Single spaces, and no times.
fn plain(line: &str) -> String {
    let words: Vec<&str> = line.split(' ').filter(|word| !word.is_empty()).collect();
    let mut out: Vec<String> = Vec::new();
    for (at, word) in words.iter().enumerate() {
        let (number, unit) = number(word);
        let unit = if unit.is_empty() { words.get(at + 1).copied().unwrap_or_default() } else { unit };
        let is_time = ["ms", "s"].contains(&unit.trim_end_matches([',', ')']));
        let follows_number = at > 0 && !self::number(words[at - 1]).0.is_empty();
        out.push(if is_time && !number.is_empty() {
            word.replace(number, "0").replace("ms", "s")
        } else if follows_number && word.trim_end_matches([',', ')']) == "ms" {
            word.replace("ms", "s")
        } else {
            (*word).to_owned()
        });
    }
    out.join(" ")
}

/// The number that a word is, behind a bracket, and what follows it in the word.
fn number(word: &str) -> (&str, &str) {
    let word = word.trim_start_matches('(');
    let end = word.find(|c: char| !c.is_ascii_digit() && c != '.').unwrap_or(word.len());
    word.split_at(end)
}

#[test]
fn times_and_dots_differ_and_nothing_else() {
    for (shown, printed) in [
        ("total 1.5 ms (recall 1.3 ms, publish 0.1 ms)", "total 12.54 ms (recall 12.0 ms, publish 0.5 ms)"),
        ("Expanding (0.2s)", "Expanding (1.0s)"),
        ("layers 706.5 ms, image 1 ms", "layers 3.57 s, image 0 ms"),
        ("a\n...\nd", "a\nb\nc\nd"),
        ("a\n...", "a"),
        ("x sha256:... y", "x sha256:00 y"),
        ("jre   1 kB", "jre     1 kB"),
    ] {
        assert!(agrees(shown, printed, &[]), "{shown} / {printed}");
    }
    for (shown, printed) in [
        ("jre 1 kB", "jre 2 kB"),
        ("a\n...\nd", "a\nd\ne"),
        ("sha256:00", "sha256:01"),
        ("x", "x\ny"),
        ("x... y", "x z"),
        ("total 1.5 ms (recall 1.3 ms)", "total 1.5 ms (open 1.3 ms)"),
    ] {
        assert!(!agrees(shown, printed, &[]), "{shown} / {printed}");
    }
    assert!(agrees("base 2.7 MB hit", "base 3.0 MB hit", &["2.7 MB".to_owned()]));
}
