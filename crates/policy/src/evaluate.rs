//! From attributes to a verdict, remembered while the book lasts.

use std::collections::{HashMap, HashSet};
use std::fmt::Write as _;
use std::hash::BuildHasher as _;
use std::sync::{Arc, Mutex, PoisonError};

use cedar_policy::{
    Context, Decision, Entities, Entity, EntityId, EntityTypeName, EntityUid, Request, Response,
    RestrictedExpression,
};
use chrono::{Datelike as _, FixedOffset, Timelike as _};
use rustc_hash::{FxBuildHasher, FxHashMap};

use crate::slice::Slice;
use crate::{Book, Resource, Situation, Subject};

/// Verdicts remembered at most per part; a full part starts anew.
const REMEMBERED_MAX: usize = 4_096;
/// Parts, so that readers on several threads rarely wait for each other.
const PARTS: usize = 16;
/// Beijing time, seconds east of Greenwich.
const BEIJING: i32 = 8 * 3_600;

/// What the policies say.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Verdict {
    /// Whether they allow it.
    pub allow: bool,
    /// Ids of the policies that decided; empty where no policy permits.
    pub policies: Vec<String>,
    /// A policy could not be evaluated, and so the answer is no.
    pub failed: bool,
}

/// Verdicts already computed, by all attributes they may depend on.
#[derive(Default)]
pub(crate) struct Memory([Mutex<FxHashMap<String, Arc<Verdict>>>; PARTS]);

impl Memory {
    fn part(&self, key: &str) -> Option<&Mutex<FxHashMap<String, Arc<Verdict>>>> {
        let at = FxBuildHasher.hash_one(key) as usize % PARTS;
        self.0.get(at)
    }

    fn get(&self, key: &str) -> Option<Arc<Verdict>> {
        self.part(key)?.lock().unwrap_or_else(PoisonError::into_inner).get(key).cloned()
    }

    fn put(&self, key: String, verdict: Arc<Verdict>) {
        let Some(part) = self.part(&key) else { return };
        let mut part = part.lock().unwrap_or_else(PoisonError::into_inner);
        if part.len() >= REMEMBERED_MAX {
            part.clear();
        }
        part.insert(key, verdict);
    }
}

impl Book {
    /// What the policies say; equal questions are evaluated once.
    #[must_use]
    pub fn decide(
        &self,
        subject: &Subject<'_>,
        resource: &Resource<'_>,
        situation: &Situation<'_>,
    ) -> Arc<Verdict> {
        let Some(slice) = self.slices.of(subject.role, situation.action, resource.grade) else {
            return Arc::new(denied(false));
        };
        let key = key(slice, subject, resource, situation);
        if let Some(known) = self.memory.get(&key) {
            return known;
        }
        let verdict = Arc::new(self.evaluate_in(slice, subject, resource, situation));
        self.memory.put(key, Arc::clone(&verdict));
        verdict
    }

    /// The same without memory: what the first of equal questions costs.
    #[must_use]
    pub fn evaluate(
        &self,
        subject: &Subject<'_>,
        resource: &Resource<'_>,
        situation: &Situation<'_>,
    ) -> Verdict {
        match self.slices.of(subject.role, situation.action, resource.grade) {
            Some(slice) => self.evaluate_in(slice, subject, resource, situation),
            None => denied(false),
        }
    }

    fn evaluate_in(
        &self,
        slice: &Slice,
        subject: &Subject<'_>,
        resource: &Resource<'_>,
        situation: &Situation<'_>,
    ) -> Verdict {
        let asked = || {
            let request = request(subject, situation)?;
            let entities = entities(subject, resource)?;
            Some(self.authorizer.is_authorized(&request, &slice.set, &entities))
        };
        asked().map_or_else(|| denied(true), |response| verdict(&response))
    }
}

fn denied(failed: bool) -> Verdict {
    Verdict { allow: false, policies: Vec::new(), failed }
}

fn verdict(response: &Response) -> Verdict {
    // Cedar leaves a policy out that cannot be evaluated; were it a prohibition, that would let everything through.
    if response.diagnostics().errors().next().is_some() {
        return denied(true);
    }
    let mut policies: Vec<String> = response.diagnostics().reason().map(ToString::to_string).collect();
    policies.sort();
    Verdict { allow: response.decision() == Decision::Allow, policies, failed: false }
}

