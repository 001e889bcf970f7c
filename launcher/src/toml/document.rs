//! Documents: lines of headers and entries.

use super::reader::Reader;
use super::table::{Error, Table, append_table, descend, insert, open_table};

/// Reads a document.
pub(crate) fn parse(text: &str) -> Result<Table, Error> {
    let mut root = Table::default();
    // The path of the table that entries go to; looked up per entry, as a reference would borrow `root`.
    let mut header: Vec<String> = Vec::new();
    let mut reader = Reader::new(text);
    loop {
        reader.skip_lines();
        let line = reader.line();
        if reader.rest().is_empty() {
            return Ok(root);
        }
        if reader.take("[[") {
            header = reader.key()?;
            reader.expect("]]")?;
            append_table(&mut root, &header, line)?;
        } else if reader.take("[") {
            header = reader.key()?;
            reader.expect("]")?;
            open_table(&mut root, &header, line)?;
        } else {
            let mut path = reader.key()?;
            reader.expect("=")?;
            let value = reader.value(0)?;
            let table = descend(&mut root, &header, line)?;
            let Some(key) = path.pop() else { return Err(Error::new(line, "expected a key")) };
            let table = descend(table, &path, line)?;
            insert(table, key, value, line)?;
        }
        reader.end_of_line()?;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::toml::Value;

    fn text(document: &str) -> String {
        match parse(document).unwrap().entries.pop().unwrap().value {
            Value::Text(text) => text,
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn strings() {
        for (document, expected) in [
            (r#"a = "b""#, "b"),
            (r#"a = "\"\\\n\t\r\b\f\u00e9\U0001F600\x41" # comment"#, "\"\\\n\t\r\u{8}\u{c}é😀A"),
            (r"a = 'C:\x'", r"C:\x"),
            ("a = \"\"\"\nx\ny\"\"\"", "x\ny"),
            ("a = \"\"\"x \\\n   y\"\"\"\"\"", "x y\"\""),
            ("a = '''\r\nx\\n'y'''", "x\\n'y"),
            ("a=\"#=[\"\r\n", "#=["),
            ("\"a b\".'c' = 'x'\n[z]\ny='v'", ""),
        ] {
            if expected.is_empty() {
                assert!(parse(document).is_ok(), "{document}");
            } else {
                assert_eq!(text(document), expected, "{document}");
            }
        }
    }

    #[test]
    fn tables_and_arrays() {
        let table = parse(
            "top = true\n[[p]]\n  type = \"a\"\n  args = [ # many\n    \"x\",\n    'y', # last\n  ]\n[p.sub]\nn = 1\n\
             [[p]]\ntype = \"b\"\ninline = { a.b = 1, c = [1.5, 1979-05-27 07:32:00] }\n[q.r]\n[q]\n",
        )
        .unwrap();
        assert_eq!(table.get("top").unwrap().value, Value::Bool(true));
        let Value::Tables(elements) = &table.get("p").unwrap().value else { panic!() };
        assert_eq!(elements.len(), 2);
        let args = elements[0].get("args").unwrap();
        assert_eq!(args.line, 4);
        assert_eq!(args.value, Value::Array(vec![Value::Text("x".into()), Value::Text("y".into())]));
        assert!(elements[0].get("sub").is_some() && elements[1].get("sub").is_none());
    }

    #[test]
    fn errors_name_the_line() {
        for (document, expected) in [
            ("a", "toml: line 1: expected `=`, found the end of the line"),
            ("a = 1\n\nb = \"x", "toml: line 3: the string has no end"),
            ("a = 'x\n'", "toml: line 1: the string has no end"),
            ("a = \"\"\"x\n", "toml: line 2: the string has no end"),
            ("a = 1\na = 2", "toml: line 2: `a` is set twice"),
            ("[a]\n[a]", "toml: line 2: `[a]` is defined twice"),
            ("a = {}\n[a]", "toml: line 2: `[a]` is defined twice"),
            ("a = 1\n[[a]]", "toml: line 2: `a` is not an array of tables"),
            ("[[a]]\n[a.b]\nc = 1\n[a.b.c]", "toml: line 4: `c` is not a table"),
            ("a = yes", "toml: line 1: `yes` is not a value"),
            ("a = ", "toml: line 1: expected a value"),
            ("a = 'x' 'y'", "toml: line 1: expected the end of the line, found `'`"),
            ("a = [1\n2]", "toml: line 2: expected `]`, found `2`"),
            ("[a\n", "toml: line 1: expected `]`, found the end of the line"),
            ("= 1", "toml: line 1: expected a key"),
            (r#"a = "\q""#, r"toml: line 1: `\q` is not an escape"),
            (r#"a = "\ud800""#, "toml: line 1: an escape names no character"),
            (&format!("a = {}", "[".repeat(100_000)), "toml: line 1: values are nested too deeply"),
            (&format!("{}a = 1", "a.".repeat(50_000)), "toml: line 1: a key has too many parts"),
            (&format!("[{}a]", "'b' . ".repeat(50_000)), "toml: line 1: a key has too many parts"),
            (&format!("a = {{ {}b = 1 }}", "b.".repeat(50_000)), "toml: line 1: a key has too many parts"),
        ] {
            assert_eq!(parse(document).unwrap_err().to_string(), expected, "{document:.40}");
        }
    }

    #[test]
    fn a_long_document_with_an_error_at_its_end_names_the_line() {
        let keys = (0..50_000).map(|number| format!("k{number} = [{{ a = 1 }}] # comment\n"));
        let tables = (0..50_000).map(|number| format!("[[t]]\n[t.n{number}]\na.b.c = \"\"\"\n\"\"\"\n"));
        for (document, lines) in [(keys.collect::<String>(), 50_000), (tables.collect(), 200_000)] {
            let error = parse(&format!("{document}k = ?")).unwrap_err();
            assert_eq!(error.to_string(), format!("toml: line {}: `?` is not a value", lines + 1));
        }
    }

    #[test]
    fn no_prefix_of_a_document_panics() {
        let document = "a = \"\\u00e9\"\n[[b]]\nc = ['é', { d = '''x''' }]\ne = \"\"\"\\\n é\"\"\" # é\n";
        for end in 0..document.len() {
            if let Some(prefix) = document.get(..end) {
                let _ = parse(prefix);
            }
        }
    }
}
