//! Code lists (代码表): which codes there are, which hold on a day, and what took the place of those that no longer do.

mod file;
mod mapping;
mod nearest;

pub use file::{CODES_BYTES_MAX, ListFile};
pub(crate) use file::{needed, table};
pub use mapping::{Mapping, MappingFile, MappingHeading, MappingRow};

use crate::error::{Result, StandardsError};
use crate::text;
use brain_kernel::language::Text;
use chrono::NaiveDate;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};

/// Most codes of one list.
pub const CODES_MAX: usize = 200_000;
/// Longest code, characters.
pub const CODE_CHARACTERS_MAX: usize = 64;
/// Most codes that take the place of one.
const SUCCESSORS_MAX: usize = 100;

/// What a list is and where it comes from.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[schemars(rename = "CodeListHeading")]
#[serde(deny_unknown_fields)]
pub struct Heading {
    /// 标识，如 hs_2022 · Id, as `hs_2022`.
    pub id: String,
    /// 名称 · What it is called.
    pub title: Text,
    /// 标准号，如 GB/T 4754 · Standard, as `GB/T 4754`.
    pub standard: String,
    /// 版本，如 2017 · Edition, as `2017`.
    #[serde(default)]
    pub edition: String,
    /// 来源 · Where the list was taken from.
    pub source: String,
}

/// One code.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[schemars(rename = "ListedCode")]
pub struct Code {
    /// The code.
    pub code: String,
    /// Code one level up.
    #[serde(default)]
    pub parent: Option<String>,
    /// What it is called; one language is enough.
    pub name: Text,
    /// First day it holds; always where absent.
    #[serde(default)]
    pub valid_from: Option<NaiveDate>,
    /// Last day it holds; for ever where absent.
    #[serde(default)]
    pub valid_until: Option<NaiveDate>,
    /// Codes that take its place when it ends.
    #[serde(default)]
    pub successors: Vec<String>,
}

impl Code {
    /// Whether it holds on this day.
    #[must_use]
    pub fn holds_on(&self, day: NaiveDate) -> bool {
        self.valid_from.is_none_or(|from| from <= day) && self.valid_until.is_none_or(|until| day <= until)
    }
}

/// How a value stands to a list on a day.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[schemars(rename = "CodeVerdict")]
#[serde(tag = "standing", rename_all = "snake_case")]
pub enum Verdict {
    /// 有效: a code that holds.
    Valid {
        /// What it is called.
        name: Text,
    },
    /// 尚未生效: a code that does not hold yet.
    NotYet {
        /// First day it holds.
        valid_from: NaiveDate,
    },
    /// 已失效: a code that holds no more.
    Ended {
        /// Last day it held.
        valid_until: NaiveDate,
        /// Codes that took its place and hold on the day, ascending.
        successors: Vec<String>,
    },
    /// 不在代码表中: no code of the list.
    Unknown {
        /// Codes that hold and were perhaps meant, the likeliest first.
        nearest: Vec<Nearest>,
    },
}

/// A code that was perhaps meant.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[schemars(rename = "NearestCode")]
pub struct Nearest {
    /// The code.
    pub code: String,
    /// What it is called.
    pub name: Text,
    /// Why it is thought of.
    pub because: Because,
}

/// Why a code is thought of; the likeliest first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[schemars(rename = "NearestCodeReason")]
#[serde(rename_all = "snake_case")]
pub enum Because {
    /// Full-width letters, spaces or lower case apart, it is the code.
    Spelling,
    /// It is the name of the code.
    Name,
    /// One typing error.
    OneError,
    /// Two typing errors.
    TwoErrors,
    /// It is part of the name.
    PartOfName,
}

/// A list of codes; made once, then only asked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CodeList {
    heading: Heading,
    codes: Vec<Code>,
    places: BTreeMap<String, usize>,
}

impl CodeList {
    /// A list whose codes are each there once, whose parents and successors exist, and where nothing is above itself.
    pub fn new(heading: Heading, codes: Vec<Code>) -> Result<Self> {
        let heading = heading.checked()?;
        if codes.is_empty() || codes.len() > CODES_MAX {
            return Err(StandardsError::line(
                0,
                format!("代码表须有 1 至 {CODES_MAX} 个代码，现有 {} 个。", codes.len()),
                format!("A list has 1 to {CODES_MAX} codes; there are {}.", codes.len()),
            ));
        }
        let mut places = BTreeMap::new();
        for (at, code) in codes.iter().enumerate() {
            check_code(line_of(at), code)?;
            if places.insert(code.code.clone(), at).is_some() {
                return Err(StandardsError::line(
                    line_of(at),
                    format!("代码 {} 重复。", code.code),
                    format!("The code {} is there twice.", code.code),
                ));
            }
        }
        let list = Self { heading, codes, places };
        list.check_links()?;
        Ok(list)
    }

    /// What the list is.
    #[must_use]
    pub fn heading(&self) -> &Heading {
        &self.heading
    }

    /// Its codes, as they were given.
    #[must_use]
    pub fn codes(&self) -> &[Code] {
        &self.codes
    }

    /// One code.
    #[must_use]
    pub fn get(&self, code: &str) -> Option<&Code> {
        self.places.get(code).and_then(|at| self.codes.get(*at))
    }

    /// How a value stands to the list on a day.
    #[must_use]
    pub fn judge(&self, value: &str, day: NaiveDate) -> Verdict {
        let Some(code) = self.get(value) else {
            return Verdict::Unknown { nearest: nearest::nearest(self, value, day) };
        };
        match (code.valid_from, code.valid_until) {
            (Some(valid_from), _) if day < valid_from => Verdict::NotYet { valid_from },
            (_, Some(valid_until)) if valid_until < day => {
                Verdict::Ended { valid_until, successors: self.successors_on(code, day) }
            }
            _ => Verdict::Valid { name: code.name.clone() },
        }
    }

