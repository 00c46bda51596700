//! Decisions against an oracle that shares no code with them: it looks at every grant in turn and knows the built-in
//! policies as plain conditions. `BRAIN_ORACLE_REQUESTS=1000000` asks the whole million, otherwise 1 % of it.

use std::collections::{BTreeMap, BTreeSet};

use brain_kernel::grade::Grade;
use brain_kernel::language::Text;
use brain_kernel::party::{Party, Role};
use brain_kernel::predicate::{Mask, Predicate};
use brain_kernel::side::DataSide;
use brain_kernel::uscc::Uscc;
use brain_policy::Action;
use brain_store::PageRequest;
use brain_trust::policy::Label;
use brain_trust::{Ask, Change, ColumnFacts, DatasetFacts, GrantCard, NewGrant, Reach, Subject};
use chrono::{DateTime, TimeDelta, Utc};

use crate::node::{Node, OWN, security};

const OTHER: &str = "91330681716195421C";
const GRANTS: usize = 250;
const DAYS: usize = 10;
const PURPOSES: [&str; 7] = ["*", "view", "analysis", "share", "publish", "risk", "browse"];
const ASKED: [&str; 6] = ["browse", "sql", "chain.risk", "analysis", "risk", "share"];
const DATASETS: [&str; 7] =
    ["raw.sale", "raw.sale_quarantine", "raw.a", "subject.enterprise", "subject.link", "topic.gap", "单.表"];
const PATTERNS: [&str; 7] =
    ["*", "raw.*", "raw.sale*", "raw.sale", "subject.enterprise", "subject.*", "单.*"];

/// SplitMix64: the same requests on every machine.
struct Dice(u64);

impl Dice {
    fn roll(&mut self, sides: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        ((z ^ (z >> 31)) % sides as u64) as usize
    }

    fn of<T: Clone>(&mut self, all: &[T]) -> T {
        all[self.roll(all.len())].clone()
    }

    fn chance(&mut self, one_in: usize) -> bool {
        self.roll(one_in) == 0
    }
}

fn grant(dice: &mut Dice, accounts: &[String], now: DateTime<Utc>) -> NewGrant {
    let subject = if dice.chance(3) {
        Subject::Role(dice.of(&Role::WORKING))
    } else {
        Subject::Account(dice.of(accounts))
    };
    let rows = match dice.roll(3) {
        0 => Predicate::StartsWith { column: "c".to_owned(), prefix: "33".to_owned() },
        _ => Predicate::All(Vec::new()),
    };
    let masks = if dice.chance(3) { BTreeMap::from([("c".to_owned(), Mask::Hash)]) } else { BTreeMap::new() };
    let actions: BTreeSet<Action> = (0..3).map(|_| dice.of(&Action::ALL)).collect();
    NewGrant {
        subject,
        dataset: dice.of(&PATTERNS).to_owned(),
        reach: dice.of(&[Reach::All, Reach::All, Reach::Unrestricted, Reach::OwnRows, Reach::Owned]),
        rows,
        masks,
        grade_max: dice.chance(2).then(|| dice.of(&Grade::ALL)),
        mask_from: dice.chance(3).then(|| dice.of(&Grade::ALL)),
        purpose: dice.of(&PURPOSES).to_owned(),
        until: dice.chance(2).then(|| now + TimeDelta::hours(1 + dice.roll(24 * DAYS) as i64)),
        basis: Text::new("测试", "test"),
        columns: dice.chance(4).then(|| BTreeSet::from([dice.of(&["a", "b", "c"]).to_owned()])),
        actions: dice.chance(2).then_some(actions),
        agreement: dice.chance(3).then(|| "2026-7".to_owned()),
    }
}

