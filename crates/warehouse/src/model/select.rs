//! Which models are meant (选择语法), as dbt users write it.
//!
//! `name`, `zone.name` and `nam*` mean models; a dataset that models read stands for those models only with a plus
//! behind it. `+x` takes what `x` is made of, `x+` what is made of it, `2+x` and `x+1` so many steps. `tag:`, `zone:`
//! and `owner:` choose by front matter. A comma is the intersection, a space the union.

use super::Model;
use crate::query::nearest::nearest;
use crate::{Error, Result};
use brain_kernel::error::{ErrorKind, Failure};
use std::collections::{BTreeMap, BTreeSet};

/// Longest selection, in bytes.
const BYTES_MAX: usize = 4_000;

/// One criterion.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Term {
    /// Steps upstream; none for none.
    up: Option<usize>,
    what: What,
    /// Steps downstream.
    down: Option<usize>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum What {
    Named(String),
    Tag(String),
    Zone(String),
    Owner(String),
}

/// A selection: a union of intersections.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Selection {
    unions: Vec<Vec<Term>>,
}

impl Selection {
    /// Read a selection; an empty text selects everything.
    pub fn parse(text: &str) -> Result<Self> {
        if text.len() > BYTES_MAX {
            return Err(refused("选择超过 4000 字节", "the selection is longer than 4000 bytes"));
        }
        let each = text.split_whitespace().map(|union| union.split(',').map(term).collect());
        Ok(Self { unions: each.collect::<Result<_>>()? })
    }

    /// Whether it was empty.
    #[must_use]
    pub fn is_everything(&self) -> bool {
        self.unions.is_empty()
    }

    /// Names of the models selected. `models` must be in order; a name that means nothing is an error.
    pub(super) fn choose(&self, models: &[Model]) -> Result<BTreeSet<String>> {
        if self.is_everything() {
            return Ok(models.iter().map(|model| model.name.clone()).collect());
        }
        let graph = Edges::of(models);
        let mut chosen = BTreeSet::new();
        for terms in &self.unions {
            let mut both: Option<BTreeSet<String>> = None;
            for term in terms {
                let found = graph.meant(term, models)?;
                both = Some(match both {
                    Some(before) => before.intersection(&found).cloned().collect(),
                    None => found,
                });
            }
            chosen.extend(both.unwrap_or_default());
        }
        Ok(chosen)
    }
}

/// What is selected and not excluded.
pub(super) fn chosen(models: &[Model], select: &str, exclude: &str) -> Result<BTreeSet<String>> {
    let mut chosen = Selection::parse(select)?.choose(models)?;
    let exclude = Selection::parse(exclude)?;
    if !exclude.is_everything() {
        let out = exclude.choose(models)?;
        chosen.retain(|name| !out.contains(name));
    }
    Ok(chosen)
}

fn term(text: &str) -> Result<Term> {
    let (up, rest) = match text.split_once('+') {
        Some(("", rest)) => (Some(usize::MAX), rest),
        Some((steps, rest)) if !rest.is_empty() && steps.bytes().all(|byte| byte.is_ascii_digit()) => {
            (Some(steps_of(steps, text)?), rest)
        }
        _ => (None, text),
    };
    let (what, down) = match rest.rsplit_once('+') {
        Some((what, "")) => (what, Some(usize::MAX)),
        Some((what, steps)) => (what, Some(steps_of(steps, text)?)),
        None => (rest, None),
    };
    let what = match what.split_once(':') {
        None => What::Named(what.to_owned()),
        Some(("tag", value)) => What::Tag(value.to_owned()),
        Some(("zone", value)) => What::Zone(value.to_owned()),
        Some(("owner", value)) => What::Owner(value.to_owned()),
        Some((method, _)) => {
            return Err(refused(
                &format!("没有选择方法 {method}:；可用 tag:、zone:、owner:"),
                &format!("there is no method {method}:; there are tag:, zone: and owner:"),
            ));
        }
    };
    let (What::Named(value) | What::Tag(value) | What::Zone(value) | What::Owner(value)) = &what;
    if value.is_empty() || value.contains('+') {
        return Err(refused(
            &format!("选择项 {text:?} 无法理解"),
            &format!("the criterion {text:?} is not understood"),
        ));
    }
    Ok(Term { up, what, down })
}

fn steps_of(digits: &str, text: &str) -> Result<usize> {
    digits.parse().map_err(|_| {
        refused(
            &format!("选择项 {text:?} 的步数须为整数"),
            &format!("the steps of {text:?} are no whole number"),
        )
    })
}

