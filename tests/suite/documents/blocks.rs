//! Fenced blocks of a Markdown document.
//!
//! What a block is, it says itself: `console` is a session (`$ command`, then what it prints; a command that ends in `\`
//! goes on in the next line), `sh` a script that prints nothing of interest; `json`, `toml` and `text` are no commands. A
//! comment before it says what the test needs to know: `<!-- not run: REASON -->`, or
//! `<!-- of the machine: TEXT | TEXT -->`, texts that another machine has others for.

/// A block.
#[derive(Debug)]
pub(super) struct Block {
    /// The line it starts in, from 1.
    pub(super) line: usize,
    pub(super) kind: String,
    pub(super) text: String,
    /// Why it is not run.
    pub(super) not_run: Option<String>,
    /// What the machine decides.
    pub(super) of_the_machine: Vec<String>,
}

/// A command and what it prints.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Step {
    pub(super) command: String,
    /// Nothing for scripts, whose output is not shown.
    pub(super) output: Option<String>,
}

/// The blocks of a document.
pub(super) fn blocks(document: &str) -> Vec<Block> {
    let mut found = Vec::new();
    let (mut not_run, mut of_the_machine) = (None, Vec::new());
    let mut lines = document.lines().enumerate();
    while let Some((at, line)) = lines.next() {
        if let Some(kind) = line.strip_prefix("```") {
            let text: String = lines
                .by_ref()
                .map(|(_, line)| line)
                .take_while(|line| *line != "```")
                .flat_map(|line| [line, "\n"])
                .collect();
            found.push(Block {
                line: at + 1,
                kind: kind.to_owned(),
                text,
                not_run: not_run.take(),
                of_the_machine: std::mem::take(&mut of_the_machine),
            });
        } else if let Some(reason) = comment(line, "not run: ") {
            not_run = Some(reason.to_owned());
        } else if let Some(texts) = comment(line, "of the machine: ") {
            of_the_machine = texts.split(" | ").map(str::to_owned).collect();
        } else if !line.trim().is_empty() {
            (not_run, of_the_machine) = (None, Vec::new());
        }
    }
    found
}

fn comment<'a>(line: &'a str, what: &str) -> Option<&'a str> {
    line.strip_prefix("<!-- ")?.strip_suffix(" -->")?.strip_prefix(what)
}

impl Block {
    /// Whether it holds commands.
    pub(super) fn is_commands(&self) -> bool {
        matches!(&*self.kind, "console" | "sh")
    }

    /// What is to be run.
    pub(super) fn steps(&self) -> Vec<Step> {
        if self.kind == "sh" {
            return vec![Step { command: self.text.clone(), output: None }];
        }
        let mut steps: Vec<Step> = Vec::new();
        let mut goes_on = false;
        for line in self.text.lines() {
            match (line.strip_prefix("$ "), steps.last_mut()) {
                (Some(command), _) => {
                    steps.push(Step { command: format!("{command}\n"), output: Some(String::new()) });
                    goes_on = command.ends_with('\\');
                }
                (None, Some(step)) if goes_on => {
                    step.command.extend([line, "\n"]);
                    goes_on = line.ends_with('\\');
                }
                (None, Some(Step { output: Some(output), .. })) => output.extend([line, "\n"]),
                (None, _) => panic!("line {}: output without a command: {line}", self.line),
            }
        }
        steps
    }
}

#[test]
fn blocks_say_what_they_are() {
    let document = "\
text\n<!-- not run: no network -->\n\n```sh\na\nb\n```\n\n<!-- of the machine: 1 kB | x -->\n```console\n$ a \\\n  b\n1\n2\n$ c\n```\n\
```json\n{}\n```\n<!-- not run: another -->\ntext\n```text\n```\n";
    let found = blocks(document);
    let kinds: Vec<_> = found.iter().map(|block| (block.line, &*block.kind, block.not_run.as_deref())).collect();
    assert_eq!(kinds, [(4, "sh", Some("no network")), (10, "console", None), (17, "json", None), (22, "text", None)]);
    assert_eq!(found[0].steps(), [Step { command: "a\nb\n".to_owned(), output: None }]);
    let step = |command: &str, output: &str| Step { command: command.to_owned(), output: Some(output.to_owned()) };
    assert_eq!(found[1].steps(), [step("a \\\n  b\n", "1\n2\n"), step("c\n", "")]);
    assert_eq!(found[1].of_the_machine, ["1 kB", "x"]);
}
