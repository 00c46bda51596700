//! How far a site has been read: what is known of its pages, and which are still ahead.

use std::collections::{BTreeMap, VecDeque};

use brain_kernel::language::Text;
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use crate::marks::{Mark, Marks};
use crate::{Error, Result};

/// Pages remembered.
const KNOWN_MAX: usize = 20_000;
/// Pages ahead. With what is known they fit into a position, however long their addresses are.
const AHEAD_MAX: usize = 3_000;
/// Longest validator that is remembered, bytes.
const VALIDATOR_BYTES_MAX: usize = 80;
/// Seconds after its time at which a page that no page leads to any more is forgotten.
const FORGET_S: i64 = 365 * 24 * 3_600;

/// What is known of a page. Names are short: there are thousands of them in a position.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Known {
    /// Digest of title and text as they were landed; empty where they were not.
    #[serde(rename = "s", default, skip_serializing_if = "String::is_empty")]
    pub(super) sha256: String,
    /// Its entity tag.
    #[serde(rename = "e", default, skip_serializing_if = "Option::is_none")]
    pub(super) etag: Option<String>,
    /// When it was written, as its header says.
    #[serde(rename = "m", default, skip_serializing_if = "Option::is_none")]
    pub(super) modified: Option<String>,
    /// When to ask for it again, seconds since 1970.
    #[serde(rename = "n")]
    pub(super) next: i64,
}

impl Known {
    /// The same without validators that are too long to remember.
    pub(super) fn bounded(mut self) -> Self {
        let short = |text: &String| text.len() <= VALIDATOR_BYTES_MAX;
        self.etag = self.etag.filter(short);
        self.modified = self.modified.filter(short);
        self
    }
}

/// A page ahead.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Ahead {
    /// Its path and query.
    pub(super) path: String,
    /// How many links lead to it.
    pub(super) depth: u8,
}

/// A walk over a site.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Walk {
    pub(super) ahead: VecDeque<Ahead>,
    /// Pages that the site failed to give in this run; the next one asks for them again, after all others.
    #[serde(default, skip_serializing_if = "VecDeque::is_empty")]
    pub(super) failed: VecDeque<Ahead>,
    /// Pages that were ahead in this run: none is asked for twice in one.
    queued: Marks,
    /// Pages that this run may still ask for; 0 once it has ended.
    pub(super) left: u32,
    /// Whether a page answered as a page in this run.
    pub(super) answered: bool,
}

impl Walk {
    /// Begin a run with what an earlier one left ahead or was not given.
    pub(super) fn begin(self, pages_max: u32) -> Self {
        let mut ahead = self.ahead;
        ahead.extend(self.failed);
        let queued = ahead.iter().map(|ahead| Mark::of(&[&ahead.path])).collect();
        Self { ahead, failed: VecDeque::new(), queued, left: pages_max, answered: false }
    }

    /// Whether nothing is left for another run either.
    pub(super) fn is_done(&self) -> bool {
        self.ahead.is_empty() && self.failed.is_empty()
    }

    /// Put pages behind all others.
    pub(super) fn put_off(&mut self, is_last: impl Fn(&str) -> bool) {
        let (last, mut first): (VecDeque<Ahead>, VecDeque<Ahead>) =
            std::mem::take(&mut self.ahead).into_iter().partition(|ahead| is_last(&ahead.path));
        first.extend(last);
        self.ahead = first;
    }

    /// Add a page, unless it was ahead before or there is no room; whether there was room.
    pub(super) fn offer(&mut self, path: String, depth: u8) -> bool {
        if self.ahead.len() + self.failed.len() >= AHEAD_MAX {
            return false;
        }
        if self.queued.insert(Mark::of(&[&path])) {
            self.ahead.push_back(Ahead { path, depth });
        }
        true
    }

    /// Add a page in front of all others, wherever it was.
    pub(super) fn offer_first(&mut self, path: String, depth: u8) {
        self.ahead.retain(|ahead| ahead.path != path);
        self.queued.insert(Mark::of(&[&path]));
        self.ahead.push_front(Ahead { path, depth });
    }
}

/// A position.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Place {
    /// By a mark of their path.
    pages: BTreeMap<String, Known>,
    #[serde(default)]
    pub(super) walk: Option<Walk>,
}

impl Place {
    /// Whether any page of the site was ever read.
    pub(super) fn knows_any(&self) -> bool {
        self.pages.values().any(|known| !known.sha256.is_empty())
    }

    /// What is known of a page.
    pub(super) fn known(&self, path: &str) -> Option<&Known> {
        self.pages.get(&Mark::of(&[path]).text())
    }

