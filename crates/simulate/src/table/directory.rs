//! A second list of enterprises, kept by somebody else: the same firms under other spellings, some firms the register
//! does not have, and personal data where people put it. The truth says which is which.

use super::{Scratch, Table};
use crate::dice::{Dice, Stream};
use crate::name::{Name, name, other_letter};
use crate::rows::Rows;
use crate::scope::{address, address_at};
use crate::world::World;

pub(super) const DIRECTORY: Table = Table {
    name: "directory",
    truth: false,
    title: ("企业名录（另一部门）", "Directory of another department"),
    columns: &["record_id", "name", "address", "contact", "phone", "remark"],
    rows: directory,
};

pub(super) const IDENTITY: Table = Table {
    name: "identity",
    truth: true,
    title: ("名录与登记的对应", "Which directory record is which enterprise"),
    columns: &["record_id", "uscc", "kind"],
    rows: identity,
};

pub(super) const PERSONAL: Table = Table {
    name: "personal",
    truth: true,
    title: ("埋设的个人信息", "Personal data planted"),
    columns: &["source_table", "record", "column_name", "kind"],
    rows: personal,
};

/// Share of enterprises of the directory that stand in it twice. Assumed.
const TWICE: f64 = 0.1;
/// Strangers, and records of similar names, for each record. Assumed.
const STRANGERS: f64 = 0.1;
/// Share of remarks with personal data. Assumed.
const TELLING_REMARKS: f64 = 0.05;
/// Share of register addresses with a telephone number. Assumed.
const TELLING_ADDRESSES: f64 = 0.000_5;

/// How a record spells a name, its word in the truth, and how often, per 1,000. Assumed.
const SPELLINGS: [(Spelling, &str, u32); 9] = [
    (Spelling::Exact, "exact", 300),
    (Spelling::NoForm, "no_legal_form", 120),
    (Spelling::NoRegion, "no_region", 120),
    (Spelling::Short, "short_name", 120),
    (Spelling::Brackets, "brackets", 80),
    (Spelling::Spaces, "spaces", 70),
    (Spelling::Typo, "typo", 90),
    (Spelling::OtherForm, "other_form", 60),
    (Spelling::Status, "status_suffix", 40),
];

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Spelling {
    Exact,
    NoForm,
    NoRegion,
    Short,
    Brackets,
    Spaces,
    Typo,
    OtherForm,
    Status,
}

const SURNAMES: [&str; 20] = [
    "王", "李", "张", "刘", "陈", "杨", "黄", "赵", "周", "吴", "徐", "孙", "胡", "朱", "高", "林", "何",
    "郭", "马", "罗",
];
const GIVEN: [&str; 24] = [
    "伟", "芳", "敏", "静", "丽", "强", "磊", "军", "洋", "勇", "杰", "娟", "涛", "明", "超", "秀兰", "建国",
    "志强", "晓红", "子涵", "雨欣", "国栋", "海燕", "文博",
];
const REMARKS: [&str; 5] = ["已核实", "年报已报送", "规上企业", "需回访", ""];

/// One record with everything the three tables need.
struct Record {
    id: String,
    name: String,
    address: String,
    contact: String,
    phone: String,
    remark: String,
    /// Code of the enterprise; empty for strangers.
    code: String,
    kind: &'static str,
    personal: Vec<(&'static str, &'static str)>,
}

fn directory(world: &World, at: u32, _: &mut Scratch, rows: &mut Rows) {
    for record in records(world, at) {
        rows.text(&record.id)
            .text(&record.name)
            .text(&record.address)
            .text(&record.contact)
            .text(&record.phone)
            .text(&record.remark)
            .end();
    }
}

fn identity(world: &World, at: u32, _: &mut Scratch, rows: &mut Rows) {
    for record in records(world, at) {
        rows.text(&record.id).text(&record.code).text(record.kind).end();
    }
}

fn personal(world: &World, at: u32, _: &mut Scratch, rows: &mut Rows) {
    if telling_address(world, at).is_some() {
        rows.text("registration").text(&world.blueprint.code(at)).text("address").text("mobile_phone").end();
    }
    for record in records(world, at) {
        for (column, kind) in &record.personal {
            rows.text("directory").text(&record.id).text(column).text(kind).end();
        }
    }
}

