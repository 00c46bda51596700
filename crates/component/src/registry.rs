//! The list of components and the one way to run them.

use crate::context::Context;
use crate::error::Error;
use crate::graph::Graphs;
use crate::manifest::Manifest;
use crate::parameters::validate;
use crate::products;
use async_trait::async_trait;
use brain_kernel::clock::Clock;
use brain_kernel::error::Failure;
use brain_kernel::party::Party;
use brain_kernel::progress::{Cancel, Progress};
use brain_kernel::provenance::Provenance;
use brain_trust::{AccessOrigin, Action, EvidenceEntry, Trust};
use brain_warehouse::{Warehouse, search};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::{Duration, Instant};

/// Something that runs under a manifest: native today; WASM, ONNX, rules and remote ones implement the same.
#[async_trait]
pub trait Component: Send + Sync {
    /// What it is.
    fn manifest(&self) -> &Arc<Manifest>;
    /// Whether these parameters can be answered without a node, from plain files in the parameters.
    fn runs_detached(&self, parameters: &Value) -> bool;
    /// Run it. The parameters have passed the manifest's schema.
    async fn run(&self, context: Context, parameters: Value) -> Result<Value, Failure>;
}

/// The node's services that runs draw on.
#[derive(Clone)]
pub struct Platform {
    /// Rows, behind grants.
    pub warehouse: Warehouse,
    /// Grants and evidence.
    pub trust: Trust,
    /// Time.
    pub clock: Arc<dyn Clock>,
}

/// What accompanies one run.
#[derive(Debug, Clone, Default)]
pub struct RunOptions {
    /// Why the caller runs it (用途); bound to the grant.
    pub purpose: String,
    /// Counters to watch.
    pub progress: Progress,
    /// Token to stop it.
    pub cancel: Cancel,
    /// Where it was asked for, for the audit record.
    pub origin: AccessOrigin,
}

/// A finished run.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
pub struct Outcome {
    /// What the component returned, in the shape of its result schema.
    pub result: Value,
    /// What it was computed from.
    pub provenance: Provenance,
    /// Wall time, seconds.
    pub seconds: f64,
}

struct Entry {
    component: Arc<dyn Component>,
    validator: jsonschema::Validator,
}

impl Entry {
    fn new(component: Arc<dyn Component>) -> Result<Self, Error> {
        let manifest = component.manifest();
        let validator = jsonschema::validator_for(&manifest.parameters)
            .map_err(|error| Error::Internal(format!("{}: parameter schema: {error}", manifest.id)))?;
        Ok(Self { component, validator })
    }
}

/// Components by id. Cheap to clone.
#[derive(Clone)]
pub struct Registry {
    entries: Arc<BTreeMap<String, Arc<Entry>>>,
    clock: Arc<dyn Clock>,
    platform: Option<(Platform, Graphs)>,
}

impl Registry {
    /// A registry of these components on a node.
    pub fn new(platform: Platform, components: Vec<Arc<dyn Component>>) -> Result<Self, Error> {
        let clock = platform.clock.clone();
        let graphs = Graphs::new();
        let entries = Arc::new(index(components)?);
        let found = entries.values().map(|entry| searched(entry.component.manifest())).collect();
        platform.warehouse.search().offer("components", found);
        let consumers =
            crate::consumers::consumers(entries.values().map(|entry| &**entry.component.manifest()));
        platform.warehouse.lineage().set_consumers(consumers);
        Ok(Self { entries, clock, platform: Some((platform, graphs)) })
    }

    /// A registry without a node: only runs that need no data work.
    pub fn detached(clock: Arc<dyn Clock>, components: Vec<Arc<dyn Component>>) -> Result<Self, Error> {
        Ok(Self { entries: Arc::new(index(components)?), clock, platform: None })
    }

    /// Every manifest of the program, by id.
    pub fn manifests(&self) -> impl Iterator<Item = &Arc<Manifest>> {
        self.entries.values().map(|entry| entry.component.manifest())
    }

    /// Manifests of the data products that are components at this moment, by id.
    pub fn product_manifests(&self) -> Vec<Arc<Manifest>> {
        let Some((platform, _)) = &self.platform else { return Vec::new() };
        let offered = platform.warehouse.products().components();
        offered.into_iter().map(|product| products::component(product).manifest().clone()).collect()
    }

    /// One manifest.
    pub fn manifest(&self, id: &str) -> Result<Arc<Manifest>, Error> {
        Ok(self.entry(id)?.component.manifest().clone())
    }

    /// Whether this run needs no node.
    pub fn runs_detached(&self, id: &str, parameters: &Value) -> Result<bool, Error> {
        Ok(self.entry(id)?.component.runs_detached(parameters))
    }

    /// Whether a party may run a component with these parameters; what [`Registry::run`] checks before it begins.
    pub fn check(&self, id: &str, party: &Party, parameters: &Value) -> Result<(), Error> {
        let entry = self.entry(id)?;
        if !entry.component.manifest().audience.contains(&party.role) {
            return Err(Error::Audience { id: id.to_owned() });
        }
        validate(&entry.validator, parameters)
    }

