//! The contract template (合约模板) of a product, and the same as an ODRL offer for whoever negotiates by policies.

use super::wrong;
use crate::Result;
use brain_kernel::language::Text;
use brain_trust::requests::purpose;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use std::collections::BTreeSet;

/// Longest period a grant is given for, days.
const PERIOD_DAYS_MAX: u32 = 366;
/// Longest time a consumer may keep rows, days.
const RETENTION_DAYS_MAX: u32 = 3_650;
/// Longest note, characters.
const NOTE_CHARACTERS_MAX: usize = 1_000;

/// What a consumer may or may not do with the rows; each is an action of the ODRL vocabulary.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
#[schemars(rename = "DataProductUse")]
pub enum Use {
    /// 查看.
    Read,
    /// 汇总统计.
    Aggregate,
    /// 派生新数据.
    Derive,
    /// 展示.
    Display,
    /// 转换格式.
    Transform,
    /// 留存副本.
    Reproduce,
    /// 匿名化.
    Anonymize,
    /// 再分发.
    Distribute,
    /// 转售.
    Sell,
}

impl Use {
    /// Name of the action in the ODRL vocabulary.
    const fn action(self) -> &'static str {
        match self {
            Self::Read => "read",
            Self::Aggregate => "aggregate",
            Self::Derive => "derive",
            Self::Display => "display",
            Self::Transform => "transform",
            Self::Reproduce => "reproduce",
            Self::Anonymize => "anonymize",
            Self::Distribute => "distribute",
            Self::Sell => "sell",
        }
    }
}

/// Whether a consumer may pass the rows on (再分发).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
#[schemars(rename = "DataProductRedistribution")]
pub enum Redistribution {
    /// 不得再分发.
    None,
    /// 仅可分发派生结果: only what was derived from them.
    Derived,
    /// 经同意可再分发: after the owner's consent.
    WithConsent,
}

/// What a consumer agrees to (合约模板).
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "DataProductContract")]
pub struct Contract {
    /// 可申请的用途 · Purposes access may be asked for; codes of the list of purposes.
    pub purposes: BTreeSet<String>,
    /// 允许的使用 · What may be done.
    pub permitted: BTreeSet<Use>,
    /// 禁止的使用 · What must not be done.
    #[serde(default)]
    pub forbidden: BTreeSet<Use>,
    /// 最长授权天数 · Longest grant, days.
    #[schemars(range(min = 1, max = 366))]
    pub period_days: u32,
    /// 再分发 · Whether rows may be passed on.
    pub redistribution: Redistribution,
    /// 留存天数，0 为用后即删 · How long rows may be kept, days; 0 is not at all.
    #[schemars(range(max = 3650))]
    pub retention_days: u32,
    /// 费用说明 · About fees.
    #[serde(default)]
    pub fee: Option<Text>,
    /// 其他约定 · Anything else.
    #[serde(default)]
    pub terms: Option<Text>,
}

impl Contract {
    pub(super) fn check(&self) -> Result<()> {
        let at = "/definition/contract";
        let unknown = self.purposes.iter().find(|code| purpose::of(code).is_none());
        if self.purposes.is_empty() || unknown.is_some() {
            return Err(wrong(
                "/definition/contract/purposes",
                "用途须从用途表中选择，至少一种。",
                "Choose one purpose at least, from the list of purposes.",
            ));
        }
        if self.permitted.is_empty() {
            return Err(wrong(at, "至少允许一种使用。", "Permit one use at least."));
        }
        if let Some(both) = self.permitted.intersection(&self.forbidden).next() {
            let action = both.action();
            return Err(wrong(
                at,
                format!("{action} 不能既允许又禁止。"),
                format!("{action} cannot be permitted and forbidden."),
            ));
        }
        let passes_on = self.permitted.contains(&Use::Distribute) || self.permitted.contains(&Use::Sell);
        if passes_on && self.redistribution == Redistribution::None {
            return Err(wrong(
                at,
                "允许再分发或转售，与“不得再分发”冲突。",
                "Distribution or sale is permitted, and redistribution is not: that contradicts.",
            ));
        }
        if !(1..=PERIOD_DAYS_MAX).contains(&self.period_days) || self.retention_days > RETENTION_DAYS_MAX {
            return Err(wrong(
                at,
                format!("授权期 1 到 {PERIOD_DAYS_MAX} 天，留存至多 {RETENTION_DAYS_MAX} 天。"),
                format!("A period has 1 to {PERIOD_DAYS_MAX} days, retention at most {RETENTION_DAYS_MAX}."),
            ));
        }
        let long = |text: &Text| text.zh.chars().count().max(text.en.chars().count()) > NOTE_CHARACTERS_MAX;
        if [&self.fee, &self.terms].into_iter().flatten().any(long) {
            return Err(wrong(
                at,
                format!("费用说明与其他约定各不超过 {NOTE_CHARACTERS_MAX} 个字符。"),
                format!("Fee and terms have up to {NOTE_CHARACTERS_MAX} characters each."),
            ));
        }
        Ok(())
    }

