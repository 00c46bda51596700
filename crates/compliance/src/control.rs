//! One row of the matrix, and the rows there are.

use brain_kernel::language::Text;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// The rows, as people edit them.
const CONTROLS: &str = include_str!("controls.toml");

/// How far a row is met.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
#[schemars(rename = "ControlState")]
pub enum State {
    /// 已满足: done, and a test shows it.
    Met,
    /// 部分满足: done in part; the row says what is missing.
    Partly,
    /// 部署环节: whoever runs the node does it; the program gives what that takes.
    Deployment,
    /// 未实现: not done.
    Open,
}

impl State {
    /// Every state.
    pub const ALL: [Self; 4] = [Self::Met, Self::Partly, Self::Deployment, Self::Open];

    /// The state in words.
    #[must_use]
    pub fn title(self) -> Text {
        match self {
            Self::Met => Text::new("已满足", "met"),
            Self::Partly => Text::new("部分满足", "partly"),
            Self::Deployment => Text::new("部署环节", "deployment"),
            Self::Open => Text::new("未实现", "open"),
        }
    }
}

/// Whose duty a row is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
#[schemars(rename = "ControlDuty")]
pub enum Who {
    /// The program's.
    Product,
    /// That of whoever runs it.
    Deployment,
    /// Of both.
    Both,
}

/// One row.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Control {
    /// Number of the row, from 1.
    pub row: u16,
    /// Clauses of GB/T 22239-2019.
    pub clauses: Vec<String>,
    /// What it is about.
    pub title: Text,
    /// What it asks, in our words.
    pub asks: Text,
    /// Whose duty it is.
    pub who: Who,
    /// How far it is met.
    pub state: State,
    /// Where it is done: paths of this repository.
    #[serde(default)]
    pub places: Vec<String>,
    /// Tests that show it: `path::function`.
    #[serde(default)]
    pub tests: Vec<String>,
    /// What stays with whoever runs the node.
    #[serde(default)]
    pub organisation: Option<Text>,
    /// What is missing.
    #[serde(default)]
    pub missing: Option<Text>,
    /// Keys of live facts that belong to it.
    #[serde(default)]
    pub facts: Vec<String>,
}

/// The matrix in the program is broken.
#[derive(Debug, thiserror::Error)]
#[error("controls.toml: {0}")]
pub struct Error(#[from] toml::de::Error);

/// Every row, in order.
pub fn controls() -> Result<Vec<Control>, Error> {
    #[derive(Deserialize)]
    #[serde(deny_unknown_fields)]
    struct Matrix {
        control: Vec<Control>,
    }
    let matrix: Matrix = toml::from_str(CONTROLS)?;
    Ok(matrix.control)
}
