//! A row as one line of JSON, its values as text.

/// A JSON object as it grows.
#[derive(Debug, Default)]
pub(crate) struct Line(String);

impl Line {
    /// A value; `None` is null.
    pub(crate) fn text(&mut self, name: &str, value: Option<&str>) {
        match value {
            Some(text) => {
                let text = escaped(text);
                self.raw(name, &text);
            }
            None => self.raw(name, "null"),
        }
    }

    /// A value that is JSON already.
    pub(crate) fn raw(&mut self, name: &str, json: &str) {
        self.0.push(if self.0.is_empty() { '{' } else { ',' });
        self.0.push_str(&escaped(name));
        self.0.push(':');
        self.0.push_str(json);
    }

    /// The whole line.
    pub(crate) fn finish(mut self) -> String {
        if self.0.is_empty() {
            self.0.push('{');
        }
        self.0.push('}');
        self.0
    }
}

fn escaped(text: &str) -> String {
    serde_json::Value::from(text).to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whatever_a_value_holds_the_line_stays_one_object_on_one_line() {
        let mut line = Line::default();
        line.text("a\"b", Some("杭\n\"州\"\\\u{1}"));
        line.text("c", None);
        line.raw("d", "7");
        let line = line.finish();
        assert!(!line.contains('\n'));
        let read: serde_json::Value = serde_json::from_str(&line).unwrap();
        assert_eq!(read, serde_json::json!({ "a\"b": "杭\n\"州\"\\\u{1}", "c": null, "d": 7 }));
        assert_eq!(Line::default().finish(), "{}");
    }
}
