//! Whether an event follows the published schema, and where it does not.

use super::event::{Dataset, Event, EventKind};
use super::facets::KNOWN;
use crate::error::{LineageError, Result};
use crate::graph::NAME_BYTES_MAX;
use serde_json::{Map, Value};

/// The longest event, in bytes.
pub const EVENT_BYTES_MAX: usize = 4 << 20;

/// The most events of one batch.
pub const EVENTS_MAX: usize = 10_000;

/// The most datasets on one side of an event.
const DATASETS_MAX: usize = 10_000;

/// The most facets of one thing.
const FACETS_MAX: usize = 200;

/// Reads one event.
pub fn parse(json: &[u8]) -> Result<Event> {
    if json.len() > EVENT_BYTES_MAX {
        return Err(LineageError::TooLong { bytes: json.len(), max: EVENT_BYTES_MAX });
    }
    let value: Value = serde_json::from_slice(json).map_err(|error| not_json(&error))?;
    event(value)
}

/// Reads a batch: a JSON array of events. Each is judged by itself; only a text that is no such array fails whole.
pub fn parse_batch(json: &[u8]) -> Result<Vec<Result<Event>>> {
    let values: Vec<Value> = serde_json::from_slice(json).map_err(|error| not_json(&error))?;
    if values.len() > EVENTS_MAX {
        return Err(LineageError::TooMany { what: "events", max: EVENTS_MAX });
    }
    Ok(values.into_iter().map(event).collect())
}

fn not_json(error: &serde_json::Error) -> LineageError {
    LineageError::event("", format!("不是 JSON 事件：{error}"), format!("is no JSON of an event: {error}"))
}

fn event(value: Value) -> Result<Event> {
    shape(&value)?;
    let event: Event = serde_json::from_value(value).map_err(|error| not_json(&error))?;
    check(&event)?;
    Ok(event)
}

/// The types of what the typed view reads, with a pointer to what is wrong; serde alone names no place.
fn shape(value: &Value) -> Result<()> {
    let Some(event) = value.as_object() else {
        return Err(LineageError::event("", "应为对象", "must be an object"));
    };
    for key in ["eventTime", "producer", "schemaURL"] {
        required_text(event, key, "")?;
    }
    if let Some(state) = event.get("eventType") {
        let known = ["START", "RUNNING", "COMPLETE", "ABORT", "FAIL", "OTHER"];
        if !state.as_str().is_some_and(|state| known.contains(&state)) {
            return Err(LineageError::event(
                "/eventType",
                format!("应为 {} 之一", known.join("、")),
                format!("must be one of {}", known.join(", ")),
            ));
        }
    }
    if let Some(run) = object(event, "run", "")? {
        required_text(run, "runId", "/run")?;
        facets(run, "facets", "/run")?;
    }
    if let Some(job) = object(event, "job", "")? {
        named(job, "/job")?;
        facets(job, "facets", "/job")?;
    }
    if let Some(found) = object(event, "dataset", "")? {
        dataset(found, "/dataset")?;
    }
    for side in ["inputs", "outputs"] {
        let Some(list) = event.get(side) else { continue };
        let pointer = format!("/{side}");
        let list =
            list.as_array().ok_or_else(|| LineageError::event(&pointer, "应为数组", "must be an array"))?;
        if list.len() > DATASETS_MAX {
            return Err(LineageError::TooMany { what: "datasets", max: DATASETS_MAX });
        }
        for (at, found) in list.iter().enumerate() {
            let pointer = format!("/{side}/{at}");
            let found = found
                .as_object()
                .ok_or_else(|| LineageError::event(&pointer, "应为对象", "must be an object"))?;
            dataset(found, &pointer)?;
        }
    }
    Ok(())
}

fn dataset(found: &Map<String, Value>, pointer: &str) -> Result<()> {
    named(found, pointer)?;
    for key in ["facets", "inputFacets", "outputFacets"] {
        facets(found, key, pointer)?;
    }
    Ok(())
}

fn named(found: &Map<String, Value>, pointer: &str) -> Result<()> {
    for key in ["namespace", "name"] {
        let text = required_text(found, key, pointer)?;
        if text.is_empty() || text.len() > NAME_BYTES_MAX / 2 {
            return Err(LineageError::event(
                &format!("{pointer}/{key}"),
                format!("应为 1 至 {} 字节", NAME_BYTES_MAX / 2),
                format!("must have 1 to {} bytes", NAME_BYTES_MAX / 2),
            ));
        }
    }
    Ok(())
}

