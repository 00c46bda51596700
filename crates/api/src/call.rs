//! What a handler is given: the caller, the path, the query, the body.

use crate::ambient::Ambient;
use crate::endpoint::BodyShape;
use crate::error::Error;
use crate::guard::Caller;
use crate::limits::{Cost, Payer};
use crate::services::App;
use axum::body::{Body, to_bytes};
use axum::http::request::Parts;
use axum::http::{HeaderMap, header};
use brain_kernel::error::Failure;
use brain_kernel::party::Party;
use brain_trust::AccessOrigin;
use schemars::{JsonSchema, SchemaGenerator, json_schema};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_path_to_error::{Path, Segment};
use std::collections::HashMap;
use std::fmt::Write as _;
use std::future::Future;

/// Largest JSON body, bytes.
pub(crate) const JSON_BYTES_MAX: usize = 1024 * 1024;

/// One call of an endpoint.
pub(crate) struct Call<Q = NoQuery, B = ()> {
    pub(crate) app: App,
    pub(crate) caller: Caller,
    pub(crate) path: HashMap<String, String>,
    pub(crate) query: Q,
    pub(crate) body: B,
    pub(crate) headers: HeaderMap,
    pub(crate) ambient: Ambient,
}

impl<Q, B> Call<Q, B> {
    /// Query and body by themselves, and the rest of the call.
    pub(crate) fn apart(self) -> (Q, B, Call<(), ()>) {
        let Self { app, caller, path, query, body, headers, ambient } = self;
        (query, body, Call { app, caller, path, query: (), body: (), headers, ambient })
    }

    /// Who calls; an endpoint that is not public always has one.
    pub(crate) fn party(&self) -> Result<&Party, Error> {
        self.caller.party.as_ref().ok_or(Error::NotSignedIn)
    }

    /// Take more from the caller: the request turned out to ask for more than its kind does.
    pub(crate) fn charge(&self, cost: Cost) -> Result<(), Error> {
        self.app.gate.pay(&Payer::of(&self.caller), cost)
    }

    /// The node that calls, by the name in its certificate; an endpoint for nodes alone always has one.
    pub(crate) fn peer(&self) -> Result<&str, Error> {
        self.caller.peer.as_deref().ok_or(Error::PeerCertificate)
    }

    /// A part of the path by its name in the template.
    pub(crate) fn path(&self, name: &str) -> Result<&str, Error> {
        let missing = || Error::Internal(format!("no {name} in the path template"));
        self.path.get(name).map(String::as_str).ok_or_else(missing)
    }

    /// Where this access comes from, for the audit record.
    pub(crate) fn access_origin(&self, operation: &str) -> AccessOrigin {
        self.caller.access_origin(operation, &self.ambient.trace_id)
    }

    /// Record that the caller did something which opens no dataset.
    pub(crate) async fn note(&self, action: &str, rows: Option<u64>) -> Result<(), Failure> {
        Ok(self.app.trust.audit().note(self.party()?, action, self.access_origin(action), rows).await?)
    }

    /// A request header as text.
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).and_then(|value| value.to_str().ok())
    }
}

/// The query of an endpoint that takes none.
#[derive(Debug, Clone, Copy, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct NoQuery {}

/// What an endpoint takes as its body.
pub(crate) trait RequestBody: Sized + Send {
    /// Read it.
    fn take(parts: &Parts, body: Body) -> impl Future<Output = Result<Self, Failure>> + Send;
    /// Describe it; `None` for no body.
    fn shape(generator: &mut SchemaGenerator) -> Option<BodyShape>;
}

impl RequestBody for () {
    async fn take(_: &Parts, _: Body) -> Result<Self, Failure> {
        Ok(())
    }

    fn shape(_: &mut SchemaGenerator) -> Option<BodyShape> {
        None
    }
}

/// A JSON body of at most [`JSON_BYTES_MAX`].
pub(crate) struct Json<T>(pub(crate) T);

impl<T: DeserializeOwned + JsonSchema + Send> RequestBody for Json<T> {
    async fn take(parts: &Parts, body: Body) -> Result<Self, Failure> {
        if !is_json(&parts.headers) {
            return Err(Error::ContentType { expected: "application/json" }.into());
        }
        let bytes = read(parts, body).await?;
        let mut reader = serde_json::Deserializer::from_slice(&bytes);
        let value = serde_path_to_error::deserialize(&mut reader).map_err(|error| {
            let pointer = pointer_of(error.path());
            Error::Malformed { place: "body", pointer, reason: error.into_inner().to_string() }
        })?;
        reader.end().map_err(|error| Error::Malformed {
            place: "body",
            pointer: String::new(),
            reason: error.to_string(),
        })?;
        Ok(Self(value))
    }

