//! Comparisons (比较): a pair of records becomes, field by field, a level of agreement and how rare the shared value is.
#![expect(clippy::indexing_slicing, reason = "records and fields are counted by the columns themselves")]

mod company;
mod level;
mod place;
mod product;
mod rarity;
mod text;

pub(crate) use level::{Level, NOT_COMPARED, Outcome};

use crate::prepare::{Column, LEFT, Prepared, RIGHT};
use crate::specification::{Comparison, Method, Specification};
use rarity::{Counting, Rarity};

/// A comparison bound to its columns.
pub(crate) struct Comparator<'a> {
    /// Place of the comparison in the specification.
    pub(crate) place: usize,
    pub(crate) levels: Vec<Level>,
    /// Whether relatives share the field.
    pub(crate) kin: bool,
    how: Box<dyn Compare + 'a>,
}

/// One way to compare; `left` and `right` are records.
trait Compare: Sync + Send {
    fn compare(&self, left: usize, right: usize) -> Outcome;
    /// How often two random records agree on a level whose weight goes by the rarity of the shared value.
    fn chance(&self, level: usize) -> f64;
}

impl Comparator<'_> {
    pub(crate) fn compare(&self, left: usize, right: usize) -> Outcome {
        self.how.compare(left, right)
    }

    /// See [`Compare::chance`].
    pub(crate) fn chance(&self, level: usize) -> f64 {
        self.how.chance(level)
    }
}

/// The comparisons whose columns are in both files, in the order of the specification.
pub(crate) fn comparators<'a>(specification: &Specification, prepared: &'a Prepared) -> Vec<Comparator<'a>> {
    let all = specification.comparisons.iter().enumerate();
    all.filter_map(|(place, comparison)| {
        let (levels, how) = bind(specification, prepared, comparison)?;
        Some(Comparator { place, levels, kin: comparison.kin, how })
    })
    .collect()
}

type Bound<'a> = (Vec<Level>, Box<dyn Compare + 'a>);

fn bind<'a>(
    specification: &Specification,
    prepared: &'a Prepared,
    comparison: &Comparison,
) -> Option<Bound<'a>> {
    let column = |name: &str| {
        let place = specification.fields.iter().position(|field| field.name == name)?;
        prepared.columns[place].as_ref()
    };
    let words = &prepared.words;
    let sides = Sides { right: prepared.stored(RIGHT) };
    let frequent = comparison.term_frequency;
    let also = comparison.also.iter().filter_map(|name| column(name));
    if comparison.method == Method::Region {
        let sources = [column(&comparison.field)].into_iter().flatten().chain(also);
        return place::region(sources.collect(), words, prepared, frequent);
    }
    Some(match (comparison.method, column(&comparison.field)?) {
        (Method::Brand, Column::Company(names)) => company::brand(names, words, prepared, frequent),
        (Method::Trade, Column::Company(names)) => company::trade(names, words, prepared, frequent),
        (Method::LegalForm, Column::Company(names)) => company::legal_form(names, sides),
        (Method::Branch, Column::Company(names)) => company::branch(names, words, sides),
        (Method::Address, Column::Address(all)) => place::address(all, words, prepared, frequent),
        (Method::Product, Column::Product(all)) => product::product(all, words, prepared, frequent),
        (method, Column::Text(ids)) => {
            let others =
                also.filter_map(|other| if let Column::Text(ids) = other { Some(ids) } else { None });
            let values = text::Values { ids, others: others.collect(), words, sides };
            let length = |id| words.chars(id).len();
            let counting = Counting { same: prepared.same, by_value: frequent, usual: 1e-4, length: &length };
            let rarity = Rarity::new(ids.each_ref().map(|side| side.iter().copied()), &counting);
            text::bind(method, &comparison.steps, values, rarity)
        }
        // `check` let only fitting kinds through.
        _ => return None,
    })
}

/// Where the second record of a pair is stored.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Sides {
    right: usize,
}

impl Sides {
    fn pair<T>(self, columns: &[Vec<T>; 2], left: usize, right: usize) -> (&T, &T) {
        (&columns[LEFT][left], &columns[self.right][right])
    }
}
