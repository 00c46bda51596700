//! What an operator says about outside providers (外部登录方).

use std::collections::{BTreeMap, BTreeSet};

use brain_kernel::language::Text;
use brain_kernel::party::Role;
use jsonwebtoken::Algorithm;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::site::bounded_url;
use crate::vault::Environment;
use crate::{Error, Result, Secret};

/// Providers one node may know.
const PROVIDERS_MAX: usize = 20;
/// Longest id of a provider, and of names in its configuration, bytes.
const ID_BYTES_MAX: usize = 32;
const NAME_BYTES_MAX: usize = 200;
/// Entries of one list in the configuration.
const LIST_MAX: usize = 50;
/// Longest client secret read from a file, bytes.
const SECRET_BYTES_MAX: u64 = 4_096;

/// `[[identity.providers]]`: who else may vouch for people, and for what.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ProviderOptions {
    /// Short name: letters, digits, hyphens.
    pub id: String,
    /// Words on the sign-in button.
    pub title: Text,
    /// Issuer, exactly as the provider writes it: https, or http on this machine.
    pub issuer: String,
    /// This node's client id there.
    pub client_id: String,
    /// Where the client secret comes from: `vault` (`brain identity providers secret <id>`), `env:<variable>` or
    /// `file:<path>`.
    #[serde(default = "vault")]
    pub client_secret: String,
    /// Scopes asked for. Default: `openid`, `profile`, `brain`.
    #[serde(default = "scopes")]
    pub scopes: Vec<String>,
    /// Whether somebody unknown gets an account at the first sign-in. Default no: an account must be linked.
    #[serde(default)]
    pub create_accounts: bool,
    /// Roles that may sign in through this provider, and that it may give. Default: the working roles without the
    /// system administrator; the separated administrators only where they are named.
    #[serde(default = "roles")]
    pub roles: BTreeSet<Role>,
    /// Claim with the role.
    #[serde(default = "role_claim")]
    pub role_claim: String,
    /// Roles by the provider's values of that claim; without any, the names of our roles are taken.
    #[serde(default)]
    pub role_values: BTreeMap<String, Role>,
    /// Claim with the credit code of the organisation.
    #[serde(default = "organisation_claim")]
    pub organisation_claim: String,
    /// Claim with the region code.
    #[serde(default = "region_claim")]
    pub region_claim: String,
    /// Claim with the name to show.
    #[serde(default = "name_claim")]
    pub name_claim: String,
    /// Values of `acr` that count as a second factor.
    #[serde(default)]
    pub second_factor_acr: BTreeSet<String>,
    /// Values in `amr` that count as a second factor, such as `mfa`.
    #[serde(default)]
    pub second_factor_amr: BTreeSet<String>,
    /// Algorithms its identity tokens may be signed with. Default: ES256, ES384, EdDSA, PS256, RS256. Never one with a
    /// shared secret.
    #[serde(default = "algorithms")]
    pub algorithms: Vec<String>,
}

fn vault() -> String {
    "vault".to_owned()
}

fn scopes() -> Vec<String> {
    ["openid", "profile", "brain"].map(str::to_owned).into()
}

fn roles() -> BTreeSet<Role> {
    [Role::Government, Role::IndustryBody, Role::Enterprise, Role::ComponentAuthor].into()
}

fn role_claim() -> String {
    "role".to_owned()
}

fn organisation_claim() -> String {
    "organisation".to_owned()
}

fn region_claim() -> String {
    "region".to_owned()
}

fn name_claim() -> String {
    "name".to_owned()
}

fn algorithms() -> Vec<String> {
    ["ES256", "ES384", "EdDSA", "PS256", "RS256"].map(str::to_owned).into()
}

/// Name in the vault of a provider's client secret.
pub(super) fn secret_name(provider: &str) -> String {
    format!("federation/{provider}")
}