    fn shape(generator: &mut SchemaGenerator) -> Option<BodyShape> {
        Some(BodyShape { media_type: "application/json", schema: generator.subschema_for::<T>() })
    }
}

/// A `multipart/form-data` body, read by the handler as it arrives.
pub(crate) struct Upload {
    pub(crate) content_type: String,
    pub(crate) body: Body,
}

impl RequestBody for Upload {
    async fn take(parts: &Parts, body: Body) -> Result<Self, Failure> {
        let content_type = parts.headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok());
        match content_type {
            Some(text) if text.to_ascii_lowercase().starts_with("multipart/form-data") => {
                Ok(Self { content_type: text.to_owned(), body })
            }
            _ => Err(Error::ContentType { expected: "multipart/form-data" }.into()),
        }
    }

    fn shape(_: &mut SchemaGenerator) -> Option<BodyShape> {
        let schema = json_schema!({
            "type": "object",
            "required": ["file"],
            "properties": { "file": { "type": "string", "contentMediaType": "application/octet-stream" } }
        });
        Some(BodyShape { media_type: "multipart/form-data", schema })
    }
}

/// Longest text body, bytes: a checkpoint with its proof.
const TEXT_BYTES_MAX: usize = 64 * 1024;

/// A short text in UTF-8, of whatever type it says it is: protocols that are older than this one do not all say.
pub(crate) struct Plain(pub(crate) String);

impl RequestBody for Plain {
    async fn take(_: &Parts, body: Body) -> Result<Self, Failure> {
        let limit_bytes = TEXT_BYTES_MAX as u64;
        let bytes = to_bytes(body, TEXT_BYTES_MAX).await.map_err(|_| Error::TooLarge { limit_bytes })?;
        let malformed =
            |_| Error::Malformed { place: "body", pointer: String::new(), reason: "not UTF-8".to_owned() };
        Ok(Self(String::from_utf8(bytes.to_vec()).map_err(malformed)?))
    }

    fn shape(_: &mut SchemaGenerator) -> Option<BodyShape> {
        Some(BodyShape { media_type: "text/plain", schema: json_schema!({ "type": "string" }) })
    }
}

/// A form (`application/x-www-form-urlencoded`), read by the handler: OAuth words its own refusals.
pub(crate) struct Form(pub(crate) String);

impl RequestBody for Form {
    async fn take(parts: &Parts, body: Body) -> Result<Self, Failure> {
        let given = parts.headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok());
        let essence = given.unwrap_or_default().split(';').next().unwrap_or_default().trim();
        if !essence.eq_ignore_ascii_case(FORM) {
            return Err(Error::ContentType { expected: FORM }.into());
        }
        let Plain(text) = Plain::take(parts, body).await?;
        Ok(Self(text))
    }

    fn shape(_: &mut SchemaGenerator) -> Option<BodyShape> {
        Some(BodyShape { media_type: FORM, schema: json_schema!({ "type": "object" }) })
    }
}

const FORM: &str = "application/x-www-form-urlencoded";

/// A JSON body passed on unread to another protocol.
pub(crate) struct Whole(pub(crate) Body);

impl RequestBody for Whole {
    async fn take(_: &Parts, body: Body) -> Result<Self, Failure> {
        Ok(Self(body))
    }

    fn shape(_: &mut SchemaGenerator) -> Option<BodyShape> {
        Some(BodyShape { media_type: "application/json", schema: json_schema!({ "type": "object" }) })
    }
}

/// Longest document, bytes: a batch of events.
const DOCUMENT_BYTES_MAX: usize = 16 << 20;

/// A JSON document of somebody else's format, read and judged by the handler.
pub(crate) struct Document(pub(crate) bytes::Bytes);

impl RequestBody for Document {
    async fn take(parts: &Parts, body: Body) -> Result<Self, Failure> {
        if !is_json(&parts.headers) {
            return Err(Error::ContentType { expected: "application/json" }.into());
        }
        let limit_bytes = DOCUMENT_BYTES_MAX as u64;
        let bytes = to_bytes(body, DOCUMENT_BYTES_MAX).await;
        Ok(Self(bytes.map_err(|_| Error::TooLarge { limit_bytes })?))
    }

    fn shape(_: &mut SchemaGenerator) -> Option<BodyShape> {
        // Which entries of a batch are sound is said entry by entry, in an answer of its own.
        let schema = json_schema!({ "anyOf": [{ "type": "object" }, { "type": "array" }] });
        Some(BodyShape { media_type: "application/json", schema })
    }
}

