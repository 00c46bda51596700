//! Logs to standard error, spans to an OTLP collector when one is configured.

use crate::config::{LogFormat, Telemetry};
use anyhow::{Context as _, Result};
use async_trait::async_trait;
use brain_egress::{Call, Egress};
use brain_kernel::error::Failure;
use opentelemetry::trace::TracerProvider as _;
use opentelemetry_http::{Bytes, HttpClient, HttpError, Request, Response};
use opentelemetry_otlp::{WithExportConfig as _, WithHttpConfig as _};
use opentelemetry_sdk::Resource;
use opentelemetry_sdk::trace::SdkTracerProvider;
use std::io::IsTerminal as _;
use tokio::runtime::Handle;
use tracing_subscriber::layer::SubscriberExt as _;
use tracing_subscriber::util::SubscriberInitExt as _;
use tracing_subscriber::{EnvFilter, Layer as _, fmt};

/// Keeps the exporter alive; [`Guard::shutdown`] sends what is still queued.
#[derive(Debug, Default)]
pub struct Guard(Option<SdkTracerProvider>);

/// Install the subscriber. Called once, by `main`.
pub fn start(options: &Telemetry, egress: &brain_egress::Options, node: &str) -> Result<Guard> {
    let filter = EnvFilter::try_new(&options.log).with_context(|| {
        format!(
            "telemetry.log = {0:?} 无效。\ntelemetry.log = {0:?} is no valid filter, try \"info\".",
            options.log
        )
    })?;
    let colours = std::io::stderr().is_terminal();
    let lines = fmt::layer().with_writer(std::io::stderr).with_target(true).with_ansi(colours);
    let lines = match options.log_format {
        LogFormat::Text => lines.boxed(),
        LogFormat::Json => lines.json().boxed(),
    };
    let provider = exporter(options, egress, node)?;
    let spans = provider.as_ref().map(|p| tracing_opentelemetry::layer().with_tracer(p.tracer("brain")));
    tracing_subscriber::registry()
        .with(filter)
        .with(lines)
        .with(spans)
        .try_init()
        .context("telemetry starts once")?;
    Ok(Guard(provider))
}

fn exporter(
    options: &Telemetry,
    egress: &brain_egress::Options,
    node: &str,
) -> Result<Option<SdkTracerProvider>> {
    if options.otlp_endpoint.is_empty() {
        return Ok(None);
    }
    // A way out of its own: telemetry starts before the node that records where calls go.
    let egress = Egress::new(egress).map_err(Failure::from)?;
    egress.permit(&options.otlp_endpoint).map_err(Failure::from)?;
    let exporter = opentelemetry_otlp::SpanExporter::builder()
        .with_http()
        .with_http_client(OnRuntime { egress, runtime: Handle::current() })
        .with_endpoint(&options.otlp_endpoint)
        .build()
        .with_context(|| format!("telemetry.otlp_endpoint = {:?}", options.otlp_endpoint))?;
    let resource = Resource::builder().with_service_name(node.to_owned()).build();
    Ok(Some(SdkTracerProvider::builder().with_batch_exporter(exporter).with_resource(resource).build()))
}

/// Sends on the program's own runtime: batches are handed over by a thread where no reactor runs.
#[derive(Debug)]
struct OnRuntime {
    egress: Egress,
    runtime: Handle,
}

#[async_trait]
impl HttpClient for OnRuntime {
    async fn send_bytes(&self, request: Request<Bytes>) -> Result<Response<Bytes>, HttpError> {
        let egress = self.egress.clone();
        self.runtime.spawn(async move { send(&egress, request).await }).await?
    }
}

async fn send(egress: &Egress, request: Request<Bytes>) -> Result<Response<Bytes>, HttpError> {
    let (parts, body) = request.into_parts();
    let call =
        Call::new("telemetry.traces", parts.method, parts.uri.to_string()).headers(parts.headers).body(body);
    let answer = egress.fetch(call).await?;
    let mut response = Response::new(answer.body);
    *response.status_mut() = answer.status;
    *response.headers_mut() = answer.headers;
    Ok(response)
}

impl Guard {
    /// Flush and stop the exporter.
    pub fn shutdown(self) {
        if let Some(Err(error)) = self.0.map(|provider| provider.shutdown()) {
            tracing::warn!(%error, "spans were not all exported");
        }
    }
}
