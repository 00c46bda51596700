//! What a request makes the node do.

use super::Limits;

/// Kinds of request by what they cost.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Cost {
    /// Health checks: never counted.
    Free,
    Ordinary,
    SignIn,
    /// Rows asked for.
    Sql,
    /// Rows that leave as a file, on top of the query they come from.
    Export,
    Ingest,
    Run,
    Verify,
}

impl Cost {
    /// Its price.
    pub(crate) fn points(self, limits: &Limits) -> u32 {
        match self {
            Self::Free => 0,
            Self::Ordinary => 1,
            Self::SignIn => limits.cost_sign_in,
            Self::Sql => limits.cost_sql,
            Self::Export => limits.cost_export,
            Self::Ingest => limits.cost_ingest,
            Self::Run => limits.cost_run,
            Self::Verify => limits.cost_verify,
        }
    }

    /// Whether it keeps the node busy, so that one caller may have only so many at once.
    pub(crate) fn is_work(self) -> bool {
        !matches!(self, Self::Free | Self::Ordinary | Self::SignIn)
    }
}