impl ProviderOptions {
    /// A provider with every default; what a configuration with nothing but the required keys says.
    #[must_use]
    pub fn new(id: &str, issuer: &str, client_id: &str) -> Self {
        Self {
            id: id.to_owned(),
            title: Text::new(id, id),
            issuer: issuer.to_owned(),
            client_id: client_id.to_owned(),
            client_secret: vault(),
            scopes: scopes(),
            create_accounts: false,
            roles: roles(),
            role_claim: role_claim(),
            role_values: BTreeMap::new(),
            organisation_claim: organisation_claim(),
            region_claim: region_claim(),
            name_claim: name_claim(),
            second_factor_acr: BTreeSet::new(),
            second_factor_amr: BTreeSet::new(),
            algorithms: algorithms(),
        }
    }

    /// Refuse what makes no sense, naming the provider and the key.
    pub(super) fn check(&self) -> Result<()> {
        let id = &self.id;
        let plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
        if id.is_empty() || id.len() > ID_BYTES_MAX || !id.chars().all(plain) {
            return Err(wrong(
                id,
                "id",
                "须为小写字母、数字与连字符",
                "must be lower-case letters, digits, hyphens",
            ));
        }
        if bounded_url(&self.issuer, NAME_BYTES_MAX).is_none_or(|url| url.query().is_some()) {
            return Err(wrong(
                id,
                "issuer",
                "须为 https 地址（仅本机可用 http）",
                "must be an https address",
            ));
        }
        if self.client_id.is_empty() || self.client_id.len() > NAME_BYTES_MAX {
            return Err(wrong(id, "client_id", "不能为空", "must not be empty"));
        }
        let lists = [self.scopes.len(), self.role_values.len(), self.second_factor_acr.len()];
        if lists.into_iter().chain([self.second_factor_amr.len()]).any(|length| length > LIST_MAX) {
            return Err(wrong(id, "scopes", "列表过长", "a list is too long"));
        }
        if !self.scopes.iter().any(|scope| scope == "openid") || !self.scopes.iter().all(|one| is_scope(one))
        {
            return Err(wrong(
                id,
                "scopes",
                "须含 openid，且每项为一个词",
                "must contain openid, one word each",
            ));
        }
        if self.allowed_algorithms()?.is_empty() {
            return Err(wrong(id, "algorithms", "不能为空", "must not be empty"));
        }
        let mapped = self.role_values.values();
        if let Some(role) = mapped.clone().find(|role| !self.roles.contains(role)) {
            let text = format!("{} 不在 roles 之中", role.name());
            return Err(wrong(id, "role_values", &text, &format!("{} is not among roles", role.name())));
        }
        Ok(())
    }

    /// The signature algorithms; those with a shared secret are none, whatever the configuration says.
    pub(super) fn allowed_algorithms(&self) -> Result<Vec<Algorithm>> {
        let parse = |name: &String| {
            let known = matches!(
                name.as_str(),
                "ES256" | "ES384" | "EdDSA" | "PS256" | "PS384" | "PS512" | "RS256" | "RS384" | "RS512"
            );
            let parsed = known.then(|| name.parse::<Algorithm>().ok()).flatten();
            parsed.ok_or_else(|| {
                wrong(&self.id, "algorithms", &format!("不支持 {name}"), &format!("{name} is not supported"))
            })
        };
        self.algorithms.iter().map(parse).collect()
    }

    /// The client secret that the configuration names, unless it is in the vault.
    pub(super) fn named_secret(&self, environment: Environment<'_>) -> Result<Option<Secret>> {
        if self.client_secret == "vault" {
            return Ok(None);
        }
        let text = match self.client_secret.split_once(':') {
            Some(("env", name)) => environment(name),
            Some(("file", path)) => read_secret(path),
            _ => None,
        };
        let text = text.map(|text| text.trim().to_owned()).filter(|text| !text.is_empty());
        let text = text.ok_or_else(|| {
            wrong(
                &self.id,
                "client_secret",
                "须为 vault、env:<变量> 或 file:<路径>，且内容可读",
                "must be vault, env:<variable> or file:<path>, and readable",
            )
        })?;
        Ok(Some(Secret::new(text)))
    }
}

