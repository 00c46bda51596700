//! What a message of a stream becomes: one line of JSON, whatever its bytes are.
//!
//! An object keeps its text as it came and gets our fields; any other JSON value or text stands in `payload`, bytes that
//! are no text in `payload_base64`. A message whose line no ingest would read is told by its size, not left out.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use brain_kernel::language::Text;
use serde_json::Value;

use crate::Control;

/// Longest line, bytes; the ingest reads records of 1 MiB.
const LINE_BYTES_MAX: usize = (1 << 20) - 1024;
/// Longest payload that may still become a line, bytes: nothing gets shorter on the way.
pub(crate) const PAYLOAD_BYTES_MAX: usize = LINE_BYTES_MAX;

/// What we know of a message besides its payload: names of fields, and their values as JSON.
pub(crate) struct Envelope {
    fields: Vec<(&'static str, Value)>,
}

/// A message as a line, without line break.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Line {
    /// JSON object.
    pub(crate) text: String,
    /// Whether its payload was left out for its size.
    pub(crate) too_large: bool,
}

impl Envelope {
    /// `place` is the field for where it was published, `time` the one for when.
    pub(crate) fn new(
        (place, published): (&'static str, &str),
        (time, at): (&'static str, chrono::DateTime<chrono::Utc>),
        sequence: u64,
    ) -> Self {
        let at = at.to_rfc3339_opts(chrono::SecondsFormat::Micros, true);
        let fields = vec![(place, published.into()), (time, at.into()), ("_sequence", sequence.into())];
        Self { fields }
    }

    /// One more field.
    pub(crate) fn and(mut self, name: &'static str, value: impl Into<Value>) -> Self {
        self.fields.push((name, value.into()));
        self
    }

    /// The line of a message without payload, which says that what its key names was deleted.
    pub(crate) fn deleted(&self) -> Line {
        Line { text: self.with(|_| false, "\"payload\":null"), too_large: false }
    }

    /// The line of a payload.
    pub(crate) fn line(&self, payload: &[u8]) -> Line {
        match self.whole(payload).filter(|text| text.len() <= LINE_BYTES_MAX) {
            Some(text) => Line { text, too_large: false },
            None => self.without_payload(payload.len() as u64),
        }
    }

    /// The line of a message whose payload of so many bytes was not even kept.
    pub(crate) fn without_payload(&self, bytes: u64) -> Line {
        let text = self.with(|_| false, &format!("\"_too_large_bytes\":{bytes}"));
        Line { text, too_large: true }
    }

    fn whole(&self, payload: &[u8]) -> Option<String> {
        if payload.len() > PAYLOAD_BYTES_MAX {
            return None;
        }
        let Ok(text) = std::str::from_utf8(payload) else {
            return Some(
                self.with(|_| false, &format!("\"payload_base64\":\"{}\"", STANDARD.encode(payload))),
            );
        };
        // A line break of valid JSON stands between two values, where a space means the same.
        let as_it_is = || text.trim().replace(['\n', '\r'], " ");
        Some(match serde_json::from_str::<Value>(text) {
            Ok(Value::Object(present)) => {
                let text = as_it_is();
                let inner = text.strip_prefix('{').and_then(|text| text.strip_suffix('}'));
                self.with(|name| present.contains_key(name), inner.unwrap_or_default().trim())
            }
            Ok(_) => self.with(|_| false, &format!("\"payload\":{}", as_it_is())),
            Err(_) => self.with(|_| false, &format!("\"payload\":{}", Value::from(text))),
        })
    }

    /// Our fields, then what is given. The payload's names win: ours gets more underscores until it is free.
    fn with(&self, is_taken: impl Fn(&str) -> bool, rest: &str) -> String {
        let mut line = String::from("{");
        for (name, value) in &self.fields {
            let mut name = (*name).to_owned();
            while is_taken(&name) {
                name.insert(0, '_');
            }
            if line.len() > 1 {
                line.push(',');
            }
            line.push_str(&format!("\"{name}\":{value}"));
        }
        if !rest.is_empty() {
            line.push(',');
            line.push_str(rest);
        }
        line.push('}');
        line
    }
}

/// Say how many messages landed without their payload.
pub(crate) fn tell_too_large(place: &str, messages: u64, control: &Control) {
    if messages > 0 {
        control.tell(Text::new(
            format!("{place}：{messages} 条消息过大（一行超过 1 MiB），只入仓了主题、时间和大小（_too_large_bytes）。"),
            format!(
                "{place}: {messages} messages are too large (a line of more than 1 MiB); only where, when and how large (_too_large_bytes) landed."
            ),
        ));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use serde_json::json;

    fn envelope() -> Envelope {
        let at = chrono::DateTime::from_timestamp_millis(1_700_000_000_123).unwrap();
        Envelope::new(("_topic", "a/b"), ("_received_at", at), 7)
    }

    fn fields(payload: &[u8]) -> Value {
        serde_json::from_str(&envelope().line(payload).text).unwrap()
    }

    #[test]
    fn an_object_keeps_its_text_and_gets_our_fields() {
        let line = envelope().line(b" {\"n\": 1.50,\r\n \"big\": 9007199254740993} ");
        assert_eq!(
            line.text,
            "{\"_topic\":\"a/b\",\"_received_at\":\"2023-11-14T22:13:20.123000Z\",\"_sequence\":7,\
             \"n\": 1.50,   \"big\": 9007199254740993}"
        );
        assert!(!line.too_large);
        assert_eq!(fields(b"{}").as_object().unwrap().len(), 3);
    }

    #[test]
    fn a_field_of_the_payload_wins_and_ours_stands_beside_it() {
        let row = fields(br#"{"_topic":"theirs","__topic":"too","_sequence":null}"#);
        assert_eq!(row["_topic"], "theirs");
        assert_eq!(row["__topic"], "too");
        assert_eq!(row["___topic"], "a/b");
        assert_eq!((&row["_sequence"], &row["__sequence"]), (&Value::Null, &json!(7)));
    }

    #[test]
    fn what_is_no_object_stands_in_payload_and_what_is_no_text_in_base64() {
        for (payload, value) in [
            (&b"21.50"[..], json!(21.5)),
            (b"[1,\n2]", json!([1, 2])),
            (b"\"a\"", json!("a")),
            ("温度 高\n".as_bytes(), json!("温度 高\n")),
            (b"", json!("")),
            (b"{\"cut", json!("{\"cut")),
            (b"1e999", json!("1e999")),
        ] {
            assert_eq!(fields(payload)["payload"], value);
        }
        assert_eq!(fields(&[0xff, 0x00])["payload_base64"], "/wA=");
        let deep = "{\"a\":".repeat(200) + "1" + &"}".repeat(200);
        assert_eq!(fields(deep.as_bytes())["payload"], json!(deep), "deeper than a reader follows");
    }

    #[test]
    fn what_no_ingest_would_read_is_told_by_its_size() {
        for payload in
            [vec![b'a'; LINE_BYTES_MAX + 1], vec![0; LINE_BYTES_MAX / 2], vec![0xff; LINE_BYTES_MAX]]
        {
            let line = envelope().line(&payload);
            assert!(line.too_large);
            let row: Value = serde_json::from_str(&line.text).unwrap();
            assert_eq!(row["_too_large_bytes"], payload.len());
            assert_eq!(row.get("payload"), None);
        }
        assert!(!envelope().line(&vec![b'a'; LINE_BYTES_MAX - 200]).too_large);
    }

    proptest! {
        #[test]
        fn any_bytes_are_one_line_of_json_that_gives_them_back(payload: Vec<u8>) {
            let line = envelope().line(&payload);
            prop_assert!(!line.text.contains(['\n', '\r']));
            let row: Value = serde_json::from_str(&line.text).unwrap();
            prop_assert_eq!(&row["_sequence"], &json!(7));
            if let Some(text) = row.get("payload_base64") {
                prop_assert_eq!(STANDARD.decode(text.as_str().unwrap()).unwrap(), payload);
            } else if let Some(value) = row.get("payload") {
                let text = String::from_utf8(payload).unwrap();
                match serde_json::from_str::<Value>(&text) {
                    Ok(meant) => prop_assert_eq!(value, &meant),
                    Err(_) => prop_assert_eq!(value, &json!(text)),
                }
            }
        }
    }
}
