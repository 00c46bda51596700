//! Keys of records, each as a number while a run lasts.

use rustc_hash::FxHashMap;
use std::sync::Arc;

/// Longest key, bytes: an index holds two of them.
pub(super) const KEY_BYTES_MAX: usize = 400;
/// Between the columns of a key; the unit separator of ASCII, which no register writes.
const BETWEEN: char = '\u{1f}';

/// Keys of several datasets.
#[derive(Debug, Default)]
pub(super) struct Keys {
    datasets: Vec<String>,
    numbers: FxHashMap<(u16, Arc<str>), u32>,
    keys: Vec<(u16, Arc<str>)>,
}

impl Keys {
    /// The number of a dataset.
    pub(super) fn dataset(&mut self, name: &str) -> u16 {
        let known = self.datasets.iter().position(|known| known == name);
        let place = known.unwrap_or_else(|| {
            self.datasets.push(name.to_owned());
            self.datasets.len() - 1
        });
        // A plan has at most sixteen datasets, and what earlier plans left is a handful more.
        u16::try_from(place).unwrap_or(u16::MAX)
    }

    /// The number of a record.
    pub(super) fn number(&mut self, dataset: u16, key: &str) -> u32 {
        let key: Arc<str> = key.into();
        let next = self.keys.len() as u32;
        let number = *self.numbers.entry((dataset, Arc::clone(&key))).or_insert(next);
        if number == next {
            self.keys.push((dataset, key));
        }
        number
    }

    /// The number of a record, where it has one.
    pub(super) fn find(&self, dataset: &str, key: &str) -> Option<u32> {
        let dataset = self.datasets.iter().position(|known| known == dataset)?;
        self.numbers.get(&(u16::try_from(dataset).ok()?, key.into())).copied()
    }

    /// Dataset and key of a record.
    pub(super) fn name(&self, number: u32) -> (&str, &str) {
        let Some((dataset, key)) = self.keys.get(number as usize) else { return ("", "") };
        (self.datasets.get(usize::from(*dataset)).map_or("", String::as_str), key)
    }

    /// How many records.
    pub(super) fn len(&self) -> usize {
        self.keys.len()
    }
}

/// The cells of a key as one text; `None` where it tells nothing apart or is too long to be kept.
pub(super) fn joined<'a>(cells: impl Iterator<Item = &'a str>) -> Option<String> {
    let cells: Vec<&str> = cells.collect();
    let joined = cells.join(&BETWEEN.to_string());
    let said = cells.iter().any(|cell| !cell.trim().is_empty());
    let sound = !cells.iter().any(|cell| cell.contains(['\0', BETWEEN]));
    (said && sound && joined.len() <= KEY_BYTES_MAX).then_some(joined)
}

/// The cells of a key.
pub(super) fn cells(key: &str) -> impl Iterator<Item = &str> {
    key.split(BETWEEN)
}

/// A key as people read it.
pub(super) fn shown(key: &str) -> String {
    cells(key).collect::<Vec<_>>().join(" · ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_has_one_number_and_comes_back_in_its_cells() {
        let mut keys = Keys::default();
        let (a, b) = (keys.dataset("raw.a"), keys.dataset("raw.b"));
        assert_eq!((keys.dataset("raw.a"), b), (a, 1));
        let key = joined(["2019", "", "杭州"].into_iter()).unwrap();
        let number = keys.number(a, &key);
        assert_eq!((keys.number(a, &key), keys.number(b, &key), keys.len()), (number, number + 1, 2));
        assert_eq!(keys.name(number), ("raw.a", key.as_str()));
        assert_eq!((keys.find("raw.b", &key), keys.find("raw.c", &key)), (Some(number + 1), None));
        assert_eq!(cells(&key).collect::<Vec<_>>(), ["2019", "", "杭州"]);
        assert_eq!(shown(&key), "2019 ·  · 杭州");
    }

    #[test]
    fn a_key_that_tells_nothing_apart_is_none() {
        assert_eq!(joined([" ", ""].into_iter()), None);
        assert_eq!(joined(["a\0"].into_iter()), None);
        assert_eq!(joined(["a\u{1f}b"].into_iter()), None);
        assert_eq!(joined(["x".repeat(KEY_BYTES_MAX + 1).as_str()].into_iter()), None);
        assert_eq!(joined(["x"].into_iter()), Some("x".to_owned()));
    }
}
