//! `brain incident …`: incidents and drills, as the security administrator at the terminal.

use crate::cli::{Incident, IncidentAction};
use crate::node::{Node, operator};
use crate::terminal;
use anyhow::{Context as _, Result};
use brain_kernel::error::Failure;
use brain_kernel::party::{Party, Role};
use brain_store::PageRequest;
use brain_trust::incidents::{Closure, Filter, IncidentDetail, Incidents, NewIncident, NewOwner, Severity};
use serde::Serialize;
use std::process::ExitCode;

/// Carry out one action and print the incident as it is then.
pub async fn incident(node: &Node, given: Incident) -> Result<ExitCode> {
    let actor = operator(Role::SecurityAdministrator);
    match given.action {
        IncidentAction::List { all } => {
            let filter = Filter { unclosed: !all, ..Filter::default() };
            let page = PageRequest::new(1, 1_000);
            show(&node.trust.incidents().list(&actor, &filter, page).await.map_err(Failure::from)?)?;
        }
        IncidentAction::Rules => show(&node.trust.alerts().rulebook(&actor).map_err(Failure::from)?)?,
        action => show(&work(&node.trust.incidents(), &actor, action).await?)?,
    }
    Ok(ExitCode::SUCCESS)
}

async fn work(incidents: &Incidents, actor: &Party, action: IncidentAction) -> Result<IncidentDetail> {
    // At the terminal there is nobody else: the folder is held, and the newest revision is the one that was seen.
    let seen = async |id: &str| Ok::<_, Failure>(incidents.show(actor, id).await?.card.revision);
    let done = match action {
        IncidentAction::Show { id } => incidents.show(actor, &id).await,
        IncidentAction::Assign { id, owner } => {
            let new = NewOwner { owner: Some(owner), note: String::new() };
            incidents.assign(actor, &id, seen(&id).await?, new).await
        }
        IncidentAction::Contain { id, note } => incidents.contain(actor, &id, seen(&id).await?, &note).await,
        IncidentAction::Close { id, cause, measures, false_alarm } => {
            incidents.close(actor, &id, seen(&id).await?, Closure { cause, measures, false_alarm }).await
        }
        IncidentAction::Reopen { id, reason } => {
            incidents.reopen(actor, &id, seen(&id).await?, &reason).await
        }
        IncidentAction::Note { id, note } => incidents.note(actor, &id, seen(&id).await?, &note).await,
        IncidentAction::Report { id, duty, note } => {
            incidents.finish_duty(actor, &id, seen(&id).await?, &duty, &note).await
        }
        IncidentAction::Drill { title, subject, severity, note } => {
            let severity: Severity = serde_json::from_value(severity.into()).context(
                "--severity 可为 general、serious、major、critical。\n--severity is general, serious, major or critical.",
            )?;
            incidents.raise(actor, NewIncident { title, subject, severity, note, drill: true }).await
        }
        // Answered before this is called.
        IncidentAction::List { .. } | IncidentAction::Rules => {
            return Err(Failure::internal("brain/incident").into());
        }
    };
    Ok(done.map_err(Failure::from)?)
}

fn show(value: &impl Serialize) -> Result<()> {
    terminal::line(&serde_json::to_string_pretty(value)?);
    Ok(())
}
