//! Two lists of made-up Chinese firms with known truth, dirty in the ways lists are, for measuring.
//!
//! The caller gives the 字号; regions are the built-in table, trades the built-in words. Equal inputs give equal lists.
//! A list made by the author of the matcher flatters it: labelled real pairs say what it does on outside data.

use crate::company::{region, trade_words};
use brain_kernel::uscc;
use rand::rngs::SmallRng;
use rand::seq::{IndexedRandom as _, SliceRandom as _};
use rand::{RngExt as _, SeedableRng as _};

/// How large.
#[derive(Debug, Clone, Copy)]
pub struct Shape {
    /// Records of the left list.
    pub left: usize,
    /// Records of the right list.
    pub right: usize,
    /// Firms that are in both.
    pub both: usize,
    /// How dirty.
    pub noise: Noise,
    /// Seed.
    pub seed: u64,
}

/// How dirty the right list is: shares of its names.
#[derive(Debug, Clone, Copy)]
pub struct Noise {
    /// Legal form changed.
    pub form: f64,
    /// Region left out.
    pub region: f64,
    /// Abbreviated to 字号 and the beginning of the trade.
    pub abbreviated: f64,
    /// A character lost.
    pub lost: f64,
    /// Two neighbours swapped.
    pub swapped: f64,
    /// A state written behind.
    pub state: f64,
    /// Of the firms only the right list has: namesakes of a firm of the left one in another city.
    pub namesakes: f64,
    /// Of all firms: with one of six hundred frequent 字号.
    pub popular: f64,
}

impl Noise {
    /// What two registers differ by.
    pub const USUAL: Self = Self {
        form: 0.15,
        region: 0.12,
        abbreviated: 0.05,
        lost: 0.03,
        swapped: 0.02,
        state: 0.06,
        namesakes: 0.0,
        popular: 0.1,
    };
    /// Hand-written lists, with the subsidiaries of groups among them.
    pub const HARD: Self = Self {
        form: 0.15,
        region: 0.25,
        abbreviated: 0.12,
        lost: 0.06,
        swapped: 0.03,
        state: 0.08,
        namesakes: 0.33,
        popular: 0.3,
    };
}

/// One record.
#[derive(Debug, Clone)]
pub struct Firm {
    /// Which firm it is; two records of one firm share it.
    pub entity: usize,
    /// The name as this list writes it.
    pub name: String,
    /// City by name; empty where the list does not say.
    pub city: String,
    /// Credit code; empty where the list does not say.
    pub uscc: String,
}

/// The two lists, in random order.
#[must_use]
pub fn firms(brands: &[&str], shape: Shape) -> [Vec<Firm>; 2] {
    let mut maker = Maker::new(brands, shape);
    let count = shape.left + shape.right - shape.both;
    let true_firms: Vec<Truth> = (0..count).map(|entity| maker.truth(entity)).collect();
    let mut left: Vec<Firm> =
        true_firms.iter().take(shape.left).map(|truth| maker.registered(truth)).collect();
    let mut right = Vec::with_capacity(shape.right);
    for (place, truth) in true_firms.iter().enumerate() {
        if place < shape.both {
            right.push(maker.noisy(truth));
        } else if place >= shape.left {
            let namesake = maker
                .random
                .random_bool(shape.noise.namesakes)
                .then(|| maker.random.random_range(0..shape.left.max(1)));
            let other = namesake.and_then(|at| true_firms.get(at));
            let truth = other.map_or_else(|| truth.clone(), |other| maker.namesake(truth, other));
            right.push(maker.noisy(&truth));
        }
    }
    left.shuffle(&mut maker.random);
    right.shuffle(&mut maker.random);
    [left, right]
}

#[derive(Debug, Clone)]
struct Truth {
    entity: usize,
    brand: String,
    trade: String,
    form: &'static str,
    /// Province, city and their six digits.
    region: (String, String, String),
    uscc: String,
    layout: u8,
}

struct Maker<'a> {
    random: SmallRng,
    noise: Noise,
    brands: &'a [&'a str],
    popular: Vec<&'a str>,
    cities: Vec<(String, String, String)>,
    trades: Vec<&'static str>,
}

const FORMS: [&str; 10] = [
    "有限公司",
    "有限公司",
    "有限公司",
    "有限公司",
    "有限公司",
    "有限责任公司",
    "股份有限公司",
    "厂",
    "经营部",
    "集团有限公司",
];
const ALPHABET: &[u8; 31] = b"0123456789ABCDEFGHJKLMNPQRTUWXY";