    /// Codes that took the place of one and hold on the day, through as many changes as there were.
    fn successors_on(&self, code: &Code, day: NaiveDate) -> Vec<String> {
        let (mut found, mut seen) = (BTreeSet::new(), BTreeSet::new());
        let mut waiting: Vec<&str> = code.successors.iter().map(String::as_str).collect();
        while let Some(next) = waiting.pop() {
            let Some(next) = self.get(next).filter(|next| seen.insert(next.code.as_str())) else { continue };
            if next.holds_on(day) {
                found.insert(next.code.clone());
            } else {
                waiting.extend(next.successors.iter().map(String::as_str));
            }
        }
        found.into_iter().collect()
    }

    fn check_links(&self) -> Result<()> {
        for (at, code) in self.codes.iter().enumerate() {
            for (what, other) in code
                .parent
                .iter()
                .map(|parent| (("上级代码", "parent"), parent))
                .chain(code.successors.iter().map(|successor| (("后继代码", "successor"), successor)))
            {
                if self.get(other).is_none() {
                    return Err(StandardsError::line(
                        line_of(at),
                        format!("代码 {} 的{} {other} 不在表中。", code.code, what.0),
                        format!("The {} {other} of the code {} is not in the list.", what.1, code.code),
                    ));
                }
            }
        }
        self.check_no_ring("上级", "parents", |code| code.parent.as_slice())?;
        self.check_no_ring("后继", "successors", |code| code.successors.as_slice())
    }

    /// Nothing leads back to itself: codes are taken away once nothing they lead to is left.
    fn check_no_ring<'a>(
        &'a self,
        zh: &str,
        en: &str,
        next: impl Fn(&'a Code) -> &'a [String],
    ) -> Result<()> {
        let mut open = vec![0_usize; self.codes.len()];
        let mut behind: Vec<Vec<usize>> = vec![Vec::new(); self.codes.len()];
        for (at, code) in self.codes.iter().enumerate() {
            let leads = next(code).iter().filter_map(|other| self.places.get(other));
            for other in leads {
                if let (Some(open), Some(behind)) = (open.get_mut(at), behind.get_mut(*other)) {
                    *open += 1;
                    behind.push(at);
                }
            }
        }
        let ends = open.iter().enumerate().filter(|(_, open)| **open == 0);
        let mut ready: Vec<usize> = ends.map(|(at, _)| at).collect();
        while let Some(at) = ready.pop() {
            for before in behind.get(at).into_iter().flatten() {
                if let Some(open) = open.get_mut(*before) {
                    *open -= 1;
                    if *open == 0 {
                        ready.push(*before);
                    }
                }
            }
        }
        match open.iter().position(|open| *open > 0) {
            None => Ok(()),
            Some(at) => {
                let code = self.codes.get(at).map_or("", |code| code.code.as_str());
                Err(StandardsError::line(
                    line_of(at),
                    format!("代码 {code} 沿{zh}关系回到自身。"),
                    format!("Through its {en} the code {code} leads into a ring."),
                ))
            }
        }
    }
}

impl Heading {
    fn checked(self) -> Result<Self> {
        Ok(Self {
            id: text::id("/id", &self.id)?,
            title: text::title("/title", &self.title, true, text::NAME_CHARACTERS_MAX)?,
            standard: text::text("/standard", &self.standard, 0, text::NAME_CHARACTERS_MAX)?,
            edition: text::text("/edition", &self.edition, 0, text::NAME_CHARACTERS_MAX)?,
            source: text::text("/source", &self.source, 1, text::NAME_CHARACTERS_MAX)?,
        })
    }
}

/// Line of a code in its file, the header being line 1.
fn line_of(place: usize) -> u64 {
    place as u64 + 2
}

fn check_code(line: u64, code: &Code) -> Result<()> {
    let Code { code: value, name, valid_from, valid_until, successors, .. } = code;
    let wrong = |zh: String, en: String| Err(StandardsError::line(line, zh, en));
    let length = value.chars().count();
    if !(1..=CODE_CHARACTERS_MAX).contains(&length)
        || value.trim() != value
        || value.chars().any(char::is_control)
    {
        return wrong(
            format!("代码须为 1 至 {CODE_CHARACTERS_MAX} 个字符，首尾无空格，不含控制字符。"),
            format!(
                "A code has 1 to {CODE_CHARACTERS_MAX} characters, no space around and no control characters."
            ),
        );
    }
    let long = |text: &str| text.chars().count() > 10 * text::NAME_CHARACTERS_MAX;
    if (name.zh.is_empty() && name.en.is_empty()) || long(&name.zh) || long(&name.en) {
        return wrong(
            format!("代码 {value} 没有名称，或名称过长。"),
            format!("The code {value} has no name, or one too long."),
        );
    }
    if let (Some(from), Some(until)) = (valid_from, valid_until)
        && until < from
    {
        return wrong(
            format!("代码 {value} 的失效日 {until} 早于生效日 {from}。"),
            format!("The code {value} ends on {until}, before it begins on {from}."),
        );
    }
    if successors.len() > SUCCESSORS_MAX || (!successors.is_empty() && valid_until.is_none()) {
        return wrong(
            format!("代码 {value} 有后继代码，须写明失效日；后继代码至多 {SUCCESSORS_MAX} 个。"),
            format!(
                "The code {value} has successors, so it needs a last day; there are at most {SUCCESSORS_MAX}."
            ),
        );
    }
    Ok(())
}
