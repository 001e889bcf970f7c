//! `JAVA_TOOL_OPTIONS` as the JVM takes it apart: white space separates, either kind of quotes keeps together, and nothing
//! else means anything.

/// The words. A quote that is not closed, which the JVM refuses, reaches to the end.
pub(super) fn split(options: &str) -> Vec<String> {
    let mut words = Vec::new();
    let mut word: Option<String> = None;
    let mut quote = None;
    for c in options.chars() {
        match quote {
            Some(open) if c == open => quote = None,
            None if c.is_ascii_whitespace() || c == '\u{b}' => words.extend(word.take()),
            None if c == '\'' || c == '"' => {
                word.get_or_insert_default();
                quote = Some(c);
            }
            _ => word.get_or_insert_default().push(c),
        }
    }
    words.extend(word);
    words
}

/// The same words for [`crate::shellwords`], which gives more characters a meaning.
pub(super) fn for_shell(options: &str) -> String {
    let quoted = |word: String| format!("'{}'", word.replace('\'', r"'\''"));
    split(options).into_iter().map(quoted).collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::shellwords;

    #[test]
    fn as_the_jvm_does() {
        for (options, words) in [
            ("", vec![]),
            (" -Xmx1g\t-Xss1m\n", vec!["-Xmx1g", "-Xss1m"]),
            ("-Da='b c'd \"-Xmx1g\"", vec!["-Da=b cd", "-Xmx1g"]),
            (
                "-Dhttp.nonProxyHosts=localhost|*.internal -Xmx1g",
                vec!["-Dhttp.nonProxyHosts=localhost|*.internal", "-Xmx1g"],
            ),
            (r"-Da=b(c) -Db=\ -Dc='it''s' ''", vec!["-Da=b(c)", r"-Db=\", "-Dc=its", ""]),
            ("-Da='x -Xmx1g", vec!["-Da=x -Xmx1g"]),
            ("-Da=\"it's\"", vec!["-Da=it's"]),
        ] {
            assert_eq!(split(options), words, "{options}");
            assert_eq!(shellwords::split(&for_shell(options)).unwrap(), words, "{options}");
        }
    }
}
