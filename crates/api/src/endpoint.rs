//! One definition per endpoint: the row from which both the route and the OpenAPI operation are made.
//!
//! Types of parameters, body and answer are those of the handler itself, and the audience that is documented is the
//! audience that is enforced, so the document cannot say something else than the code does.

use crate::ambient::Ambient;
use crate::answer::{Answer, AnswerShape};
use crate::bounds::QueryBounds;
use crate::call::{Call, RequestBody, empty_to_absent};
use crate::error::Error;
use crate::guard::{self, Caller};
use crate::limits::{Cost, Held, Payer};
use crate::network::Entrance;
use crate::openapi;
use crate::problem;
use crate::queries::shortened;
use crate::services::App;
use axum::RequestPartsExt as _;
use axum::body::Body;
use axum::extract::{Query, RawPathParams, Request, State};
use axum::http::request::Parts;
use axum::http::{Method, Response, Uri, header};
use axum::routing::{MethodFilter, MethodRouter, on};
use brain_kernel::error::{ErrorKind, Failure};
use brain_kernel::language::Text;
use brain_kernel::party::Role;
use brain_trust::Scope;
use futures::future::BoxFuture;
use http_body_util::BodyExt as _;
use schemars::{JsonSchema, Schema, SchemaGenerator};
use serde::de::DeserializeOwned;
use serde_json::{Value, json};
use std::borrow::Cow;
use std::collections::HashMap;
use std::future::Future;
use std::sync::Arc;

/// Who may call an endpoint.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Audience {
    /// Anybody, signed in or not.
    Public,
    /// Anybody signed in, also one who must change the password first.
    SignedInAtAll,
    /// Any signed-in role.
    SignedIn,
    /// These roles.
    Roles(Vec<Role>),
    /// A node that proved itself with its certificate, or these roles.
    PeerOr(Vec<Role>),
    /// Programs on the same machine, or a system administrator.
    LocalOrAdministrator,
}

impl Audience {
    /// Whether it is for the separated administrators alone.
    pub(crate) fn is_administration(&self) -> bool {
        matches!(self, Self::Roles(roles) if roles.iter().all(|role| role.is_administrator()))
    }

    /// The roles that pass; `None` where no sign-in is needed.
    pub(crate) fn roles(&self) -> Option<Vec<Role>> {
        match self {
            Self::Public => None,
            Self::SignedInAtAll | Self::SignedIn => Some(Role::ALL.to_vec()),
            Self::Roles(roles) | Self::PeerOr(roles) => Some(roles.clone()),
            Self::LocalOrAdministrator => Some(vec![Role::SystemAdministrator]),
        }
    }
}

/// What an API key must be good for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum KeyUse {
    /// Any key will do: it asks about itself.
    Any,
    /// A key with this scope.
    Scope(Scope),
    /// A key that may run the component named in the path.
    RunNamed,
    /// No key at all: a person in a session.
    Never,
}

/// Shape of a request body in the document.
pub(crate) struct BodyShape {
    pub(crate) media_type: &'static str,
    pub(crate) schema: Schema,
}

/// How the document describes what the types cannot: a component's own schemas.
pub(crate) struct Override {
    pub(crate) parameters: Value,
    pub(crate) result: Value,
}

/// One endpoint.
pub(crate) struct Endpoint {
    pub(crate) method: Method,
    pub(crate) path: Cow<'static, str>,
    pub(crate) id: Cow<'static, str>,
    pub(crate) tag: &'static str,
    pub(crate) summary: Text,
    pub(crate) audience: Audience,
    pub(crate) status: u16,
    pub(crate) codes: &'static [&'static str],
    pub(crate) headers: &'static [(&'static str, &'static str)],
    pub(crate) spoken: &'static [Spoken],
    pub(crate) query: fn(&mut SchemaGenerator) -> Schema,
    pub(crate) body: fn(&mut SchemaGenerator) -> Option<BodyShape>,
    pub(crate) answer: fn(&mut SchemaGenerator) -> Vec<AnswerShape>,
    pub(crate) component: Option<Override>,
    /// Shape of a 202 answer, where the caller may prefer one.
    pub(crate) deferred: Option<fn(&mut SchemaGenerator) -> Schema>,
    key_use: KeyUse,
    step_up: bool,
    unhurried: bool,
    between_nodes: bool,
    cost: Cost,
    handle: Handle,
}

