//! Where a dataset comes from, as others read it: PROV-O (W3C Recommendation, 2013-04-30) in JSON-LD.
//!
//! A version is an entity, the run that wrote it an activity that used the versions it read, the owner an agent.

use super::Catalogue;
use super::dcat::{address, both, dataset_address, instant};
use crate::{Error, Result};
use brain_store::dataset;
use serde_json::{Value, json};
use std::collections::{BTreeSet, VecDeque};

/// Versions followed upwards at most.
const VERSIONS_MAX: usize = 1_000;

impl Catalogue {
    /// The present version of a dataset and everything it was computed from, version by version.
    pub async fn prov(&self, base: &str, name: &str) -> Result<Value> {
        let facts = self.get(name).await?;
        let Some(version) = facts.card.version else {
            return Err(Error::UnknownVersion { name: name.to_owned(), version: 0 });
        };
        let mut graph = Vec::new();
        let (mut agents, mut seen) = (BTreeSet::new(), BTreeSet::new());
        let mut front = VecDeque::from([(name.to_owned(), version as i64)]);
        while let Some(next) = front.pop_front() {
            if seen.len() == VERSIONS_MAX || !seen.insert(next.clone()) {
                continue;
            }
            let (name, version) = next;
            let inputs = dataset::inputs_of(self.inner.store.db(), &name, version).await?;
            graph.extend(self.entity(base, &name, version, &inputs, &mut agents).await?);
            front.extend(inputs.into_iter().map(|input| (input.input, input.input_version)));
        }
        let agents = agents.into_iter();
        graph.extend(
            agents.map(
                |owner| json!({ "@id": agent(base, &owner), "@type": "prov:Agent", "rdfs:label": owner }),
            ),
        );
        Ok(json!({
            "@context": {
                "prov": "http://www.w3.org/ns/prov#",
                "dct": "http://purl.org/dc/terms/",
                "rdfs": "http://www.w3.org/2000/01/rdf-schema#",
                "xsd": "http://www.w3.org/2001/XMLSchema#",
            },
            "@graph": graph,
        }))
    }

    /// One version, and the run that wrote it.
    async fn entity(
        &self,
        base: &str,
        name: &str,
        version: i64,
        inputs: &[dataset::DatasetInput],
        agents: &mut BTreeSet<String>,
    ) -> Result<Vec<Value>> {
        let id = version_address(base, name, version);
        let used: Vec<Value> = inputs
            .iter()
            .map(|input| json!({ "@id": version_address(base, &input.input, input.input_version) }))
            .collect();
        let mut entity = json!({
            "@id": id,
            "@type": "prov:Entity",
            "prov:specializationOf": { "@id": dataset_address(base, name) },
            "prov:wasDerivedFrom": used,
        });
        let mut told = Vec::new();
        if let (Some(fields), Some(known)) =
            (entity.as_object_mut(), self.inner.catalogue.snapshot().get(name))
        {
            fields.insert("dct:title".to_owned(), both(&known.title));
            fields.insert("prov:wasAttributedTo".to_owned(), json!({ "@id": agent(base, &known.owner) }));
            agents.insert(known.owner.clone());
        }
        let row = dataset::find_version(self.inner.store.db(), name, version).await?;
        if let (Some(fields), Some(row)) = (entity.as_object_mut(), row) {
            let at = instant(&row.committed_at.to_rfc3339());
            fields.insert("prov:generatedAtTime".to_owned(), at.clone());
            if let Some(run) = row.run_id {
                let run = address(base, &format!("/run/{run}"));
                fields.insert("prov:wasGeneratedBy".to_owned(), json!({ "@id": run }));
                told.push(json!({ "@id": run, "@type": "prov:Activity", "prov:endedAtTime": at, "prov:used": used }));
            }
        }
        told.insert(0, entity);
        Ok(told)
    }
}

fn version_address(base: &str, name: &str, version: i64) -> String {
    format!("{}?version={version}", dataset_address(base, name))
}

/// An owner by name: he has no page of his own.
fn agent(base: &str, owner: &str) -> String {
    let page = dataset_address(base, owner);
    page.replacen("/data/", "/owner/", 1)
}
