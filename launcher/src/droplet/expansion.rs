//! References to variables in JVM options.
//!
//! `$NAME` and `${NAME}` become the variable's value, which is not looked at again, and nothing if it is not set. `\$` is a
//! dollar sign. All else that means something to a shell stays: `$1`, `${NAME:-default}`, `$(command)`, backticks, quotes.

use std::ffi::{OsStr, OsString};
use std::os::unix::ffi::{OsStrExt, OsStringExt};

/// The one command that is replaced by its result: it is in the options of Java runtimes.
const PROCESSORS: &[u8] = b"$(nproc)";

/// What references stand for.
#[derive(Clone, Copy)]
pub(super) struct Values<'a> {
    /// Gives a variable, `None` if it is not set.
    pub(super) variable: &'a dyn Fn(&OsStr) -> Option<OsString>,
    /// What `JAVA_OPTS` is, whatever the variable.
    pub(super) java_opts: &'a [u8],
    /// What `$(nproc)` is; `None`: itself.
    pub(super) processors: Option<&'a [u8]>,
}

impl Values<'_> {
    /// Replaces the references in a text.
    pub(super) fn expand(&self, text: &[u8]) -> Vec<u8> {
        let mut expanded = Vec::with_capacity(text.len());
        let mut rest = text;
        while let [byte, after @ ..] = rest {
            if let (Some(processors), Some(after)) = (self.processors, rest.strip_prefix(PROCESSORS)) {
                expanded.extend(processors);
                rest = after;
            } else if let Some((name, after)) = reference(rest) {
                expanded.extend(self.value(name));
                rest = after;
            } else if let Some(after) = rest.strip_prefix(br"\$") {
                expanded.push(b'$');
                rest = after;
            } else {
                expanded.push(*byte);
                rest = after;
            }
        }
        expanded
    }

    fn value(&self, name: &[u8]) -> Vec<u8> {
        if name == b"JAVA_OPTS" {
            return self.java_opts.to_vec();
        }
        (self.variable)(OsStr::from_bytes(name)).map(OsString::into_vec).unwrap_or_default()
    }
}

/// The variable that is referred to where a text starts, and what follows.
fn reference(text: &[u8]) -> Option<(&[u8], &[u8])> {
    let text = text.strip_prefix(b"$")?;
    let Some(braced) = text.strip_prefix(b"{") else { return name(text) };
    let (name, rest) = name(braced)?;
    Some((name, rest.strip_prefix(b"}")?))
}

fn name(text: &[u8]) -> Option<(&[u8], &[u8])> {
    let length = text.iter().take_while(|byte| byte.is_ascii_alphanumeric() || **byte == b'_').count();
    (!text.first()?.is_ascii_digit() && length > 0).then(|| text.split_at(length))
}

/// The first command in a text that a shell would substitute: `$(...)`, or without one `` `...` ``.
pub(super) fn command(text: &[u8]) -> Option<&[u8]> {
    let dollar = text.windows(2).position(|pair| pair == b"$(").map(|start| (start, b')'));
    let (start, end) = dollar.or_else(|| text.iter().position(|byte| *byte == b'`').map(|start| (start, b'`')))?;
    let command = &text[start..];
    let length = command.iter().skip(1).position(|byte| *byte == end).map_or(command.len(), |index| index + 2);
    Some(&command[..length])
}

#[cfg(test)]
mod tests {
    use super::*;

    fn variable(name: &OsStr) -> Option<OsString> {
        match name.to_str()? {
            "HOME" => Some("/home/vcap/app".into()),
            "A_1" => Some("$HOME \\$HOME $(nproc) 'q".into()),
            "JAVA_OPTS" => Some("never".into()),
            "BYTES" => Some(OsString::from_vec(vec![0xff, b'&', b'\\'])),
            _ => None,
        }
    }

    #[test]
    fn references() {
        let values = Values { variable: &variable, java_opts: b"<$HOME>", processors: Some(b"4") };
        for (text, expected) in [
            ("$HOME/x ${HOME}x", "/home/vcap/app/x /home/vcap/appx"),
            ("$HOMEx $NONE- ${NONE}-", " - -"),
            ("$A_1", "$HOME \\$HOME $(nproc) 'q"),
            ("$JAVA_OPTS ${JAVA_OPTS}$JAVA_OPTS", "<$HOME> <$HOME><$HOME>"),
            ("$JAVA_OPTS_", ""),
            ("$(nproc) \"$(nproc)\" \\$(nproc)", "4 \"4\" $(nproc)"),
            ("$( nproc) $(id) `id`", "$( nproc) $(id) `id`"),
            ("$(echo $HOME)", "$(echo /home/vcap/app)"),
            (r"\$HOME \\$HOME \${HOME} \\ \", r"$HOME \$HOME ${HOME} \\ \"),
            ("$$HOME $1 $ ${} ${1} ${HOME", "$/home/vcap/app $1 $ ${} ${1} ${HOME"),
            (
                "${HOME:-z} ${HOME:0:8} ${#HOME} ${HOME:-$HOME}",
                "${HOME:-z} ${HOME:0:8} ${#HOME} ${HOME:-/home/vcap/app}",
            ),
            ("'$HOME' \"$HOME\"", "'/home/vcap/app' \"/home/vcap/app\""),
        ] {
            let expanded = values.expand(text.as_bytes());
            assert_eq!(String::from_utf8(expanded).unwrap(), expected, "{text}");
        }
        assert_eq!(values.expand(b"\xfe$BYTES\xfd"), b"\xfe\xff&\\\xfd");
    }

    #[test]
    fn in_the_users_own_options_no_command_is_trusted() {
        let values = Values { variable: &variable, java_opts: b"", processors: None };
        assert_eq!(values.expand(b"$(nproc) [$JAVA_OPTS]"), b"$(nproc) []");
    }

    #[test]
    fn commands() {
        for (text, expected) in [
            ("-Da=$(id -u) -Db=$(x)", Some("$(id -u)")),
            ("-Da=`id` $(x)", Some("$(x)")),
            ("-Da=`id -u` `x`", Some("`id -u`")),
            ("-Da=$(id", Some("$(id")),
            ("-Da=`", Some("`")),
            ("-Da=$ (id) ${x}", None),
        ] {
            assert_eq!(command(text.as_bytes()), expected.map(str::as_bytes), "{text}");
        }
    }
}