/// A request that was let in.
struct Admitted {
    app: App,
    caller: Caller,
    path: HashMap<String, String>,
    parts: Parts,
    body: Body,
    ambient: Ambient,
    rules: Arc<Rules>,
}

/// A handler with the reading of what it takes and the writing of what it answers, all types of its own forgotten:
/// everything around it is compiled once, not for each endpoint.
type Handle = Arc<dyn Fn(Admitted) -> BoxFuture<'static, Result<Response<Body>, Failure>> + Send + Sync>;

/// An answer in the form that another standard prescribes, beside or instead of a problem document.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Spoken {
    pub(crate) status: &'static str,
    pub(crate) media_type: &'static str,
    pub(crate) words: &'static str,
    /// Its schema.
    pub(crate) shape: fn() -> Value,
}

/// The shape of an answer in plain text or bytes.
pub(crate) fn text() -> Value {
    json!({ "type": "string" })
}

/// What is checked before the handler runs.
pub(crate) struct Rules {
    pub(crate) audience: Audience,
    pub(crate) status: u16,
    pub(crate) key_use: KeyUse,
    /// A sensitive act: the second factor must have been shown lately.
    pub(crate) step_up: bool,
    unhurried: bool,
    /// Nodes speak here: where the configuration asks for it, only with a certificate.
    between_nodes: bool,
    /// What it costs the caller; free ones are answered however busy the node is.
    cost: Cost,
    /// Id of the operation.
    pub(crate) id: Cow<'static, str>,
    /// What the document says of its query.
    bounds: Arc<QueryBounds>,
}

impl Endpoint {
    /// An endpoint answered by `handler`; public and answering 200 until said otherwise.
    pub(crate) fn new<Q, B, A, F, Fut>(
        method: Method,
        path: impl Into<Cow<'static, str>>,
        id: impl Into<Cow<'static, str>>,
        handler: F,
    ) -> Self
    where
        Q: DeserializeOwned + JsonSchema + Send + 'static,
        B: RequestBody + 'static,
        A: Answer + 'static,
        F: Fn(Call<Q, B>) -> Fut + Clone + Send + Sync + 'static,
        Fut: Future<Output = Result<A, Failure>> + Send + 'static,
    {
        // What nobody thought of needs the widest scope.
        let key_use = KeyUse::Scope(if method == Method::GET { Scope::Read } else { Scope::Admin });
        let path = path.into();
        // Health checks are answered however busy the node is.
        let cost = if path.starts_with("/api/") { Cost::Ordinary } else { Cost::Free };
        Self {
            method,
            path,
            id: id.into(),
            tag: "node",
            summary: Text::new("", ""),
            audience: Audience::Public,
            status: 200,
            codes: &[],
            headers: &[],
            spoken: &[],
            query: SchemaGenerator::subschema_for::<Q>,
            body: B::shape,
            answer: A::shapes,
            component: None,
            deferred: None,
            key_use,
            step_up: false,
            unhurried: false,
            between_nodes: false,
            cost,
            handle: Arc::new(move |admitted| {
                let handler = handler.clone();
                Box::pin(async move {
                    let Admitted { app, caller, path, parts, body, ambient, rules } = admitted;
                    let query = parse_query(&parts.uri, &rules.bounds)?;
                    let body = B::take(&parts, body).await?;
                    let headers = parts.headers;
                    let call = Call { app, caller, path, query, body, headers, ambient };
                    handler(call).await?.respond(rules.status)
                })
            }),
        }
    }

    pub(crate) fn tag(mut self, tag: &'static str) -> Self {
        self.tag = tag;
        self
    }

    pub(crate) fn about(mut self, zh: impl Into<String>, en: impl Into<String>) -> Self {
        self.summary = Text::new(zh, en);
        self
    }

    pub(crate) fn audience(mut self, audience: Audience) -> Self {
        self.audience = audience;
        self
    }

    pub(crate) fn roles(self, roles: &[Role]) -> Self {
        self.audience(Audience::Roles(roles.to_vec()))
    }

