//! The manifest: everything a surface needs to know about a component.

use brain_kernel::{language::Text, party::Role, side::Side};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// The three kinds of the Zhejiang guide (知识组件／工具组件／应用组件).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    /// 知识组件: dataset, graph, rule model.
    Knowledge,
    /// 工具组件: inference, solver, statistics.
    Tool,
    /// 应用组件: flow with state, middleware, industrial app.
    Application,
}

/// Whether running a component may change state.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Effect {
    /// Reads only; safe to repeat.
    Read,
    /// Changes state in one transaction with evidence.
    Write,
}

/// What a component is, needs and returns.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
pub struct Manifest {
    /// Stable id `"<subject>.<verb or noun>"`, for example `chain.gap`.
    pub id: String,
    /// Semantic version of the definition.
    pub version: String,
    /// Short name.
    pub title: Text,
    /// One or two sentences: which question it answers.
    pub summary: Text,
    /// Knowledge, tool or application.
    pub kind: Kind,
    /// Whom it serves.
    pub side: Side,
    /// Reads or writes.
    pub effect: Effect,
    /// Roles that may run it.
    pub audience: Vec<Role>,
    /// Datasets it may read, and no others.
    pub reads: Vec<String>,
    /// The formula behind its numbers, where it computes scores.
    pub formula: Option<Text>,
    /// JSON Schema (2020-12) of the parameters.
    pub parameters: Value,
    /// JSON Schema of the result.
    pub result: Value,
    /// JSON pointer to the result's main list of flat records, the one that exports as a table.
    pub table: Option<String>,
}
