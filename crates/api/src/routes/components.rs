//! Components: the catalogue, and one operation per component, made from its manifest.

use crate::answer::{Answer as _, Formats, Reply};
use crate::bounds::within_length;
use crate::call::{Call, Json, NoQuery};
use crate::component_runs::Asked;
use crate::endpoint::{Audience, Endpoint, KeyUse};
use crate::error::Error;
use crate::export;
use crate::limits::Cost;
use crate::prefer;
use crate::routes::runs::ComponentRun;
use crate::services::App;
use axum::body::Body;
use axum::http::{HeaderName, HeaderValue, Method, Response, header};
use brain_component::{Effect, Kind, Manifest, Outcome, Registry, RunOptions, to_csv};
use brain_kernel::csv;
use brain_kernel::error::Failure;
use brain_kernel::language::{Language, Text};
use brain_kernel::party::{Party, Role};
use brain_kernel::progress::Cancel;
use brain_kernel::side::Side;
use brain_trust::Scope;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use std::sync::Arc;
use std::time::Duration;

/// Header that says a preference was followed (RFC 7240, section 3).
const PREFERENCE_APPLIED: HeaderName = HeaderName::from_static("preference-applied");
/// What a caller may prefer of a run, for the document.
const PREFER: [(&str, &str); 1] = [(
    "prefer",
    "respond-async 以后台方式运行，wait=秒数 先等待这么久（至多 30）· respond-async runs in the background after \
     waiting wait=seconds, at most 30",
)];

/// A component in the catalogue; its schemas are on its own page.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
pub struct ComponentCard {
    /// Stable id.
    pub id: String,
    /// Semantic version.
    pub version: String,
    /// Short name.
    pub title: Text,
    /// Which question it answers.
    pub summary: Text,
    /// Knowledge, tool or application.
    pub kind: Kind,
    /// Whom it serves.
    pub side: Side,
    /// Reads or writes.
    pub effect: Effect,
    /// Roles that may run it.
    pub audience: Vec<Role>,
    /// Datasets it reads.
    pub reads: Vec<String>,
    /// Whether the caller may run it.
    pub offered: bool,
}

/// Longest statement of what a run is for, characters.
const PURPOSE_CHARACTERS_MAX: usize = 200;

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct RunRequest {
    /// 参数，形状见组件的 parameters · Parameters in the shape of the component's `parameters` schema.
    #[serde(default)]
    params: Map<String, Value>,
    /// 用途，与授权绑定 · Why it is run; bound to the grant.
    #[schemars(length(max = 200))]
    purpose: Option<String>,
}

pub(crate) fn endpoints(registry: &Registry) -> Vec<Endpoint> {
    let list = Endpoint::new(Method::GET, "/api/v1/components", "components_list", list)
        .about("能力组件目录", "The component catalogue")
        .audience(Audience::SignedIn);
    let show = Endpoint::new(Method::GET, "/api/v1/components/{id}", "components_show", show)
        .about("一个组件的完整清单", "The whole manifest of a component")
        .audience(Audience::SignedIn)
        .codes(&["component/unknown"]);
    let any = Endpoint::new(Method::POST, "/api/v1/components/{id}/run", "components_run", run_any)
        .cost(Cost::Run)
        .about(
            "按编号运行组件；各组件另有带参数形状的同名操作",
            "Run a component by id; each also has an operation with its own schemas",
        )
        .roles(&Role::WORKING)
        .headers(&PREFER)
        .deferrable::<ComponentRun>()
        .key_use(KeyUse::RunNamed)
        .codes(&["component/unknown", "component/audience", "component/parameter"]);
    let mut endpoints = vec![list, show, any];
    endpoints.extend(registry.manifests().map(one));
    endpoints.into_iter().map(|endpoint| endpoint.tag("components")).collect()
}

/// The operation of one component.
fn one(manifest: &Arc<Manifest>) -> Endpoint {
    let path = format!("/api/v1/components/{}/run", manifest.id);
    let id = manifest.id.clone();
    let handler = move |call| run(call, id.clone());
    let about = |title: &str, summary: &str| format!("{title}：{summary}");
    Endpoint::new(Method::POST, path, operation_id(&manifest.id), handler)
        .cost(Cost::Run)
        .about(
            about(&manifest.title.zh, &manifest.summary.zh),
            about(&manifest.title.en, &manifest.summary.en).replace('：', ": "),
        )
        .roles(&manifest.audience)
        .key_use(KeyUse::Scope(Scope::RunOf(manifest.id.clone())))
        .component(manifest.parameters.clone(), manifest.result.clone())
        .headers(&PREFER)
        .deferrable::<ComponentRun>()
        .codes(&["component/parameter", "warehouse/no-grant"])
}

/// `chain.gap` → `chain_gap`: an operation id and a tool name that every client accepts.
pub(crate) fn operation_id(component: &str) -> String {
    component.replace(['.', '-'], "_")
}