    /// The template as an ODRL offer. One permission an action, as the Dataspace Protocol wants it.
    #[must_use]
    pub fn offer(&self, product: &str, semver: &str, assigner: &str) -> Value {
        let target = format!("urn:brain:product:{product}");
        let purposes: Vec<&String> = self.purposes.iter().collect();
        let constraints = json!([
            { "leftOperand": "purpose", "operator": "isAnyOf", "rightOperand": purposes },
            { "leftOperand": "elapsedTime", "operator": "lteq", "rightOperand": format!("P{}D", self.period_days) },
        ]);
        let delete = json!([{
            "action": "delete",
            "constraint": [{
                "leftOperand": "elapsedTime", "operator": "lteq", "rightOperand": format!("P{}D", self.retention_days),
            }],
        }]);
        let permission = |given: &Use| json!({ "target": target, "action": given.action(), "constraint": constraints, "duty": delete });
        let permissions: Vec<Value> = self.permitted.iter().map(permission).collect();
        let forbids = |given: &Use| json!({ "target": target, "action": given.action() });
        let prohibitions: Vec<Value> = self.forbidden.iter().map(forbids).collect();
        let mut offer = json!({
            "@context": "http://www.w3.org/ns/odrl.jsonld",
            "@type": "Offer",
            "@id": format!("{target}:{semver}"),
            "assigner": assigner,
            "target": target,
            "permission": permissions,
        });
        // An empty array is not valid ODRL.
        if let (Some(fields), false) = (offer.as_object_mut(), prohibitions.is_empty()) {
            fields.insert("prohibition".to_owned(), prohibitions.into());
        }
        offer
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    pub(crate) fn contract() -> Contract {
        Contract {
            purposes: ["analysis".to_owned()].into(),
            permitted: [Use::Read, Use::Aggregate].into(),
            forbidden: [Use::Sell].into(),
            period_days: 90,
            redistribution: Redistribution::None,
            retention_days: 30,
            fee: None,
            terms: None,
        }
    }

    #[test]
    fn a_contract_that_contradicts_itself_is_refused() {
        assert!(contract().check().is_ok());
        let bad: [fn(&mut Contract); 6] = [
            |c| c.purposes = ["anything".to_owned()].into(),
            |c| c.permitted.clear(),
            |c| c.forbidden.extend([Use::Read]),
            |c| c.permitted.extend([Use::Distribute]),
            |c| c.period_days = 0,
            |c| c.retention_days = RETENTION_DAYS_MAX + 1,
        ];
        for (at, change) in bad.into_iter().enumerate() {
            let mut contract = contract();
            change(&mut contract);
            assert!(contract.check().is_err(), "change {at}");
        }
    }

    #[test]
    fn the_offer_says_every_term_that_a_machine_can_hold_to() {
        let offer = contract().offer("orders", "1.0.0", "91330681716195421C");
        assert_eq!(offer["@id"], "urn:brain:product:orders:1.0.0");
        let permission = &offer["permission"][0];
        assert_eq!(permission["action"], "read");
        assert_eq!(permission["constraint"][0]["rightOperand"], json!(["analysis"]));
        assert_eq!(permission["constraint"][1]["rightOperand"], "P90D");
        assert_eq!(permission["duty"][0]["constraint"][0]["rightOperand"], "P30D");
        assert_eq!(offer["prohibition"][0]["action"], "sell");
        let open = Contract { forbidden: BTreeSet::new(), ..contract() };
        assert!(open.offer("a", "1.0.0", "node").get("prohibition").is_none());
    }
}