fn dataset(dice: &mut Dice) -> DatasetFacts {
    let grades =
        [Grade::General1, Grade::General2, Grade::General3, Grade::General4, Grade::Important, Grade::Core];
    DatasetFacts {
        name: dice.of(&DATASETS).to_owned(),
        grade: dice.of(&grades),
        side: dice.of(&[DataSide::Public, DataSide::Industry, DataSide::Enterprise]),
        owner: dice.of(&["node", OWN, OTHER]).to_owned(),
        restricted_by: dice.chance(3).then(|| "a".to_owned()),
        zone: "raw".to_owned(),
        columns: ["a", "b", "c"]
            .map(|name| ColumnFacts { name: name.to_owned(), grade: dice.of(&grades) })
            .into(),
    }
}

/// What the oracle says: the grant, its rows, and the columns hidden altogether.
type Answer = Option<(String, Predicate, BTreeMap<String, Mask>)>;

fn rank(grade: Grade) -> u8 {
    match grade {
        Grade::General1 => 1,
        Grade::General2 => 2,
        Grade::General3 => 3,
        Grade::General4 => 4,
        Grade::Important => 5,
        Grade::Core => 6,
    }
}

fn serves(given: &str, asked: &str) -> bool {
    if given == "*" || given == asked {
        return true;
    }
    match given {
        "view" => asked == "browse" || asked == "sql",
        "analysis" | "share" | "publish" => !["analysis", "share", "view", "publish"].contains(&asked),
        _ => false,
    }
}

fn usable(
    card: &GrantCard,
    party: &Party,
    data: &DatasetFacts,
    action: Action,
    purpose: &str,
    now: DateTime<Utc>,
) -> Answer {
    let given = &card.grant;
    let to_them = match &given.subject {
        Subject::Role(role) => *role == party.role,
        Subject::Account(id) => *id == party.account,
    };
    let named = if let Some(start) = given.dataset.strip_suffix('*') {
        data.name.starts_with(start)
    } else {
        data.name == given.dataset
    };
    let timely = match given.until {
        Some(until) => until >= now,
        None => true,
    };
    let opened = match &given.actions {
        Some(some) => some.contains(&action),
        None => action == Action::Read || action == Action::Run || action == Action::Export,
    };
    let low = given.grade_max.is_none_or(|most| rank(data.grade) <= rank(most));
    if !(to_them && named && timely && opened && low && serves(&given.purpose, purpose)) {
        return None;
    }
    let own = party.organisation.as_ref().map(Uscc::as_str);
    let mut rows = given.rows.clone();
    match given.reach {
        Reach::All => {}
        Reach::Unrestricted if data.restricted_by.is_some() || data.side == DataSide::Enterprise => {
            return None;
        }
        Reach::Unrestricted => {}
        Reach::OwnRows => {
            own?;
            let mine = Predicate::OwnOrganisation { column: data.restricted_by.clone()? };
            rows = if rows == Predicate::All(Vec::new()) { mine } else { Predicate::All(vec![mine, rows]) };
        }
        Reach::Owned if own != Some(data.owner.as_str()) => return None,
        Reach::Owned => {}
    }
    let mut masks = given.masks.clone();
    for column in &data.columns {
        let too_high = given.mask_from.is_some_and(|least| rank(column.grade) >= rank(least));
        let not_asked = given.columns.as_ref().is_some_and(|columns| !columns.contains(&column.name));
        if too_high || not_asked {
            masks.insert(column.name.clone(), Mask::Redact);
        }
    }
    Some((card.id.clone(), rows, masks))
}