async fn list(call: Call) -> Result<Reply<Vec<ComponentCard>>, Failure> {
    let role = call.party()?.role;
    let card = |manifest: &Arc<Manifest>| ComponentCard {
        id: manifest.id.clone(),
        version: manifest.version.clone(),
        title: manifest.title.clone(),
        summary: manifest.summary.clone(),
        kind: manifest.kind,
        side: manifest.side,
        effect: manifest.effect,
        audience: manifest.audience.clone(),
        reads: manifest.reads.clone(),
        offered: manifest.audience.contains(&role),
    };
    let registry = &call.app.registry;
    let products = registry.product_manifests();
    Ok(registry.manifests().chain(&products).map(card).collect::<Vec<_>>().into())
}

async fn show(call: Call) -> Result<Reply<Manifest>, Failure> {
    let manifest = call.app.registry.manifest(call.path("id")?)?;
    Ok(Manifest::clone(&manifest).into())
}

async fn run_any(call: Call<NoQuery, Json<RunRequest>>) -> Result<Formats<Outcome, false>, Failure> {
    let id = call.path("id")?.to_owned();
    run(call, id).await
}

async fn run(call: Call<NoQuery, Json<RunRequest>>, id: String) -> Result<Formats<Outcome, false>, Failure> {
    let party = call.party()?.clone();
    let table = wants_csv(&call);
    if table {
        call.charge(Cost::Export)?;
    }
    let later = prefer::respond_async(&call.headers);
    let origin = call.access_origin(&id);
    let Call { app, ambient, body: Json(RunRequest { params, purpose }), .. } = call;
    let parameters = Value::Object(params);
    within_length("/purpose", purpose.as_deref().unwrap_or_default(), PURPOSE_CHARACTERS_MAX)?;
    let purpose = purpose.map(|text| text.trim().to_owned()).filter(|text| !text.is_empty());
    let purpose = purpose.unwrap_or_else(|| id.clone());
    let outcome = match later {
        None => {
            let stop = StopOnDrop::default();
            let options = RunOptions { purpose, cancel: stop.0.clone(), origin, ..RunOptions::default() };
            app.registry.run(&id, &party, parameters, options).await?
        }
        Some(wait) => {
            // Wrong ids, roles and parameters are refused now, not in a run that somebody must go and look at.
            app.registry.check(&id, &party, &parameters)?;
            let component = id.clone();
            let asked = Asked { component, parameters, purpose, trace_id: ambient.trace_id, origin };
            match begin(&app, &party, asked, wait, ambient.language).await? {
                Answered::Now(outcome) => outcome,
                Answered::Later(run) => return deferred(*run),
            }
        }
    };
    answered(&*app.registry.manifest(&id)?, outcome, table)
}

enum Answered {
    Now(Outcome),
    Later(Box<ComponentRun>),
}

/// Begin in the background; what ends within `wait` is answered at once and not kept.
async fn begin(
    app: &App,
    party: &Party,
    asked: Asked,
    wait: Duration,
    language: Language,
) -> Result<Answered, Failure> {
    let runs = &app.component_runs;
    let mut begun = runs.start(app.registry.clone(), party.clone(), asked)?;
    let ended = begun.ended_within(wait).await;
    let gone = || Error::Internal("a run just begun is not known".to_owned());
    let view = runs.find(&party.account, &begun.id).ok_or_else(gone)?;
    let outcome = view.ended.as_ref().map(|(_, _, outcome)| outcome.clone());
    match outcome.filter(|_| ended) {
        Some(outcome) => {
            runs.stop(&party.account, &begun.id);
            drop(view);
            Arc::unwrap_or_clone(outcome).map(Answered::Now)
        }
        None => {
            begun.let_go();
            Ok(Answered::Later(Box::new(ComponentRun::of(view, language))))
        }
    }
}

/// 202: where to ask for the result.
fn deferred(run: ComponentRun) -> Result<Formats<Outcome, false>, Failure> {
    let place = HeaderValue::from_str(&format!("/api/v1/runs/{}", run.run_id));
    let place = place.map_err(|error| Error::Internal(error.to_string()))?;
    let reply = Reply::from(run)
        .with_header(header::LOCATION, place)
        .with_header(PREFERENCE_APPLIED, HeaderValue::from_static("respond-async"));
    Ok(reply.respond(202)?.into())
}

fn answered(manifest: &Manifest, outcome: Outcome, table: bool) -> Result<Formats<Outcome, false>, Failure> {
    if !table {
        return Ok(Reply::from(outcome).respond(200)?.into());
    }
    let text = to_csv(manifest, &outcome.result, csv::FILE_LINE_END)?;
    let mut response = Response::new(Body::from(text));
    response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static(export::CSV));
    // A table alone would lose where it comes from.
    let provenance =
        serde_json::to_string(&outcome.provenance).map_err(|error| Error::Internal(error.to_string()))?;
    if let Ok(value) = HeaderValue::from_str(&provenance) {
        response.headers_mut().insert("x-provenance", value);
    }
    Ok(response.into())
}

/// A caller who goes away stops the run.
#[derive(Default)]
pub(crate) struct StopOnDrop(pub(crate) Cancel);

impl Drop for StopOnDrop {
    fn drop(&mut self) {
        self.0.cancel();
    }
}

/// Whether CSV is what the caller accepts first.
fn wants_csv<Q, B>(call: &Call<Q, B>) -> bool {
    let accept = call.header("accept").unwrap_or_default();
    let first = accept.split(',').next().unwrap_or_default();
    first.split(';').next().unwrap_or_default().trim().eq_ignore_ascii_case("text/csv")
}
