//! In which order models run.

use super::Model;
use crate::{Error, Result};
use std::collections::BTreeSet;

/// Models so that each comes after those it reads; a cycle is an error naming one model on it.
pub(crate) fn ordered(models: Vec<Model>) -> Result<Vec<Model>> {
    let (sorted, circular) = sorted(models);
    match circular.first() {
        Some(model) => Err(Error::model(&model.name, "经其他模型读取自己", "reads itself through others")),
        None => Ok(sorted),
    }
}

/// The same; models on a cycle, and those that read them, come apart.
pub(super) fn sorted(models: Vec<Model>) -> (Vec<Model>, Vec<Model>) {
    let names: BTreeSet<String> = models.iter().map(|model| model.name.clone()).collect();
    let mut waiting = models;
    let mut done: BTreeSet<String> = BTreeSet::new();
    let mut out = Vec::with_capacity(waiting.len());
    while !waiting.is_empty() {
        let ready = |model: &Model| {
            model.reads().all(|input| input == model.name || !names.contains(input) || done.contains(input))
        };
        let (now, later): (Vec<_>, Vec<_>) = waiting.into_iter().partition(ready);
        if now.is_empty() {
            return (out, later);
        }
        done.extend(now.iter().map(|model| model.name.clone()));
        out.extend(now);
        waiting = later;
    }
    (out, Vec::new())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn model(name: &str, inputs: &str) -> Model {
        Model::parse(&format!(
            "-- model: {name}\n-- title: t\n-- description: d\n-- owner: o\n-- side: public\n-- grade: general1\n\
             -- source: s\n-- licence: l\n-- inputs: {inputs}\nSELECT 1"
        ))
        .unwrap()
    }

    #[test]
    fn a_model_runs_after_what_it_reads_and_a_cycle_is_refused() {
        let models = vec![
            model("subject.c", "subject.b"),
            model("subject.b", "subject.a, raw.x"),
            model("subject.a", "raw.x"),
        ];
        let names: Vec<_> = ordered(models).unwrap().into_iter().map(|model| model.name).collect();
        assert_eq!(names, ["subject.a", "subject.b", "subject.c"]);
        let cycle = vec![model("subject.a", "subject.b"), model("subject.b", "subject.a")];
        assert!(ordered(cycle).unwrap_err().to_string().contains("reads itself"));
    }
}
