//! A walk over the pages of an interface: where it is, and the highest value it met.

use std::cmp::Ordering;

use brain_egress::header::{HeaderMap, LINK};
use brain_kernel::hexadecimal;
use brain_kernel::language::Text;
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

use super::since::{Mark, Since};

/// Records that may share the highest value.
const AT_MARK_MAX: usize = 50_000;
/// Longest address of a next page, bytes.
const LINK_BYTES_MAX: usize = 2_048;

/// The page to ask for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(untagged)]
pub(super) enum Next {
    Number(u64),
    Text(String),
}

impl Next {
    pub(super) const fn number(&self) -> u64 {
        match self {
            Self::Number(number) => *number,
            Self::Text(_) => 0,
        }
    }
}

#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Walk {
    /// `None` for the first page and after the last.
    pub(super) next: Option<Next>,
    /// Highest value met, the one from before included.
    pub(super) high: Option<Since>,
    /// Digests of the records of the page before, where pages are numbered.
    #[serde(default)]
    pub(super) previous: Vec<String>,
    /// Records of a full page, once one is known to be full; 0 before.
    #[serde(default)]
    pub(super) full: usize,
}

impl Walk {
    /// A walk from its first page.
    pub(super) fn from(since: Option<&Since>) -> Self {
        Self { high: since.cloned(), ..Self::default() }
    }

    /// Whether a record is new, and remember its mark. An interface may ask “from” or “after” the last value: records at
    /// that value are told apart by what they say.
    pub(super) fn take(&mut self, mark: Mark, record: &str, since: Option<&Since>) -> Result<bool, Text> {
        let digest = digest(record.as_bytes());
        let order = |other: &Since| {
            mark.compare(&other.mark).ok_or_else(|| {
                Text::new(
                    "增量字段有时是数字，有时是文字，无法比较。",
                    "The field that grows is a number here and a text there; they cannot be compared.",
                )
            })
        };
        if let Some(since) = since {
            match order(since)? {
                Ordering::Less => return Ok(false),
                Ordering::Equal if since.at_mark.contains(&digest) => return Ok(false),
                _ => {}
            }
        }
        match self.high.as_ref().map(order).transpose()? {
            Some(Ordering::Less) => {}
            Some(Ordering::Equal) => {
                if let Some(high) = &mut self.high {
                    high.at_mark.push(digest);
                    if high.at_mark.len() > AT_MARK_MAX {
                        return Err(Text::new(
                            format!("超过 {AT_MARK_MAX} 条记录的增量字段值相同，请换一个更细的字段。"),
                            format!("More than {AT_MARK_MAX} records share one value; choose a finer field."),
                        ));
                    }
                }
            }
            Some(Ordering::Greater) | None => self.high = Some(Since { mark, at_mark: vec![digest] }),
        }
        Ok(true)
    }
}

/// What tells two texts apart: half of a SHA-256, in hexadecimal.
pub(super) fn digest(bytes: &[u8]) -> String {
    let half: Vec<u8> = Sha256::digest(bytes).iter().take(16).copied().collect();
    hexadecimal::encode(&half)
}

/// The address of the relation `next` (RFC 8288 §3).
pub(super) fn link(headers: &HeaderMap) -> Option<String> {
    let values = headers.get_all(LINK).into_iter().filter_map(|value| value.to_str().ok());
    let links = values.flat_map(|value| value.split('<').skip(1));
    let next = links.filter_map(|link| link.split_once('>')).find(|(_, parameters)| {
        parameters.split(';').any(|parameter| {
            parameter.trim().trim_end_matches(',').trim_end().split_once('=').is_some_and(|(name, value)| {
                name.trim().eq_ignore_ascii_case("rel")
                    && value
                        .trim()
                        .trim_matches('"')
                        .split_whitespace()
                        .any(|rel| rel.eq_ignore_ascii_case("next"))
            })
        })
    });
    next.map(|(address, _)| address.to_owned()).filter(|address| address.len() <= LINK_BYTES_MAX)
}

#[cfg(test)]
mod tests {
    use super::*;
    use brain_egress::header::HeaderValue;
    use proptest::prelude::*;
    use std::collections::BTreeSet;

    #[test]
    fn the_next_page_is_found_among_links() {
        for (header, expected) in [
            (r#"</x?page=2>; rel="next", </x?page=9>; rel="last""#, Some("/x?page=2")),
            (r#"</x?page=1>; rel="prev", </x?page=3>; title="a"; rel=next"#, Some("/x?page=3")),
            (r#"</x?page=1>; rel="prev""#, None),
            (r#"</x?page=4>; rel="first next""#, Some("/x?page=4")),
            ("nonsense", None),
        ] {
            let mut headers = HeaderMap::new();
            headers.insert(LINK, HeaderValue::from_static(header));
            assert_eq!(link(&headers).as_deref(), expected, "{header}");
        }
    }

    proptest! {
        /// A growing source, read again and again with `from` the last value: every record once, however they are
        /// ordered, and however many share a value.
        #[test]
        fn every_record_is_taken_once_whatever_the_order(
            growth in prop::collection::vec(prop::collection::vec(0u8..4, 0..6), 1..6), reversed: bool,
        ) {
            let (mut source, mut level, mut taken): (Vec<(i64, String)>, i64, Vec<String>) =
                (Vec::new(), 0, Vec::new());
            let mut since: Option<Since> = None;
            for added in growth {
                for step in added {
                    level += i64::from(step);
                    source.push((level, format!("{{\"n\":{}}}", source.len())));
                }
                let mut answer: Vec<_> =
                    source.iter().filter(|(mark, _)| since.as_ref().is_none_or(|s| s.mark.compare(&Mark::Integer(*mark)) != Some(Ordering::Greater))).collect();
                if reversed {
                    answer.reverse();
                }
                let mut walk = Walk::from(since.as_ref());
                for (mark, record) in answer {
                    if walk.take(Mark::Integer(*mark), record, since.as_ref()).unwrap() {
                        taken.push(record.clone());
                    }
                }
                since = walk.high;
            }
            let once: BTreeSet<&String> = taken.iter().collect();
            prop_assert_eq!(once.len(), taken.len());
            prop_assert_eq!(taken.len(), source.len());
        }
    }
}
