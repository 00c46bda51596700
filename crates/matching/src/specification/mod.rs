//! What to compare and how: fields, comparisons, blocking keys, limits. Written as TOML, checked before use.

mod check;
mod preset;

pub use preset::{PRESETS, preset};

use crate::error::{MatchError, Result};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// A matching specification (匹配方案).
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Specification {
    /// Its name, shown with results.
    pub name: String,
    /// Pairs below this probability are not returned.
    #[serde(default = "half")]
    #[schemars(range(min = 0.0, max = 1.0))]
    pub threshold: f64,
    /// Whether a record may have several partners.
    #[serde(default)]
    pub assignment: Assignment,
    /// The fields and the columns they are read from.
    #[serde(rename = "field")]
    pub fields: Vec<Field>,
    /// How fields are compared. Each comparison adds its own evidence, so two of them should not say the same.
    #[serde(rename = "comparison")]
    pub comparisons: Vec<Comparison>,
    /// Keys that propose pairs: only records that share one are compared.
    #[serde(rename = "block")]
    pub blocks: Vec<Block>,
    /// How parameters are found.
    #[serde(default)]
    pub training: Training,
}

fn half() -> f64 {
    0.5
}

/// Whether a record may have several partners in the other file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Assignment {
    /// Yes: every pair above the threshold is returned.
    #[default]
    ManyToMany,
    /// No: both files name each thing once. Rival pairs share their probability, and each record keeps its best.
    OneToOne,
}

/// One field (字段): what it is, and where it stands.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Field {
    /// Name inside the specification.
    pub name: String,
    /// Column names it may have, the first that exists is taken, whatever its case. The field's name is tried first.
    #[serde(default)]
    pub columns: Vec<String>,
    /// What it holds.
    pub kind: Kind,
}

/// What a field holds; decides how its values are normalised.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    /// Words; folded, marks dropped.
    Text,
    /// An identifier or a telephone number: letters and digits only.
    Code,
    /// Unified social credit code, GB 32100; a code with a wrong check character is kept, for a typing error tells too.
    CreditCode,
    /// A day, in any of the registers' spellings; digits where it is no day.
    Date,
    /// A person's name or a part of it.
    PersonName,
    /// A company name, taken apart into region, 字号, trade, form and branch.
    Company,
    /// A region by name or by its code of GB/T 2260.
    Region,
    /// An address, Chinese or Latin.
    Address,
    /// A product's name with its model and size.
    Product,
}

/// One comparison.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Comparison {
    /// The field.
    pub field: String,
    /// How it is compared.
    pub method: Method,
    /// Further fields: for text the ones its value may have been swapped with, for `region` further sources of it.
    #[serde(default)]
    pub also: Vec<String>,
    /// For `similar` the Jaro–Winkler similarities and for `words` the Dice coefficients that begin a level, falling;
    /// the method's own when left out.
    #[serde(default)]
    pub steps: Vec<f64>,
    /// Whether things that are related but not one (firms of a group, people of a household) agree on it about as
    /// often as records of one thing do: then agreeing on nothing else speaks for relatives.
    #[serde(default)]
    pub kin: bool,
    /// Whether agreeing on a rare value counts more than on a frequent one.
    #[serde(default = "yes")]
    pub term_frequency: bool,
}

fn yes() -> bool {
    true
}

/// How a field is compared.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Method {
    /// Equal or not.
    Exact,
    /// Equal, or alike by Jaro–Winkler: names of persons and places.
    Similar,
    /// Equal, or sharing bigrams by Dice: texts whose words may move.
    Words,
    /// Equal, or one or two typing errors away: codes and numbers.
    Typing,
    /// Equal, day and month swapped, a digit off, or two of year, month and day equal.
    Date,
    /// Credit codes: equal, one organisation under two registrations, a typing error, different.
    CreditCode,
    /// The 字号 of a company name, and the whole name where both are complete.
    Brand,
    /// The trade of a company name.
    Trade,
    /// The legal form of a company name.
    LegalForm,
    /// The branch of a company name.
    Branch,
    /// Regions, nested in each other or not.
    Region,
    /// Road, number and the rest of an address.
    Address,
    /// Words, model and sizes of a product.
    Product,
}

