//! From the claims of a provider to role, organisation and region here (声明映射).

use brain_kernel::party::Role;
use brain_kernel::region::RegionCode;
use brain_kernel::uscc::Uscc;

use super::id_token::IdToken;
use super::options::ProviderOptions;

/// Longest name taken over, in characters, as of every account.
const NAME_CHARACTERS_MAX: usize = 64;

/// What a provider says of a person.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Described {
    pub(super) display_name: String,
    pub(super) role: Role,
    pub(super) organisation: Option<Uscc>,
    pub(super) region: Option<RegionCode>,
}

/// Role, organisation and region of a person, or what is missing. Nothing is guessed: a role that is not mapped is
/// none, and an organisation must be a good credit code.
pub(super) fn described(options: &ProviderOptions, token: &IdToken) -> Result<Described, &'static str> {
    let value = token.text(&options.role_claim).ok_or("no role claim")?;
    let role = if options.role_values.is_empty() {
        Role::from_name(value)
    } else {
        options.role_values.get(value).copied()
    };
    let role = role.ok_or("a role that is not mapped")?;
    if !options.roles.contains(&role) {
        return Err("a role that this provider may not give");
    }
    let organisation = token.text(&options.organisation_claim).map(Uscc::parse).transpose();
    let organisation = organisation.map_err(|_| "an organisation that is no credit code")?;
    if role == Role::Enterprise && organisation.is_none() {
        return Err("an enterprise user without an organisation");
    }
    let region = token.text(&options.region_claim).map(RegionCode::parse).transpose();
    let region = region.map_err(|_| "a region that is no region code")?;
    let name = token.text(&options.name_claim).unwrap_or(options.title.zh.as_str());
    let name: String = name.chars().filter(|c| !c.is_control()).take(NAME_CHARACTERS_MAX).collect();
    let display_name = if name.trim().is_empty() { options.id.clone() } else { name.trim().to_owned() };
    Ok(Described { display_name, role, organisation, region })
}

/// Whether the person showed two factors there, by what the operator said counts as two.
pub(super) fn shows_second_factor(options: &ProviderOptions, token: &IdToken) -> bool {
    token.text("acr").is_some_and(|acr| options.second_factor_acr.contains(acr))
        || token.texts("amr").any(|amr| options.second_factor_amr.contains(amr))
}

#[cfg(test)]
mod tests {
    use super::{described, shows_second_factor};
    use crate::federation::ProviderOptions;
    use crate::federation::id_token::IdToken;
    use brain_kernel::party::Role;
    use serde_json::{Value, json};

    const USCC: &str = "91330100799655058B";

    fn token(claims: Value) -> IdToken {
        IdToken { subject: "s".to_owned(), claims: claims.as_object().unwrap().clone() }
    }

    fn options() -> ProviderOptions {
        ProviderOptions::new("centre", "https://centre.example", "brain")
    }

    #[test]
    fn role_and_organisation_are_exactly_what_the_claims_say() {
        let claims =
            json!({ "role": "enterprise", "organisation": USCC, "region": "330100", "name": " 张三\u{7} " });
        let found = described(&options(), &token(claims)).unwrap();
        assert_eq!((found.role, found.display_name.as_str()), (Role::Enterprise, "张三"));
        assert_eq!(found.organisation.unwrap().as_str(), USCC);
        assert_eq!(found.region.unwrap().as_str(), "330100");
    }

    #[test]
    fn what_is_not_mapped_is_not_given() {
        let refused = |claims: Value| described(&options(), &token(claims)).unwrap_err();
        assert_eq!(refused(json!({})), "no role claim");
        assert_eq!(refused(json!({ "role": ["government"] })), "no role claim");
        assert_eq!(refused(json!({ "role": "boss" })), "a role that is not mapped");
        for administrator in Role::ADMINISTRATORS {
            let claims = json!({ "role": administrator.name() });
            assert_eq!(refused(claims), "a role that this provider may not give");
        }
        assert_eq!(refused(json!({ "role": "enterprise" })), "an enterprise user without an organisation");
        let claims = json!({ "role": "enterprise", "organisation": "91330100799655058C" });
        assert_eq!(refused(claims), "an organisation that is no credit code");
        assert_eq!(
            refused(json!({ "role": "government", "region": "x" })),
            "a region that is no region code"
        );
    }

    #[test]
    fn values_of_a_provider_are_mapped_where_the_operator_says_so_and_our_names_then_mean_nothing() {
        let mut mapped = options();
        mapped.role_values.insert("厅机关".to_owned(), Role::Government);
        let role = |value: &str| described(&mapped, &token(json!({ "role": value }))).map(|one| one.role);
        assert_eq!(role("厅机关"), Ok(Role::Government));
        assert_eq!(role("government"), Err("a role that is not mapped"));
    }

    #[test]
    fn a_second_factor_counts_only_where_the_operator_says_so() {
        let claims = json!({ "acr": "urn:brain:acr:mfa", "amr": ["pwd", "mfa"] });
        assert!(!shows_second_factor(&options(), &token(claims.clone())));
        let mut by_method = options();
        by_method.second_factor_amr.insert("mfa".to_owned());
        assert!(shows_second_factor(&by_method, &token(claims.clone())));
        assert!(!shows_second_factor(&by_method, &token(json!({ "amr": ["pwd"] }))));
        assert!(!shows_second_factor(&by_method, &token(json!({ "amr": "mfa" }))), "not an array");
        let mut by_class = options();
        by_class.second_factor_acr.insert("urn:brain:acr:mfa".to_owned());
        assert!(shows_second_factor(&by_class, &token(claims)));
    }
}