    pub(crate) fn status(mut self, status: u16) -> Self {
        self.status = status;
        self
    }

    /// Codes of refusals particular to this endpoint, for the document.
    pub(crate) fn codes(mut self, codes: &'static [&'static str]) -> Self {
        self.codes = codes;
        self
    }

    /// Request headers it looks at, with what they mean.
    pub(crate) fn headers(mut self, headers: &'static [(&'static str, &'static str)]) -> Self {
        self.headers = headers;
        self
    }

    /// Answers in plain text, as a protocol of somebody else's wants them, for the document.
    pub(crate) fn spoken(mut self, spoken: &'static [Spoken]) -> Self {
        self.spoken = spoken;
        self
    }

    /// What an API key must be good for; reading by GET needs `read`, everything else `admin`, until said otherwise.
    pub(crate) fn key_use(mut self, key_use: KeyUse) -> Self {
        self.key_use = key_use;
        self
    }

    /// A sensitive act: the second factor must have been shown lately, and no key will do.
    pub(crate) fn step_up(mut self) -> Self {
        self.step_up = true;
        self
    }

    /// What it costs its caller, beyond an ordinary request.
    pub(crate) fn cost(mut self, cost: Cost) -> Self {
        self.cost = cost;
        self
    }

    /// No time limit: uploads take as long as the line needs, and watch their own progress.
    pub(crate) fn unhurried(mut self) -> Self {
        self.unhurried = true;
        self
    }

    /// Nodes speak here; an operator may ask that they show a certificate.
    pub(crate) fn between_nodes(mut self) -> Self {
        self.between_nodes = true;
        self
    }

    pub(crate) fn component(mut self, parameters: Value, result: Value) -> Self {
        self.component = Some(Override { parameters, result });
        self
    }

    /// It may answer 202 with an `R` to ask for the result with.
    pub(crate) fn deferrable<R: JsonSchema>(mut self) -> Self {
        self.deferred = Some(SchemaGenerator::subschema_for::<R>);
        self
    }

    /// The route. Consumes the row; take what the document needs before.
    pub(crate) fn into_route(self) -> (String, MethodRouter<App>) {
        let query = (self.query)(&mut openapi::generator(true));
        let filter = MethodFilter::try_from(self.method).unwrap_or(MethodFilter::GET);
        let handle = self.handle;
        let rules = Arc::new(Rules {
            bounds: Arc::new(QueryBounds::of(query.as_value())),
            audience: self.audience,
            status: self.status,
            key_use: self.key_use,
            step_up: self.step_up,
            unhurried: self.unhurried,
            between_nodes: self.between_nodes,
            cost: self.cost,
            id: self.id,
        });
        let route = on(filter, move |State(app): State<App>, request: Request| {
            serve(app, request, Arc::clone(&rules), Arc::clone(&handle))
        });
        (self.path.into_owned(), route)
    }
}

