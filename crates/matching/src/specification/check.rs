//! What a specification must say before anything is compared by it.

use super::{Block, Comparison, Field, KeyPart, Kind, Method, Specification, Take};
use crate::error::{MatchError, Result};

/// Most of each; a pattern of levels fits a word.
pub(crate) const COMPARISONS_MAX: usize = 16;
const FIELDS_MAX: usize = 32;
const BLOCKS_MAX: usize = 32;
const PARTS_MAX: usize = 4;
const STEPS_MAX: usize = 6;

impl Specification {
    /// Check that names resolve, methods fit kinds and limits hold.
    pub fn check(&self) -> Result<()> {
        count("field", self.fields.len(), FIELDS_MAX)?;
        count("comparison", self.comparisons.len(), COMPARISONS_MAX)?;
        count("block", self.blocks.len(), BLOCKS_MAX)?;
        if !(0.0..=1.0).contains(&self.threshold) {
            return refuse("threshold", "is a probability between 0 and 1", "应是 0 到 1 之间的概率");
        }
        for (place, field) in self.fields.iter().enumerate() {
            if field.name.trim().is_empty() || self.fields.iter().take(place).any(|f| f.name == field.name) {
                return refuse(format!("field[{place}].name"), "is empty or used twice", "为空或重复");
            }
        }
        for (place, comparison) in self.comparisons.iter().enumerate() {
            self.check_comparison(&format!("comparison[{place}]"), comparison)?;
        }
        for (place, block) in self.blocks.iter().enumerate() {
            self.check_block(&format!("block[{place}]"), block)?;
        }
        self.check_training()
    }

    /// A field by name.
    pub(crate) fn field(&self, name: &str) -> Option<&Field> {
        self.fields.iter().find(|field| field.name == name)
    }

    fn kind(&self, place: &str, name: &str) -> Result<Kind> {
        match self.field(name) {
            Some(field) => Ok(field.kind),
            None => refuse(place, format!("there is no field {name:?}"), format!("没有字段“{name}”")),
        }
    }

    fn check_comparison(&self, place: &str, comparison: &Comparison) -> Result<()> {
        let kind = self.kind(&format!("{place}.field"), &comparison.field)?;
        if !comparison.method.fits(kind) {
            let method = comparison.method;
            return refuse(
                format!("{place}.method"),
                format!("{method:?} does not compare a field of kind {kind:?}"),
                format!("{method:?} 不能比较 {kind:?} 类字段"),
            );
        }
        for other in &comparison.also {
            let other = self.kind(&format!("{place}.also"), other)?;
            let fits = match comparison.method {
                Method::Region => comparison.method.fits(other),
                _ => other == kind && matches!(kind, Kind::Text | Kind::PersonName),
            };
            if !fits {
                return refuse(format!("{place}.also"), "is of another kind", "字段类型不符");
            }
        }
        let falling = comparison.steps.windows(2).all(|pair| matches!(pair, [a, b] if a > b));
        let within = comparison.steps.iter().all(|step| (0.0..1.0).contains(step) && *step > 0.0);
        if comparison.steps.len() > STEPS_MAX || !falling || !within {
            return refuse(
                format!("{place}.steps"),
                format!("are at most {STEPS_MAX} numbers between 0 and 1, falling"),
                format!("应是至多 {STEPS_MAX} 个 0 到 1 之间的递减数"),
            );
        }
        if !comparison.steps.is_empty() && !matches!(comparison.method, Method::Similar | Method::Words) {
            return refuse(
                format!("{place}.steps"),
                "belong to similar and words only",
                "只用于 similar 和 words",
            );
        }
        Ok(())
    }

    fn check_block(&self, place: &str, block: &Block) -> Result<()> {
        count(&format!("{place}.on"), block.on.len(), PARTS_MAX)?;
        if block.narrow.len() > PARTS_MAX {
            return refuse(
                format!("{place}.narrow"),
                format!("has at most {PARTS_MAX} parts"),
                format!("至多 {PARTS_MAX} 项"),
            );
        }
        if !(1..=10_000).contains(&block.limit) {
            return refuse(format!("{place}.limit"), "is between 1 and 10000", "应在 1 到 10000 之间");
        }
        for part in block.on.iter().chain(&block.narrow) {
            self.check_part(place, part)?;
        }
        Ok(())
    }

    fn check_part(&self, place: &str, part: &KeyPart) -> Result<()> {
        let kind = self.kind(&format!("{place}.field"), &part.field)?;
        if part.take.fits(kind) {
            return Ok(());
        }
        let take = part.take;
        refuse(
            format!("{place}.take"),
            format!("{take:?} cannot be taken of a field of kind {kind:?}"),
            format!("{kind:?} 类字段没有 {take:?}"),
        )
    }

    fn check_training(&self) -> Result<()> {
        let training = &self.training;
        let within = training.rounds <= 1000
            && (1000..=10_000_000).contains(&training.random_pairs)
            && (1000..=100_000_000).contains(&training.proposed_pairs);
        if within {
            return Ok(());
        }
        refuse("training", "is outside its limits, see the schema", "超出范围，见 JSON Schema")
    }
}