/// One blocking key: the parts' values together.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Block {
    /// What two records must share.
    pub on: Vec<KeyPart>,
    /// Where more records than `limit` share it: what they must share too, one after the other until they are few.
    #[serde(default)]
    pub narrow: Vec<KeyPart>,
    /// Most records of either file under one key. Keys that stay above it propose nothing, and are counted.
    #[serde(default = "block_limit")]
    #[schemars(range(min = 1, max = 10_000))]
    pub limit: u32,
}

fn block_limit() -> u32 {
    50
}

/// A part of a blocking key.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct KeyPart {
    /// The field.
    pub field: String,
    /// What of it.
    pub take: Take,
}

/// What of a field goes into a key. `…s` in the plural give several keys of a record.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Take {
    /// The whole value.
    Value,
    /// How it sounds: pinyin or consonants.
    Sound,
    /// First letters of its pinyin or words.
    Initials,
    /// Its first two characters.
    First2,
    /// Its first four characters.
    First4,
    /// Its characters in order, so that swapped ones agree.
    Sorted,
    /// It, and it without each of its characters in turn: one typing error apart shares one.
    Deletions,
    /// Each pair of neighbouring characters.
    Bigrams,
    /// The year of a date.
    Year,
    /// Month and day of a date.
    MonthDay,
    /// The province of a region.
    Province,
    /// The city of a region.
    City,
    /// The 字号 of a company name.
    Brand,
    /// The 字号 as it sounds.
    BrandSound,
    /// The 字号 and it without each of its characters in turn, where it has three.
    BrandDeletions,
    /// 字号 and trade together.
    Core,
    /// First two characters of 字号 and trade together.
    CoreFirst2,
    /// 字号 and trade without each of their characters in turn.
    CoreDeletions,
    /// Each pair of neighbouring characters of the 字号.
    BrandBigrams,
    /// The trade of a company name.
    Trade,
    /// The organisation's nine places of a credit code.
    Organisation,
    /// Road or village of an address.
    Road,
    /// House number of an address.
    HouseNumber,
    /// Each model, size or number of a product.
    Models,
}

/// How parameters are found. There is nothing to label: EM looks at the records themselves.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Training {
    /// Most rounds of EM.
    #[schemars(range(min = 0, max = 1000))]
    pub rounds: u32,
    /// Random pairs from which chance agreement is estimated.
    #[schemars(range(min = 1000, max = 10_000_000))]
    pub random_pairs: u32,
    /// Proposed pairs EM looks at, about; records are drawn until there are so many.
    #[schemars(range(min = 1000, max = 100_000_000))]
    pub proposed_pairs: u32,
    /// Seed of both draws.
    pub seed: u64,
}

impl Default for Training {
    fn default() -> Self {
        Self { rounds: 30, random_pairs: 50_000, proposed_pairs: 500_000, seed: 20_261_121 }
    }
}

impl Specification {
    /// Read TOML and check it.
    pub fn from_toml(text: &str) -> Result<Self> {
        let specification: Self = toml::from_str(text).map_err(|error| {
            let place = error
                .span()
                .map_or(0, |span| text.get(..span.start).unwrap_or_default().matches('\n').count() + 1);
            MatchError::Specification {
                place: format!("line {place}"),
                problem: error.message().to_owned(),
                problem_zh: format!("无法读取：{}", error.message()),
            }
        })?;
        specification.check()?;
        Ok(specification)
    }

    /// The JSON Schema of a specification, for editors and forms.
    #[must_use]
    pub fn schema() -> schemars::Schema {
        schemars::schema_for!(Self)
    }
}