fn expected(
    cards: &[GrantCard],
    labels: &BTreeMap<String, Grade>,
    party: &Party,
    data: &DatasetFacts,
    action: Action,
    purpose: &str,
    now: DateTime<Utc>,
) -> Answer {
    let of_role = match party.role {
        Role::ComponentAuthor | Role::IndustryBody | Role::Enterprise => 4,
        _ => 5,
    };
    let clearance = labels.get(&party.account).map_or(of_role, |grade| rank(*grade));
    let leaves = [Action::Export, Action::Publish, Action::Move].contains(&action);
    let most = if leaves { clearance.min(4) } else { clearance };
    if rank(data.grade) > most {
        return None;
    }
    let mut found: Vec<(&GrantCard, (String, Predicate, BTreeMap<String, Mask>))> = cards
        .iter()
        .filter_map(|card| Some((card, usable(card, party, data, action, purpose, now)?)))
        .collect();
    found.sort_by_key(|(card, (id, rows, masks))| {
        let until = card.grant.until;
        let whole = *rows == Predicate::All(Vec::new());
        let ends_last = until.map_or(i64::MIN, |until| -until.timestamp_micros());
        (
            leaves && card.grant.agreement.is_none(),
            !whole,
            masks.len(),
            until.is_some(),
            ends_last,
            id.clone(),
        )
    });
    let (card, (id, rows, mut masks)) = found.into_iter().next()?;
    let agreed = card.grant.agreement.is_some();
    let forbidden = (action == Action::Export && rank(data.grade) >= 5 && !agreed)
        || (leaves && rank(data.grade) >= 6)
        || (leaves && party.role == Role::ComponentAuthor && data.side == DataSide::Enterprise);
    let permitted = match action {
        Action::Publish | Action::Move => agreed,
        _ => true,
    };
    if forbidden || !permitted {
        return None;
    }
    for column in &data.columns {
        if rank(column.grade) > most {
            masks.insert(column.name.clone(), Mask::Redact);
        }
    }
    Some((id, rows, masks))
}

#[expect(clippy::disallowed_methods, reason = "the size of a test comes from the environment")]
fn requests() -> usize {
    std::env::var("BRAIN_ORACLE_REQUESTS").ok().and_then(|text| text.parse().ok()).unwrap_or(10_000)
}

#[tokio::test]
async fn every_decision_is_what_looking_at_everything_gives() {
    let node = Node::start().await;
    let mut dice = Dice(20_261_121);
    let mut parties = Vec::new();
    for at in 0..14 {
        let role = Role::ALL[at % Role::ALL.len()];
        let account = node.account(&format!("user{at}"), role).await;
        let organisation = dice.of(&[None, Some(OWN), Some(OTHER)]).map(|code| Uscc::parse(code).unwrap());
        parties.push(Party { account, display_name: String::new(), role, organisation, region: None });
    }
    let working = parties.iter().filter(|party| Role::WORKING.contains(&party.role));
    let accounts: Vec<String> = working.map(|party| party.account.clone()).collect();
    let grants = node.trust.grants();
    for _ in 0..GRANTS {
        grants.issue(&security(), grant(&mut dice, &accounts, node.store.now())).await.unwrap();
    }
    let mut labels = BTreeMap::new();
    let policy = node.trust.policy();
    for account in accounts.iter().step_by(3) {
        let clearance = dice.of(&[Grade::General2, Grade::General3, Grade::General4]);
        let label = Some(Label { clearance, industry: None });
        policy.propose(&security(), Change::Label { account: account.clone(), label }).await.unwrap();
        labels.insert(account.clone(), clearance);
    }
    let cards = grants.list(&security(), false, PageRequest::new(1, 1_000)).await.unwrap().items;
    let (total, mut allowed) = (requests(), 0_usize);
    for number in 0..total {
        if number % (total / DAYS).max(1) == 0 {
            node.clock.advance(TimeDelta::hours(22));
        }
        let (party, data) = (dice.of(&parties), dataset(&mut dice));
        let (action, purpose) = (dice.of(&Action::ALL), dice.of(&ASKED));
        let wanted = expected(&cards, &labels, &party, &data, action, purpose, node.store.now());
        let decision = policy.decide(&party, &data, &Ask { action, purpose, channel: None });
        let got = decision.grant.map(|grant| (grant.id, grant.rows, grant.masks));
        assert_eq!(decision.allow, got.is_some());
        assert_eq!(got, wanted, "request {number}: {party:?} {action:?} {purpose} {data:?}");
        allowed += usize::from(decision.allow);
    }
    assert!(
        allowed > total / 20 && allowed < total * 19 / 20,
        "{allowed} of {total} allowed: the test asks too little"
    );
}