/// Bytes of one batch that another node sends.
pub(crate) struct Octets(pub(crate) bytes::Bytes);

impl RequestBody for Octets {
    async fn take(parts: &Parts, body: Body) -> Result<Self, Failure> {
        let given = parts.headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok());
        if given.is_none_or(|given| !given.eq_ignore_ascii_case(OCTETS)) {
            return Err(Error::ContentType { expected: OCTETS }.into());
        }
        let limit_bytes = brain_warehouse::delivery::BATCH_BYTES_MAX as u64;
        let bytes = to_bytes(body, brain_warehouse::delivery::BATCH_BYTES_MAX).await;
        Ok(Self(bytes.map_err(|_| Error::TooLarge { limit_bytes })?))
    }

    fn shape(_: &mut SchemaGenerator) -> Option<BodyShape> {
        let schema = json_schema!({ "type": "string", "contentMediaType": "application/octet-stream" });
        Some(BodyShape { media_type: OCTETS, schema })
    }
}

pub(crate) const OCTETS: &str = "application/octet-stream";

async fn read(parts: &Parts, body: Body) -> Result<bytes::Bytes, Failure> {
    let limit_bytes = JSON_BYTES_MAX as u64;
    let announced = parts.headers.get(header::CONTENT_LENGTH).and_then(|value| value.to_str().ok());
    if announced.and_then(|text| text.parse::<u64>().ok()).is_some_and(|length| length > limit_bytes) {
        return Err(Error::TooLarge { limit_bytes }.into());
    }
    to_bytes(body, JSON_BYTES_MAX).await.map_err(|error| {
        let text = std::error::Error::source(&error).map(ToString::to_string).unwrap_or_default();
        let too_large = text.contains("length limit");
        if too_large { Error::TooLarge { limit_bytes }.into() } else { Error::BodyBroken.into() }
    })
}

fn is_json(headers: &HeaderMap) -> bool {
    let given = headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let essence = given.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
    essence == "application/json" || essence.ends_with("+json")
}

/// The JSON pointer (RFC 6901) of a place in a document.
fn pointer_of(path: &Path) -> String {
    let mut pointer = String::new();
    for segment in path {
        // Writing to a string cannot fail.
        let _ = match segment {
            Segment::Seq { index } => write!(pointer, "/{index}"),
            Segment::Map { key } => write!(pointer, "/{}", key.replace('~', "~0").replace('/', "~1")),
            Segment::Enum { .. } | Segment::Unknown => Ok(()),
        };
    }
    pointer
}

/// A query string without `lang` and without pairs that have no value.
pub(crate) fn empty_to_absent(query: &str) -> String {
    let kept = query.split('&').filter(|pair| {
        let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
        name != "lang" && !value.is_empty()
    });
    kept.collect::<Vec<_>>().join("&")
}

#[cfg(test)]
mod tests {
    use super::*;
    use axum::http::Request;

    #[derive(Debug, Deserialize, JsonSchema)]
    #[serde(deny_unknown_fields)]
    #[expect(dead_code, reason = "only parsing is looked at")]
    struct Sample {
        depth: u8,
        #[serde(default)]
        names: Vec<String>,
    }

    async fn attempt(content_type: &str, body: &str) -> Result<Json<Sample>, Failure> {
        let request = Request::builder().header("content-type", content_type).body(()).unwrap();
        let (parts, ()) = request.into_parts();
        Json::<Sample>::take(&parts, Body::from(body.to_owned())).await
    }

    #[tokio::test]
    async fn a_mistake_in_the_body_is_pointed_at() {
        assert!(attempt("application/json; charset=utf-8", r#"{"depth":1}"#).await.is_ok());
        let wrong = attempt("application/json", r#"{"depth":1,"names":["a",2]}"#).await.err().unwrap();
        assert_eq!((wrong.code, wrong.pointer.as_deref()), ("api/malformed", Some("/names/1")));
        let trailing = attempt("application/json", r#"{"depth":1} x"#).await.err().unwrap();
        assert_eq!(trailing.code, "api/malformed");
        let form = attempt("application/x-www-form-urlencoded", "depth=1").await.err().unwrap();
        assert_eq!(form.code, "api/content-type");
        let long = format!(r#"{{"depth":1,"names":["{}"]}}"#, "x".repeat(JSON_BYTES_MAX));
        assert_eq!(attempt("application/json", &long).await.err().unwrap().code, "api/too-large");
    }

    #[test]
    fn empty_parameters_count_as_absent_and_the_language_is_not_the_endpoints_business() {
        assert_eq!(empty_to_absent("text=&side=public&lang=en&page="), "side=public");
    }
}
