//! What was found in a statement, as edges of the graph.

use super::script::{Origin, Script, StatementLineage, Verb};
use crate::error::Result;
use crate::graph::{NodeName, Part};
use crate::kind::EdgeKind;

impl StatementLineage {
    /// Adds the edges of the statement to a part; `job` is what runs it.
    ///
    /// A bare query writes nothing: its inputs are read by the job, its columns lead nowhere. `rename` gives tables
    /// the names they have in the graph.
    pub fn add_to(&self, part: &mut Part, job: &str, rename: &dyn Fn(&str) -> String) -> Result<()> {
        for input in &self.inputs {
            part.edge(NodeName::dataset(rename(input)), NodeName::job(job), EdgeKind::Input)?;
        }
        let Some(target) = &self.target else { return Ok(()) };
        let target = rename(target);
        part.edge(NodeName::job(job), NodeName::dataset(&target), EdgeKind::Output)?;
        for column in &self.columns {
            let node = NodeName::column(&target, &column.name);
            part.declare(node.clone());
            edges(part, &column.origins, &node, rename)?;
        }
        // A deleted row takes its columns with it, but no value comes from the condition.
        if self.verb != Verb::Select {
            edges(part, &self.indirect, &NodeName::dataset(&target), rename)?;
        }
        Ok(())
    }
}

fn edges(
    part: &mut Part,
    origins: &[Origin],
    target: &NodeName,
    rename: &dyn Fn(&str) -> String,
) -> Result<()> {
    for origin in origins {
        let source = NodeName::column(rename(&origin.dataset), &origin.column);
        // `SET n = n + 1` says nothing about where n comes from.
        if source == *target {
            continue;
        }
        for kind in &origin.kinds {
            part.edge(source.clone(), target.clone(), *kind)?;
        }
    }
    Ok(())
}

impl Script {
    /// All edges of a script as one part.
    pub fn to_part(&self, key: &str, job: &str, rename: &dyn Fn(&str) -> String) -> Result<Part> {
        let mut part = Part::new(key);
        for statement in &self.statements {
            statement.add_to(&mut part, job, rename)?;
        }
        Ok(part)
    }
}
