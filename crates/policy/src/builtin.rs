//! The policies every node starts with; a stored version of the same id replaces one.

use brain_kernel::grade::Grade;
use brain_kernel::language::Text;

use crate::Rule;

/// The built-in policies, version 0 of each.
#[must_use]
pub fn built_in() -> Vec<Rule> {
    [
        (
            "granted-use",
            "有授权方可读取与运行",
            "Reading and running need a grant",
            "permit(principal, action in [Action::\"read\", Action::\"run\"], resource)\nwhen { context.granted };",
        ),
        (
            "granted-export",
            "有授权方可导出",
            "Taking rows out needs a grant",
            "permit(principal, action == Action::\"export\", resource)\nwhen { context.granted };",
        ),
        (
            // 网络数据安全管理条例 Art 12: a contract on purpose, manner and scope comes before providing data.
            "agreed-provision",
            "有授权且有协议方可发布与流转",
            "Publishing and moving need a grant that rests on an agreement",
            "permit(principal, action in [Action::\"publish\", Action::\"move\"], resource)\n\
             when { context.granted && context.agreement };",
        ),
        (
            // 网络数据安全管理条例 Art 31: important data is provided after a risk assessment, so under an agreement.
            "important-export-agreed",
            "重要数据无协议不得导出",
            "Important data is not taken out without an agreement",
            "forbid(principal, action == Action::\"export\", resource)\n\
             when { resource.grade >= 5 && !context.agreement };",
        ),
        (
            // 工业和信息化领域数据安全管理办法 Art 21: core data across legal entities needs approval from above.
            "core-stays",
            "核心数据不出节点",
            "Core data does not leave the node",
            "forbid(principal, action in [Action::\"export\", Action::\"publish\", Action::\"move\"], resource)\n\
             when { resource.grade >= 6 };",
        ),
        (
            "authors-take-nothing-of-firms",
            "组件作者不得带出企业数据",
            "Component authors take no enterprise data along",
            "forbid(principal in Role::\"component_author\",\n  \
             action in [Action::\"export\", Action::\"publish\", Action::\"move\"], resource)\n\
             when { resource.side == \"enterprise\" };",
        ),
    ]
    .map(|(id, zh, en, text)| Rule {
        id: id.to_owned(),
        version: 0,
        title: Text::new(zh, en),
        text: text.to_owned(),
        level: Grade::Core,
    })
    .into()
}
