//! From events to the tree.

use std::collections::{BTreeMap, BTreeSet};

use granit_parser::{Event, Options, Parser, ScalarStyle, StructureStyle, Tag};

use super::YamlError;
use super::node::{Node, Value};

/// Most values of a document, copies through aliases included.
const NODES_MAX: usize = 200_000;

/// Deepest nesting of a document, copies through aliases included: what is nested is read and dropped by recursion.
const DEPTH_MAX: usize = 200;

/// Reads the first document; none when there is nothing but white space and comments.
pub fn parse(text: &str) -> Result<Option<Node>, YamlError> {
    let mut options = Options::default();
    options.emit_comments = false;
    options.emit_unresolved_aliases = true;
    let tab_lines = text.lines().enumerate().filter(|(_, line)| line.trim_start_matches(' ').starts_with('\t'));
    let mut builder = Builder { tab_lines: tab_lines.map(|(at, _)| at + 1).collect(), ..Builder::default() };
    for event in Parser::new_from_str_with_options(text, options) {
        let (event, span) = event.map_err(|error| YamlError::syntax(&error, text))?;
        if matches!(event, Event::DocumentEnd) {
            break;
        }
        builder.watch_tabs(&event, span.start.line())?;
        builder.accept(event, span.start.line())?;
    }
    Ok(builder.root)
}

#[derive(Default)]
struct Builder {
    open: Vec<(Node, usize)>,
    keys: Vec<Option<Node>>,
    anchors: BTreeMap<usize, Node>,
    nodes: usize,
    flow_depth: usize,
    tab_lines: BTreeSet<usize>,
    root: Option<Node>,
}

impl Builder {
    /// Outside brackets no value may start on a line that is indented with a tab.
    fn watch_tabs(&mut self, event: &Event<'_>, line: usize) -> Result<(), YamlError> {
        if self.flow_depth == 0 && event.is_node() && self.tab_lines.contains(&line) {
            return Err(YamlError::tab(line));
        }
        match event {
            Event::SequenceStart(style, ..) | Event::MappingStart(style, ..)
                if self.flow_depth > 0 || *style == StructureStyle::Flow =>
            {
                self.flow_depth += 1;
            }
            Event::SequenceEnd | Event::MappingEnd => self.flow_depth = self.flow_depth.saturating_sub(1),
            _ => {}
        }
        Ok(())
    }

    fn accept(&mut self, event: Event<'_>, line: usize) -> Result<(), YamlError> {
        match event {
            Event::Scalar(text, style, anchor, tag) => {
                let value = Value::Scalar { text: text.into_owned(), plain: style == ScalarStyle::Plain };
                self.add(Node { value, tag: core_tag(tag.as_deref()), line }, anchor)?;
            }
            Event::SequenceStart(_, anchor, tag) => {
                self.begin(Value::List(Vec::new()), anchor, tag.as_deref(), line)?;
            }
            Event::MappingStart(_, anchor, tag) => self.begin(Value::Map(Vec::new()), anchor, tag.as_deref(), line)?,
            Event::SequenceEnd | Event::MappingEnd => {
                if let Some((node, anchor)) = self.open.pop() {
                    self.keys.pop();
                    self.add(node, anchor)?;
                }
            }
            Event::Alias(anchor) => {
                let Some(node) = self.anchors.get(&anchor) else {
                    return Err(YamlError::Syntax("anchor value contains itself".to_owned()));
                };
                self.nodes += size(node);
                check(self.nodes)?;
                check_depth(self.open.len() + depth(node))?;
                self.add(node.clone(), 0)?;
            }
            Event::UnresolvedAlias(name) => {
                return Err(YamlError::Syntax(format!("unknown anchor '{name}' referenced")));
            }
            _ => {}
        }
        Ok(())
    }

    fn begin(&mut self, value: Value, anchor: usize, tag: Option<&Tag>, line: usize) -> Result<(), YamlError> {
        check_depth(self.open.len() + 1)?;
        self.open.push((Node { value, tag: core_tag(tag), line }, anchor));
        self.keys.push(None);
        Ok(())
    }

    fn add(&mut self, node: Node, anchor: usize) -> Result<(), YamlError> {
        self.nodes += 1;
        check(self.nodes)?;
        if anchor != 0 {
            self.anchors.insert(anchor, node.clone());
        }
        let (Some((parent, _)), Some(key)) = (self.open.last_mut(), self.keys.last_mut()) else {
            self.root = Some(node);
            return Ok(());
        };
        match &mut parent.value {
            Value::List(items) => items.push(node),
            Value::Map(pairs) => match key.take() {
                None => *key = Some(node),
                Some(name) => pairs.push((name, node)),
            },
            Value::Scalar { .. } => {}
        }
        Ok(())
    }
}

fn check(nodes: usize) -> Result<(), YamlError> {
    if nodes > NODES_MAX { Err(YamlError::Syntax("document contains excessive aliasing".to_owned())) } else { Ok(()) }
}

fn check_depth(depth: usize) -> Result<(), YamlError> {
    if depth > DEPTH_MAX { Err(YamlError::Syntax("exceeded max depth".to_owned())) } else { Ok(()) }
}

fn depth(node: &Node) -> usize {
    match &node.value {
        Value::Scalar { .. } => 1,
        Value::List(items) => 1 + items.iter().map(depth).max().unwrap_or_default(),
        Value::Map(pairs) => {
            1 + pairs.iter().map(|(key, value)| depth(key).max(depth(value))).max().unwrap_or_default()
        }
    }
}

fn size(node: &Node) -> usize {
    match &node.value {
        Value::Scalar { .. } => 1,
        Value::List(items) => 1 + items.iter().map(size).sum::<usize>(),
        Value::Map(pairs) => 1 + pairs.iter().map(|(key, value)| size(key) + size(value)).sum::<usize>(),
    }
}

fn core_tag(tag: Option<&Tag>) -> Option<String> {
    tag.and_then(Tag::core_suffix).map(|suffix| format!("!!{suffix}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Deep documents overflow the stack of who reads them by recursion, and of who drops what was read.
    #[test]
    fn what_is_nested_too_deeply_is_an_error() {
        let deep = |count: usize| {
            [
                "[".repeat(count) + &"]".repeat(count),
                "{a: ".repeat(count) + &"}".repeat(count),
                "- ".repeat(count) + "x",
            ]
        };
        for text in deep(100) {
            assert!(parse(&text).unwrap().is_some(), "{text:.40}");
        }
        let lines: Vec<String> = (1..100_000).map(|at| format!("a{at}: &a{at} [*a{}]\n", at - 1)).collect();
        let aliases = "a0: &a0 x\n".to_owned() + &lines.concat();
        for text in deep(100_000).into_iter().chain([aliases]) {
            assert!(parse(&text).is_err(), "{text:.40}");
        }
    }
}
