//! What is wrong with a model file, where, and how to mend it.

use crate::Error;
use brain_kernel::error::{ErrorKind, Failure};
use brain_kernel::language::Text;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// A model file that cannot be used.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema, thiserror::Error)]
#[error("model {file}, line {line}: {}", problem.en)]
pub struct ModelError {
    /// File it lies in; the name of the model for those of the program.
    pub file: String,
    /// Line, counted from 1.
    pub line: usize,
    /// What is wrong.
    pub problem: Text,
    /// How to mend it.
    pub fix: Text,
}

impl ModelError {
    pub(crate) fn new(line: usize, problem: (&str, &str), fix: (&str, &str)) -> Self {
        Self {
            file: String::new(),
            line,
            problem: Text::new(problem.0, problem.1),
            fix: Text::new(fix.0, fix.1),
        }
    }

    pub(crate) fn in_file(self, file: &str) -> Self {
        Self { file: file.to_owned(), ..self }
    }
}

impl From<ModelError> for Failure {
    fn from(error: ModelError) -> Self {
        let ModelError { file, line, problem, fix } = error;
        Self::new(
            ErrorKind::InvalidArgument,
            "warehouse/model",
            format!("模型 {file} 第 {line} 行有误：{}", problem.zh),
            format!("Model {file}, line {line}: {}", problem.en),
        )
        .with_hint(fix.zh, fix.en)
    }
}

impl From<ModelError> for Error {
    fn from(error: ModelError) -> Self {
        Self::Failure(error.into())
    }
}
