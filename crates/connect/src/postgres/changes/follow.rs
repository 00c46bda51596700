//! From messages to lines: which transaction is read, which of its lines have been handed over before, and how far that
//! is. Pure, so that every order of cuts can be tried.

use super::pgoutput::{Malformed, Message, Old, Tuple};
use super::position::{Inside, Lsn, Read};
use super::row::{Act, Columns, Mark};
use crate::{Error, Result};

/// All lines of a transaction.
const ALL: u64 = u64::MAX;

/// What a message brings.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Step {
    /// Lines that were not handed over before; often none.
    Lines(Vec<String>),
    /// The columns are others now than those of the lines handed over: the batch ends before this message.
    Altered,
}

/// The transaction that is being read.
#[derive(Debug)]
struct Open {
    commit: Lsn,
    at: i64,
    /// Lines it has made so far.
    lines: u64,
    /// Lines of it that have been handed over before.
    known: u64,
}

/// A reader of one table's changes.
#[derive(Debug)]
pub(super) struct Follower {
    schema: String,
    table: String,
    read: Read,
    open: Option<Open>,
    /// Number of the table and its columns, once they were told.
    relation: Option<(u32, Columns)>,
    handed: bool,
}

impl Follower {
    /// A reader that goes on after what has been read.
    pub(super) fn new(schema: &str, table: &str, read: Read) -> Self {
        Self {
            schema: schema.to_owned(),
            table: table.to_owned(),
            read,
            open: None,
            relation: None,
            handed: false,
        }
    }

    /// Take the next message.
    pub(super) fn take(&mut self, bytes: &[u8]) -> Result<Step> {
        let message = Message::read(bytes).map_err(|malformed| not_understood(&malformed))?;
        self.follow(message)
    }

    fn follow(&mut self, message: Message<'_>) -> Result<Step> {
        let nothing = Ok(Step::Lines(Vec::new()));
        match message {
            Message::Begin { commit, at, transaction } => {
                self.begin(Lsn(commit), at, transaction);
                nothing
            }
            Message::Commit { end, .. } => {
                self.commit(Lsn(end));
                nothing
            }
            Message::Relation(relation) => {
                if (relation.schema, relation.name) != (self.schema.as_str(), self.table.as_str()) {
                    // A number that was this table's may be another's now: the table was dropped and made anew.
                    self.relation.take_if(|(id, _)| *id == relation.id);
                    return nothing;
                }
                let columns = Columns::of(&relation)?;
                let altered = self.relation.as_ref().is_some_and(|(_, before)| *before != columns);
                if self.handed && altered {
                    return Ok(Step::Altered);
                }
                self.relation = Some((relation.id, columns));
                nothing
            }
            Message::Insert { relation, new } => self.lines(relation, |_| vec![(Act::Insert, new)]),
            Message::Update { relation, old, new } => {
                self.lines(relation, |columns| updated(columns, old, new))
            }
            Message::Delete { relation, old } => self.lines(relation, |_| vec![(Act::Delete, old.row)]),
            Message::Truncate { relations } => {
                let ours = self.relation.as_ref().map(|(id, _)| *id).filter(|id| relations.contains(id));
                match ours {
                    Some(id) => self.lines(id, |_| vec![(Act::Truncate, Vec::new())]),
                    None => nothing,
                }
            }
            Message::Other => nothing,
        }
    }

    /// How far everything is handed over that was taken.
    pub(super) fn reached(&self) -> Read {
        let mut read = self.read.clone();
        if let Some(open) = &self.open {
            let lines = open.lines.max(open.known);
            let part = lines > 0 && open.known != ALL;
            read.inside = part.then_some(Inside { commit: open.commit, lines });
        }
        read
    }

    /// Everything before this place has been taken.
    pub(super) fn reach(&mut self, place: Lsn) {
        if self.open.is_none() && place > self.read.upto {
            self.read.upto = place;
            self.read.inside = None;
        }
        // Whatever commits from here on is not in the snapshot.
        let upto = self.read.upto;
        self.read.seen.take_if(|seen| seen.until <= upto);
    }

    /// Columns of the table, where a change told them.
    #[cfg(test)]
    fn columns(&self) -> Option<&Columns> {
        self.relation.as_ref().map(|(_, columns)| columns)
    }

    fn begin(&mut self, commit: Lsn, at: i64, transaction: u32) {
        let read_before = commit < self.read.upto
            || self.read.seen.as_ref().is_some_and(|seen| seen.contains(transaction, commit));
        let known = match self.read.inside {
            _ if read_before => ALL,
            Some(inside) if inside.commit == commit => inside.lines,
            _ => 0,
        };
        self.open = Some(Open { commit, at, lines: 0, known });
    }

    fn commit(&mut self, end: Lsn) {
        self.open = None;
        self.reach(end);
    }

