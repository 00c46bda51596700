//! Organisations (机构) by unified social credit code, with their members.

use brain_kernel::party::{Party, Role};
use brain_kernel::region::RegionCode;
use brain_kernel::uscc::Uscc;
use brain_store::organisation::{self, Organisation};
use brain_store::{Page, PageRequest, account};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::json;
use std::collections::HashMap;

use super::{Identity, require_administrator, require_role};
use crate::{Error, Result};

/// Longest name of an organisation, in characters.
const NAME_CHARACTERS_MAX: usize = 200;

/// An organisation and how many accounts act for it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct OrganisationCard {
    /// Unified social credit code.
    pub uscc: String,
    /// Registered name.
    pub name: String,
    /// Region of its seat.
    pub region: Option<String>,
    /// Accounts that act for it.
    pub members: u64,
}

impl Identity {
    /// Record an organisation, or bring its name and region up to date. System administrators only.
    pub async fn put_organisation(
        &self,
        actor: &Party,
        uscc: &Uscc,
        name: &str,
        region: Option<&RegionCode>,
    ) -> Result<()> {
        require_role(actor, Role::SystemAdministrator)?;
        let name = name.trim();
        if !(2..=NAME_CHARACTERS_MAX).contains(&name.chars().count()) || name.chars().any(char::is_control) {
            return Err(Error::invalid(
                "name",
                format!("机构名称须为 2 至 {NAME_CHARACTERS_MAX} 个字符。"),
                format!("The name of an organisation has 2 to {NAME_CHARACTERS_MAX} characters."),
            ));
        }
        let row = Organisation {
            uscc: uscc.to_string(),
            name: name.to_owned(),
            region: region.map(ToString::to_string),
            created_at: self.0.store.now(),
        };
        let body = json!({ "name": row.name, "region": row.region });
        let transaction = self.0.store.transaction().await?;
        organisation::upsert(&transaction, row).await?;
        self.commit_with(transaction, "organisation.put", &actor.account, uscc.as_str(), body).await
    }

    /// Organisations by credit code. The separated administrators only.
    pub async fn organisations(&self, actor: &Party, page: PageRequest) -> Result<Page<OrganisationCard>> {
        require_administrator(actor)?;
        let db = self.0.store.db();
        let Page { items, total, page, page_size } = organisation::list(db, page).await?;
        let codes: Vec<String> = items.iter().map(|row| row.uscc.clone()).collect();
        let members: HashMap<String, i64> =
            account::count_by_organisation(db, &codes).await?.into_iter().collect();
        let card = |row: Organisation| OrganisationCard {
            members: members.get(&row.uscc).map_or(0, |count| count.unsigned_abs()),
            uscc: row.uscc,
            name: row.name,
            region: row.region,
        };
        Ok(Page { items: items.into_iter().map(card).collect(), total, page, page_size })
    }
}