/// Records in another order than the register's, so that order tells nothing.
fn records(world: &World, at: u32) -> Vec<Record> {
    let index = scattered(at, world.blueprint.options.enterprises);
    let mut dice = world.blueprint.dice(Stream::Directory, index);
    let share = world.blueprint.options.directory_share;
    let mut found = Vec::new();
    if dice.chance(share) {
        found.push(record(world, index, 0));
        if dice.chance(TWICE) {
            found.push(record(world, index, 1));
        }
    }
    if dice.chance(share * STRANGERS) {
        found.push(stranger(world, index, dice.chance(0.5)));
    }
    found
}

/// A permutation of `0..count`.
fn scattered(at: u32, count: u32) -> u32 {
    // Large primes: one of them does not divide the count.
    let stride = [2_147_483_629u64, 2_147_483_587].into_iter().find(|prime| u64::from(count) % prime != 0);
    ((u64::from(at) * stride.unwrap_or(1) + 17) % u64::from(count)) as u32
}

fn record(world: &World, index: u32, copy: u64) -> Record {
    let mut dice = Dice::of(world.blueprint.options.seed, Stream::Variant, (u64::from(index) << 2) | copy);
    let trade = world.trade(index);
    let name = world.name(index, trade, world.blueprint.form(index, trade));
    let drawn = dice.below(1_000);
    let mut sum = 0;
    let found = SPELLINGS.iter().find(|(_, _, share)| {
        sum += share;
        drawn < sum
    });
    let (spelling, kind) = found.map_or((Spelling::Exact, "exact"), |(spelling, word, _)| (*spelling, *word));
    let spelt = spell(&name, spelling, &mut dice);
    let mut place = String::new();
    if dice.chance(0.6) {
        address(&mut place, &world.blueprint, index);
    } else {
        address_at(&mut place, &world.blueprint, world.blueprint.place_at(index), &mut dice);
    }
    finish(spelt, place, world.blueprint.code(index), kind, &mut dice)
}

/// An enterprise the register does not have: an unknown one, or one with almost the name of a known one.
fn stranger(world: &World, index: u32, alike: bool) -> Record {
    let blueprint = &world.blueprint;
    let mut dice = Dice::of(blueprint.options.seed, Stream::Variant, (u64::from(index) << 2) | 3);
    // Indices behind the last enterprise are nobody's.
    let nobody = blueprint.options.enterprises + index;
    let trade = world.trade(if alike { index } else { nobody });
    let mut spelt = if alike {
        world.name(index, trade, blueprint.form(index, trade))
    } else {
        name(blueprint, nobody, trade, blueprint.form(nobody, trade), false)
    };
    if alike {
        // One more character makes another 字号, and another enterprise.
        spelt.brand.push(other_letter(&mut dice));
    }
    let mut place = String::new();
    address(&mut place, blueprint, if alike { index } else { nobody });
    let kind = if alike { "look_alike" } else { "stranger" };
    finish(spelt.full(), place, String::new(), kind, &mut dice)
}

fn finish(name: String, address: String, code: String, kind: &'static str, dice: &mut Dice) -> Record {
    let mut personal = Vec::new();
    let contact = if dice.chance(0.6) {
        personal.push(("contact", "person_name"));
        person(dice)
    } else {
        String::new()
    };
    let phone = if dice.chance(0.7) {
        personal.push(("phone", "mobile_phone"));
        mobile(dice)
    } else {
        String::new()
    };
    let remark = if dice.chance(TELLING_REMARKS) {
        let (kind, text) = telling(dice);
        personal.push(("remark", kind));
        text
    } else {
        dice.of_words(&REMARKS).to_owned()
    };
    let id = format!("M{:015x}", dice.bits() >> 4);
    Record { id, name, address, contact, phone, remark, code, kind, personal }
}

fn spell(name: &Name, spelling: Spelling, dice: &mut Dice) -> String {
    let Name { region, brand, trade, form, .. } = name;
    let full = name.full();
    match spelling {
        Spelling::Exact => full,
        Spelling::NoForm => format!("{region}{brand}{trade}"),
        Spelling::NoRegion => format!("{brand}{trade}{form}"),
        Spelling::Short => format!("{brand}{trade}"),
        Spelling::Brackets if full.contains('（') => full.replace('（', "(").replace('）', ")"),
        Spelling::Brackets => format!("{brand}({region}){trade}{form}"),
        Spelling::Spaces => format!("{region} {brand}{trade} {form}"),
        Spelling::Typo => {
            let mut letters: Vec<char> = brand.chars().collect();
            let last = letters.len().saturating_sub(1);
            if let Some(letter) = letters.get_mut(last) {
                let drawn = other_letter(dice);
                *letter = if *letter == drawn { '之' } else { drawn };
            }
            let wrong: String = letters.into_iter().collect();
            format!("{region}{wrong}{trade}{form}")
        }
        Spelling::OtherForm if form == "有限公司" => format!("{region}{brand}{trade}有限责任公司"),
        Spelling::OtherForm => format!("{region}{brand}{trade}公司"),
        Spelling::Status => format!("{full}（已注销）"),
    }
}

