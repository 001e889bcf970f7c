//! The tree of a document, and what its readers take from it.

/// A value of a document.
#[derive(Clone, Debug, PartialEq)]
pub struct Node {
    /// What it is.
    pub value: Value,
    /// An explicit core tag such as `!!str`; tags of an application's own are dropped.
    pub(super) tag: Option<String>,
    /// Where it starts, counted from 1.
    pub(super) line: usize,
}

/// The kinds of values.
#[derive(Clone, Debug, PartialEq)]
pub enum Value {
    /// A scalar as it is written, and whether without quotes.
    Scalar {
        /// The text.
        text: String,
        /// No quotes, no block.
        plain: bool,
    },
    /// A list.
    List(Vec<Node>),
    /// A map in the order of the document, keys not yet made unique.
    Map(Vec<(Node, Node)>),
}

/// What did not fit, in the order found.
pub type Mismatches = Vec<String>;

impl Node {
    /// Whether it is an unquoted null.
    pub fn is_null(&self) -> bool {
        match &self.value {
            Value::Scalar { text, plain } => {
                *plain && self.tag.is_none() && matches!(text.as_str(), "" | "~" | "null" | "Null" | "NULL")
            }
            _ => false,
        }
    }

    /// The scalar's text, whatever its type; empty for null.
    pub fn text(&self, mismatches: &mut Mismatches) -> Option<String> {
        match &self.value {
            Value::Scalar { .. } if self.is_null() => Some(String::new()),
            Value::Scalar { text, .. } => Some(text.clone()),
            _ => {
                mismatches.push(self.mismatch("string"));
                None
            }
        }
    }

    /// A whole number.
    pub fn integer(&self, mismatches: &mut Mismatches) -> Option<i64> {
        if self.is_null() {
            return None;
        }
        match super::value::resolve(self) {
            serde_json::Value::Number(number) if number.is_i64() => number.as_i64(),
            _ => {
                mismatches.push(self.mismatch("int"));
                None
            }
        }
    }

    /// A switch; none for null.
    pub fn boolean(&self, mismatches: &mut Mismatches) -> Option<bool> {
        if self.is_null() {
            return None;
        }
        let value = super::value::resolve(self).as_bool();
        if value.is_none() {
            mismatches.push(self.mismatch("bool"));
        }
        value
    }

    /// Where it starts, counted from 1.
    pub fn line(&self) -> usize {
        self.line
    }

    /// The entries of a map, with text keys, a repeated key once and with its last value; none for null. `type_name`
    /// is what a mismatch names as wanted.
    pub fn entries(&self, type_name: &str, mismatches: &mut Mismatches) -> Vec<(String, &Self)> {
        let Value::Map(pairs) = &self.value else {
            if !self.is_null() {
                mismatches.push(self.mismatch(type_name));
            }
            return Vec::new();
        };
        let mut entries: Vec<(String, &Self)> = Vec::new();
        for (key, value) in pairs {
            let Some(key) = key.text(mismatches) else { continue };
            match entries.iter_mut().find(|(known, _)| *known == key) {
                Some(entry) => entry.1 = value,
                None => entries.push((key, value)),
            }
        }
        entries
    }

    /// The items of a list; none for null.
    pub fn items(&self, type_name: &str, mismatches: &mut Mismatches) -> &[Self] {
        if let Value::List(items) = &self.value {
            return items;
        }
        if !self.is_null() {
            mismatches.push(self.mismatch(type_name));
        }
        &[]
    }

    /// The value as JSON has it: numbers and booleans resolved.
    pub fn to_json(&self) -> serde_json::Value {
        super::value::resolve(self)
    }

    /// `line 3: cannot unmarshal !!seq into string`.
    fn mismatch(&self, wanted: &str) -> String {
        let found = match &self.value {
            Value::List(_) => "!!seq".to_owned(),
            Value::Map(_) => "!!map".to_owned(),
            Value::Scalar { text, .. } => {
                let kind = self.tag.clone().unwrap_or_else(|| super::value::kind(self).to_owned());
                if text.len() > 10 {
                    format!("{kind} `{}...`", text.get(..7).unwrap_or_default())
                } else {
                    format!("{kind} `{text}`")
                }
            }
        };
        format!("line {}: cannot unmarshal {found} into {wanted}", self.line)
    }
}