impl Method {
    pub(crate) fn fits(self, kind: Kind) -> bool {
        match self {
            Self::Exact | Self::Similar | Self::Words | Self::Typing => {
                matches!(kind, Kind::Text | Kind::Code | Kind::PersonName | Kind::Date | Kind::CreditCode)
            }
            Self::Date => kind == Kind::Date,
            Self::CreditCode => kind == Kind::CreditCode,
            Self::Brand | Self::Trade | Self::LegalForm | Self::Branch => kind == Kind::Company,
            Self::Region => matches!(kind, Kind::Region | Kind::Company | Kind::Address | Kind::CreditCode),
            Self::Address => kind == Kind::Address,
            Self::Product => kind == Kind::Product,
        }
    }
}

impl Take {
    fn fits(self, kind: Kind) -> bool {
        let text = matches!(kind, Kind::Text | Kind::Code | Kind::PersonName | Kind::Date | Kind::CreditCode);
        match self {
            Self::Value => {
                text || matches!(kind, Kind::Company | Kind::Region | Kind::Address | Kind::Product)
            }
            Self::Sound | Self::Initials | Self::First2 | Self::First4 | Self::Sorted | Self::Deletions => {
                text
            }
            Self::Bigrams => text || matches!(kind, Kind::Product | Kind::Address),
            Self::Year | Self::MonthDay => kind == Kind::Date,
            Self::Province | Self::City => {
                matches!(kind, Kind::Region | Kind::Company | Kind::Address | Kind::CreditCode)
            }
            Self::Brand | Self::BrandSound | Self::BrandDeletions | Self::BrandBigrams => {
                kind == Kind::Company
            }
            Self::Core | Self::CoreFirst2 | Self::CoreDeletions | Self::Trade => kind == Kind::Company,
            Self::Organisation => kind == Kind::CreditCode,
            Self::Road | Self::HouseNumber => kind == Kind::Address,
            Self::Models => kind == Kind::Product,
        }
    }
}

fn count(place: &str, found: usize, max: usize) -> Result<()> {
    if (1..=max).contains(&found) {
        return Ok(());
    }
    refuse(
        place,
        format!("there are {found}, between 1 and {max} are needed"),
        format!("有 {found} 个，应为 1 到 {max} 个"),
    )
}

fn refuse<T>(
    place: impl Into<String>,
    problem: impl Into<String>,
    problem_zh: impl Into<String>,
) -> Result<T> {
    Err(MatchError::Specification {
        place: place.into(),
        problem: problem.into(),
        problem_zh: problem_zh.into(),
    })
}

#[cfg(test)]
mod tests {
    use crate::specification::{Specification, preset};

    fn changed(from: &str, to: &str) -> String {
        let text = "name = 'x'\n[[field]]\nname = 'n'\nkind = 'person_name'\n[[comparison]]\nfield = 'n'\nmethod = 'similar'\n[[block]]\non = [{ field = 'n', take = 'sound' }]\n";
        assert!(text.contains(from), "{from}");
        Specification::from_toml(&text.replace(from, to))
            .map_or_else(|error| error.to_string(), |_| String::new())
    }

    #[test]
    fn each_error_says_where_and_what() {
        assert_eq!(changed("'x'", "'y'"), "");
        for (from, to, said) in [
            ("name = 'x'", "nam = 'x'", "line 1"),
            ("field = 'n'\nmethod", "field = 'm'\nmethod", "comparison[0].field: there is no field \"m\""),
            ("method = 'similar'", "method = 'brand'", "comparison[0].method: Brand does not compare"),
            ("method = 'similar'", "method = 'similar'\nsteps = [0.8, 0.9]", "comparison[0].steps"),
            ("method = 'similar'", "method = 'exact'\nsteps = [0.8]", "comparison[0].steps"),
            ("take = 'sound'", "take = 'year'", "block[0].take: Year cannot be taken"),
            ("on = [{ field = 'n', take = 'sound' }]", "on = []", "block[0].on: there are 0"),
            ("name = 'x'", "name = 'x'\nthreshold = 1.5", "threshold"),
            ("name = 'x'", "name = 'x'\ntraining = { rounds = 5000 }", "training"),
            (
                "kind = 'person_name'",
                "kind = 'person_name'\n[[field]]\nname = 'n'\nkind = 'text'",
                "field[1].name",
            ),
        ] {
            let found = changed(from, to);
            assert!(found.contains(said), "{to}: {found}");
        }
    }

    #[test]
    fn a_specification_survives_json_and_has_a_schema() {
        let firm = preset("firm").unwrap();
        let json = serde_json::to_string(&firm).unwrap();
        assert_eq!(serde_json::from_str::<Specification>(&json).unwrap(), firm);
        let schema = serde_json::to_string(&Specification::schema()).unwrap();
        assert!(schema.contains("credit_code") && schema.contains("one_to_one"));
    }
}
