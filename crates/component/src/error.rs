//! What can go wrong between a caller and a component.

use brain_kernel::error::{ErrorKind, Failure};

/// Failures of running a component that are not the component's own.
#[derive(Debug, Clone, thiserror::Error)]
pub enum Error {
    /// No component has this id.
    #[error("no component {id}")]
    Unknown {
        /// The id asked for.
        id: String,
        /// Ids that look alike.
        similar: Vec<String>,
    },
    /// The caller's role is not in the manifest's audience.
    #[error("{id} is not offered to this role")]
    Audience {
        /// The component.
        id: String,
    },
    /// A parameter is missing, unknown, of the wrong type or out of bounds.
    #[error("parameter {pointer}: {en}")]
    Parameter {
        /// JSON pointer of the offending value.
        pointer: String,
        /// What is wrong, in Chinese.
        zh: String,
        /// What is wrong, in English.
        en: String,
    },
    /// The component asked for a dataset that its manifest does not list.
    #[error("{component} reads {dataset}, which its manifest does not list")]
    UndeclaredRead {
        /// The component.
        component: String,
        /// The dataset.
        dataset: String,
    },
    /// The component needs a node's data and was run without a node.
    #[error("{component} needs a node")]
    NoNode {
        /// The component.
        component: String,
    },
    /// The caller cancelled.
    #[error("cancelled")]
    Cancelled,
    /// A defect: serialising a result, or a registration that contradicts itself.
    #[error("internal: {0}")]
    Internal(String),
}

impl From<Error> for Failure {
    fn from(error: Error) -> Self {
        match error {
            Error::Unknown { id, similar } => {
                let failure = Failure::new(
                    ErrorKind::NotFound,
                    "component/unknown",
                    format!("没有名为 {id} 的组件。"),
                    format!("There is no component {id}."),
                );
                if similar.is_empty() {
                    failure
                        .with_hint("在组件目录中查看全部组件。", "The component catalogue lists all of them.")
                } else {
                    let names = similar.join(", ");
                    failure.with_hint(format!("相近的有：{names}。"), format!("Close to it: {names}."))
                }
            }
            Error::Audience { id } => Failure::new(
                ErrorKind::Forbidden,
                "component/audience",
                format!("组件 {id} 不对您的角色开放。"),
                format!("Component {id} is not offered to your role."),
            )
            .with_hint("请向运营方申请使用权限。", "Ask the operator of this brain for access."),
            Error::Parameter { pointer, zh, en } => {
                let place = if pointer.is_empty() { "/".to_owned() } else { pointer };
                Failure::new(
                    ErrorKind::InvalidArgument,
                    "component/parameter",
                    format!("参数 {place}：{zh}。"),
                    format!("Parameter {place}: {en}."),
                )
                .with_pointer(place)
            }
            Error::UndeclaredRead { component, dataset } => Failure::new(
                ErrorKind::Forbidden,
                "component/undeclared-read",
                format!("组件 {component} 的清单未声明读取 {dataset}，已拒绝。"),
                format!("Component {component} tried to read {dataset}, which its manifest does not list."),
            )
            .with_hint("组件作者须在清单的 reads 中声明。", "Its author must list the dataset under reads."),
            Error::NoNode { component } => Failure::new(
                ErrorKind::Precondition,
                "component/no-node",
                format!("组件 {component} 需要节点数据，或给出文件参数。"),
                format!("Component {component} needs a node's data, or file parameters."),
            ),
            Error::Cancelled => Failure::new(
                ErrorKind::Cancelled,
                "component/cancelled",
                "运行已取消。",
                "The run was cancelled.",
            ),
            Error::Internal(cause) => {
                tracing::error!(%cause, "component failed internally");
                Failure::internal("component/internal")
            }
        }
    }
}
