//! What changed from one version to the next, whether it breaks callers, and the number that says so.

use super::contract::Redistribution;
use super::{Column, Definition};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::fmt;

/// Kind of a difference.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
#[schemars(rename = "DataProductDifferenceKind")]
pub enum DifferenceKind {
    /// 增加字段.
    ColumnAdded,
    /// 去掉字段.
    ColumnRemoved,
    /// 字段类型改变.
    ColumnType,
    /// 字段从不可空变为可空.
    ColumnNullable,
    /// 增加参数.
    ParameterAdded,
    /// 去掉参数.
    ParameterRemoved,
    /// 参数收紧或类型改变.
    ParameterChanged,
    /// 增加形态.
    FormAdded,
    /// 去掉形态.
    FormRemoved,
    /// 来源或查询改变.
    Source,
    /// 合约改变.
    Contract,
    /// 服务水平改变.
    Sla,
}

/// One difference (版本差异).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[schemars(rename = "DataProductDifference")]
pub struct Difference {
    /// Kind.
    pub kind: DifferenceKind,
    /// Column, parameter, form or term it is about; empty where it is about the whole.
    pub name: String,
    /// What it was.
    pub before: Option<String>,
    /// What it is.
    pub after: Option<String>,
    /// Whether callers of the version before may break.
    pub breaking: bool,
}

/// A semantic version.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default)]
pub(super) struct Semver {
    major: u32,
    minor: u32,
    patch: u32,
}

impl Semver {
    pub(super) const FIRST: Self = Self { major: 1, minor: 0, patch: 0 };

    pub(super) fn parse(text: &str) -> Option<Self> {
        let mut parts = text.splitn(3, '.').map(|part| part.parse().ok());
        Some(Self { major: parts.next()??, minor: parts.next()??, patch: parts.next()?? })
    }

    /// The version after this one: major where something breaks, minor where something was added, else patch.
    pub(super) const fn next(self, breaking: bool, added: bool) -> Self {
        let Self { major, minor, patch } = self;
        match (breaking, added) {
            (true, _) => Self { major: major.saturating_add(1), minor: 0, patch: 0 },
            (false, true) => Self { major, minor: minor.saturating_add(1), patch: 0 },
            (false, false) => Self { major, minor, patch: patch.saturating_add(1) },
        }
    }
}

impl fmt::Display for Semver {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}.{}", self.major, self.minor, self.patch)
    }
}

/// Whether these differences add something that was not there.
pub(super) fn adds(differences: &[Difference]) -> bool {
    use DifferenceKind::{ColumnAdded, FormAdded, ParameterAdded};
    differences.iter().any(|found| matches!(found.kind, ColumnAdded | ParameterAdded | FormAdded))
}

/// Everything that differs between two versions.
pub(super) fn between(
    (before, columns_before): (&Definition, &[Column]),
    (after, columns_after): (&Definition, &[Column]),
) -> Vec<Difference> {
    let mut found = columns(columns_before, columns_after);
    found.extend(parameters(before, after));
    found.extend(forms(before, after));
    if before.source != after.source {
        found.push(of_whole(DifferenceKind::Source, "", None, None, false));
    }
    found.extend(terms(before, after));
    found
}

fn of_whole(
    kind: DifferenceKind,
    name: &str,
    before: Option<String>,
    after: Option<String>,
    breaking: bool,
) -> Difference {
    Difference { kind, name: name.to_owned(), before, after, breaking }
}

