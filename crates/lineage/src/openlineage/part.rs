//! Events as edges of the graph, and back.

use super::event::{Dataset, Event, Job};
use super::facets::{ColumnLineageFacet, InputField, SchemaFacet, facet};
use crate::error::Result;
use crate::graph::{NodeName, Part};
use crate::kind::EdgeKind;

/// The name in the graph of a dataset of a namespace: datasets of a namespace in `own` keep their name.
pub fn dataset_name(namespace: &str, name: &str, own: &[&str]) -> String {
    if own.contains(&namespace) { name.to_owned() } else { format!("{namespace}#{name}") }
}

impl Event {
    /// What the event says about lineage; the part replaces what an earlier event said of the same job or dataset.
    ///
    /// `own` are the namespaces that mean this node's datasets. The key of the part begins with `openlineage:`.
    pub fn to_part(&self, own: &[&str]) -> Result<Part> {
        match (&self.job, &self.dataset) {
            (Some(job), _) => self.job_part(job, own),
            (None, Some(dataset)) => {
                let name = dataset_name(&dataset.namespace, &dataset.name, own);
                let mut part = Part::new(format!("openlineage:dataset:{name}"));
                described(&mut part, dataset, own)?;
                Ok(part)
            }
            (None, None) => Ok(Part::new("openlineage:nothing")),
        }
    }

    fn job_part(&self, job: &Job, own: &[&str]) -> Result<Part> {
        let name = dataset_name(&job.namespace, &job.name, own);
        let mut part = Part::new(format!("openlineage:job:{name}"));
        let node = NodeName::job(&name);
        part.declare(node.clone());
        for input in &self.inputs {
            let dataset = described(&mut part, input, own)?;
            part.edge(dataset, node.clone(), EdgeKind::Input)?;
        }
        for output in &self.outputs {
            let dataset = described(&mut part, output, own)?;
            part.edge(node.clone(), dataset, EdgeKind::Output)?;
        }
        Ok(part)
    }
}

/// Names a dataset with its columns and adds the edges of its columnLineage facet.
fn described(part: &mut Part, dataset: &Dataset, own: &[&str]) -> Result<NodeName> {
    let name = dataset_name(&dataset.namespace, &dataset.name, own);
    let node = NodeName::dataset(&name);
    part.declare(node.clone());
    if let Some(schema) = facet::<SchemaFacet>(&dataset.facets, "schema") {
        for field in schema.fields {
            part.declare(NodeName::column(&name, field.name));
        }
    }
    if let Some(lineage) = facet::<ColumnLineageFacet>(&dataset.facets, "columnLineage") {
        for (column, inputs) in lineage.fields {
            let target = NodeName::column(&name, column);
            part.declare(target.clone());
            for input in inputs.input_fields {
                connect(part, &input, &target, own, EdgeKind::Transformation)?;
            }
        }
        for input in lineage.dataset {
            connect(part, &input, &node, own, EdgeKind::Filter)?;
        }
    }
    Ok(node)
}

fn connect(
    part: &mut Part,
    input: &InputField,
    target: &NodeName,
    own: &[&str],
    unsaid: EdgeKind,
) -> Result<()> {
    let source = NodeName::column(dataset_name(&input.namespace, &input.name, own), &input.field);
    if source == *target {
        return Ok(());
    }
    if input.transformations.is_empty() {
        return part.edge(source, target.clone(), unsaid);
    }
    for how in &input.transformations {
        let kind = EdgeKind::from_facet_words(&how.kind, how.subtype.as_deref()).unwrap_or(unsaid);
        part.edge(source.clone(), target.clone(), kind)?;
    }
    Ok(())
}
