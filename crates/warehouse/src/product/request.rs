//! What a request for access to a product must keep to: its contract.

use super::{Products, State, refuse, wrong};
use crate::Result;
use brain_kernel::error::ErrorKind;
use brain_kernel::party::Party;
use brain_trust::{NewRequest, PRODUCT_ZONE};
use chrono::TimeDelta;

impl Products {
    /// A request as it is submitted: one for a product keeps to the product's contract and rests on it; any other is left
    /// as it is.
    pub fn under_contract(&self, party: &Party, request: NewRequest) -> Result<NewRequest> {
        let Some(id) = request.dataset.strip_prefix(PRODUCT_ZONE).and_then(|rest| rest.strip_prefix('.'))
        else {
            return Ok(request);
        };
        let product = self.visible(party, id)?;
        let version = product.current().filter(|_| product.state == State::Published).ok_or_else(|| {
            refuse(
                ErrorKind::Precondition,
                "warehouse/product-state",
                format!("数据产品 {id} 现在不接受新的申请。"),
                format!("Data product {id} takes no new requests now."),
            )
        })?;
        let contract = &version.definition.contract;
        if !contract.purposes.contains(&request.purpose) {
            let purposes = contract.purposes.iter().cloned().collect::<Vec<_>>().join("、");
            return Err(wrong(
                "/purpose",
                format!("合约不含此用途，可申请：{purposes}。"),
                format!("The contract does not cover this purpose; it covers {purposes}."),
            ));
        }
        let days = contract.period_days;
        // A day more: the last day of the period ends with it.
        if request.until > self.inner.store.now() + TimeDelta::days(i64::from(days) + 1) {
            return Err(wrong(
                "/until",
                format!("合约的授权期至多 {days} 天。"),
                format!("The contract gives {days} days at most."),
            ));
        }
        let template = format!("product.{id}@{}", version.semver);
        let agreement = request.agreement.clone().or_else(|| {
            // What the law wants in an agreement of its own is not replaced by a template.
            let needs_own =
                brain_trust::requests::purpose::of(&request.purpose).is_none_or(|card| card.agreement);
            (!needs_own).then_some(template)
        });
        Ok(NewRequest { agreement, ..request })
    }
}