/// Everything between the router and a handler: load, identity, time limit, and the way back.
async fn serve(app: App, request: Request, rules: Arc<Rules>, handle: Handle) -> Response<Body> {
    let (mut parts, body) = request.into_parts();
    // The outermost layer puts it there; without it no route exists.
    let ambient = parts.extensions.get::<Ambient>().cloned().unwrap_or_default();
    let limit = app.options.request_timeout;
    let mut renewed = None;
    let cost = rules.cost;
    let mut held = Held::default();
    let mut known = Caller::default();
    let work = async {
        let turn = || app.turns.try_acquire().map_err(|_| Error::Busy);
        let _turn = if cost == Cost::Free { None } else { Some(turn()?) };
        let entrance = parts.extensions.get::<Entrance>().copied().unwrap_or(Entrance::Public);
        let apart = app.options.network.administration_apart && entrance == Entrance::Public;
        if apart && rules.audience.is_administration() {
            return Err(Error::AdministrationApart.into());
        }
        if rules.between_nodes && app.options.peer_certificates_required {
            guard::admit_peer(&app, &parts).await?.ok_or(Error::PeerCertificate)?;
        }
        guard::admit(&app, &rules.audience, &parts, &mut renewed, &mut known).await?;
        let caller = known.clone();
        held = pass(&app, &caller, cost, &parts.uri)?;
        let path = parts.extract::<RawPathParams>().await;
        let path = path.map_err(|error| Error::Internal(error.to_string()))?;
        let path: HashMap<String, String> =
            path.iter().map(|(name, value)| (name.to_owned(), value.to_owned())).collect();
        guard::check_credential(&app, &rules, &caller, &path)?;
        let (app, ambient, rules) = (app.clone(), ambient.clone(), Arc::clone(&rules));
        handle(Admitted { app, caller, path, parts, body, ambient, rules }).await
    };
    let outcome = if rules.unhurried {
        work.await
    } else {
        match tokio::time::timeout(limit, work).await {
            Ok(outcome) => outcome,
            Err(_) => Err(Error::Timeout { seconds: limit.as_secs() }.into()),
        }
    };
    if let Err(failure) = &outcome {
        note_refusal(&app, &rules, &known, failure, &ambient);
    }
    let mut response = outcome.unwrap_or_else(|failure| problem::response(&failure, &ambient));
    // Work lasts until its last byte has left, or its caller has gone.
    if let Some(work) = held.work() {
        response = response.map(|body| {
            Body::new(body.map_frame(move |frame| {
                let _until_the_end = &work;
                frame
            }))
        });
    }
    // Also on a refusal: the old token stops working whatever came of the request. Signing out sets its own cookie.
    if let Some(cookie) = renewed.filter(|_| !response.headers().contains_key(header::SET_COOKIE)) {
        response.headers_mut().insert(header::SET_COOKIE, cookie);
    }
    response
}

/// Refusals that the door to the rows records itself, with the dataset.
const RECORDED_AT_THE_DOOR: [&str; 3] = ["warehouse/no-grant", "warehouse/undeclared", "trust/denied"];

/// Not a no, but a not yet: a password or a second factor is due.
const NOT_YET: [&str; 3] =
    ["trust/password-change-required", "trust/second-factor-required", "trust/step-up-required"];

/// What a known caller was refused is on record, whichever lock it was.
fn note_refusal(app: &App, rules: &Rules, caller: &Caller, failure: &Failure, ambient: &Ambient) {
    let Some(party) = &caller.party else { return };
    let elsewhere = RECORDED_AT_THE_DOOR.contains(&failure.code) || NOT_YET.contains(&failure.code);
    if failure.kind == ErrorKind::Forbidden && !elsewhere {
        let origin = caller.access_origin(&rules.id, &ambient.trace_id);
        app.trust.audit().note_refusal(party, origin, failure.code);
    }
}

/// Take from the caller what the request costs; whoever has used it up is told to wait, and the auditor hears of it.
fn pass(app: &App, caller: &Caller, cost: Cost, uri: &Uri) -> Result<Held, Failure> {
    let payer = Payer::of(caller);
    let outcome = app.gate.pay(&payer, cost).and_then(|()| app.gate.enter(&payer, cost));
    outcome.map_err(|error| {
        let ip = caller.address.map(|address| address.to_string());
        let actor = caller.party.as_ref().map_or("anonymous", |party| party.account.as_str());
        let subject = match &payer {
            Payer::Account(id) | Payer::Key(id) => id.clone(),
            Payer::Address(_) | Payer::Nobody => ip.clone().unwrap_or_default(),
        };
        let body = json!({ "limit": error.code(), "ip": ip, "path": shortened(uri.path()) });
        app.alarms.raise("limit.exceeded", actor, &subject, body);
        error.into()
    })
}

/// The query without `lang`, which every endpoint takes, and without parameters left empty by a form.
fn parse_query<Q: DeserializeOwned>(uri: &Uri, bounds: &QueryBounds) -> Result<Q, Failure> {
    let kept = empty_to_absent(uri.query().unwrap_or_default());
    let malformed = |reason: String| Error::Malformed { place: "query", pointer: String::new(), reason };
    let uri: Uri = format!("/?{kept}").parse().map_err(|_| malformed("?".to_owned()))?;
    let query = Query::<Q>::try_from_uri(&uri).map_err(|rejection| {
        let text = rejection.body_text();
        malformed(text.strip_prefix("Failed to deserialize query string: ").unwrap_or(&text).to_owned())
    })?;
    bounds.check(&uri)?;
    Ok(query.0)
}
