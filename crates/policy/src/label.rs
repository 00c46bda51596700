//! Mandatory access control (强制访问控制, GB/T 22239-2019 8.1.4.2g): labels on subject and object, checked before
//! anything discretionary. No owner, grant or policy can loosen it.

use brain_kernel::grade::Grade;
use brain_kernel::party::Role;

use crate::Action;

/// How labels forbid a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Breach {
    /// 不上读: the object's label is above the subject's clearance.
    ReadUp,
    /// 不下写: the way out may not carry the object's label.
    WriteDown,
}

/// Whether labels let the request pass.
///
/// # Errors
/// The rule that is broken.
pub fn check(action: Action, clearance: Grade, object: Grade, channel: Grade) -> Result<(), Breach> {
    if object > clearance {
        return Err(Breach::ReadUp);
    }
    if action.leaves() && object > channel {
        return Err(Breach::WriteDown);
    }
    Ok(())
}

/// Clearance of an account to which nobody gave a label: what its role is meant for.
#[must_use]
pub fn default_clearance(role: Role) -> Grade {
    match role {
        Role::ComponentAuthor | Role::IndustryBody | Role::Enterprise => Grade::General4,
        _ => Grade::Important,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reading_looks_at_the_clearance_and_leaving_also_at_the_channel() {
        use Grade::{Core, General2, General3, Important};
        assert_eq!(check(Action::Read, Important, Important, General2), Ok(()));
        assert_eq!(check(Action::Read, Important, Core, Core), Err(Breach::ReadUp));
        assert_eq!(check(Action::Export, Core, General3, General2), Err(Breach::WriteDown));
        assert_eq!(check(Action::Move, Core, General2, General2), Ok(()));
    }
}
