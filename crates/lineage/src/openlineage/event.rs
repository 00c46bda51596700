//! Events as the specification has them; what it does not name is kept.

use super::SPEC;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

/// State of a run.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "UPPERCASE")]
pub enum RunState {
    /// It begins.
    Start,
    /// It goes on.
    Running,
    /// It ended well.
    Complete,
    /// It was stopped.
    Abort,
    /// It failed.
    Fail,
    /// More about a run, at any time.
    Other,
}

/// Which of the three events it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum EventKind {
    /// A run changed its state.
    Run,
    /// A job is described, without a run.
    Job,
    /// A dataset is described, without a job.
    Dataset,
}

/// A run.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Run {
    /// UUID of the run.
    pub run_id: String,
    /// Facets by name.
    #[serde(default, skip_serializing_if = "Map::is_empty")]
    pub facets: Map<String, Value>,
    /// What the specification does not name.
    #[serde(flatten)]
    pub other: Map<String, Value>,
}

/// A job.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Job {
    /// Its namespace, such as the name of a scheduler.
    pub namespace: String,
    /// Its name in the namespace.
    pub name: String,
    /// Facets by name.
    #[serde(default, skip_serializing_if = "Map::is_empty")]
    pub facets: Map<String, Value>,
    /// What the specification does not name.
    #[serde(flatten)]
    pub other: Map<String, Value>,
}

/// A dataset that is read, written or described.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Dataset {
    /// Its namespace, such as `postgres://host:5432`.
    pub namespace: String,
    /// Its name in the namespace, such as `db.schema.table`.
    pub name: String,
    /// Facets by name.
    #[serde(default, skip_serializing_if = "Map::is_empty")]
    pub facets: Map<String, Value>,
    /// Facets of an input.
    #[serde(default, skip_serializing_if = "Map::is_empty")]
    pub input_facets: Map<String, Value>,
    /// Facets of an output.
    #[serde(default, skip_serializing_if = "Map::is_empty")]
    pub output_facets: Map<String, Value>,
    /// What the specification does not name.
    #[serde(flatten)]
    pub other: Map<String, Value>,
}

impl Dataset {
    /// A dataset without facets.
    pub fn new(namespace: impl Into<String>, name: impl Into<String>) -> Self {
        Self {
            namespace: namespace.into(),
            name: name.into(),
            facets: Map::new(),
            input_facets: Map::new(),
            output_facets: Map::new(),
            other: Map::new(),
        }
    }
}

impl Dataset {
    fn absorb(&mut self, later: Self) {
        overlay(&mut self.facets, later.facets);
        overlay(&mut self.input_facets, later.input_facets);
        overlay(&mut self.output_facets, later.output_facets);
        self.other.extend(later.other);
    }
}

/// Later facets over earlier ones; one that is taken back goes.
fn overlay(facets: &mut Map<String, Value>, later: Map<String, Value>) {
    for (name, facet) in later {
        if facet.get("_deleted") == Some(&Value::Bool(true)) {
            facets.remove(&name);
        } else {
            facets.insert(name, facet);
        }
    }
}

/// An event of any of the three kinds.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Event {
    /// State of the run; only events of runs have it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub event_type: Option<RunState>,
    /// When, RFC 3339.
    pub event_time: String,
    /// The run.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub run: Option<Run>,
    /// The job.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub job: Option<Job>,
    /// The dataset of an event about one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub dataset: Option<Dataset>,
    /// Datasets read.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub inputs: Vec<Dataset>,
    /// Datasets written.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub outputs: Vec<Dataset>,
    /// Who says so, a URI.
    pub producer: String,
    /// The schema it follows, a URI.
    #[serde(rename = "schemaURL")]
    pub schema_url: String,
    /// What the specification does not name.
    #[serde(flatten)]
    pub other: Map<String, Value>,
}

impl Event {
    /// A change of a run.
    pub fn run(state: RunState, time: String, producer: &str, run_id: String, job: Job) -> Self {
        let run = Run { run_id, facets: Map::new(), other: Map::new() };
        Self {
            event_type: Some(state),
            run: Some(run),
            job: Some(job),
            ..Self::empty(time, producer, "RunEvent")
        }
    }

    /// A description of a job.
    pub fn job(time: String, producer: &str, job: Job) -> Self {
        Self { job: Some(job), ..Self::empty(time, producer, "JobEvent") }
    }

    /// A description of a dataset.
    pub fn dataset(time: String, producer: &str, dataset: Dataset) -> Self {
        Self { dataset: Some(dataset), ..Self::empty(time, producer, "DatasetEvent") }
    }

    fn empty(event_time: String, producer: &str, definition: &str) -> Self {
        Self {
            event_type: None,
            event_time,
            run: None,
            job: None,
            dataset: None,
            inputs: Vec::new(),
            outputs: Vec::new(),
            producer: producer.to_owned(),
            schema_url: format!("{SPEC}#/$defs/{definition}"),
            other: Map::new(),
        }
    }

    /// Takes in a later event of the same run or job: what it says anew replaces what was said before, the rest
    /// stays, for a run is told in several events.
    pub fn absorb(&mut self, later: Self) {
        self.event_type = later.event_type.or(self.event_type);
        self.event_time = later.event_time;
        self.producer = later.producer;
        self.schema_url = later.schema_url;
        self.other.extend(later.other);
        match (&mut self.run, later.run) {
            (Some(run), Some(later)) => {
                run.run_id = later.run_id;
                overlay(&mut run.facets, later.facets);
            }
            (run, later) => *run = later.or(run.take()),
        }
        match (&mut self.job, later.job) {
            (Some(job), Some(later)) => overlay(&mut job.facets, later.facets),
            (job, later) => *job = later.or(job.take()),
        }
        match (&mut self.dataset, later.dataset) {
            (Some(dataset), Some(later)) => dataset.absorb(later),
            (dataset, later) => *dataset = later.or(dataset.take()),
        }
        for (mine, later) in [(&mut self.inputs, later.inputs), (&mut self.outputs, later.outputs)] {
            for dataset in later {
                let same =
                    |one: &&mut Dataset| one.namespace == dataset.namespace && one.name == dataset.name;
                match mine.iter_mut().find(same) {
                    Some(known) => known.absorb(dataset),
                    None => mine.push(dataset),
                }
            }
        }
    }

    /// Which kind it is, by what it carries.
    pub const fn kind(&self) -> EventKind {
        match (&self.run, &self.job) {
            (Some(_), _) => EventKind::Run,
            (None, Some(_)) => EventKind::Job,
            (None, None) => EventKind::Dataset,
        }
    }
}

impl Job {
    /// A job without facets.
    pub fn new(namespace: impl Into<String>, name: impl Into<String>) -> Self {
        Self { namespace: namespace.into(), name: name.into(), facets: Map::new(), other: Map::new() }
    }
}