impl<'a> Maker<'a> {
    fn new(brands: &'a [&'a str], shape: Shape) -> Self {
        let mut random = SmallRng::seed_from_u64(shape.seed);
        // A few hundred 字号 are everywhere (恒达, 华信 …), the rest seldom.
        let popular = brands.sample(&mut random, brands.len().min(600)).copied().collect();
        // A trade that is an institution of its own (旅行社, 医院) has no 厂 or 有限公司 of another behind it.
        let own = |word: &str| word.ends_with(['社', '院', '所', '部', '店', '行', '司', '团', '厂', '站']);
        let trades = trade_words().filter(|word| word.chars().count() <= 4 && !own(word)).collect();
        Self { random, noise: shape.noise, brands, popular, cities: region::cities(), trades }
    }

    fn truth(&mut self, entity: usize) -> Truth {
        let popular = self.random.random_bool(self.noise.popular);
        let brand = if popular {
            self.popular.choose(&mut self.random)
        } else {
            self.brands.choose(&mut self.random)
        };
        let brand = brand.copied().unwrap_or("恒达").to_owned();
        let two = self.random.random_bool(0.35);
        let mut trade = String::new();
        for _ in 0..if two { 2 } else { 1 } {
            trade.push_str(self.trades.choose(&mut self.random).copied().unwrap_or("机械"));
        }
        let region = self.city();
        let uscc = self.uscc(&region.2);
        let form = FORMS.choose(&mut self.random).copied().unwrap_or("有限公司");
        Truth { entity, brand, trade, form, region, uscc, layout: self.random.random_range(0..10) }
    }

    fn city(&mut self) -> (String, String, String) {
        // Half of the firms sit in thirty cities.
        let many = if self.random.random_bool(0.5) { 30 } else { self.cities.len() };
        let at = self.random.random_range(0..many.min(self.cities.len()).max(1));
        self.cities.get(at).cloned().unwrap_or_default()
    }

    fn uscc(&mut self, code: &str) -> String {
        let mut text = format!("91{code}");
        for _ in 0..9 {
            text.push(char::from(*ALPHABET.choose(&mut self.random).unwrap_or(&b'0')));
        }
        for check in ALPHABET {
            let whole = format!("{text}{}", char::from(*check));
            if uscc::check(&whole).is_ok() {
                return whole;
            }
        }
        text
    }

    fn namesake(&mut self, own: &Truth, other: &Truth) -> Truth {
        let mut truth = Truth { brand: other.brand.clone(), ..own.clone() };
        if self.random.random_bool(0.5) {
            truth.trade.clone_from(&other.trade);
        }
        truth
    }

    fn registered(&mut self, truth: &Truth) -> Firm {
        let name = full_name(truth);
        Firm { entity: truth.entity, name, city: self.shown_city(truth), uscc: self.shown_uscc(truth) }
    }

    fn shown_city(&mut self, truth: &Truth) -> String {
        let (_, city, _) = &truth.region;
        if self.random.random_bool(0.15) { String::new() } else { city.clone() }
    }

    fn shown_uscc(&mut self, truth: &Truth) -> String {
        if self.random.random_bool(0.55) { String::new() } else { truth.uscc.clone() }
    }

    /// As another list writes it.
    fn noisy(&mut self, truth: &Truth) -> Firm {
        let mut told = truth.clone();
        if self.random.random_bool(self.noise.form) {
            told.form = ["有限公司", "有限责任公司", "股份有限公司", "公司"]
                .choose(&mut self.random)
                .copied()
                .unwrap_or("公司");
        }
        if self.random.random_bool(self.noise.region) {
            told.layout = 255;
        } else if self.random.random_bool(0.1) {
            told.layout = self.random.random_range(0..10);
        }
        let mut name = if self.random.random_bool(self.noise.abbreviated) {
            self.abbreviated(&told)
        } else {
            full_name(&told)
        };
        if self.random.random_bool(self.noise.lost) {
            name = self.lose_a_character(&name);
        }
        if self.random.random_bool(self.noise.swapped) {
            name = self.swap_two_characters(&name);
        }
        if self.random.random_bool(self.noise.state) {
            name.push_str(
                ["（已注销）", "(吊销)", "-已注销", "【存续】", "（原名）"]
                    .choose(&mut self.random)
                    .copied()
                    .unwrap_or(""),
            );
        }
        if self.random.random_bool(0.1) {
            name = name.replace('(', "（").replace(')', " ）");
        }
        Firm { entity: truth.entity, name, city: self.shown_city(truth), uscc: self.shown_uscc(truth) }
    }

    /// 字号 and the beginning of the trade, without form, with the city now and then.
    fn abbreviated(&mut self, truth: &Truth) -> String {
        let keep = if self.random.random_bool(0.7) { 2 } else { 0 };
        let trade: String = truth.trade.chars().take(keep).collect();
        let city = if self.random.random_bool(0.3) { stem(&truth.region.1) } else { "" };
        format!("{city}{}{trade}", truth.brand)
    }

    fn lose_a_character(&mut self, name: &str) -> String {
        let count = name.chars().count();
        let lost = self.random.random_range(0..count.max(1));
        name.chars().enumerate().filter(|(at, _)| *at != lost || count < 4).map(|(_, c)| c).collect()
    }

    fn swap_two_characters(&mut self, name: &str) -> String {
        let mut chars: Vec<char> = name.chars().collect();
        if chars.len() > 3 {
            let at = self.random.random_range(0..chars.len() - 1);
            chars.swap(at, at + 1);
        }
        chars.into_iter().collect()
    }
}

fn stem(city: &str) -> &str {
    city.strip_suffix('市').filter(|stem| stem.chars().count() >= 2).unwrap_or(city)
}

fn full_name(truth: &Truth) -> String {
    let Truth { brand, trade, form, region: (province, city, _), .. } = truth;
    match truth.layout {
        0..=3 => format!("{}{brand}{trade}{form}", stem(city)),
        4..=5 => format!("{city}{brand}{trade}{form}"),
        6 => format!("{province}{brand}{trade}{form}"),
        7 => format!("{brand}{trade}({}){form}", stem(city)),
        8 => format!("{brand}({}){trade}{form}", stem(city)),
        _ => format!("{brand}{trade}{form}"),
    }
}