fn refused(zh: &str, en: &str) -> Error {
    let failure = Failure::new(
        ErrorKind::InvalidArgument,
        "warehouse/model-selection",
        format!("模型选择有误：{zh}。"),
        format!("The selection of models is wrong: {en}."),
    );
    Error::Failure(failure.with_hint(
        "例如：+subject.enterprise  tag:master,zone:subject  raw.registry+",
        "For example: +subject.enterprise  tag:master,zone:subject  raw.registry+",
    ))
}

/// Who reads whom.
struct Edges<'m> {
    up: BTreeMap<&'m str, Vec<&'m str>>,
    down: BTreeMap<&'m str, Vec<&'m str>>,
}

impl<'m> Edges<'m> {
    fn of(models: &'m [Model]) -> Self {
        let (mut up, mut down): (BTreeMap<_, Vec<_>>, BTreeMap<_, Vec<_>>) = Default::default();
        for model in models {
            for input in model.reads() {
                up.entry(model.name.as_str()).or_default().push(input);
                down.entry(input).or_default().push(model.name.as_str());
            }
        }
        Self { up, down }
    }

    fn meant(&self, term: &Term, models: &'m [Model]) -> Result<BTreeSet<String>> {
        let start = self.start(term, models)?;
        let mut found = start.clone();
        if let Some(steps) = term.up {
            found.extend(walk(&self.up, &start, steps));
        }
        if let Some(steps) = term.down {
            found.extend(walk(&self.down, &start, steps));
        }
        // A table that is no model was a starting point only.
        let made = models.iter().filter(|model| found.contains(model.name.as_str()));
        Ok(made.map(|model| model.name.clone()).collect())
    }

    fn start(&self, term: &Term, models: &'m [Model]) -> Result<BTreeSet<&'m str>> {
        let by = |fits: &dyn Fn(&Model) -> bool| -> BTreeSet<&'m str> {
            models.iter().filter(|model| fits(model)).map(|model| model.name.as_str()).collect()
        };
        let found = match &term.what {
            What::Tag(tag) => by(&|model| model.tags.iter().any(|own| matches(tag, own))),
            What::Zone(zone) => by(&|model| {
                matches(zone, &model.place)
                    || model.place.split('/').next().is_some_and(|own| matches(zone, own))
            }),
            What::Owner(owner) => by(&|model| matches(owner, &model.owner)),
            What::Named(name) => {
                let named: BTreeSet<&str> =
                    by(&|model| matches(name, &model.name) || matches(name, model.table()));
                let sources =
                    self.down.keys().copied().filter(|source| *source == name && term.down.is_some());
                named.into_iter().chain(sources).collect()
            }
        };
        if found.is_empty() {
            return Err(nothing(term, models));
        }
        Ok(found)
    }
}

fn nothing(term: &Term, models: &[Model]) -> Error {
    let words = match &term.what {
        What::Named(name) => name.clone(),
        What::Tag(tag) => format!("tag:{tag}"),
        What::Zone(zone) => format!("zone:{zone}"),
        What::Owner(owner) => format!("owner:{owner}"),
    };
    let failure = Failure::new(
        ErrorKind::NotFound,
        "warehouse/unknown-model",
        format!("没有符合 {words} 的模型。"),
        format!("No model fits {words}."),
    );
    let names: Vec<String> = models.iter().map(|model| model.name.clone()).collect();
    let near = nearest(&words, &names);
    if near.is_empty() {
        let hint = ("brain model list 列出所有模型。", "`brain model list` lists the models.");
        return Error::Failure(failure.with_hint(hint.0, hint.1));
    }
    let (zh, en) = (near.join("、"), near.join(", "));
    Error::Failure(failure.with_hint(format!("是不是 {zh}？"), format!("Did you mean {en}?")))
}

/// Everything within so many steps.
fn walk<'m>(
    edges: &BTreeMap<&'m str, Vec<&'m str>>,
    start: &BTreeSet<&'m str>,
    steps: usize,
) -> BTreeSet<&'m str> {
    let mut found = BTreeSet::new();
    let mut edge: Vec<&str> = start.iter().copied().collect();
    for _ in 0..steps {
        edge = edge
            .iter()
            .flat_map(|name| edges.get(name).into_iter().flatten().copied())
            .filter(|next| found.insert(*next))
            .collect();
        if edge.is_empty() {
            break;
        }
    }
    found
}

/// `*` stands for any characters.
fn matches(pattern: &str, text: &str) -> bool {
    let Some((first, rest)) = pattern.split_once('*') else { return pattern == text };
    text.strip_prefix(first).is_some_and(|text| ends(rest, text))
}

