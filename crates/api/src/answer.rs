//! What a handler gives back, and how the document describes it.

use crate::error::Error;
use axum::body::Body;
use axum::http::{HeaderName, HeaderValue, Response, StatusCode, header};
use brain_kernel::error::Failure;
use brain_store::Page as StorePage;
use brain_warehouse::corpus::ExportFormat;
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Serialize};
use std::marker::PhantomData;

/// One representation of an answer in the document.
pub(crate) struct AnswerShape {
    pub(crate) media_type: &'static str,
    pub(crate) schema: Schema,
}

/// What an endpoint answers with.
pub(crate) trait Answer: Sized + Send {
    /// The response, with the endpoint's status unless the answer has one of its own.
    fn respond(self, status: u16) -> Result<Response<Body>, Failure>;
    /// Representations it may take; none for an empty answer.
    fn shapes(generator: &mut SchemaGenerator) -> Vec<AnswerShape>;
}

/// A JSON answer, with headers where it needs some.
pub(crate) struct Reply<R> {
    body: R,
    headers: Vec<(HeaderName, HeaderValue)>,
}

impl<R> Reply<R> {
    pub(crate) fn with_header(mut self, name: HeaderName, value: HeaderValue) -> Self {
        self.headers.push((name, value));
        self
    }
}

impl<R> Reply<R> {
    /// The same headers around another body.
    pub(crate) fn map<S>(self, change: impl FnOnce(R) -> S) -> Reply<S> {
        Reply { body: change(self.body), headers: self.headers }
    }
}

impl<R> From<R> for Reply<R> {
    fn from(body: R) -> Self {
        Self { body, headers: Vec::new() }
    }
}

impl<R: Serialize + JsonSchema + Send> Answer for Reply<R> {
    fn respond(self, status: u16) -> Result<Response<Body>, Failure> {
        let bytes = serde_json::to_vec(&self.body).map_err(|error| Error::Internal(error.to_string()))?;
        let mut response = Response::new(Body::from(bytes));
        *response.status_mut() = code(status);
        response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
        response.headers_mut().extend(self.headers);
        Ok(response)
    }

    fn shapes(generator: &mut SchemaGenerator) -> Vec<AnswerShape> {
        vec![AnswerShape { media_type: "application/json", schema: generator.subschema_for::<R>() }]
    }
}

/// Nothing to say but that it is done (204), with headers where it needs some.
#[derive(Default)]
pub(crate) struct Done(pub(crate) Vec<(HeaderName, HeaderValue)>);

impl Answer for Done {
    fn respond(self, _: u16) -> Result<Response<Body>, Failure> {
        let mut response = Response::new(Body::empty());
        *response.status_mut() = StatusCode::NO_CONTENT;
        response.headers_mut().extend(self.0);
        Ok(response)
    }

    fn shapes(_: &mut SchemaGenerator) -> Vec<AnswerShape> {
        Vec::new()
    }
}

/// Another address the browser goes to (303), without a body.
pub(crate) struct Elsewhere(pub(crate) String);

impl Answer for Elsewhere {
    fn respond(self, _: u16) -> Result<Response<Body>, Failure> {
        let location = HeaderValue::from_str(&self.0)
            .map_err(|_| Error::Internal("an address that is no header value".to_owned()))?;
        let mut response = Response::new(Body::empty());
        *response.status_mut() = StatusCode::SEE_OTHER;
        response.headers_mut().insert(header::LOCATION, location);
        Ok(response)
    }

    fn shapes(_: &mut SchemaGenerator) -> Vec<AnswerShape> {
        Vec::new()
    }
}

/// A response the handler made itself: text of one media type.
pub(crate) struct Text {
    pub(crate) status: u16,
    pub(crate) media_type: &'static str,
    pub(crate) body: Body,
}

impl Answer for Text {
    fn respond(self, _: u16) -> Result<Response<Body>, Failure> {
        let mut response = Response::new(self.body);
        *response.status_mut() = code(self.status);
        response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static(self.media_type));
        Ok(response)
    }

    fn shapes(_: &mut SchemaGenerator) -> Vec<AnswerShape> {
        vec![AnswerShape { media_type: "text/plain", schema: json_schema!({ "type": "string" }) }]
    }
}

/// Bytes for another node.
pub(crate) struct Octets(pub(crate) bytes::Bytes);

