//! The parts of a command line that runs Java (`java`'s manual page, "Synopsis").

/// A word of a command line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Word {
    /// Its text.
    pub text: String,
    /// Whether that is all of it: nothing in it depends on the container.
    pub known: bool,
}

impl Word {
    /// A word that is known.
    pub fn of(text: impl Into<String>) -> Self {
        Self { text: text.into(), known: true }
    }
}

/// Options whose value is the next word.
const WITH_VALUE: [&str; 11] = [
    "-p",
    "--module-path",
    "--upgrade-module-path",
    "--add-modules",
    "--limit-modules",
    "--add-exports",
    "--add-opens",
    "--add-reads",
    "--patch-module",
    "--enable-native-access",
    "--source",
];
const CLASS_PATH: [&str; 3] = ["-cp", "-classpath", "--class-path"];
const AGENT: &str = "-javaagent:";

/// What a command has Java start.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Main {
    /// `-jar`.
    Jar(String),
    /// A class on the class path, and the class path, where both are known.
    Class { class: String, class_path: Option<String> },
}

/// A command line that runs Java.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct JavaCommand {
    /// What it starts; none where that is not known.
    pub(super) main: Option<Main>,
    /// Jars of agents.
    pub(super) agents: Vec<String>,
    /// Files of options (`@file`).
    pub(super) option_files: Vec<String>,
}

impl JavaCommand {
    /// The command in these words; none when they do not run Java.
    pub(super) fn of(words: &[Word]) -> Option<Self> {
        let java = |word: &Word| word.text == "java" || word.text.ends_with("/java");
        let start = words.iter().position(java)?;
        let mut words = words[start + 1..].iter();
        let mut command = Self::default();
        let mut class_path = Some(".".to_owned());
        while let Some(word) = words.next() {
            let text = word.text.as_str();
            if CLASS_PATH.contains(&text) || text.starts_with("--class-path=") {
                let given = match text.strip_prefix("--class-path=") {
                    Some(value) => Some(Word { text: value.to_owned(), known: word.known }),
                    None => words.next().cloned(),
                };
                class_path = given.filter(|word| word.known).map(|word| word.text);
            } else if text == "-jar" {
                command.main = words.next().filter(|word| word.known).map(|word| Main::Jar(word.text.clone()));
                break;
            } else if let Some(agent) = text.strip_prefix(AGENT).filter(|_| word.known) {
                command.agents.push(agent.split('=').next().unwrap_or(agent).to_owned());
            } else if WITH_VALUE.contains(&text) {
                words.next();
            } else if let Some(file) = text.strip_prefix('@').filter(|file| word.known && !file.starts_with('@')) {
                // What it holds may be all of the command: that is not looked into.
                command.option_files.push(file.to_owned());
                break;
            } else if text == "-m" || text == "--module" || text.starts_with("--module=") || text.starts_with('@') {
                // A module's main class, or options in a file: not looked into.
                break;
            } else if word.known && !text.starts_with('-') && !text.is_empty() {
                command.main = Some(Main::Class { class: text.to_owned(), class_path });
                break;
            }
        }
        Some(command)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn command(text: &str) -> Option<JavaCommand> {
        let word = |text: &str| Word { text: text.replace('?', ""), known: !text.contains('?') };
        JavaCommand::of(&text.split(' ').map(word).collect::<Vec<_>>())
    }

    #[test]
    fn tells_what_java_is_to_start() {
        let class = |class: &str, path: Option<&str>| {
            Some(Main::Class { class: class.to_owned(), class_path: path.map(str::to_owned) })
        };
        for (text, main) in [
            ("java -jar a.jar x", Some(Main::Jar("a.jar".to_owned()))),
            ("exec /jre/bin/java ? -Xmx1g -jar a.jar", Some(Main::Jar("a.jar".to_owned()))),
            ("java -cp a:b -Da=b --add-opens x=y a.Main -jar", class("a.Main", Some("a:b"))),
            ("java --class-path=a a.Main", class("a.Main", Some("a"))),
            ("java -classpath ?/a a.Main", class("a.Main", None)),
            ("java a.Main", class("a.Main", Some("."))),
            ("java -jar ?", None),
            ("java @options", None),
            ("java -m a/a.Main", None),
            ("java -version", None),
        ] {
            assert_eq!(command(text).unwrap().main, main, "{text}");
        }
        assert_eq!(command("java -javaagent:x.jar=a=b -jar a.jar").unwrap().agents, ["x.jar"]);
        assert_eq!(command("java -Xmx1g @options @more").unwrap().option_files, ["options"]);
        assert_eq!(command("sh -c java.sh"), None);
    }
}
