//! Purposes (用途) one can ask for, and what the law wants written down before each.

use std::collections::BTreeSet;

use brain_kernel::grade::Grade;
use brain_kernel::language::Text;
use brain_policy::Action;
use schemars::JsonSchema;
use serde::Serialize;

use super::form::{self, FormName, FormSpec};

/// A purpose as people choose it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct PurposeCard {
    /// Stable code, written into the grant.
    pub code: String,
    /// What it is.
    pub title: Text,
    /// What a grant for it opens.
    pub actions: BTreeSet<Action>,
    /// Forms without which no request for it is approved.
    pub forms: Vec<FormName>,
    /// Whether it needs an agreement.
    pub agreement: bool,
}

struct Purpose {
    code: &'static str,
    zh: &'static str,
    en: &'static str,
    actions: &'static [Action],
    forms: &'static [FormName],
    agreement: bool,
}

use Action::{Export, Move, Publish, Read, Run};
use FormName::{ImpactAssessment, SeparateConsent};

/// 个人信息保护法 (PIPL) articles beside each; what is not offered here (providing abroad) cannot be asked for.
const PURPOSES: [Purpose; 6] = [
    Purpose {
        code: "view",
        zh: "查看与核对（不导出）",
        en: "Looking and checking, nothing taken out",
        actions: &[Read],
        forms: &[],
        agreement: false,
    },
    Purpose {
        code: "analysis",
        zh: "统计分析",
        en: "Analysis",
        actions: &[Read, Run, Export],
        forms: &[],
        agreement: false,
    },
    // Art 55(2)
    Purpose {
        code: "automated_decision",
        zh: "自动化决策",
        en: "Automated decisions",
        actions: &[Read, Run],
        forms: &[ImpactAssessment],
        agreement: false,
    },
    // Art 21, 55(3)
    Purpose {
        code: "entrust",
        zh: "委托处理",
        en: "Entrusting somebody with processing",
        actions: &[Read, Run, Export, Move],
        forms: &[ImpactAssessment],
        agreement: true,
    },
    // Art 23, 55(3)
    Purpose {
        code: "share",
        zh: "向其他处理者提供",
        en: "Providing to another processor",
        actions: &[Read, Run, Export, Move],
        forms: &[ImpactAssessment, SeparateConsent],
        agreement: true,
    },
    // Art 25, 55(3)
    Purpose {
        code: "publish",
        zh: "公开发布",
        en: "Publishing",
        actions: &[Read, Run, Export, Publish],
        forms: &[ImpactAssessment, SeparateConsent],
        agreement: true,
    },
];

/// Purposes of sessions in which people only look.
const LOOKING: [&str; 2] = ["browse", "sql"];

fn find(code: &str) -> Option<&'static Purpose> {
    PURPOSES.iter().find(|purpose| purpose.code == code)
}

/// Whether a grant for the purpose `given` serves a session that works for `asked`.
#[must_use]
pub fn covers(given: &str, asked: &str) -> bool {
    match find(given) {
        Some(Purpose { code: "view", .. }) => LOOKING.contains(&asked),
        // What component or query serves an analysis is the analyst's choice; another registered purpose is not.
        Some(_) => find(asked).is_none(),
        None => false,
    }
}

/// The purposes one can ask for.
#[must_use]
pub fn all() -> Vec<PurposeCard> {
    PURPOSES.iter().map(card).collect()
}

/// The purpose with this code.
#[must_use]
pub fn of(code: &str) -> Option<PurposeCard> {
    find(code).map(card)
}

fn card(purpose: &Purpose) -> PurposeCard {
    PurposeCard {
        code: purpose.code.to_owned(),
        title: Text::new(purpose.zh, purpose.en),
        actions: purpose.actions.iter().copied().collect(),
        forms: purpose.forms.to_vec(),
        agreement: purpose.agreement,
    }
}

/// Forms a request cannot be approved without.
#[must_use]
pub fn required_forms(purpose: &PurposeCard, grade: Grade, sensitive_personal: bool) -> Vec<FormName> {
    let mut forms: BTreeSet<FormName> = purpose.forms.iter().copied().collect();
    if sensitive_personal {
        // PIPL 29, 55(1)
        forms.extend([ImpactAssessment, SeparateConsent]);
    }
    if grade >= Grade::Important && purpose.agreement {
        // 网络数据安全管理条例 Art 31: before important data is provided, entrusted or processed jointly.
        forms.insert(FormName::RiskAssessment);
    }
    forms.into_iter().collect()
}

/// What each form asks.
#[must_use]
pub fn forms() -> Vec<FormSpec> {
    form::specs()
}
