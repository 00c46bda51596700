//! Logs to standard error, spans to an OTLP collector when one is configured.

use crate::config::{LogFormat, Telemetry};
use anyhow::{Context as _, Result};
use async_trait::async_trait;
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
pub fn start(options: &Telemetry, node: &str) -> Result<Guard> {
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
    let provider = exporter(options, node)?;
    let spans = provider.as_ref().map(|p| tracing_opentelemetry::layer().with_tracer(p.tracer("brain")));
    tracing_subscriber::registry()
        .with(filter)
        .with(lines)
        .with(spans)
        .try_init()
        .context("telemetry starts once")?;
    Ok(Guard(provider))
}

fn exporter(options: &Telemetry, node: &str) -> Result<Option<SdkTracerProvider>> {
    if options.otlp_endpoint.is_empty() {
        return Ok(None);
    }
    let exporter = opentelemetry_otlp::SpanExporter::builder()
        .with_http()
        .with_http_client(OnRuntime { client: reqwest::Client::new(), runtime: Handle::current() })
        .with_endpoint(&options.otlp_endpoint)
        .build()
        .with_context(|| format!("telemetry.otlp_endpoint = {:?}", options.otlp_endpoint))?;
    let resource = Resource::builder().with_service_name(node.to_owned()).build();
    Ok(Some(SdkTracerProvider::builder().with_batch_exporter(exporter).with_resource(resource).build()))
}

/// Sends on the program's own runtime: batches are handed over by a thread where no reactor runs.
#[derive(Debug)]
struct OnRuntime {
    client: reqwest::Client,
    runtime: Handle,
}

#[async_trait]
impl HttpClient for OnRuntime {
    async fn send_bytes(&self, request: Request<Bytes>) -> Result<Response<Bytes>, HttpError> {
        let client = self.client.clone();
        self.runtime.spawn(async move { client.send_bytes(request).await }).await?
    }
}

impl Guard {
    /// Flush and stop the exporter.
    pub fn shutdown(self) {
        if let Some(Err(error)) = self.0.map(|provider| provider.shutdown()) {
            tracing::warn!(%error, "spans were not all exported");
        }
    }
}
