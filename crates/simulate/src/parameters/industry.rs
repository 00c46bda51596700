//! Which trades there are: classes of GB/T 4754, what each makes or does, and how many enterprises are in it.
//!
//! Products are the terms of the warehouse's own lexicon, read at build time from its folder: one definition of what a
//! product is called. A classifier that uses the same lexicon therefore does better on simulated scopes than on real
//! ones; its quality is measured on real ones only.

use super::{RETAIL_SHARE, Sectors, WHOLESALE_SHARE};
use crate::dice::{Dice, cumulative};
use crate::error::{Error, Result};
use rustc_hash::FxHashMap;

const TERMS: &str = include_str!("../../../warehouse/lexicon/registry_terms.csv");
const TRADE_CLASSES: &str = include_str!("../../../warehouse/lexicon/trade_classes.csv");
const CLASSES: &str = include_str!("../../parameters/classes.tsv");

/// Most products named in a scope.
const PRODUCTS_MAX: u32 = 8;

/// What an enterprise does with its products.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Activity {
    Make,
    Serve,
    Wholesale,
    Retail,
}

impl Activity {
    /// The word of the subject tables.
    pub(crate) const fn word(self) -> &'static str {
        match self {
            Self::Make => "make",
            Self::Serve => "service",
            Self::Wholesale | Self::Retail => "trade",
        }
    }
}

/// What one enterprise does.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Trade {
    pub(crate) activity: Activity,
    /// Position of the class of its goods or services.
    pub(crate) class: u16,
    /// Sector of the enterprise itself: traders are in trade whatever they sell.
    pub(crate) sector: u8,
    /// Position of its main product among the terms.
    pub(crate) product: u16,
    /// How many further products its scope names.
    pub(crate) further: u8,
}

/// A class with its terms.
#[derive(Debug)]
pub(crate) struct Class {
    pub(crate) code: &'static str,
    pub(crate) sector: u8,
    wholesale: Option<&'static str>,
    retail: Option<&'static str>,
    /// Positions of its terms.
    pub(crate) terms: std::ops::Range<u16>,
}

/// All trades.
#[derive(Debug)]
pub(crate) struct Industries {
    pub(crate) classes: Vec<Class>,
    /// Terms grouped by class.
    pub(crate) terms: Vec<&'static str>,
    of_all: Vec<u32>,
    /// Positions and weights of the classes that are goods somebody trades.
    goods: Vec<u16>,
    of_goods: Vec<u32>,
    trade_sector: u8,
}

impl Industries {
    /// Read the tables.
    pub(crate) fn new(sectors: &Sectors) -> Result<Self> {
        let damaged = || Error::Internal("classes.tsv or a lexicon of the warehouse is damaged".to_owned());
        let mut by_class: FxHashMap<&'static str, Vec<&'static str>> = FxHashMap::default();
        for line in TERMS.lines().skip(1).filter(|line| !line.starts_with('#')) {
            let (rest, code) = line.rsplit_once(',').ok_or_else(damaged)?;
            let (term, _) = rest.split_once(',').ok_or_else(damaged)?;
            by_class.entry(code).or_default().push(term);
        }
        let trades: Vec<(&str, &str, &str)> = TRADE_CLASSES
            .lines()
            .filter(|line| !line.starts_with('#'))
            .filter_map(|line| {
                let mut cells = line.split(',');
                Some((cells.next()?, cells.next()?, cells.next()?))
            })
            .collect();
        let (mut classes, mut terms, mut weights) = (Vec::new(), Vec::new(), Vec::new());
        for line in CLASSES.lines().filter(|line| !line.starts_with('#')) {
            let (code, weight) = line.split_once('\t').ok_or_else(damaged)?;
            let weight: u32 = weight.parse().map_err(|_| damaged())?;
            let (Some(sector), Some(own)) = (sectors.of_class(code), by_class.get(code)) else { continue };
            let from = terms.len() as u16;
            terms.extend(own);
            let goods = code < "44";
            let traded = trades.iter().filter(|t| goods && code.starts_with(t.0)).max_by_key(|t| t.0.len());
            classes.push(Class {
                code,
                sector,
                wholesale: traded.map(|t| t.1),
                retail: traded.map(|t| t.2),
                terms: from..terms.len() as u16,
            });
            weights.push(weight);
        }
        let trade_sector = sectors.of_class("5101").ok_or_else(damaged)?;
        let goods: Vec<u16> =
            (0u16..).zip(&classes).filter(|(_, c)| c.wholesale.is_some()).map(|(at, _)| at).collect();
        // The square root: traders spread over more goods than makers do (assumed).
        let weight_of = |at: &u16| weights.get(usize::from(*at)).map_or(0, |w| w.isqrt());
        let of_goods = cumulative(goods.iter().map(weight_of));
        Ok(Self {
            classes,
            terms,
            of_all: cumulative(weights.iter().copied()),
            goods,
            of_goods,
            trade_sector,
        })
    }

