//! One answer: its records as they were written, byte for byte, so that no number is rounded on the way.

use std::collections::BTreeMap;

use brain_kernel::language::Text;
use serde_json::Value;
use serde_json::value::RawValue;

use super::since::Mark;

/// Fields named by a test.
const FIELDS_MAX: usize = 200;
/// Longest token of a next page, bytes.
const TOKEN_BYTES_MAX: usize = 4_096;

/// The records at a JSON pointer (RFC 6901): an array of objects.
pub(super) fn records<'a>(body: &'a [u8], pointer: &str) -> Result<Vec<&'a RawValue>, Text> {
    let body = body.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(body);
    let mut here: &RawValue = serde_json::from_slice(body)
        .map_err(|error| Text::new(format!("不是 JSON：{error}"), format!("It is no JSON: {error}")))?;
    for step in steps(pointer) {
        here = below(here, &step).ok_or_else(|| {
            Text::new(format!("没有“{step}”这一层。"), format!("There is nothing called “{step}”."))
        })?;
    }
    let records: Vec<&RawValue> = serde_json::from_str(here.get())
        .map_err(|_| Text::new("这里应是记录的数组。", "An array of records is expected here."))?;
    match records.iter().position(|record| !record.get().starts_with('{')) {
        Some(index) => Err(Text::new(
            format!("第 {} 条记录不是对象。", index + 1),
            format!("Record {} is no object.", index + 1),
        )),
        None => Ok(records),
    }
}

fn steps(pointer: &str) -> impl Iterator<Item = String> {
    pointer.split('/').skip(1).map(|step| step.replace("~1", "/").replace("~0", "~"))
}

fn below<'a>(value: &'a RawValue, step: &str) -> Option<&'a RawValue> {
    if let Ok(mut object) = serde_json::from_str::<BTreeMap<String, &'a RawValue>>(value.get()) {
        return object.remove(step);
    }
    serde_json::from_str::<Vec<&'a RawValue>>(value.get()).ok()?.get(step.parse::<usize>().ok()?).copied()
}

/// The token of the next page; `None` where there is none.
pub(super) fn token(body: &[u8], pointer: &str) -> Result<Option<String>, Text> {
    let body = body.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(body);
    let value: Value = serde_json::from_slice(body)
        .map_err(|error| Text::new(format!("不是 JSON：{error}"), format!("It is no JSON: {error}")))?;
    match value.pointer(pointer) {
        None | Some(Value::Null | Value::Bool(false)) => Ok(None),
        Some(Value::String(token)) if token.is_empty() => Ok(None),
        Some(Value::String(token)) if token.len() <= TOKEN_BYTES_MAX => Ok(Some(token.clone())),
        Some(Value::Number(token)) => Ok(Some(token.to_string())),
        Some(_) => Err(Text::new("这里应是下一页的游标。", "The token of the next page is expected here.")),
    }
}

/// The growing field of a record.
pub(super) fn mark(record: &str, field: &str) -> Result<Mark, Text> {
    let value: Value = serde_json::from_str(record)
        .map_err(|error| Text::new(format!("不是 JSON：{error}"), format!("It is no JSON: {error}")))?;
    value.pointer(field).and_then(Mark::of).ok_or_else(|| {
        Text::new(
            "该记录没有增量字段的值；没有值就无法续取。",
            "The record has no value of the field that grows; without one nothing can be resumed.",
        )
    })
}

/// Names of a record's fields.
pub(super) fn fields(record: &str) -> Vec<String> {
    let object: serde_json::Map<String, Value> = serde_json::from_str(record).unwrap_or_default();
    object.into_iter().map(|(name, _)| name).take(FIELDS_MAX).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(body: &str, pointer: &str) -> Result<Vec<String>, String> {
        let records = records(body.as_bytes(), pointer).map_err(|says| says.en)?;
        Ok(records.iter().map(|record| record.get().to_owned()).collect())
    }

    #[test]
    fn records_are_found_and_kept_as_they_were_written() {
        let body = r#"{"code":0,"data":{"a/b":[{"n":1234567890.12345678901,"x":[ 1 ]},{}]}}"#;
        assert_eq!(found(body, "/data/a~1b").unwrap(), [r#"{"n":1234567890.12345678901,"x":[ 1 ]}"#, "{}"]);
        assert_eq!(found("\u{FEFF}[{\"a\":1}]", "").unwrap(), [r#"{"a":1}"#]);
        assert_eq!(found(r#"[[{"a":1}],[]]"#, "/0").unwrap(), [r#"{"a":1}"#]);
    }

    #[test]
    fn what_is_no_array_of_records_is_said() {
        for (body, pointer, says) in [
            ("<html>", "", "It is no JSON"),
            (r#"{"data":{}}"#, "/data", "An array of records"),
            (r#"{"data":[]}"#, "/list", "nothing called “list”"),
            (r"[{},3]", "", "Record 2 is no object"),
            ("[{}", "", "It is no JSON"),
        ] {
            let error = found(body, pointer).unwrap_err();
            assert!(error.contains(says), "{body}: {error}");
        }
    }

    #[test]
    fn a_token_of_the_next_page_is_a_text_or_a_number() {
        let token = |body: &str| super::token(body.as_bytes(), "/next");
        assert_eq!(token(r#"{"next":"x"}"#), Ok(Some("x".to_owned())));
        assert_eq!(token(r#"{"next":7}"#), Ok(Some("7".to_owned())));
        for end in [r#"{"next":null}"#, "{}", r#"{"next":""}"#, r#"{"next":false}"#] {
            assert_eq!(token(end), Ok(None), "{end}");
        }
        assert!(token(r#"{"next":[1]}"#).is_err());
    }
}
