//! A book of policies: parsed, checked against the schema, cut into slices.

use brain_kernel::grade::Grade;
use brain_kernel::language::Text;
use cedar_policy::{
    Authorizer, Policy, PolicyId, PolicySet, PrincipalConstraint, ResourceConstraint, Schema, ValidationMode,
    Validator,
};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::evaluate::Memory;
use crate::slice::Slices;
use crate::{POLICIES_MAX, POLICY_CHARACTERS_MAX};

const SCHEMA: &str = include_str!("schema.cedarschema");

/// One version of one policy.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Rule {
    /// Stable id: lower-case letters, digits and `-`.
    pub id: String,
    /// 0 for a built-in one, then counting.
    pub version: u64,
    /// What it says in words.
    pub title: Text,
    /// One policy in Cedar's language.
    pub text: String,
    /// Highest grade of resources it is asked about; it can neither permit nor forbid anything above.
    pub level: Grade,
}

/// Why a policy is not taken into the book.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum RuleError {
    /// Ids are lower-case letters, digits and `-`.
    #[error("{0:?} is not an id of a policy")]
    Id(String),
    /// More policies than a decision can afford.
    #[error("more than {POLICIES_MAX} policies")]
    TooMany,
    /// The text is longer than a policy over attributes needs to be.
    #[error("{id}: longer than {POLICY_CHARACTERS_MAX} characters")]
    TooLong {
        /// The policy.
        id: String,
    },
    /// Not one policy in Cedar's language.
    #[error("{id}: {reason}")]
    Syntax {
        /// The policy.
        id: String,
        /// What the parser says.
        reason: String,
    },
    /// The policy names an account or a resource.
    #[error("{id}: names {entity}")]
    Individual {
        /// The policy.
        id: String,
        /// What it names.
        entity: String,
    },
    /// The policy speaks of attributes that do not exist, or compares what cannot be compared.
    #[error("{id}: {reason}")]
    Schema {
        /// The policy.
        id: String,
        /// What the validator says.
        reason: String,
    },
    /// The schema of this program is damaged.
    #[error("schema: {0}")]
    Broken(String),
}

/// A set of policies that belong together, ready to decide. Made anew when a policy changes.
pub struct Book {
    rules: Vec<Rule>,
    pub(crate) slices: Slices,
    pub(crate) authorizer: Authorizer,
    pub(crate) memory: Memory,
}

impl std::fmt::Debug for Book {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Book").field("rules", &self.rules.len()).finish_non_exhaustive()
    }
}

impl Book {
    /// A book of these policies; all are good or none is taken.
    ///
    /// # Errors
    /// The first policy that is not acceptable, and why.
    pub fn new(rules: Vec<Rule>) -> Result<Self, RuleError> {
        if rules.len() > POLICIES_MAX {
            return Err(RuleError::TooMany);
        }
        let (schema, _) =
            Schema::from_cedarschema_str(SCHEMA).map_err(|error| RuleError::Broken(error.to_string()))?;
        let validator = Validator::new(schema);
        let policies = rules
            .iter()
            .map(|rule| Ok((checked(rule, &validator)?, rule.level)))
            .collect::<Result<Vec<_>, RuleError>>()?;
        let slices = Slices::new(&policies)?;
        Ok(Self { rules, slices, authorizer: Authorizer::new(), memory: Memory::default() })
    }

    /// The policies in it.
    #[must_use]
    pub fn rules(&self) -> &[Rule] {
        &self.rules
    }
}

/// Brackets within brackets, and conditions within conditions, a policy may have: its parser calls itself for each, and
/// has no bound of its own.
const NESTING_MAX: usize = 12;

/// The deepest nesting of brackets, with every `if` counted as one level more. Brackets inside a text count too: a
/// policy over attributes has no need of so many.
fn nesting(text: &str) -> usize {
    let (mut depth, mut deepest) = (0_usize, 0);
    for c in text.chars() {
        match c {
            '(' | '[' | '{' => {
                depth += 1;
                deepest = deepest.max(depth);
            }
            ')' | ']' | '}' => depth = depth.saturating_sub(1),
            _ => {}
        }
    }
    deepest + text.split(|c: char| !c.is_alphanumeric()).filter(|word| *word == "if").count()
}

fn checked(rule: &Rule, validator: &Validator) -> Result<Policy, RuleError> {
    let id = || rule.id.clone();
    let plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
    if rule.id.is_empty() || rule.id.len() > 64 || !rule.id.chars().all(plain) {
        return Err(RuleError::Id(id()));
    }
    if rule.text.chars().count() > POLICY_CHARACTERS_MAX {
        return Err(RuleError::TooLong { id: id() });
    }
    if nesting(&rule.text) > NESTING_MAX {
        return Err(RuleError::Syntax { id: id(), reason: format!("nested deeper than {NESTING_MAX}") });
    }
    let policy = Policy::parse(Some(PolicyId::new(&rule.id)), &rule.text)
        .map_err(|error| RuleError::Syntax { id: id(), reason: error.to_string() })?;
    refuse_individuals(&policy, &rule.id)?;
    let mut alone = PolicySet::new();
    alone.add(policy.clone()).map_err(|error| RuleError::Syntax { id: id(), reason: error.to_string() })?;
    let result = validator.validate(&alone, ValidationMode::Strict);
    // A warning means the policy can never apply or says what it does not mean: as bad as an error here.
    let reason = result
        .validation_errors()
        .map(ToString::to_string)
        .chain(result.validation_warnings().map(ToString::to_string))
        .next();
    match reason {
        Some(reason) => Err(RuleError::Schema { id: id(), reason }),
        None => Ok(policy),
    }
}

/// A policy about one account or one resource would be a grant in disguise; and since none exists, equal attributes
/// mean equal decisions, which is what lets them be remembered.
fn refuse_individuals(policy: &Policy, id: &str) -> Result<(), RuleError> {
    let named = |entity: String| Err(RuleError::Individual { id: id.to_owned(), entity });
    match policy.principal_constraint() {
        PrincipalConstraint::Eq(entity) => return named(entity.to_string()),
        PrincipalConstraint::In(entity) | PrincipalConstraint::IsIn(_, entity)
            if entity.type_name().to_string() != "Role" =>
        {
            return named(entity.to_string());
        }
        _ => {}
    }
    match policy.resource_constraint() {
        ResourceConstraint::Eq(entity)
        | ResourceConstraint::In(entity)
        | ResourceConstraint::IsIn(_, entity) => {
            return named(entity.to_string());
        }
        _ => {}
    }
    let general = |kind: &str| matches!(kind, "Role" | "Action");
    match policy.entity_literals().into_iter().find(|entity| !general(&entity.type_name().to_string())) {
        Some(entity) => named(entity.to_string()),
        None => Ok(()),
    }
}
