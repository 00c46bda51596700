//! Slices: of all policies those that can say anything about one role, action and grade.
//!
//! Cedar looks at every policy of a set in turn. The scope of a policy (`principal in Role::"…"`, `action == …`) and
//! its level are known before any request, so the sets are cut beforehand: what is left out of a slice could not have
//! been satisfied there.

use std::collections::BTreeMap;
use std::sync::Arc;

use brain_kernel::grade::Grade;
use brain_kernel::party::Role;
use cedar_policy::{ActionConstraint, EntityUid, Policy, PolicySet, PrincipalConstraint};

use crate::{Action, RuleError};

/// Policies for one role, action and grade.
pub(crate) struct Slice {
    pub(crate) set: PolicySet,
    /// Whether some policy looks at the hour or the weekday.
    pub(crate) timed: bool,
}

/// Every slice, equal ones shared.
pub(crate) struct Slices(Vec<Arc<Slice>>);

impl Slices {
    pub(crate) fn new(policies: &[(Policy, Grade)]) -> Result<Self, RuleError> {
        let mut made: BTreeMap<Vec<usize>, Arc<Slice>> = BTreeMap::new();
        let mut slices = Vec::with_capacity(Role::ALL.len() * Action::ALL.len() * Grade::ALL.len());
        for role in Role::ALL {
            for action in Action::ALL {
                for grade in Grade::ALL {
                    let members: Vec<usize> = policies
                        .iter()
                        .enumerate()
                        .filter(|(_, (policy, level))| {
                            grade <= *level && speaks_of(policy, action) && speaks_to(policy, role)
                        })
                        .map(|(at, _)| at)
                        .collect();
                    let slice = match made.get(&members) {
                        Some(slice) => Arc::clone(slice),
                        None => {
                            let slice = Arc::new(slice(policies, &members)?);
                            made.insert(members, Arc::clone(&slice));
                            slice
                        }
                    };
                    slices.push(slice);
                }
            }
        }
        Ok(Self(slices))
    }

    /// The slice; `None` for a role unknown to this program, which nothing permits.
    pub(crate) fn of(&self, role: Role, action: Action, grade: Grade) -> Option<&Slice> {
        let role = Role::ALL.iter().position(|known| *known == role)?;
        let action = Action::ALL.iter().position(|known| *known == action)?;
        let grade = Grade::ALL.iter().position(|known| *known == grade)?;
        let at = (role * Action::ALL.len() + action) * Grade::ALL.len() + grade;
        self.0.get(at).map(AsRef::as_ref)
    }
}

fn slice(policies: &[(Policy, Grade)], members: &[usize]) -> Result<Slice, RuleError> {
    let mut set = PolicySet::new();
    let mut timed = false;
    for (policy, _) in members.iter().filter_map(|at| policies.get(*at)) {
        let text = policy.to_string();
        // A word in a string constant only makes the memory less useful, never wrong.
        timed |= text.contains("hour") || text.contains("weekday");
        let failed = |error: cedar_policy::PolicySetError| RuleError::Syntax {
            id: policy.id().to_string(),
            reason: error.to_string(),
        };
        set.add(policy.clone()).map_err(failed)?;
    }
    Ok(Slice { set, timed })
}

fn speaks_of(policy: &Policy, action: Action) -> bool {
    let same = |uid: &EntityUid| uid.id().unescaped() == action.name();
    match policy.action_constraint() {
        ActionConstraint::Any => true,
        ActionConstraint::Eq(uid) => same(&uid),
        ActionConstraint::In(uids) => uids.iter().any(same),
    }
}

fn speaks_to(policy: &Policy, role: Role) -> bool {
    match policy.principal_constraint() {
        PrincipalConstraint::In(uid) | PrincipalConstraint::IsIn(_, uid) => {
            uid.id().unescaped() == role.name()
        }
        _ => true,
    }
}