    fn lines<'a>(
        &mut self,
        relation: u32,
        rows: impl FnOnce(&Columns) -> Vec<(Act, Tuple<'a>)>,
    ) -> Result<Step> {
        let Some((_, columns)) = self.relation.as_ref().filter(|(id, _)| *id == relation) else {
            return Ok(Step::Lines(Vec::new()));
        };
        let Some(open) = &mut self.open else { return Err(outside()) };
        let mut lines = Vec::new();
        if open.known == ALL {
            return Ok(Step::Lines(lines));
        }
        for (act, row) in rows(columns) {
            if !row.is_empty() && row.len() != columns.len() {
                return Err(not_understood(&Malformed {
                    offset: 0,
                    says: "a row has other columns than its table",
                }));
            }
            open.lines += 1;
            if open.lines > open.known {
                let mark = Mark { commit: open.commit, change: open.lines, at: open.at };
                lines.push(columns.line(act, &row, &mark));
                self.handed = true;
            }
        }
        Ok(Step::Lines(lines))
    }
}

/// An update is the row after it; where its key has changed, the row of the old key is gone.
fn updated<'a>(columns: &Columns, old: Option<Old<'a>>, new: Tuple<'a>) -> Vec<(Act, Tuple<'a>)> {
    let Some(old) = old else { return vec![(Act::Update, new)] };
    let new = if old.whole { Columns::filled(&old.row, new) } else { new };
    if columns.differ(&old.row, &new) {
        return vec![(Act::Delete, old.row), (Act::Update, new)];
    }
    vec![(Act::Update, new)]
}

fn not_understood(malformed: &Malformed) -> Error {
    Error::changes(
        format!("变更消息无法识别：{malformed}。请报告此错误。"),
        format!("A message of changes is not understood: {malformed}. Please report this."),
    )
}

fn outside() -> Error {
    not_understood(&Malformed { offset: 0, says: "a change stands outside a transaction" })
}

#[cfg(test)]
mod tests {
    use super::super::pgoutput::{Column, Relation, Value};
    use super::*;
    use proptest::prelude::*;
    use std::collections::BTreeSet;

    const TABLE: u32 = 7;