    /// Run a component for a party: check role and parameters, run, record evidence, return result and provenance.
    pub async fn run(
        &self,
        id: &str,
        party: &Party,
        parameters: Value,
        options: RunOptions,
    ) -> Result<Outcome, Failure> {
        let entry = self.entry(id)?;
        let manifest = entry.component.manifest().clone();
        self.check(id, party, &parameters)?;
        let context = self.context(&manifest, party, &options);
        let started = Instant::now();
        let digest = parameters.clone();
        let result = tokio::select! {
            biased;
            result = entry.component.run(context.clone(), parameters) => result,
            () = cancelled(&options.cancel) => Err(Error::Cancelled.into()),
        };
        // Who asked to stop is not handed half a result, whatever the component made of the request.
        let result = if options.cancel.is_cancelled() { Err(Error::Cancelled.into()) } else { result };
        let seconds = started.elapsed().as_secs_f64();
        let mut provenance = Provenance {
            inputs: context.inputs(),
            component: manifest.id.clone(),
            component_version: manifest.version.clone(),
            computed_at: self.clock.now(),
            evidence: None,
        };
        let failure = result.as_ref().err();
        let (evidence, ()) = tokio::try_join!(
            self.record(party, &provenance, &digest, &options.purpose, failure),
            context.finish(failure.map(|failure| failure.code)),
        )?;
        provenance.evidence = evidence;
        Ok(Outcome { result: result?, provenance, seconds })
    }

    fn context(&self, manifest: &Arc<Manifest>, party: &Party, options: &RunOptions) -> Context {
        let (progress, cancel) = (options.progress.clone(), options.cancel.clone());
        match &self.platform {
            None => Context::detached(manifest.clone(), party.clone(), self.clock.clone(), progress, cancel),
            Some((platform, graphs)) => {
                let origin = AccessOrigin { operation: manifest.id.clone(), ..options.origin.clone() };
                // Held: a run is answered only when it is on record.
                let session = platform
                    .warehouse
                    .session(party, &options.purpose)
                    .coming_from(origin)
                    .acting(Action::Run)
                    .only(&manifest.reads)
                    .held();
                let (manifest, clock) = (manifest.clone(), self.clock.clone());
                Context::attached(manifest, party.clone(), session, graphs.clone(), clock, progress, cancel)
            }
        }
    }

    /// A run that cannot be recorded is not answered: evidence fails closed.
    async fn record(
        &self,
        party: &Party,
        provenance: &Provenance,
        parameters: &Value,
        purpose: &str,
        failure: Option<&Failure>,
    ) -> Result<Option<u64>, Failure> {
        let Some((platform, _)) = &self.platform else { return Ok(None) };
        let body = json!({
            "version": provenance.component_version,
            "parameters": shortened(parameters),
            "purpose": purpose,
            "inputs": provenance.inputs,
            "failure": failure.map(|f| f.code),
        });
        let entry = EvidenceEntry {
            kind: "component.run".to_owned(),
            actor: party.account.clone(),
            subject: provenance.component.clone(),
            body,
        };
        Ok(Some(platform.trust.evidence().record(entry).await?))
    }

    fn entry(&self, id: &str) -> Result<Arc<Entry>, Error> {
        if let Some(entry) = self.entries.get(id) {
            return Ok(entry.clone());
        }
        self.product(id).unwrap_or_else(|| {
            let similar = self.entries.keys().filter(|known| alike(known, id)).take(3).cloned().collect();
            Err(Error::Unknown { id: id.chars().take(80).collect(), similar })
        })
    }

    /// The data product of this id as a component, where it is one now: products come and go while the node runs.
    fn product(&self, id: &str) -> Option<Result<Arc<Entry>, Error>> {
        let (platform, _) = self.platform.as_ref()?;
        let offered = platform.warehouse.products().component(id.strip_prefix("product.")?)?;
        Some(Entry::new(products::component(offered)).map(Arc::new))
    }
}

/// What a component is found by; everybody who is signed in may read the list of components.
fn searched(manifest: &Manifest) -> search::Entry {
    let mut entry = search::Entry::new(search::Kind::Component, manifest.id.clone(), manifest.title.clone());
    entry.summary = manifest.summary.clone();
    entry.words.clone_from(&manifest.reads);
    // The word the interfaces use for the side.
    entry.side = serde_json::to_value(manifest.side).ok().and_then(|side| Some(side.as_str()?.to_owned()));
    entry.viewers = vec![search::EVERYBODY.to_owned()];
    entry
}

/// How often a run looks whether its caller asked to stop.
const CANCEL_CHECK: Duration = Duration::from_millis(50);

/// Resolves soon after somebody asks to stop, so that a component that never looks is stopped too. What it handed to
/// blocking threads ends at its own next look at the token.
async fn cancelled(cancel: &Cancel) {
    while !cancel.is_cancelled() {
        tokio::time::sleep(CANCEL_CHECK).await;
    }
}

/// Longest text of a parameter that evidence keeps; uploaded files would swell the log.
const PARAMETER_TEXT_MAX: usize = 200;

fn shortened(value: &Value) -> Value {
    match value {
        Value::String(text) if text.chars().count() > PARAMETER_TEXT_MAX => {
            Value::String(format!("{}… ({} bytes)", text.chars().take(40).collect::<String>(), text.len()))
        }
        Value::Array(items) => items.iter().take(100).map(shortened).collect(),
        Value::Object(fields) => fields.iter().map(|(k, v)| (k.clone(), shortened(v))).collect(),
        other => other.clone(),
    }
}

fn alike(known: &str, asked: &str) -> bool {
    let tail = |id: &str| id.rsplit('.').next().unwrap_or_default().to_owned();
    !asked.is_empty() && (known.starts_with(asked) || tail(known) == tail(asked))
}

fn index(components: Vec<Arc<dyn Component>>) -> Result<BTreeMap<String, Arc<Entry>>, Error> {
    let mut entries = BTreeMap::new();
    for component in components {
        let id = component.manifest().id.clone();
        if entries.insert(id.clone(), Arc::new(Entry::new(component)?)).is_some() {
            return Err(Error::Internal(format!("{id} is registered twice")));
        }
    }
    Ok(entries)
}
