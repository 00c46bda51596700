//! The control matrix of protection level 3 (合规) with this node's live facts, for the three administrators.

use crate::answer::Reply;
use crate::call::Call;
use crate::compliance::{compliance_report, limits};
use crate::endpoint::Endpoint;
use axum::http::Method;
use brain_compliance::Report;
use brain_kernel::error::Failure;
use brain_kernel::party::Role;

pub(crate) fn endpoints() -> Vec<Endpoint> {
    vec![
        Endpoint::new(Method::GET, "/api/v1/compliance", "compliance_report", report)
            .about("等保三级自查报告", "Self-check of protection level 3")
            .tag("status")
            .roles(&Role::ADMINISTRATORS),
    ]
}

async fn report(call: Call) -> Result<Reply<Report>, Failure> {
    let options = &call.app.options;
    let settings = [options.facts.as_slice(), &[limits(options)]].concat();
    let now = call.app.clock.now();
    let (trust, warehouse) = (&call.app.trust, &call.app.warehouse);
    Ok(compliance_report(trust, warehouse, &options.node_name, &options.version, &settings, now)
        .await?
        .into())
}