    /// Whether it is time to ask for a page.
    pub(super) fn is_due(&self, path: &str, now: DateTime<Utc>) -> bool {
        self.known(path).is_none_or(|known| known.next <= now.timestamp())
    }

    /// Remember a page. Beyond what a position holds, what was not asked for in a year is forgotten; else it is refused.
    pub(super) fn remember(&mut self, path: &str, known: Known, now: DateTime<Utc>) -> Result<()> {
        let mark = Mark::of(&[path]).text();
        if self.pages.len() >= KNOWN_MAX && !self.pages.contains_key(&mark) {
            self.pages.retain(|_, known| known.next.saturating_add(FORGET_S) > now.timestamp());
        }
        if self.pages.len() >= KNOWN_MAX && !self.pages.contains_key(&mark) {
            return Err(Error::TooMuch {
                what: Text::new("一个网站的网页", "The number of pages of a site"),
                limit: KNOWN_MAX as u64,
                unit: Text::new("个", "pages"),
            });
        }
        self.pages.insert(mark, known.bounded());
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Position;

    fn at(seconds: i64) -> DateTime<Utc> {
        DateTime::from_timestamp(seconds, 0).unwrap()
    }

    #[test]
    fn a_page_is_ahead_once_in_a_run() {
        let mut walk = Walk::default().begin(5);
        assert!(
            walk.offer("/a".to_owned(), 1)
                && walk.offer("/a".to_owned(), 2)
                && walk.offer("/b".to_owned(), 1)
        );
        walk.offer_first("/b".to_owned(), 0);
        let paths: Vec<&str> = walk.ahead.iter().map(|ahead| ahead.path.as_str()).collect();
        assert_eq!(paths, ["/b", "/a"]);
        walk.ahead.clear();
        assert!(walk.offer("/a".to_owned(), 1) && walk.ahead.is_empty(), "it was ahead in this run");
        let mut walk = walk.begin(5);
        assert!(walk.offer("/a".to_owned(), 1) && walk.ahead.len() == 1, "and may be in the next");
    }

    #[test]
    fn what_failed_comes_last_and_in_the_next_run_again() {
        let mut walk = Walk::default().begin(5);
        for path in ["/a", "/b", "/c"] {
            assert!(walk.offer(path.to_owned(), 1));
        }
        walk.put_off(|path| path == "/a");
        let failed = walk.ahead.pop_back().unwrap();
        assert_eq!(failed.path, "/a");
        walk.failed.push_back(failed);
        assert!(walk.offer("/a".to_owned(), 1) && walk.ahead.len() == 2, "not in this run");
        walk.ahead.clear();
        assert!(!walk.is_done());
        // Positions of versions before had no pages that failed.
        let stored = serde_json::to_value(&walk).unwrap();
        assert_eq!(serde_json::from_value::<Walk>(stored.clone()).unwrap(), walk);
        let mut older = stored;
        older.as_object_mut().unwrap().remove("failed");
        assert!(serde_json::from_value::<Walk>(older).unwrap().is_done());
        let walk = walk.begin(5);
        assert_eq!((walk.ahead.len(), walk.failed.len()), (1, 0));
    }

    #[test]
    fn the_fullest_place_fits_into_a_position() {
        let (mut place, mut walk) = (Place::default(), Walk::default().begin(10_000));
        let long = "x".repeat(VALIDATOR_BYTES_MAX);
        let known = |next| Known {
            sha256: "s".repeat(16),
            etag: Some(long.clone()),
            modified: Some(long.clone()),
            next,
        };
        for page in 0..KNOWN_MAX {
            place.remember(&page.to_string(), known(1_800_000_000), at(1_800_000_000)).unwrap();
        }
        let mut pages = 0..;
        while walk.offer(format!("/{:0>998}", pages.next().unwrap()), 3) {}
        place.walk = Some(walk);
        let position = Position::of(&place).unwrap();
        assert_eq!(position.read::<Place>().unwrap(), place);
        let error = place.remember("new", known(0), at(1_800_000_000)).unwrap_err();
        assert_eq!(error.code(), "connect/too-much");
        place.remember("new", known(0), at(1_800_000_000 + FORGET_S)).unwrap();
        assert_eq!(place.pages.len(), 1, "pages of a year ago are forgotten");
    }

    #[test]
    fn a_long_validator_is_not_remembered() {
        let long = Some("x".repeat(VALIDATOR_BYTES_MAX + 1));
        let known = Known { etag: long.clone(), modified: long, ..Known::default() }.bounded();
        assert_eq!((known.etag, known.modified), (None, None));
    }
}