impl Answer for Octets {
    fn respond(self, status: u16) -> Result<Response<Body>, Failure> {
        let mut response = Response::new(Body::from(self.0));
        *response.status_mut() = code(status);
        let media_type = HeaderValue::from_static(crate::call::OCTETS);
        response.headers_mut().insert(header::CONTENT_TYPE, media_type);
        Ok(response)
    }

    fn shapes(_: &mut SchemaGenerator) -> Vec<AnswerShape> {
        let schema = json_schema!({ "type": "string", "contentMediaType": "application/octet-stream" });
        vec![AnswerShape { media_type: crate::call::OCTETS, schema }]
    }
}

fn code(status: u16) -> StatusCode {
    StatusCode::from_u16(status).unwrap_or(StatusCode::OK)
}

/// One page of a list.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Page<T> {
    /// The items of this page.
    pub items: Vec<T>,
    /// Items in the whole list.
    pub total: u64,
    /// This page's number, from 1.
    pub page: u64,
    /// Items per page.
    pub page_size: u64,
}

impl<T> From<StorePage<T>> for Page<T> {
    fn from(page: StorePage<T>) -> Self {
        let StorePage { items, total, page, page_size } = page;
        Self { items, total, page, page_size }
    }
}

/// A response the handler chose among several formats: JSON of `R`, CSV, and Arrow where `ARROW`.
pub(crate) struct Formats<R, const ARROW: bool> {
    response: Response<Body>,
    shape: PhantomData<fn() -> R>,
}

impl<R, const ARROW: bool> From<Response<Body>> for Formats<R, ARROW> {
    fn from(response: Response<Body>) -> Self {
        Self { response, shape: PhantomData }
    }
}

impl<R: JsonSchema, const ARROW: bool> Answer for Formats<R, ARROW> {
    fn respond(self, _: u16) -> Result<Response<Body>, Failure> {
        Ok(self.response)
    }

    fn shapes(generator: &mut SchemaGenerator) -> Vec<AnswerShape> {
        let mut shapes = vec![
            AnswerShape { media_type: "application/json", schema: generator.subschema_for::<R>() },
            AnswerShape { media_type: "text/csv", schema: json_schema!({ "type": "string" }) },
        ];
        if ARROW {
            let schema = json_schema!({ "description": "Arrow IPC stream" });
            shapes.push(AnswerShape { media_type: crate::export::ARROW, schema });
        }
        shapes
    }
}

/// A JSON document kept ready as bytes, or an answer another protocol made.
pub(crate) struct Passed(pub(crate) Response<Body>);

impl Answer for Passed {
    fn respond(self, _: u16) -> Result<Response<Body>, Failure> {
        Ok(self.0)
    }

    fn shapes(_: &mut SchemaGenerator) -> Vec<AnswerShape> {
        vec![AnswerShape { media_type: "application/json", schema: json_schema!({ "type": "object" }) }]
    }
}

/// A response the handler made: a version of a corpus as a file.
pub(crate) struct CorpusFile(pub(crate) Response<Body>);

impl CorpusFile {
    /// Media type of a form.
    pub(crate) const fn media_type(format: ExportFormat) -> &'static str {
        match format {
            ExportFormat::Parquet => crate::product_file::PARQUET,
            ExportFormat::Jsonl => "application/jsonl",
            ExportFormat::Huggingface => "application/zip",
        }
    }
}

impl Answer for CorpusFile {
    fn respond(self, _: u16) -> Result<Response<Body>, Failure> {
        Ok(self.0)
    }

    fn shapes(_: &mut SchemaGenerator) -> Vec<AnswerShape> {
        [ExportFormat::Parquet, ExportFormat::Jsonl, ExportFormat::Huggingface]
            .into_iter()
            .map(|format| {
                let schema = json_schema!({ "description": format.name() });
                AnswerShape { media_type: Self::media_type(format), schema }
            })
            .collect()
    }
}

/// A response the handler made: a file, as CSV or Parquet.
pub(crate) struct ProductFile(pub(crate) Response<Body>);

impl Answer for ProductFile {
    fn respond(self, _: u16) -> Result<Response<Body>, Failure> {
        Ok(self.0)
    }

    fn shapes(_: &mut SchemaGenerator) -> Vec<AnswerShape> {
        let parquet = json_schema!({ "description": "Apache Parquet" });
        vec![
            AnswerShape { media_type: "text/csv", schema: json_schema!({ "type": "string" }) },
            AnswerShape { media_type: crate::product_file::PARQUET, schema: parquet },
        ]
    }
}