fn columns(before: &[Column], after: &[Column]) -> Vec<Difference> {
    let mut found = Vec::new();
    for old in before {
        let Some(new) = after.iter().find(|new| new.name == old.name) else {
            let was = Some(old.data_type.clone());
            found.push(of_whole(DifferenceKind::ColumnRemoved, &old.name, was, None, true));
            continue;
        };
        if new.data_type != old.data_type {
            let (was, is) = (Some(old.data_type.clone()), Some(new.data_type.clone()));
            found.push(of_whole(DifferenceKind::ColumnType, &old.name, was, is, true));
        }
        if new.nullable && !old.nullable {
            found.push(of_whole(DifferenceKind::ColumnNullable, &old.name, None, None, true));
        }
    }
    for new in after.iter().filter(|new| before.iter().all(|old| old.name != new.name)) {
        let is = Some(new.data_type.clone());
        found.push(of_whole(DifferenceKind::ColumnAdded, &new.name, None, is, false));
    }
    found
}

fn parameters(before: &Definition, after: &Definition) -> Vec<Difference> {
    let (before, after) = (before.source.parameters(), after.source.parameters());
    let mut found = Vec::new();
    for old in before {
        let Some(new) = after.iter().find(|new| new.name == old.name) else {
            found.push(of_whole(DifferenceKind::ParameterRemoved, &old.name, None, None, true));
            continue;
        };
        if new == old {
            continue;
        }
        let raised = |was: Option<f64>, is: Option<f64>| is.is_some_and(|is| was.is_none_or(|was| is > was));
        let lowered = |was: Option<f64>, is: Option<f64>| is.is_some_and(|is| was.is_none_or(|was| is < was));
        let fewer = !new.allowed.is_empty()
            && (old.allowed.is_empty() || old.allowed.iter().any(|text| !new.allowed.contains(text)));
        let asked = new.required && new.default.is_none() && !(old.required && old.default.is_none());
        let breaking = new.kind != old.kind
            || raised(old.least, new.least)
            || lowered(old.most, new.most)
            || fewer
            || asked;
        found.push(of_whole(DifferenceKind::ParameterChanged, &old.name, None, None, breaking));
    }
    for new in after.iter().filter(|new| before.iter().all(|old| old.name != new.name)) {
        let breaking = new.required && new.default.is_none();
        found.push(of_whole(DifferenceKind::ParameterAdded, &new.name, None, None, breaking));
    }
    found
}

fn forms(before: &Definition, after: &Definition) -> Vec<Difference> {
    let gone = before.forms.difference(&after.forms);
    let gone = gone.map(|form| of_whole(DifferenceKind::FormRemoved, form.name(), None, None, true));
    let new = after.forms.difference(&before.forms);
    gone.chain(new.map(|form| of_whole(DifferenceKind::FormAdded, form.name(), None, None, false))).collect()
}

