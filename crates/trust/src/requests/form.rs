//! Forms (评估表、同意记录) that stand before an approval as a gate.

use std::collections::BTreeMap;

use brain_kernel::language::Text;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::{Error, Result};

/// Which form.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum FormName {
    /// 个人信息保护影响评估 (PIPL 55, 56).
    ImpactAssessment,
    /// 单独同意记录 (PIPL 23, 25, 29).
    SeparateConsent,
    /// 重要数据风险评估 (网络数据安全管理条例 31).
    RiskAssessment,
}

/// A filled form: an answer for each field.
pub type Form = BTreeMap<String, String>;

/// What a form asks.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct FormSpec {
    /// Which form.
    pub name: FormName,
    /// Its title.
    pub title: Text,
    /// The clause that wants it.
    pub clause: String,
    /// Its fields; every one must be filled.
    pub fields: Vec<FieldSpec>,
}

/// One field of a form.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct FieldSpec {
    /// Stable key.
    pub key: String,
    /// What is asked.
    pub title: Text,
}

/// Longest answer, in characters.
const ANSWER_CHARACTERS_MAX: usize = 2_000;
/// Shortest answer, in characters: "无" may be an answer, nothing may not.
const ANSWER_CHARACTERS_MIN: usize = 1;

type Fields = &'static [(&'static str, &'static str, &'static str)];

/// PIPL 56 names the three contents of an assessment.
const IMPACT: Fields = &[
    (
        "lawfulness",
        "处理目的、方式是否合法、正当、必要",
        "Whether purpose and manner are lawful, proper and necessary",
    ),
    ("impact", "对个人权益的影响及安全风险", "Impact on persons' rights, and security risks"),
    (
        "measures",
        "所采取的保护措施是否合法、有效并与风险程度相适应",
        "Whether the protection is lawful, effective and fits the risk",
    ),
    ("assessor", "评估人", "Assessed by"),
    ("assessed_on", "评估日期", "Date of the assessment"),
];
/// PIPL 23 names what persons are told.
const CONSENT: Fields = &[
    ("recipient", "接收方名称与联系方式", "Recipient and how to reach it"),
    (
        "told",
        "已告知的处理目的、方式和个人信息种类",
        "Purpose, manner and kinds of personal information that were told",
    ),
    (
        "obtained",
        "单独同意的取得方式与记录编号",
        "How separate consent was obtained, and the record's number",
    ),
    ("obtained_on", "取得日期", "Date it was obtained"),
];
/// 网络数据安全管理条例 31 names what is assessed.
const RISK: Fields = &[
    (
        "lawfulness",
        "提供或委托的目的、方式、范围是否合法、正当、必要",
        "Whether purpose, manner and scope are lawful, proper and necessary",
    ),
    (
        "risk",
        "数据被篡改、破坏、泄露或非法利用的风险，及对国家安全、公共利益的影响",
        "Risk of tampering, destruction, leak or misuse, and what it would mean for national security and the public",
    ),
    ("recipient", "接收方的诚信、守法情况与背景", "The recipient's honesty, lawfulness and background"),
    (
        "duties",
        "合同中的数据安全要求能否有效约束接收方",
        "Whether the contract binds the recipient effectively",
    ),
    (
        "measures",
        "技术和管理措施能否有效防范风险",
        "Whether technical and organisational measures prevent the risk",
    ),
];

impl FormName {
    /// Every form.
    pub const ALL: [Self; 3] = [Self::ImpactAssessment, Self::SeparateConsent, Self::RiskAssessment];

    const fn fields(self) -> Fields {
        match self {
            Self::ImpactAssessment => IMPACT,
            Self::SeparateConsent => CONSENT,
            Self::RiskAssessment => RISK,
        }
    }

    /// Its title.
    #[must_use]
    pub fn title(self) -> Text {
        match self {
            Self::ImpactAssessment => {
                Text::new("个人信息保护影响评估", "Personal information impact assessment")
            }
            Self::SeparateConsent => Text::new("单独同意记录", "Record of separate consent"),
            Self::RiskAssessment => Text::new("重要数据风险评估", "Risk assessment of important data"),
        }
    }

    const fn clause(self) -> &'static str {
        match self {
            Self::ImpactAssessment => "《个人信息保护法》第五十五、五十六条",
            Self::SeparateConsent => "《个人信息保护法》第二十三、二十五、二十九条",
            Self::RiskAssessment => "《网络数据安全管理条例》第三十一条",
        }
    }

    /// Whether every field is answered, and nothing else.
    ///
    /// # Errors
    /// The first field that is missing, empty, too long or unknown.
    pub fn check(self, form: &Form) -> Result<()> {
        for (key, zh, en) in self.fields() {
            let length = form.get(*key).map_or(0, |answer| answer.trim().chars().count());
            if !(ANSWER_CHARACTERS_MIN..=ANSWER_CHARACTERS_MAX).contains(&length) {
                return Err(Error::invalid(
                    "form",
                    format!("“{}”的“{zh}”须填写，且不超过 {ANSWER_CHARACTERS_MAX} 个字符。", self.title().zh),
                    format!(
                        "{}: “{en}” needs an answer of up to {ANSWER_CHARACTERS_MAX} characters.",
                        self.title().en
                    ),
                ));
            }
        }
        match form.keys().find(|key| !self.fields().iter().any(|(known, ..)| known == key)) {
            Some(key) => Err(Error::invalid(
                "form",
                format!("“{}”没有字段 {key}。", self.title().zh),
                format!("{} has no field {key}.", self.title().en),
            )),
            None => Ok(()),
        }
    }
}

pub(super) fn specs() -> Vec<FormSpec> {
    let field =
        |(key, zh, en): &(&str, &str, &str)| FieldSpec { key: (*key).to_owned(), title: Text::new(*zh, *en) };
    FormName::ALL
        .map(|name| FormSpec {
            name,
            title: name.title(),
            clause: name.clause().to_owned(),
            fields: name.fields().iter().map(field).collect(),
        })
        .into()
}