/// Refuse a list of providers in which two would be taken for one another.
pub(super) fn check_all(providers: &[ProviderOptions]) -> Result<()> {
    if providers.len() > PROVIDERS_MAX {
        return Err(wrong("-", "providers", "过多", "are too many"));
    }
    let (mut ids, mut issuers) = (BTreeSet::new(), BTreeSet::new());
    for provider in providers {
        provider.check()?;
        if !ids.insert(&provider.id) || !issuers.insert(&provider.issuer) {
            return Err(wrong(&provider.id, "issuer", "重复", "is there twice"));
        }
    }
    Ok(())
}

/// A scope token (RFC 6749 §3.3) of a sensible length.
pub(super) fn is_scope(text: &str) -> bool {
    (1..=64).contains(&text.len())
        && text.bytes().all(|byte| byte.is_ascii_graphic() && byte != b'"' && byte != b'\\')
}

fn read_secret(path: &str) -> Option<String> {
    let length = std::fs::metadata(path).ok()?.len();
    if length > SECRET_BYTES_MAX {
        return None;
    }
    std::fs::read_to_string(path).ok()
}

fn wrong(provider: &str, key: &str, zh: &str, en: &str) -> Error {
    Error::invalid(
        "identity.providers",
        format!("identity.providers（{provider}）的 {key} {zh}。"),
        format!("{key} of identity.providers ({provider}) {en}."),
    )
}

#[cfg(test)]
mod tests {
    use super::{ProviderOptions, check_all};
    use brain_kernel::party::Role;

    fn centre() -> ProviderOptions {
        ProviderOptions::new("centre", "https://centre.example", "brain-zj")
    }

    #[test]
    fn a_provider_gives_no_administrators_role_and_makes_no_accounts_until_told() {
        let options = centre();
        assert!(options.check().is_ok() && !options.create_accounts);
        assert!(Role::ADMINISTRATORS.iter().all(|role| !options.roles.contains(role)));
    }

    #[test]
    fn what_makes_no_sense_is_refused_by_its_key() {
        let refused = |change: fn(&mut ProviderOptions)| {
            let mut options = centre();
            change(&mut options);
            options.check().unwrap_err().to_string()
        };
        assert!(refused(|one| one.id = "Centre 1".to_owned()).contains("id "));
        assert!(refused(|one| one.issuer = "http://centre.example".to_owned()).contains("issuer"));
        assert!(refused(|one| one.issuer = "https://centre.example?a=1".to_owned()).contains("issuer"));
        assert!(refused(|one| one.scopes.clear()).contains("scopes"));
        for shared in ["HS256", "none", "ES512"] {
            let mut options = centre();
            options.algorithms = vec![shared.to_owned()];
            assert!(options.check().unwrap_err().to_string().contains(shared));
        }
        assert!(refused(|one| one.algorithms.clear()).contains("algorithms"));
        let mapped = |one: &mut ProviderOptions| _ = one.role_values.insert("x".to_owned(), Role::Auditor);
        assert!(refused(mapped).contains("role_values"));
        assert!(check_all(&[centre(), centre()]).is_err());
    }

    #[test]
    fn a_secret_comes_from_where_the_configuration_says() {
        let environment = |name: &str| (name == "CENTRE").then(|| " s3cret\n".to_owned());
        let with = |source: &str| {
            let mut options = centre();
            options.client_secret = source.to_owned();
            options.named_secret(&environment)
        };
        assert!(with("vault").unwrap().is_none());
        assert_eq!(with("env:CENTRE").unwrap().unwrap().expose(), "s3cret");
        for unreadable in ["env:OTHER", "file:/nowhere/at/all", "s3cret", ""] {
            assert!(with(unreadable).is_err(), "{unreadable:?}");
        }
    }
}