    /// What an enterprise does. `scarce` says which terms nobody takes by chance.
    pub(crate) fn draw(&self, dice: &mut Dice, scarce: impl Fn(u16) -> bool) -> Trade {
        let share = dice.unit();
        let activity = match share {
            _ if share < WHOLESALE_SHARE => Some(Activity::Wholesale),
            _ if share < WHOLESALE_SHARE + RETAIL_SHARE => Some(Activity::Retail),
            _ => None,
        };
        let class = match activity {
            Some(_) => self.goods.get(dice.weighted(&self.of_goods)).copied().unwrap_or(0),
            None => dice.weighted(&self.of_all) as u16,
        };
        let at = self.class(class);
        let made = if at.is_some_and(|c| c.code < "44") { Activity::Make } else { Activity::Serve };
        let activity = activity.unwrap_or(made);
        let sector = match activity {
            Activity::Wholesale | Activity::Retail => self.trade_sector,
            Activity::Make | Activity::Serve => at.map_or(0, |c| c.sector),
        };
        let further = (dice.exponential(2.2) as u32).min(PRODUCTS_MAX - 1) as u8;
        Trade { activity, class, sector, product: self.term_of(class, dice, &scarce), further }
    }

    /// A term of a class, common ones first as the lexicon lists them.
    pub(crate) fn term_of(&self, class: u16, dice: &mut Dice, scarce: &impl Fn(u16) -> bool) -> u16 {
        let Some(class) = self.class(class) else { return 0 };
        let count = class.terms.end - class.terms.start;
        let drawn = (f64::from(count) * dice.unit() * dice.unit()) as u16;
        (0..count)
            .map(|step| class.terms.start + (drawn + step) % count)
            .find(|term| !scarce(*term))
            .unwrap_or(class.terms.start)
    }

    /// The class at a position.
    pub(crate) fn class(&self, at: u16) -> Option<&Class> {
        self.classes.get(usize::from(at))
    }

    /// The text of a term.
    pub(crate) fn term(&self, at: u16) -> &'static str {
        self.terms.get(usize::from(at)).copied().unwrap_or_default()
    }

    /// GB/T 4754 class of the enterprise.
    pub(crate) fn code(&self, trade: Trade) -> &'static str {
        let Some(class) = self.class(trade.class) else { return "" };
        match trade.activity {
            Activity::Wholesale => class.wholesale.unwrap_or(class.code),
            Activity::Retail => class.retail.unwrap_or(class.code),
            Activity::Make | Activity::Serve => class.code,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::dice::Stream;

    #[test]
    fn the_tables_fit_together() {
        let sectors = Sectors::new().unwrap();
        let industries = Industries::new(&sectors).unwrap();
        assert!(industries.classes.len() > 400, "{}", industries.classes.len());
        assert!(industries.terms.len() > 2_000 && industries.goods.len() > 250);
        assert!(industries.classes.iter().all(|class| !class.terms.is_empty()));
    }

    #[test]
    fn shares_of_activities_and_divisions_are_those_of_the_register() {
        let sectors = Sectors::new().unwrap();
        let industries = Industries::new(&sectors).unwrap();
        let (mut wholesale, mut machinery) = (0, 0);
        let count = 100_000;
        for index in 0..count {
            let trade = industries.draw(&mut Dice::of(5, Stream::Trade, index), |_| false);
            wholesale += u64::from(trade.activity == Activity::Wholesale);
            machinery += u64::from(industries.code(trade).starts_with("34"));
        }
        let share = |n: u64| n as f64 / count as f64;
        assert!((share(wholesale) - 0.178).abs() < 0.005, "{}", share(wholesale));
        // Register: 75 of 1,000 are of division 34.
        assert!((share(machinery) - 0.075).abs() < 0.02, "{}", share(machinery));
    }

    #[test]
    fn nobody_draws_a_scarce_term() {
        let sectors = Sectors::new().unwrap();
        let industries = Industries::new(&sectors).unwrap();
        let class = (0u16..).zip(&industries.classes).find(|(_, c)| c.terms.len() > 3).unwrap();
        let taken = class.1.terms.start;
        for index in 0..1_000 {
            let mut dice = Dice::of(5, Stream::Trade, index);
            assert_ne!(industries.term_of(class.0, &mut dice, &|term| term == taken), taken);
        }
    }
}
