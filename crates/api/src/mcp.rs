//! Components as tools of the Model Context Protocol, over streamable HTTP.
//!
//! Stateless on purpose: every request carries its own credential, so there is no session to take over.

use crate::ambient::Ambient;
use crate::call::{Call, JSON_BYTES_MAX, NoQuery, Whole};
use crate::problem::Problem;
use crate::routes::components::{StopOnDrop, operation_id};
use crate::services::App;
use axum::body::Body;
use axum::http::{Request, Response};
use brain_component::{Effect, Manifest, RunOptions};
use brain_kernel::error::{ErrorKind, Failure};
use brain_kernel::party::Party;
use brain_trust::{AccessOrigin, Channel};
use rmcp::ErrorData;
use rmcp::ServerHandler;
use rmcp::model::{
    CallToolRequestParams, CallToolResponse, CallToolResult, Implementation, ListToolsResult,
    PaginatedRequestParams, ServerCapabilities, ServerConfig, Tool, ToolAnnotations,
};
use rmcp::service::{RequestContext, RoleServer};
use rmcp::transport::streamable_http_server::session::never::NeverSessionManager;
use rmcp::transport::streamable_http_server::{StreamableHttpServerConfig, StreamableHttpService};
use serde_json::{Value, json};
use std::sync::Arc;

/// Purpose of runs that a model asks for.
const PURPOSE: &str = "mcp";

/// Answer one message of a client.
pub(crate) async fn answer(call: Call<NoQuery, Whole>) -> Result<Response<Body>, Failure> {
    let party = call.party()?.clone();
    let origin = AccessOrigin { channel: Channel::Mcp, ..call.access_origin("mcp") };
    let Call { app, headers, ambient, body: Whole(body), .. } = call;
    let mut request = Request::post("/").body(body).unwrap_or_default();
    *request.headers_mut() = headers;
    let mut config = StreamableHttpServerConfig::default().disable_allowed_hosts();
    config.legacy_session_mode = false;
    config.json_response = true;
    config.max_request_body_bytes = JSON_BYTES_MAX;
    let tools = Tools { app, party, ambient, origin };
    let service = StreamableHttpService::new(
        move || Ok(tools.clone()),
        Arc::new(NeverSessionManager::default()),
        config,
    );
    Ok(service.handle(request).await.map(Body::new))
}

/// The tools one caller may use.
#[derive(Clone)]
struct Tools {
    app: App,
    party: Party,
    ambient: Ambient,
    origin: AccessOrigin,
}

impl Tools {
    fn offered(&self) -> impl Iterator<Item = Arc<Manifest>> {
        let registry = &self.app.registry;
        let all = registry.manifests().cloned().chain(registry.product_manifests());
        all.filter(|manifest| manifest.audience.contains(&self.party.role))
    }

    fn tool(&self, manifest: &Manifest) -> Tool {
        let language = self.ambient.language;
        let title = manifest.title.get(language).to_owned();
        let description = manifest.summary.get(language).to_owned();
        let schema = manifest.parameters.as_object().cloned().unwrap_or_default();
        let reads = manifest.effect == Effect::Read;
        let hints = ToolAnnotations::from_raw(
            Some(title.clone()),
            Some(reads),
            Some(!reads),
            Some(reads),
            Some(false),
        );
        Tool::new(operation_id(&manifest.id), description, Arc::new(schema))
            .with_title(title)
            .with_annotations(hints)
    }

    /// A refusal that the model should read and act on, as its own result.
    fn refusal(&self, failure: &Failure) -> CallToolResponse {
        let problem = Problem::new(failure, self.ambient.language, &self.ambient.trace_id);
        CallToolResult::structured_error(json!(problem)).into()
    }
}

impl ServerHandler for Tools {
    fn get_info(&self) -> ServerConfig {
        let options = &self.app.options;
        let own = Implementation::new("brain", options.version.clone()).with_title(options.node_name.clone());
        ServerConfig::new(ServerCapabilities::builder().enable_tools().build())
            .with_server_info(own)
            .with_instructions(
                "产业大脑的能力组件。每个结果都带来源与版本（provenance），引用数字时请一并给出。\n\
                 Components of an industry brain. Every result carries its provenance; cite it with the numbers.",
            )
    }

    async fn list_tools(
        &self,
        _: Option<PaginatedRequestParams>,
        _: RequestContext<RoleServer>,
    ) -> Result<ListToolsResult, ErrorData> {
        Ok(ListToolsResult::with_all_items(self.offered().map(|manifest| self.tool(&manifest)).collect()))
    }

    async fn call_tool(
        &self,
        request: CallToolRequestParams,
        _: RequestContext<RoleServer>,
    ) -> Result<CallToolResponse, ErrorData> {
        let named = |manifest: &Arc<Manifest>| {
            operation_id(&manifest.id) == request.name || manifest.id == request.name
        };
        let Some(manifest) = self.offered().find(named) else {
            return Err(ErrorData::invalid_params(format!("no tool {}", request.name), None));
        };
        let parameters = Value::Object(request.arguments.unwrap_or_default());
        let stop = StopOnDrop::default();
        let options = RunOptions {
            purpose: PURPOSE.to_owned(),
            cancel: stop.0.clone(),
            origin: self.origin.clone(),
            ..RunOptions::default()
        };
        match self.app.registry.run(&manifest.id, &self.party, parameters, options).await {
            Ok(outcome) => Ok(CallToolResult::structured(json!(outcome)).into()),
            Err(failure) if failure.kind == ErrorKind::Internal => Err(ErrorData::internal_error(
                failure.code,
                Some(json!({ "trace_id": self.ambient.trace_id })),
            )),
            Err(failure) => Ok(self.refusal(&failure)),
        }
    }
}