/// A contract or a promise that became narrower breaks, too.
fn terms(before: &Definition, after: &Definition) -> Vec<Difference> {
    let mut found = Vec::new();
    let (old, new) = (&before.contract, &after.contract);
    if old != new {
        let narrower = !old.purposes.is_subset(&new.purposes)
            || !old.permitted.is_subset(&new.permitted)
            || !new.forbidden.is_subset(&old.forbidden)
            || new.period_days < old.period_days
            || new.retention_days < old.retention_days
            || (old.redistribution != new.redistribution && new.redistribution == Redistribution::None);
        found.push(of_whole(DifferenceKind::Contract, "", None, None, narrower));
    }
    let (old, new) = (&before.sla, &after.sla);
    if old != new {
        let hours = |hours: u32| Some(format!("{hours} h"));
        let less = new.freshness_hours > old.freshness_hours
            || new.availability_percent.unwrap_or_default() < old.availability_percent.unwrap_or_default();
        let (was, is) = (hours(old.freshness_hours), hours(new.freshness_hours));
        found.push(of_whole(DifferenceKind::Sla, "", was, is, less));
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::product::definition::{Form, Source};
    use crate::product::{Contract, Parameter, ParameterKind, Sla, Use};
    use brain_kernel::language::Text;

    fn column(name: &str, data_type: &str) -> Column {
        let title = Text::new(name, name);
        let (name, data_type) = (name.to_owned(), data_type.to_owned());
        Column { name, data_type, nullable: false, title, unit: None, origins: Vec::new() }
    }

    fn definition() -> Definition {
        let parameter = Parameter {
            name: "least_amount".into(),
            title: Text::new("最低金额", "Least amount"),
            kind: ParameterKind::Number,
            required: false,
            default: None,
            least: Some(0.0),
            most: Some(100.0),
            allowed: Vec::new(),
        };
        Definition {
            source: Source::Query { sql: "SELECT 1".into(), parameters: vec![parameter] },
            forms: [Form::Api].into(),
            contract: Contract {
                purposes: ["view".to_owned(), "analysis".to_owned()].into(),
                permitted: [Use::Read].into(),
                forbidden: [].into(),
                period_days: 30,
                redistribution: Redistribution::None,
                retention_days: 30,
                fee: None,
                terms: None,
            },
            sla: Sla { freshness_hours: 24, availability_percent: Some(99.0), support: "x".into() },
        }
    }

    fn changed(change: impl FnOnce(&mut Definition, &mut Vec<Column>)) -> Vec<Difference> {
        let (before, columns) = (definition(), vec![column("a", "Utf8"), column("b", "Int64")]);
        let (mut after, mut new) = (before.clone(), columns.clone());
        change(&mut after, &mut new);
        between((&before, &columns), (&after, &new))
    }

    fn breaks(found: &[Difference]) -> bool {
        found.iter().any(|difference| difference.breaking)
    }

    fn parameter(definition: &mut Definition) -> &mut Parameter {
        let Source::Query { parameters, .. } = &mut definition.source else { panic!("a query") };
        &mut parameters[0]
    }

    #[test]
    fn what_a_caller_relies_on_breaks_when_it_goes() {
        type Change = fn(&mut Definition, &mut Vec<Column>);
        let breaking: [Change; 13] = [
            |_, columns| drop(columns.pop()),
            |_, columns| columns[0].data_type = "Int64".into(),
            |_, columns| columns[0].nullable = true,
            |definition, _| parameter(definition).kind = ParameterKind::Text,
            |definition, _| parameter(definition).most = Some(50.0),
            |definition, _| parameter(definition).least = Some(1.0),
            |definition, _| parameter(definition).required = true,
            |definition, _| parameter(definition).name = "other".into(),
            |definition, _| definition.forms = [Form::Download].into(),
            |definition, _| drop(definition.contract.purposes.pop_first()),
            |definition, _| definition.contract.period_days = 10,
            |definition, _| definition.contract.forbidden.extend([Use::Sell]),
            |definition, _| definition.sla.freshness_hours = 48,
        ];
        for (at, change) in breaking.into_iter().enumerate() {
            assert!(breaks(&changed(change)), "change {at}");
        }
    }

    #[test]
    fn what_is_added_or_widened_breaks_nothing() {
        type Change = fn(&mut Definition, &mut Vec<Column>);
        let harmless: [Change; 7] = [
            |_, columns| columns.push(column("c", "Utf8")),
            |_, columns| columns.reverse(),
            |definition, _| parameter(definition).most = None,
            |definition, _| definition.forms.extend([Form::Download]),
            |definition, _| definition.contract.period_days = 90,
            |definition, _| definition.sla.freshness_hours = 12,
            |_, _| {},
        ];
        for (at, change) in harmless.into_iter().enumerate() {
            assert!(!breaks(&changed(change)), "change {at}");
        }
        assert!(changed(|_, _| {}).is_empty());
    }

    #[test]
    fn the_number_follows_from_the_differences() {
        let one = Semver::parse("1.2.3").unwrap();
        assert_eq!(one.next(true, true).to_string(), "2.0.0");
        assert_eq!(one.next(false, true).to_string(), "1.3.0");
        assert_eq!(one.next(false, false).to_string(), "1.2.4");
        assert!(Semver::parse("1.2").is_none() && Semver::parse("a.b.c").is_none());
        assert!(one < Semver::parse("1.10.0").unwrap());
    }
}