/// Every attribute a policy of the slice can look at, each with its length in front.
fn key(slice: &Slice, subject: &Subject<'_>, resource: &Resource<'_>, situation: &Situation<'_>) -> String {
    let mut key = String::with_capacity(160);
    for part in [
        subject.role.name(),
        situation.action.name(),
        subject.organisation,
        subject.side,
        subject.region,
        subject.industry,
        resource.kind.name(),
        resource.name,
        resource.zone,
        resource.side,
        resource.owner,
        situation.purpose,
    ] {
        // Writing into a String cannot fail.
        let _ = write!(key, "{}:", part.len());
        key.push_str(part);
    }
    let flag = |yes: bool| if yes { 't' } else { 'f' };
    key.push(flag(resource.restricted));
    key.push(flag(situation.granted));
    key.push(flag(situation.agreement));
    for grade in [subject.clearance, resource.grade, situation.channel] {
        key.push(char::from(b'0' + grade.rank()));
    }
    if slice.timed {
        let (hour, weekday) = moment(situation);
        let _ = write!(key, "{hour}/{weekday}");
    }
    key
}

fn moment(situation: &Situation<'_>) -> (u32, u32) {
    match FixedOffset::east_opt(BEIJING) {
        Some(offset) => {
            let local = situation.at.with_timezone(&offset);
            (local.hour(), local.weekday().number_from_monday())
        }
        None => (situation.at.hour(), situation.at.weekday().number_from_monday()),
    }
}

fn uid(kind: &str, id: &str) -> Option<EntityUid> {
    Some(EntityUid::from_type_name_and_id(kind.parse::<EntityTypeName>().ok()?, EntityId::new(id)))
}

fn text(value: &str) -> RestrictedExpression {
    RestrictedExpression::new_string(value.to_owned())
}

fn number(value: u32) -> RestrictedExpression {
    RestrictedExpression::new_long(i64::from(value))
}

fn request(subject: &Subject<'_>, situation: &Situation<'_>) -> Option<Request> {
    let (hour, weekday) = moment(situation);
    let context = Context::from_pairs([
        ("purpose".to_owned(), text(situation.purpose)),
        ("granted".to_owned(), RestrictedExpression::new_bool(situation.granted)),
        ("agreement".to_owned(), RestrictedExpression::new_bool(situation.agreement)),
        ("channel".to_owned(), number(situation.channel.rank().into())),
        ("hour".to_owned(), number(hour)),
        ("weekday".to_owned(), number(weekday)),
    ])
    .ok()?;
    let action = uid("Action", situation.action.name())?;
    Request::new(account(subject)?, action, uid("Resource", "it")?, context, None).ok()
}

/// No policy names an account, so every one may be called the same.
fn account(_: &Subject<'_>) -> Option<EntityUid> {
    uid("Account", "it")
}

fn entities(subject: &Subject<'_>, resource: &Resource<'_>) -> Option<Entities> {
    let role = uid("Role", subject.role.name())?;
    let account = Entity::new(
        account(subject)?,
        HashMap::from([
            ("organisation".to_owned(), text(subject.organisation)),
            ("side".to_owned(), text(subject.side)),
            ("region".to_owned(), text(subject.region)),
            ("industry".to_owned(), text(subject.industry)),
            ("clearance".to_owned(), number(subject.clearance.rank().into())),
        ]),
        HashSet::from([role.clone()]),
    )
    .ok()?;
    let resource = Entity::new(
        uid("Resource", "it")?,
        HashMap::from([
            ("kind".to_owned(), text(resource.kind.name())),
            ("name".to_owned(), text(resource.name)),
            ("zone".to_owned(), text(resource.zone)),
            ("side".to_owned(), text(resource.side)),
            ("grade".to_owned(), number(resource.grade.rank().into())),
            ("owner".to_owned(), text(resource.owner)),
            ("restricted".to_owned(), RestrictedExpression::new_bool(resource.restricted)),
        ]),
        HashSet::new(),
    )
    .ok()?;
    let role = Entity::new_no_attrs(role, HashSet::new());
    Entities::from_entities([account, resource, role], None).ok()
}