    fn relation(names: &[&'static str]) -> Message<'static> {
        let columns =
            names.iter().enumerate().map(|(index, name)| Column { key: index == 0, name, kind: 25 });
        Message::Relation(Relation { id: TABLE, schema: "s", name: "t", columns: columns.collect() })
    }

    fn begin(commit: u64, transaction: u32) -> Message<'static> {
        Message::Begin { commit, at: 0, transaction }
    }

    fn insert(text: &'static str) -> Message<'static> {
        Message::Insert { relation: TABLE, new: vec![Value::Text(text), Value::Null] }
    }

    fn from(upto: u64) -> Follower {
        Follower::new("s", "t", Read { upto: Lsn(upto), inside: None, seen: None })
    }

    fn lines(follower: &mut Follower, message: Message<'_>) -> Vec<serde_json::Value> {
        match follower.follow(message).unwrap() {
            Step::Lines(lines) => lines.iter().map(|line| serde_json::from_str(line).unwrap()).collect(),
            Step::Altered => panic!("the columns are the same"),
        }
    }

    fn acts(follower: &mut Follower, message: Message<'_>) -> Vec<(String, String)> {
        let of = |value: &serde_json::Value| value.as_str().unwrap_or("null").to_owned();
        lines(follower, message).iter().map(|line| (of(&line["_op"]), of(&line["id"]))).collect()
    }

    #[test]
    fn each_kind_of_change_makes_its_lines() {
        let mut follower = from(0);
        assert_eq!(acts(&mut follower, begin(10, 1)), []);
        assert_eq!(acts(&mut follower, relation(&["id", "long"])), []);
        assert_eq!(follower.columns().unwrap().names().collect::<Vec<_>>(), ["id", "long"]);
        let text = |text: &'static str| text.to_owned();
        assert_eq!(acts(&mut follower, insert("1")), [(text("insert"), text("1"))]);
        let new = vec![Value::Text("1"), Value::Unchanged];
        let update = Message::Update { relation: TABLE, old: None, new };
        let told = lines(&mut follower, update);
        assert_eq!(
            (&told[0]["_op"], &told[0]["_unchanged"]),
            (&"update".into(), &serde_json::json!(["long"]))
        );
        let key = Old { whole: false, row: vec![Value::Text("1"), Value::Null] };
        let new = vec![Value::Text("2"), Value::Unchanged];
        let moved = Message::Update { relation: TABLE, old: Some(key), new };
        assert_eq!(acts(&mut follower, moved), [(text("delete"), text("1")), (text("update"), text("2"))]);
        let old = Old { whole: true, row: vec![Value::Text("2"), Value::Text("x")] };
        let new = vec![Value::Text("2"), Value::Unchanged];
        let told = lines(&mut follower, Message::Update { relation: TABLE, old: Some(old.clone()), new });
        assert_eq!(told.len(), 1, "the key is the same");
        assert_eq!((&told[0]["long"], &told[0]["_unchanged"]), (&"x".into(), &serde_json::Value::Null));
        let delete = Message::Delete { relation: TABLE, old };
        assert_eq!(acts(&mut follower, delete), [(text("delete"), text("2"))]);
        let truncate = Message::Truncate { relations: vec![3, TABLE] };
        assert_eq!(acts(&mut follower, truncate), [(text("truncate"), text("null"))]);
        assert_eq!(acts(&mut follower, Message::Truncate { relations: vec![3] }), []);
        let other = Message::Insert { relation: 3, new: vec![Value::Text("9")] };
        assert_eq!(acts(&mut follower, other), [], "another table of the publication");
        assert_eq!(follower.reached().inside, Some(Inside { commit: Lsn(10), lines: 7 }));
        follower.follow(Message::Commit { commit: 10, end: 20 }).unwrap();
        assert_eq!(follower.reached(), Read { upto: Lsn(20), inside: None, seen: None });
    }

    #[test]
    fn a_batch_has_one_set_of_columns() {
        let mut follower = from(0);
        follower.follow(begin(10, 1)).unwrap();
        follower.follow(relation(&["id", "long"])).unwrap();
        follower.follow(relation(&["id", "wide"])).unwrap();
        follower.follow(relation(&["id", "long"])).unwrap();
        assert_eq!(acts(&mut follower, insert("1")).len(), 1);
        assert_eq!(follower.follow(relation(&["id", "long"])).unwrap(), Step::Lines(Vec::new()), "the same");
        assert_eq!(follower.follow(relation(&["id", "long", "more"])).unwrap(), Step::Altered);
        assert_eq!(follower.reached().inside, Some(Inside { commit: Lsn(10), lines: 1 }));
    }

    #[test]
    fn what_makes_no_sense_is_refused() {
        let mut follower = from(0);
        follower.follow(relation(&["id", "long"])).unwrap();
        assert!(follower.follow(insert("1")).unwrap_err().to_string().contains("outside a transaction"));
        follower.follow(begin(1, 1)).unwrap();
        let short = Message::Insert { relation: TABLE, new: vec![Value::Null] };
        assert!(follower.follow(short).unwrap_err().to_string().contains("other columns"));
        assert_eq!(follower.take(b"Z").unwrap_err().code(), "connect/changes");
    }

    /// One transaction: its number, whether the snapshot has it, and how many rows it adds.
    type Made = (bool, u8);

    /// Read everything, cut where `cuts` says; what was handed over, in order.
    fn read_with_cuts(made: &[Made], cuts: &[u8]) -> Vec<(u64, u64)> {
        let until = 10 * made.len() as u64 + 10;
        let under_way =
            made.iter().enumerate().filter(|(_, (seen, _))| !seen).map(|(nth, _)| nth as u64 + 100).collect();
        let seen =
            super::super::position::Seen { xmax: 100 + made.len() as u64, under_way, until: Lsn(until) };
        let mut read = Read { upto: Lsn(5), inside: None, seen: Some(seen) };
        let (mut handed, mut cuts) = (Vec::new(), cuts.iter().copied());
        'batches: loop {
            let mut follower = Follower::new("s", "t", read.clone());
            let mut left = cuts.next().unwrap_or(u8::MAX);
            for (nth, (_, rows)) in made.iter().enumerate() {
                let commit = 10 * (nth as u64 + 1);
                follower.follow(begin(commit, nth as u32 + 100)).unwrap();
                follower.follow(relation(&["id", "long"])).unwrap();
                for _ in 0..*rows {
                    let Step::Lines(lines) = follower.follow(insert("1")).unwrap() else { unreachable!() };
                    for line in &lines {
                        let line: serde_json::Value = serde_json::from_str(line).unwrap();
                        handed.push((commit, line["_change"].as_u64().unwrap()));
                    }
                    left = left.saturating_sub(lines.len() as u8);
                    if left == 0 {
                        // Stored and read again, as it is between two runs.
                        let stored = serde_json::to_string(&follower.reached()).unwrap();
                        read = serde_json::from_str(&stored).unwrap();
                        continue 'batches;
                    }
                }
                follower.follow(Message::Commit { commit, end: commit + 10 }).unwrap();
            }
            assert_eq!(follower.reached(), Read { upto: Lsn(until), inside: None, seen: None });
            return handed;
        }
    }

    proptest! {
        #[test]
        fn nothing_twice_and_nothing_lost_wherever_a_batch_ends(
            made in prop::collection::vec((any::<bool>(), 0u8..5), 0..8),
            cuts in prop::collection::vec(1u8..6, 0..20),
        ) {
            prop_assume!(!made.is_empty());
            let mut all = Vec::new();
            for (nth, (_, rows)) in made.iter().enumerate().filter(|(_, (seen, _))| !seen) {
                all.extend((1..=u64::from(*rows)).map(|row| (10 * (nth as u64 + 1), row)));
            }
            let handed = read_with_cuts(&made, &cuts);
            prop_assert_eq!(handed.iter().collect::<BTreeSet<_>>().len(), handed.len());
            prop_assert_eq!(handed, all);
        }
    }
}
