//! Edges from what this node knows: catalogue, models, components.

use super::{Lineage, State};
use crate::Result;
use crate::catalogue::Snapshot;
use crate::model::Model;
use brain_kernel::error::Failure;
use brain_lineage::sql::{Catalogue, Dialect, Issue, StatementLineage, Verb, analyse};
use brain_lineage::{EdgeKind, NodeName, Part};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

/// A component, or something components share, that reads datasets.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Consumer {
    /// Its id, such as `chain.gap`.
    pub id: String,
    /// Datasets it reads.
    pub reads: Vec<String>,
    /// Other consumers it is given results by, such as the chain graph.
    pub through: Vec<String>,
    /// The pages its numbers stand on.
    pub shown: Vec<Shown>,
}

/// Numbers on a page.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Shown {
    /// Path of the page.
    pub page: String,
    /// Names of the numbers.
    pub numbers: Vec<String>,
}

impl Lineage {
    /// Brings the graph in line with the catalogue.
    pub(super) async fn prepare(&self) -> Result<()> {
        self.load_events().await?;
        let snapshot = self.inner.catalogue.snapshot();
        let current =
            |state: &State| state.made_from.as_ref().is_some_and(|from| Arc::ptr_eq(from, &snapshot));
        if current(&self.inner.lineage.read()) {
            return Ok(());
        }
        let inputs = brain_store::grading::latest_inputs(self.inner.store.db()).await?;
        let set = self.inner.model_set();
        let consumers = Arc::clone(&self.inner.lineage.read().consumers);
        let (parts, issues) = parts(&snapshot, &set.models, &inputs, &consumers)?;
        let mut state = self.inner.lineage.write();
        let keep: BTreeSet<&str> = parts.iter().map(Part::key).collect();
        let gone: Vec<String> = state
            .graph
            .parts()
            .into_iter()
            .filter(|key| !key.starts_with(super::events::KEYS) && !keep.contains(key))
            .map(str::to_owned)
            .collect();
        for key in gone {
            state.graph.remove(&key);
        }
        for part in &parts {
            state.graph.replace(part).map_err(Failure::from)?;
        }
        state.issues = issues;
        state.made_from = Some(snapshot);
        Ok(())
    }
}

type Parts = (Vec<Part>, BTreeMap<String, Vec<Issue>>);

fn parts(
    snapshot: &Snapshot,
    models: &[Model],
    inputs: &[(String, String)],
    consumers: &[Consumer],
) -> Result<Parts> {
    let mut parts = Vec::new();
    let mut issues = BTreeMap::new();
    for entry in snapshot.values() {
        let mut part = Part::new(format!("dataset:{}", entry.name));
        part.declare(NodeName::dataset(&entry.name));
        for column in &entry.columns {
            part.declare(NodeName::column(&entry.name, &column.name));
        }
        parts.push(part);
    }
    let known = known_columns(snapshot, models);
    let catalogue = catalogue_of(&known);
    for model in models {
        let (part, found) = of_model(model, &catalogue)?;
        parts.push(part);
        if !found.is_empty() {
            issues.insert(model.name.clone(), found);
        }
    }
    let made: BTreeSet<&str> = models.iter().map(|model| model.name.as_str()).collect();
    for (dataset, input) in inputs.iter().filter(|(dataset, _)| !made.contains(dataset.as_str())) {
        let mut part = Part::new(format!("input:{dataset}:{input}"));
        let job = NodeName::job(format!("commit:{dataset}"));
        edge(&mut part, NodeName::dataset(input), job.clone(), EdgeKind::Input)?;
        edge(&mut part, job, NodeName::dataset(dataset), EdgeKind::Output)?;
        parts.push(part);
    }
    for consumer in consumers {
        parts.push(of_consumer(consumer, &known)?);
    }
    Ok((parts, issues))
}

/// Columns of every table a model may name: those in the catalogue, those the models document, and those their
/// front matter lists for tables that may be missing.
pub(super) fn known_columns(snapshot: &Snapshot, models: &[Model]) -> BTreeMap<String, Vec<String>> {
    let mut known: BTreeMap<String, Vec<String>> = BTreeMap::new();
    let mut add = |table: &str, names: &mut dyn Iterator<Item = &String>| {
        let columns = known.entry(table.to_owned()).or_default();
        for name in names {
            if !columns.contains(name) {
                columns.push(name.clone());
            }
        }
    };
    for entry in snapshot.values() {
        add(&entry.name, &mut entry.columns.iter().map(|column| &column.name));
    }
    for model in models {
        add(&model.name, &mut model.columns.iter().map(|column| &column.name));
        for (table, schema) in &model.optional {
            add(table, &mut schema.fields().iter().map(|field| field.name()));
        }
    }
    known
}

/// The same as a reader of SQL wants it.
pub(super) fn catalogue_of(known: &BTreeMap<String, Vec<String>>) -> Catalogue {
    let mut catalogue = Catalogue::new();
    for (table, columns) in known {
        catalogue.add(table, columns.iter().cloned());
    }
    catalogue
}