/// Whether a text is something, then what is left of a pattern.
fn ends(pattern: &str, text: &str) -> bool {
    let Some((part, rest)) = pattern.split_once('*') else { return text.ends_with(pattern) };
    text.split_once(part).is_some_and(|(_, text)| ends(rest, text)) || part.is_empty() && ends(rest, text)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn models() -> Vec<Model> {
        let one = |name: &str, tags: &str, inputs: &str| {
            Model::parse(&format!(
                "-- model: {name}\n-- title: t\n-- description: d\n-- owner: 某局\n-- side: public\n\
                 -- grade: general1\n-- source: s\n-- licence: l\n-- tags: {tags}\n-- inputs: {inputs}\nSELECT 1"
            ))
            .unwrap()
        };
        vec![
            one("subject.a", "master", "raw.x"),
            one("subject.b", "master, daily", "subject.a"),
            one("subject.c", "daily", "subject.b, raw.y"),
            one("topic.d", "", "subject.c"),
        ]
    }

    fn check(select: &str, exclude: &str, expected: &str) {
        let found: Vec<String> = chosen(&models(), select, exclude).unwrap().into_iter().collect();
        assert_eq!(found.join(" "), expected, "{select} / {exclude}");
    }

    #[test]
    fn selections_mean_what_dbt_users_expect() {
        check("", "", "subject.a subject.b subject.c topic.d");
        check("b", "", "subject.b");
        check("+subject.b", "", "subject.a subject.b");
        check("b+", "", "subject.b subject.c topic.d");
        check("1+c", "", "subject.b subject.c");
        check("a+1", "", "subject.a subject.b");
        check("+b+", "", "subject.a subject.b subject.c topic.d");
        check("tag:master", "", "subject.a subject.b");
        check("tag:master,tag:daily", "", "subject.b");
        check("tag:master topic.d", "", "subject.a subject.b topic.d");
        check("zone:subject", "b+", "subject.a");
        check("subject.*", "", "subject.a subject.b subject.c");
        check("*.d", "", "topic.d");
        check("raw.y+", "", "subject.c topic.d");
        check("owner:某*", "zone:subject", "topic.d");
        check("tag:master,d", "", "");
    }

    #[test]
    fn what_means_nothing_is_an_error_that_says_what_might_be_meant() {
        let refused = |wrong: &str| Failure::from(chosen(&models(), wrong, "").unwrap_err());
        for wrong in ["nobody", "tag:none", "raw.y"] {
            let failure = refused(wrong);
            assert_eq!(
                (failure.kind, failure.code),
                (ErrorKind::NotFound, "warehouse/unknown-model"),
                "{wrong}"
            );
        }
        let long = "a ".repeat(BYTES_MAX);
        for wrong in ["+", "a++", "x+y", "state:new", "tag:", ",", "1.5+a", &long] {
            let failure = refused(wrong);
            let expected = (ErrorKind::InvalidArgument, "warehouse/model-selection");
            assert_eq!((failure.kind, failure.code), expected, "{wrong}");
        }
        assert!(refused("subjct.a").hint.unwrap().en.contains("subject.a"));
    }

    proptest! {
        #[test]
        fn any_text_selects_some_models_or_is_refused(text in "[a-d+,:*. 0-9]{0,30}", more in ".{0,60}") {
            let models = models();
            for text in [text, more] {
                if let Ok(found) = chosen(&models, &text, "") {
                    prop_assert!(found.iter().all(|name| models.iter().any(|model| model.name == *name)));
                    // What is excluded is not selected.
                    if !text.trim().is_empty() {
                        prop_assert!(chosen(&models, &text, &text).unwrap().is_empty());
                    }
                }
            }
        }

        #[test]
        fn more_steps_never_select_less(at in 0usize..4, steps in 0usize..5) {
            let models = models();
            let name = models[at].name.clone();
            let few = chosen(&models, &format!("{steps}+{name}+{steps}"), "").unwrap();
            let many = chosen(&models, &format!("{}+{name}+{}", steps + 1, steps + 1), "").unwrap();
            prop_assert!(few.is_subset(&many) && few.contains(&name));
        }

        #[test]
        fn a_pattern_is_what_a_regular_expression_says(pattern in "[ab*]{0,6}", text in "[ab]{0,8}") {
            let regex = regex::Regex::new(&format!("^{}$", pattern.replace('*', ".*"))).unwrap();
            prop_assert_eq!(matches(&pattern, &text), regex.is_match(&text));
        }
    }
}