/// Personal data as people write it into a remark. Numbers that nobody has: identity numbers of people not yet born,
/// mobile numbers of a range not allotted, mail at a reserved domain (RFC 2606).
fn telling(dice: &mut Dice) -> (&'static str, String) {
    match dice.below(3) {
        0 => ("resident_id", format!("法人身份证{}", resident_id(dice))),
        1 => ("email", format!("材料发至user{}@example.com", dice.between(1, 9_999))),
        _ => ("mobile_phone", format!("请打{}", mobile(dice))),
    }
}

fn person(dice: &mut Dice) -> String {
    format!("{}{}", dice.of_words(&SURNAMES), dice.of_words(&GIVEN))
}

/// The range 164 is not allotted to an operator.
fn mobile(dice: &mut Dice) -> String {
    format!("164{:08}", dice.below(100_000_000))
}

/// Born 2090 to 2099, with the right check character (GB 11643-1999, ISO 7064 MOD 11-2).
fn resident_id(dice: &mut Dice) -> String {
    const WEIGHTS: [u32; 17] = [7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2];
    let (year, month, day) = (dice.between(2090, 2099), dice.between(1, 12), dice.between(1, 28));
    let body = format!("330106{year}{month:02}{day:02}{:03}", dice.below(1_000));
    let sum: u32 = body.bytes().zip(WEIGHTS).map(|(digit, weight)| u32::from(digit - b'0') * weight).sum();
    let check = "10X98765432".chars().nth((sum % 11) as usize).unwrap_or('0');
    format!("{body}{check}")
}

/// Whether somebody wrote a telephone number into an enterprise's address.
fn telling_address(world: &World, index: u32) -> Option<Dice> {
    let mut dice = Dice::of(world.blueprint.options.seed, Stream::Variant, (u64::from(index) << 2) | 2);
    dice.chance(TELLING_ADDRESSES).then_some(dice)
}

/// Plant the number, if there is one.
pub(super) fn planted_in_address(address: &mut String, world: &World, index: u32) {
    if let Some(mut dice) = telling_address(world, index) {
        address.push_str("（电话");
        address.push_str(&mobile(&mut dice));
        address.push('）');
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rustc_hash::FxHashSet;

    #[test]
    fn scattering_loses_nobody() {
        for count in [100u32, 997, 4_096] {
            let seen: FxHashSet<u32> = (0..count).map(|at| scattered(at, count)).collect();
            assert_eq!(seen.len(), count as usize);
        }
    }

    #[test]
    fn a_typo_always_changes_the_name() {
        let name = Name {
            region: "杭州".to_owned(),
            brand: "模拟华达".to_owned(),
            trade: "机械",
            form: "有限公司".to_owned(),
            region_behind: false,
        };
        for index in 0..500 {
            let mut dice = Dice::of(1, Stream::Variant, index);
            assert_ne!(spell(&name, Spelling::Typo, &mut dice), name.full());
        }
        let mut dice = Dice::of(1, Stream::Variant, 0);
        assert_eq!(spell(&name, Spelling::Short, &mut dice), "模拟华达机械");
        assert_eq!(spell(&name, Spelling::Brackets, &mut dice), "模拟华达(杭州)机械有限公司");
    }

    #[test]
    fn identity_numbers_are_well_formed_and_nobodys() {
        let mut dice = Dice::of(1, Stream::Variant, 0);
        for _ in 0..100 {
            let id = resident_id(&mut dice);
            assert_eq!(id.len(), 18);
            assert!(id.get(6..10).unwrap() >= "2090");
            // ISO 7064 MOD 11-2: the weighted sum with the check character is 1 modulo 11.
            let value = |c: char| c.to_digit(10).unwrap_or(10);
            let sum: u32 = id.chars().rev().zip(0u32..).map(|(c, at)| value(c) * (1u32 << at) % 11).sum();
            assert_eq!(sum % 11, 1, "{id}");
        }
    }
}