/// What a model's text says: its statement as if it wrote the model's table.
pub(super) fn statement_of(model: &Model, catalogue: &Catalogue) -> Result<Option<StatementLineage>> {
    let script = analyse(&model.sql, Dialect::Generic, catalogue).map_err(Failure::from)?;
    Ok(script.statements.into_iter().next().map(|statement| StatementLineage {
        target: Some(model.name.clone()),
        verb: Verb::CreateTable,
        ..statement
    }))
}

fn of_model(model: &Model, catalogue: &Catalogue) -> Result<(Part, Vec<Issue>)> {
    let job = format!("model:{}", model.name);
    let mut part = Part::new(&job);
    for input in model.reads() {
        edge(&mut part, NodeName::dataset(input), NodeName::job(&job), EdgeKind::Input)?;
    }
    let Some(statement) = statement_of(model, catalogue)? else { return Ok((part, Vec::new())) };
    statement.add_to(&mut part, &job, &str::to_owned).map_err(Failure::from)?;
    Ok((part, statement.issues))
}

/// A component reads datasets whole: each of their columns may be in each of its numbers.
fn of_consumer(consumer: &Consumer, known: &BTreeMap<String, Vec<String>>) -> Result<Part> {
    let mut part = Part::new(format!("component:{}", consumer.id));
    let node = NodeName::component(&consumer.id);
    part.declare(node.clone());
    for dataset in &consumer.reads {
        edge(&mut part, NodeName::dataset(dataset), node.clone(), EdgeKind::Input)?;
        for column in known.get(dataset).into_iter().flatten() {
            edge(&mut part, NodeName::column(dataset, column), node.clone(), EdgeKind::Input)?;
        }
    }
    for other in &consumer.through {
        edge(&mut part, NodeName::component(other), node.clone(), EdgeKind::Input)?;
    }
    for shown in &consumer.shown {
        edge(&mut part, node.clone(), NodeName::page(&shown.page), EdgeKind::Output)?;
        for number in &shown.numbers {
            edge(&mut part, node.clone(), NodeName::number(&shown.page, number), EdgeKind::Output)?;
        }
    }
    Ok(part)
}

fn edge(part: &mut Part, source: NodeName, target: NodeName, kind: EdgeKind) -> Result<()> {
    Ok(part.edge(source, target, kind).map_err(Failure::from)?)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn built_in() -> (Vec<Model>, BTreeMap<String, Vec<String>>) {
        let models = crate::model::builtin_models().unwrap();
        let known = known_columns(&Snapshot::new(), &models);
        (models, known)
    }

    fn statement(model: &Model, known: &BTreeMap<String, Vec<String>>) -> StatementLineage {
        statement_of(model, &catalogue_of(known)).unwrap().unwrap()
    }

    #[test]
    fn every_model_of_the_program_is_followed_to_its_last_column() {
        let (models, known) = built_in();
        for model in &models {
            let statement = statement(model, &known);
            let about = format!("{}: {:?}", model.name, statement.issues);
            let made: Vec<&str> = statement.columns.iter().map(|column| column.name.as_str()).collect();
            let told: Vec<&str> = model.columns.iter().map(|column| column.name.as_str()).collect();
            assert_eq!(made, told, "{about}");
            assert!(statement.issues.is_empty(), "{about}");
            assert!(statement.columns.iter().any(|column| !column.origins.is_empty()), "{about}");
        }
    }

    #[test]
    fn a_raw_cell_is_followed_to_the_subject_table_and_says_how() {
        let (models, known) = built_in();
        let model = models.iter().find(|model| model.name == "subject.enterprise").unwrap();
        let statement = statement(model, &known);
        let column = |name: &str| statement.columns.iter().find(|column| column.name == name).unwrap();
        let capital: Vec<String> = column("capital_cny")
            .origins
            .iter()
            .filter(|origin| origin.kinds.iter().any(|kind| kind.is_direct()))
            .map(|origin| format!("{}.{} {:?}", origin.dataset, origin.column, origin.kinds))
            .collect();
        assert_eq!(
            capital,
            ["raw.registry.capital [Transformation]", "raw.simulated_registration.capital [Transformation]"]
        );
        let scope: Vec<&str> = column("scope").origins.iter().map(|origin| origin.dataset.as_str()).collect();
        assert_eq!(scope, ["raw.registry", "raw.simulated_registration"]);
        assert!(statement.indirect.iter().any(|origin| origin.column == "uscc"), "it joins by credit code");
    }

    #[test]
    fn a_component_stands_between_columns_and_the_numbers_of_its_pages() {
        let (_, known) = built_in();
        let consumer = Consumer {
            id: "chain.gap".to_owned(),
            reads: vec!["subject.region".to_owned()],
            through: vec!["chain graph".to_owned()],
            shown: vec![Shown { page: "/gap".to_owned(), numbers: vec!["completeness".to_owned()] }],
        };
        let mut graph = brain_lineage::Graph::default();
        graph.replace(&of_consumer(&consumer, &known).unwrap()).unwrap();
        let column = graph.find(&NodeName::column("subject.region", "name")).unwrap();
        let down = graph.walk(column, &brain_lineage::Walk::new(brain_lineage::graph::Direction::Down, 2));
        let names: Vec<String> = down
            .nodes
            .iter()
            .filter_map(|reach| graph.name(reach.node))
            .map(|name| name.to_string())
            .collect();
        assert_eq!(names, ["chain.gap", "/gap", "/gap: completeness"]);
    }
}