/// Facets: each an object that says who made it and which schema it follows; those this program reads are checked
/// further.
fn facets(found: &Map<String, Value>, key: &str, pointer: &str) -> Result<()> {
    let Some(all) = object(found, key, pointer)? else { return Ok(()) };
    let pointer = format!("{pointer}/{key}");
    if all.len() > FACETS_MAX {
        return Err(LineageError::TooMany { what: "facets", max: FACETS_MAX });
    }
    for (name, facet) in all {
        let pointer = format!("{pointer}/{}", name.replace('~', "~0").replace('/', "~1"));
        let Some(facet) = facet.as_object() else {
            return Err(LineageError::event(&pointer, "应为对象", "must be an object"));
        };
        for key in ["_producer", "_schemaURL"] {
            uri(required_text(facet, key, &pointer)?, &format!("{pointer}/{key}"))?;
        }
        // A facet that is taken back carries nothing else.
        if facet.get("_deleted") == Some(&Value::Bool(true)) {
            continue;
        }
        if let Some((_, check)) = KNOWN.iter().find(|(known, _)| known == name) {
            check(facet, &pointer)?;
        }
    }
    Ok(())
}

fn object<'v>(
    found: &'v Map<String, Value>,
    key: &str,
    pointer: &str,
) -> Result<Option<&'v Map<String, Value>>> {
    match found.get(key) {
        None => Ok(None),
        Some(Value::Object(object)) => Ok(Some(object)),
        Some(_) => Err(LineageError::event(&format!("{pointer}/{key}"), "应为对象", "must be an object")),
    }
}

pub(super) fn required_text<'v>(found: &'v Map<String, Value>, key: &str, pointer: &str) -> Result<&'v str> {
    match found.get(key) {
        Some(Value::String(text)) => Ok(text),
        Some(_) => Err(LineageError::event(&format!("{pointer}/{key}"), "应为文本", "must be a text")),
        None => Err(LineageError::event(pointer, format!("缺少 {key}"), format!("{key} is missing"))),
    }
}

fn check(event: &Event) -> Result<()> {
    if chrono::DateTime::parse_from_rfc3339(&event.event_time).is_err() {
        return Err(LineageError::event(
            "/eventTime",
            "应为 RFC 3339 时间，如 2025-01-02T03:04:05Z",
            "must be a time by RFC 3339, such as 2025-01-02T03:04:05Z",
        ));
    }
    uri(&event.producer, "/producer")?;
    uri(&event.schema_url, "/schemaURL")?;
    match (&event.run, &event.job, &event.dataset) {
        (Some(run), Some(_), None) => {
            if uuid::Uuid::try_parse(&run.run_id).is_err() {
                return Err(LineageError::event("/run/runId", "应为 UUID", "must be a UUID"));
            }
        }
        (None, Some(_), None) => {}
        (None, None, Some(_)) if event.inputs.is_empty() && event.outputs.is_empty() => {}
        _ => {
            return Err(LineageError::event(
                "",
                "应含 run 和 job（运行事件）、仅 job（作业事件）或仅 dataset（数据集事件）",
                "must have run and job (a run), job alone, or dataset alone",
            ));
        }
    }
    if event.kind() != EventKind::Run && event.event_type.is_some() {
        return Err(LineageError::event("/eventType", "只有运行事件才有", "belongs to events of runs only"));
    }
    duplicates(&event.inputs, "/inputs")?;
    duplicates(&event.outputs, "/outputs")
}

/// The same dataset twice on one side would make it unclear which facets hold.
fn duplicates(datasets: &[Dataset], pointer: &str) -> Result<()> {
    let mut seen = std::collections::HashSet::new();
    for (at, dataset) in datasets.iter().enumerate() {
        if !seen.insert((&dataset.namespace, &dataset.name)) {
            return Err(LineageError::event(
                &format!("{pointer}/{at}"),
                "数据集重复",
                "the dataset is there twice",
            ));
        }
    }
    Ok(())
}

/// A URI by RFC 3986: a scheme, a colon, and no space.
fn uri(text: &str, pointer: &str) -> Result<()> {
    let scheme = text.split_once(':').map(|(scheme, _)| scheme).unwrap_or_default();
    let fits = scheme.starts_with(|c: char| c.is_ascii_alphabetic())
        && scheme.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '+' | '-' | '.'))
        && text.len() <= 2048
        && !text.chars().any(|c| c.is_whitespace() || c.is_control());
    if fits {
        return Ok(());
    }
    Err(LineageError::event(pointer, "应为 URI", "must be a URI"))
}
