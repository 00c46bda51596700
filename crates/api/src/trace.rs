//! One number for a request everywhere: the caller's answer, the log, and the spans a collector receives.

use axum::http::HeaderMap;
use opentelemetry::trace::{SpanContext, SpanId, TraceContextExt as _, TraceFlags, TraceId, TraceState};
use tracing::Span;
use tracing_opentelemetry::OpenTelemetrySpanExt as _;

/// The trace id of a request whose span has just been made and not yet entered: the caller's when its `traceparent` is
/// valid, else the exporter's, and a new one where nothing is exported.
pub(crate) fn begin(span: &Span, headers: &HeaderMap) -> String {
    let given = headers.get("traceparent").and_then(|value| value.to_str().ok()).and_then(parse_traceparent);
    if let Some(parent) = &given {
        let context = opentelemetry::Context::new().with_remote_span_context(parent.clone());
        // Refused only where no exporter is installed; then nobody looks for a parent.
        let _ = span.set_parent(context);
    }
    let exported = span.context().span().span_context().trace_id();
    let id = match given {
        _ if exported != TraceId::INVALID => exported,
        Some(parent) => parent.trace_id(),
        None => TraceId::from(rand::random::<u128>().max(1)),
    };
    id.to_string()
}

/// `00-<trace id>-<parent id>-<flags>`; all-zero ids are invalid (W3C Trace Context, section 3.2.2).
fn parse_traceparent(text: &str) -> Option<SpanContext> {
    let mut parts = text.trim().split('-');
    let (version, trace, parent, flags) = (parts.next()?, parts.next()?, parts.next()?, parts.next()?);
    let hex = |part: &str, length: usize| {
        part.len() == length && part.bytes().all(|b| b.is_ascii_digit() || (b'a'..=b'f').contains(&b))
    };
    let known = hex(version, 2) && version != "ff" && (version != "00" || parts.next().is_none());
    if !(known && hex(trace, 32) && hex(parent, 16) && hex(flags, 2)) {
        return None;
    }
    let context = SpanContext::new(
        TraceId::from_hex(trace).ok()?,
        SpanId::from_hex(parent).ok()?,
        TraceFlags::new(u8::from_str_radix(flags, 16).ok()?),
        true,
        TraceState::NONE,
    );
    context.is_valid().then_some(context)
}

#[cfg(test)]
mod tests {
    use super::*;
    use axum::http::HeaderValue;

    const TRACE: &str = "0af7651916cd43dd8448eb211c80319c";

    #[test]
    fn only_a_valid_traceparent_is_taken_over() {
        let good = parse_traceparent(&format!("00-{TRACE}-b7ad6b7169203331-01")).unwrap();
        assert_eq!((good.trace_id().to_string().as_str(), good.is_sampled()), (TRACE, true));
        for bad in [
            "",
            "00-0af7651916cd43dd8448eb211c80319c",
            "00-00000000000000000000000000000000-b7ad6b7169203331-01",
            "00-0af7651916cd43dd8448eb211c80319c-0000000000000000-01",
            "00-0AF7651916CD43DD8448EB211C80319C-b7ad6b7169203331-01",
            "ff-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
            "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01-extra",
        ] {
            assert!(parse_traceparent(bad).is_none(), "{bad}");
        }
    }

    #[test]
    fn without_an_exporter_the_callers_number_is_kept_and_a_new_one_is_made_where_there_is_none() {
        let mut headers = HeaderMap::new();
        let first = begin(&Span::none(), &headers);
        assert!(first.len() == 32 && first != begin(&Span::none(), &headers), "{first}");
        let value = format!("00-{TRACE}-b7ad6b7169203331-01");
        headers.insert("traceparent", HeaderValue::from_str(&value).unwrap());
        assert_eq!(begin(&Span::none(), &headers), TRACE);
    }
}
