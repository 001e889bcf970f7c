//! What a command has to say: a document for programs and a text for people. Which of them goes where is decided in one place.

use std::io::{IsTerminal as _, Write as _, stdout};
use std::path::{Path, PathBuf};

use schemars::JsonSchema;
use serde::Serialize;

use super::args::PrintArgs;
use super::problem::{Code, ErrorDocument, Problem};
use super::{Failure, Schema, printer};
use crate::sink::{Destination, DestinationError};

/// How every document begins, without white space.
const REPORT_START: &[u8] = br#"{"schema":"stage."#;

/// What a command says.
pub(super) struct Reply {
    /// The document; none for commands whose data is a text.
    document: Option<String>,
    text: String,
    /// What is wrong all the same.
    failure: Option<Failure>,
    /// Whether the text goes to standard error, because the command's result itself goes to standard output.
    is_aside: bool,
}

/// A document: its schema's name and version first, an error last.
#[derive(Serialize, JsonSchema)]
pub(super) struct Document<'a, T> {
    /// Kind and version of the document.
    schema: String,
    #[serde(flatten)]
    body: &'a T,
    /// What is wrong with the answer, or why there is none.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(with = "ErrorDocument")]
    error: Option<ErrorDocument>,
}

/// The body of a document that holds an error alone.
#[derive(Serialize, JsonSchema)]
pub(super) struct NoAnswer {}

impl Reply {
    /// A document, and the same for people.
    pub(super) fn new(schema: Schema, body: &impl Serialize, text: String) -> Result<Self, Failure> {
        Ok(Self { document: Some(rendered(schema, body, None)?), text, failure: None, is_aside: false })
    }

    /// As [`Reply::new`], for an answer that is a failure.
    pub(super) fn failing(
        schema: Schema,
        body: &impl Serialize,
        text: String,
        failure: Failure,
    ) -> Result<Self, Failure> {
        let error = ErrorDocument::of(&failure);
        Ok(Self { document: Some(rendered(schema, body, Some(error))?), text, failure: Some(failure), is_aside: false })
    }

    /// Its text goes to standard error if `is_aside`.
    pub(super) fn aside(self, is_aside: bool) -> Self {
        Self { is_aside, ..self }
    }

    /// A text alone.
    pub(super) fn text(text: String) -> Self {
        Self { document: None, text, failure: None, is_aside: false }
    }
}

impl From<Failure> for Reply {
    /// No answer, only what is wrong.
    fn from(failure: Failure) -> Self {
        let error = ErrorDocument::of(&failure);
        Self {
            document: rendered(Schema::Error, &NoAnswer {}, Some(error)).ok(),
            text: String::new(),
            failure: Some(failure),
            is_aside: false,
        }
    }
}

/// Indented for a terminal, a line elsewhere.
fn rendered<T: Serialize>(schema: Schema, body: &T, error: Option<ErrorDocument>) -> Result<String, Failure> {
    let document = Document { schema: schema.versioned(), body, error };
    let text =
        if stdout().is_terminal() { serde_json::to_string_pretty(&document) } else { serde_json::to_string(&document) };
    Ok(text.map_err(DocumentError)? + "\n")
}

/// A document that cannot be written as JSON.
#[derive(Debug, thiserror::Error)]
#[error("The result cannot be written as JSON")]
pub(super) struct DocumentError(#[source] pub(super) serde_json::Error);

impl Problem for DocumentError {
    fn code(&self) -> Code {
        Code::Defect
    }
}

/// Where what a command says goes.
#[derive(Clone, Debug)]
pub(super) struct Printing {
    /// What the command says, for messages.
    what: &'static str,
    json: bool,
    quiet: bool,
    report: Option<PathBuf>,
}

impl Printing {
    /// As the arguments have it; without them a text goes to standard output.
    pub(super) fn new(what: &'static str, args: Option<&PrintArgs>) -> Self {
        Self {
            what,
            json: args.is_some_and(|args| args.json),
            quiet: args.is_some_and(|args| args.quiet),
            report: args.and_then(|args| args.report.clone()),
        }
    }

    /// As far as it is told by arguments that are not understood.
    pub(super) fn guessed(arguments: &[String], variables: &super::environment::Environment) -> Self {
        let own = arguments.iter().take_while(|argument| *argument != "--");
        let named = own.clone().find_map(|argument| argument.strip_prefix("--report="));
        let next = own.clone().skip_while(|argument| *argument != "--report").nth(1).map(String::as_str);
        let json = own.clone().any(|argument| argument == "--json")
            || variables.get("STAGE_JSON").is_some_and(|value| !["0", "false", "no", "off", "n", "f"].contains(&value));
        let report = named.or(next).or_else(|| variables.get("STAGE_REPORT")).map(PathBuf::from);
        Self { what: "the help", json, quiet: false, report }
    }

    /// Refuses a report in the place of something else, before anything is done for it. What it says of that goes elsewhere.
    /// `ask` knows what else a command reads and writes.
    pub(super) fn refuse_report(&mut self, ask: impl FnOnce(&Path) -> Result<(), Failure>) -> Result<(), Failure> {
        let Some(path) = &self.report else { return Ok(()) };
        let refused = destination(path).map(drop).map_err(Failure::from).and_then(|()| ask(path));
        refused.inspect_err(|_| self.report = None)
    }

    /// Says it, and whether all went well. What is wrong with the answer is for the caller to print.
    pub(super) fn say(&self, reply: Reply) -> Result<(), Failure> {
        let written = self.write(&reply);
        match (written, reply.failure) {
            (written, None) => written,
            (Ok(()), Some(failure)) => Err(failure),
            (Err(lost), Some(failure)) => {
                lost.print();
                Err(failure)
            }
        }
    }

    fn write(&self, reply: &Reply) -> Result<(), Failure> {
        if let (Some(path), Some(document)) = (&self.report, &reply.document) {
            write_report(path, document)?;
        }
        match &reply.document {
            Some(document) if self.json => printer::data(self.what, document)?,
            Some(_) if self.quiet => {}
            _ if reply.is_aside => printer::note(printer::readable(reply.text.trim_end())),
            _ => printer::text(self.what, &reply.text)?,
        }
        Ok(())
    }
}

/// Where a report goes: a stream, a new file, or one that holds a report.
fn destination(path: &Path) -> Result<Destination, DestinationError> {
    Destination::of(path)?.keep_foreign("a report", |start| {
        let packed: Vec<u8> = start.iter().copied().filter(|byte| !byte.is_ascii_whitespace()).collect();
        packed.starts_with(REPORT_START)
    })
}

/// Writes the document into a file, whole or not at all.
fn write_report(path: &Path, document: &str) -> Result<(), DestinationError> {
    let mut writing = destination(path)?.create()?;
    writing.write_all(document.as_bytes()).map_err(|source| writing.failed(source))?;
    writing.finish()
}
