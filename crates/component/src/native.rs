//! Native components: a Rust function plus its definition.

use crate::context::Context;
use crate::error::Error;
use crate::manifest::{Effect, Kind, Manifest};
use crate::parameters::schema_of;
use crate::registry::Component;
use async_trait::async_trait;
use brain_kernel::{error::Failure, language::Text, party::Role, side::Side};
use schemars::JsonSchema;
use serde::{Serialize, de::DeserializeOwned};
use serde_json::Value;
use std::future::Future;
use std::marker::PhantomData;
use std::sync::Arc;

/// What an author says about a component; the schemas come from the function's types.
///
/// A builder and not an attribute macro: the definition is then ordinary code that an editor follows and a
/// reader can step into (docs/decisions/0002).
#[derive(Debug, Clone)]
pub struct Definition {
    /// See [`Manifest::id`].
    pub id: &'static str,
    /// See [`Manifest::version`].
    pub version: &'static str,
    /// Chinese and English name.
    pub title: (&'static str, &'static str),
    /// Chinese and English summary.
    pub summary: (&'static str, &'static str),
    /// See [`Manifest::kind`].
    pub kind: Kind,
    /// See [`Manifest::side`].
    pub side: Side,
    /// See [`Manifest::effect`].
    pub effect: Effect,
    /// Roles that may run it; empty means every role.
    pub audience: &'static [Role],
    /// Datasets it may read.
    pub reads: &'static [&'static str],
    /// Chinese and English formula.
    pub formula: Option<(&'static str, &'static str)>,
    /// JSON pointer to the main table of the result.
    pub table: Option<&'static str>,
    /// Whether these parameters can be answered without a node (plain files).
    pub detached: fn(&Value) -> bool,
}

/// Never without a node: the default for [`Definition::detached`].
#[must_use]
pub fn always_attached(_: &Value) -> bool {
    false
}

struct Native<P, R, F> {
    manifest: Arc<Manifest>,
    detached: fn(&Value) -> bool,
    function: F,
    types: PhantomData<fn(P) -> R>,
}

/// Make a component of `function`. Parameters and result schemas are derived from `P` and `R`.
pub fn native<P, R, F, Fut>(definition: Definition, function: F) -> Arc<dyn Component>
where
    P: DeserializeOwned + JsonSchema + Send + 'static,
    R: Serialize + JsonSchema + Send + 'static,
    F: Fn(Context, P) -> Fut + Send + Sync + 'static,
    Fut: Future<Output = Result<R, Failure>> + Send + 'static,
{
    let text = |pair: (&str, &str)| Text::new(pair.0, pair.1);
    let audience =
        if definition.audience.is_empty() { Role::WORKING.to_vec() } else { definition.audience.to_vec() };
    let manifest = Manifest {
        id: definition.id.to_owned(),
        version: definition.version.to_owned(),
        title: text(definition.title),
        summary: text(definition.summary),
        kind: definition.kind,
        side: definition.side,
        effect: definition.effect,
        audience,
        reads: definition.reads.iter().map(|&name| name.to_owned()).collect(),
        formula: definition.formula.map(text),
        parameters: schema_of::<P>(),
        result: schema_of::<R>(),
        table: definition.table.map(str::to_owned),
    };
    Arc::new(Native {
        manifest: Arc::new(manifest),
        detached: definition.detached,
        function,
        types: PhantomData,
    })
}

#[async_trait]
impl<P, R, F, Fut> Component for Native<P, R, F>
where
    P: DeserializeOwned + Send + 'static,
    R: Serialize + Send + 'static,
    F: Fn(Context, P) -> Fut + Send + Sync + 'static,
    Fut: Future<Output = Result<R, Failure>> + Send + 'static,
{
    fn manifest(&self) -> &Arc<Manifest> {
        &self.manifest
    }

    fn runs_detached(&self, parameters: &Value) -> bool {
        (self.detached)(parameters)
    }

    async fn run(&self, context: Context, parameters: Value) -> Result<Value, Failure> {
        // The schema was checked before; what remains are rules a schema cannot say, such as a check digit.
        let typed: P = serde_json::from_value(parameters).map_err(|error| Error::Parameter {
            pointer: String::new(),
            zh: format!("无法识别（{error}）"),
            en: error.to_string(),
        })?;
        let result = (self.function)(context, typed).await?;
        serde_json::to_value(result).map_err(|error| Error::Internal(error.to_string()).into())
    }
}
